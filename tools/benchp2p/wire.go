package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// What p2p-media-loader 2 says on the data channel between two players: frames
// of commands, and between them the bare bytes of a segment. A command is its
// kind and fields of one letter, each a number, a list of numbers, or a text.

// kind is the kind of a command.
type kind byte

const (
	announcement kind = iota // which segments a peer has, and which it loads from the site
	ask                      // for a segment
	data                     // bytes of a segment follow
	sent                     // they are all there
	absent                   // the segment is not there
	cancel                   // send no more of it
)

// command is one message. Fields that a kind has not are zero.
type command struct {
	kind            kind
	segment, id     int
	size, from      int
	loaded, loading []int
}

const (
	frame = 4 // bytes of each mark

	typeNumber, typeNumbers, typeText = 0, 1, 2
)

var (
	beginMark, endMark   = []byte("cstr"), []byte("cend") // of a command
	resumeMark, moreMark = []byte("dstr"), []byte("dend") // of its parts in between
	errCommand           = errors.New("a command is broken")
	errBegins            = errors.New("a command begins in the middle")
)

// isCommand tells commands from bytes of segments.
func isCommand(b []byte) bool {
	if len(b) < 2*frame {
		return false
	}
	head, tail := b[:frame], b[len(b)-frame:]
	return (bytes.Equal(head, beginMark) || bytes.Equal(head, resumeMark)) && (bytes.Equal(tail, endMark) || bytes.Equal(tail, moreMark))
}

// encode writes a command. The lists of a clip fit into one message.
func (c command) encode() []byte {
	b := append(bytes.Clone(beginMark), byte(c.kind))
	if c.kind == announcement {
		b = appendNumbers(b, 'l', c.loaded)
		b = appendNumbers(b, 'p', c.loading)
		return append(b, endMark...)
	}
	b = appendNumber(append(b, 'i'), c.segment)
	switch {
	case c.kind == data:
		b = appendNumber(append(b, 's'), c.size)
		b = appendNumber(append(b, 'r'), c.id)
	default:
		b = appendNumber(append(b, 'r'), c.id)
		if c.kind == ask && c.from > 0 {
			b = appendNumber(append(b, 'b'), c.from)
		}
	}
	return append(b, endMark...)
}

// appendNumber writes a number that is not negative: the high bit is its sign.
func appendNumber(b []byte, n int) []byte {
	var all [8]byte
	binary.BigEndian.PutUint64(all[:], uint64(n))
	i := 0
	for i < len(all)-1 && all[i] == 0 && all[i+1] < 0x80 {
		i++
	}
	return append(append(b, typeNumber<<4|byte(len(all)-i)), all[i:]...)
}

// appendNumbers writes a list as groups that differ in their last byte. The
// length of a group is the last byte of its number, so one holds 255 at most.
func appendNumbers(b []byte, name byte, list []int) []byte {
	if len(list) == 0 {
		return b
	}
	var order []int
	groups := map[int][]byte{}
	for _, n := range list {
		common := n &^ 0xFF
		if groups[common] == nil {
			order = append(order, common)
		}
		if len(groups[common]) < 0xFF {
			groups[common] = append(groups[common], byte(n))
		}
	}
	b = append(b, name, typeNumbers<<4, byte(len(order)))
	for _, common := range order {
		b = appendNumber(b, common|len(groups[common]))
		b = append(b, groups[common]...)
	}
	return b
}

// joiner puts commands together that come in several messages.
type joiner struct{ b []byte }

// add takes a message and returns the command when it is whole.
func (j *joiner) add(b []byte) (c command, whole bool, err error) {
	first, last := bytes.Equal(b[:frame], beginMark), bytes.Equal(b[len(b)-frame:], endMark)
	if first != (len(j.b) == 0) {
		j.b = nil
		return c, false, errBegins
	}
	j.b = append(j.b, b[frame:len(b)-frame]...)
	if !last {
		return c, false, nil
	}
	c, err = decode(j.b)
	j.b = nil
	return c, err == nil, err
}

// decode reads a command without its frame.
func decode(b []byte) (c command, err error) {
	if len(b) == 0 {
		return c, errCommand
	}
	c.kind, b = kind(b[0]), b[1:]
	for len(b) > 0 {
		if len(b) < 2 {
			return c, errCommand
		}
		name := b[0]
		b = b[1:]
		switch b[0] >> 4 {
		case typeNumber:
			var n int
			if n, b, err = number(b); err != nil {
				return c, err
			}
			c.set(name, n)
		case typeNumbers:
			var list []int
			if list, b, err = numbers(b); err != nil {
				return c, err
			}
			switch name {
			case 'l':
				c.loaded = list
			case 'p':
				c.loading = list
			}
		case typeText:
			n := int(b[0]&15)<<8 | int(b[1])
			if len(b) < 2+n {
				return c, errCommand
			}
			b = b[2+n:]
		default:
			return c, errCommand
		}
	}
	return c, nil
}

func (c *command) set(name byte, n int) {
	switch name {
	case 'i':
		c.segment = n
	case 'r':
		c.id = n
	case 's':
		c.size = n
	case 'b':
		c.from = n
	}
}

func number(b []byte) (n int, rest []byte, err error) {
	if len(b) == 0 || b[0]>>4 != typeNumber {
		return 0, nil, errCommand
	}
	size := int(b[0] & 15)
	if size == 0 || size > 7 || len(b) < 1+size || b[1]&0x80 != 0 {
		return 0, nil, errCommand // nothing here is negative or that large
	}
	for _, v := range b[1 : 1+size] {
		n = n<<8 | int(v)
	}
	return n, b[1+size:], nil
}

func numbers(b []byte) (list []int, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, errCommand
	}
	groups := int(b[1])
	b = b[2:]
	for range groups {
		var common int
		if common, b, err = number(b); err != nil {
			return nil, nil, err
		}
		n := common & 0xFF
		if len(b) < n {
			return nil, nil, errCommand
		}
		for _, v := range b[:n] {
			list = append(list, common&^0xFF|int(v))
		}
		b = b[n:]
	}
	return list, b, nil
}
