package store

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// blockSize is how many videos, by their numbers, a row of search_postings is
// about. Fewer make more rows to read of a word that all have, more make rows
// that take longer to write.
const blockSize = 1 << 14

// bitset is some of the videos of a block.
type bitset [blockSize / 64]uint64

const bitsetBytes = blockSize / 8

var errPosting = errors.New("search: a row of search_postings is not what was written")

func (s *bitset) set(i int)      { s[i/64] |= 1 << (i % 64) }
func (s *bitset) clear(i int)    { s[i/64] &^= 1 << (i % 64) }
func (s *bitset) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }

func (s *bitset) and(o *bitset) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s *bitset) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// kept is a copy of the set, nil when it is empty.
func (s *bitset) kept() *bitset {
	if s.empty() {
		return nil
	}
	c := *s
	return &c
}

// from returns the first number at or after i that is in the set, or with
// flip that is not; blockSize when there is none.
func (s *bitset) from(i int, flip uint64) int {
	for ; i < blockSize; i = (i/64 + 1) * 64 {
		if w := (s[i/64] ^ flip) >> (i % 64); w != 0 {
			return i + bits.TrailingZeros64(w)
		}
	}
	return blockSize
}

// append writes the set to data in the shorter of two ways: as it is, or as
// runs, of which each is the numbers that are left out before it, twice, and
// one more and its length less two if it has more than one number.
func (s *bitset) append(data []byte) []byte {
	start := len(data)
	for i := 0; ; {
		first := s.from(i, 0)
		if first == blockSize {
			return data
		}
		end := s.from(first, ^uint64(0))
		skip := uint64(first-i) << 1
		if n := end - first; n > 1 {
			data = binary.AppendUvarint(binary.AppendUvarint(data, skip|1), uint64(n-2))
		} else {
			data = binary.AppendUvarint(data, skip)
		}
		if i = end; len(data)-start >= bitsetBytes {
			break
		}
	}
	data = data[:start]
	for _, w := range s {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return data
}

// add adds what append wrote.
func (s *bitset) add(data []byte) error {
	if len(data) == bitsetBytes {
		for i := range s {
			s[i] |= binary.LittleEndian.Uint64(data[8*i:])
		}
		return nil
	}
	for r := (runs{data: data}); ; {
		first, end, err := r.next()
		if err != nil || first == end {
			return err
		}
		s.fill(first, end)
	}
}

// keep leaves what append wrote.
func (s *bitset) keep(data []byte) error {
	if len(data) == bitsetBytes {
		for i := range s {
			s[i] &= binary.LittleEndian.Uint64(data[8*i:])
		}
		return nil
	}
	last := 0
	for r := (runs{data: data}); ; {
		first, end, err := r.next()
		if err != nil || first == end {
			s.drop(last, blockSize)
			return err
		}
		s.drop(last, first)
		last = end
	}
}

// remove leaves out what append wrote.
func (s *bitset) remove(data []byte) error {
	if len(data) == bitsetBytes {
		for i := range s {
			s[i] &^= binary.LittleEndian.Uint64(data[8*i:])
		}
		return nil
	}
	for r := (runs{data: data}); ; {
		first, end, err := r.next()
		if err != nil || first == end {
			return err
		}
		s.drop(first, end)
	}
}

// runs reads what append wrote, if it is not as it is.
type runs struct {
	data []byte
	at   int
}

// next returns the next run, from first to before end, or twice the same after
// the last.
func (r *runs) next() (first, end int, err error) {
	if len(r.data) == 0 {
		return 0, 0, nil
	}
	skip, err := r.number()
	first = r.at + skip>>1
	end = first + 1
	if err == nil && skip&1 == 1 {
		var more int
		more, err = r.number()
		end += more + 1
	}
	if err != nil || end > blockSize {
		return 0, 0, errPosting
	}
	r.at = end
	return first, end, nil
}

func (r *runs) number() (int, error) {
	if len(r.data) > 0 && r.data[0] < 0x80 {
		n := int(r.data[0])
		r.data = r.data[1:]
		return n, nil
	}
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v > 2*blockSize {
		return 0, errPosting
	}
	r.data = r.data[n:]
	return int(v), nil
}

// drop clears the numbers from first to before end.
func (s *bitset) drop(first, end int) {
	if first >= end {
		return
	}
	low, high := ^uint64(0)<<(first%64), ^uint64(0)>>(63-(end-1)%64)
	i, last := first/64, (end-1)/64
	if i == last {
		s[i] &^= low & high
		return
	}
	s[i] &^= low
	clear(s[i+1 : last])
	s[last] &^= high
}

// count is how many there are, or most if there are more.
func (s *bitset) count(most int) int {
	n := 0
	for _, w := range s {
		if n += bits.OnesCount64(w); n >= most {
			return most
		}
	}
	return n
}

// fill sets the numbers from first to before end.
func (s *bitset) fill(first, end int) {
	low, high := ^uint64(0)<<(first%64), ^uint64(0)>>(63-(end-1)%64)
	i, last := first/64, (end-1)/64
	if i == last {
		s[i] |= low & high
		return
	}
	s[i] |= low
	for i++; i < last; i++ {
		s[i] = ^uint64(0)
	}
	s[last] |= high
}

// level is where a video has a word: the higher ones are in the lower ones
// too, as search.Place has them.
type level int

const (
	nowhere level = iota
	inText        // or a facet
	inNames       // tags and names of who it is of
	inTitle
	levels = int(inTitle)
)

// posting is the videos of a block that have a word, each at its highest
// level: in the title, in names but not the title, elsewhere.
type posting [levels]bitset

func (p *posting) put(i int, at level) {
	for l := range p {
		p[l].clear(i)
	}
	if at != nowhere {
		p[int(inTitle-at)].set(i)
	}
}

// bytes is how a posting is stored; nil when it is empty.
func (p *posting) bytes() []byte {
	var data []byte
	none := true
	for i := range p {
		part := p[i].append(nil)
		none = none && len(part) == 0
		if i < levels-1 {
			data = binary.AppendUvarint(data, uint64(len(part)))
		}
		data = append(data, part...)
	}
	if none {
		return nil
	}
	return data
}

// parts cuts what bytes wrote into its levels, the highest first.
func parts(data []byte) (list [levels][]byte, err error) {
	if data == nil {
		return list, nil
	}
	for i := range levels - 1 {
		size, n := binary.Uvarint(data)
		if n <= 0 || size > uint64(len(data)-n) {
			return list, errPosting
		}
		list[i], data = data[n:n+int(size)], data[n+int(size):]
	}
	list[levels-1] = data
	return list, nil
}

// addLevel adds the videos that have a word at a level or a higher one.
func (s *bitset) addLevel(data []byte, at level) error {
	list, err := parts(data)
	for i := 0; err == nil && i <= int(inTitle-at); i++ {
		err = s.add(list[i])
	}
	return err
}

// read reads what bytes wrote.
func (p *posting) read(data []byte) error {
	*p = posting{}
	list, err := parts(data)
	for i := 0; err == nil && i < levels; i++ {
		err = p[i].add(list[i])
	}
	return err
}
