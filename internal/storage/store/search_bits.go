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

func (s *bitset) andNot(o *bitset) {
	for i := range s {
		s[i] &^= o[i]
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
	for at := uint64(0); len(data) > 0; {
		skip, n := binary.Uvarint(data)
		if n <= 0 || skip > 2*blockSize {
			return errPosting
		}
		data, at = data[n:], at+skip>>1
		end := at + 1
		if skip&1 == 1 {
			more, n := binary.Uvarint(data)
			if n <= 0 || more > blockSize {
				return errPosting
			}
			data, end = data[n:], at+more+2
		}
		if end > blockSize {
			return errPosting
		}
		s.fill(int(at), int(end))
		at = end
	}
	return nil
}

// fill sets the numbers from first to before end.
func (s *bitset) fill(first, end int) {
	for first < end {
		n := min(end, (first/64+1)*64) - first
		s[first/64] |= (^uint64(0) >> (64 - n)) << (first % 64)
		first += n
	}
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

// parts cuts what bytes wrote into its levels.
func parts(data []byte) (list [levels][]byte, err error) {
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
