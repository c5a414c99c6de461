package store

import (
	"math/rand/v2"
	"testing"
)

// What is written of a posting is read again, however full it is, and no set
// takes more than its bits.
func TestPostingsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, of := range []int{0, 1, 2, 3, 10, 60, 64, 300, 3000, blockSize - 1, blockSize} {
		var p posting
		for i := range blockSize {
			if of > 0 && (of == blockSize || random.IntN(blockSize) < of) {
				p.put(i, level(1+random.IntN(levels)))
			}
		}
		p.put(blockSize-1, inTitle)
		p.put(0, inNames)
		p.put(0, inText) // which moves it
		data := p.bytes()
		if len(data) > levels*(bitsetBytes+2) {
			t.Errorf("%d videos take %d bytes", of, len(data))
		}
		var again posting
		if err := again.read(data); err != nil || again != p {
			t.Errorf("%d videos: read otherwise, %v", of, err)
		}
		var names bitset
		if err := names.addLevel(data, inNames); err != nil || names.has(0) || !names.has(blockSize-1) {
			t.Errorf("%d videos: of names %v", of, err)
		}
		for i := range blockSize {
			if names.has(i) != (p[0].has(i) || p[1].has(i)) {
				t.Fatalf("%d videos: %d is in names or not", of, i)
			}
		}
		p.put(0, nowhere)
		if p[levels-1].has(0) {
			t.Error("what is taken out is there")
		}
	}
	if data := (&posting{}).bytes(); data != nil {
		t.Errorf("an empty posting is %v", data)
	}
	var all posting
	for i := range blockSize {
		all.put(i, inTitle)
	}
	if data := all.bytes(); len(data) > 8 {
		t.Errorf("a word of all videos takes %d bytes", len(data))
	}
}

// What was never written is an error, and never a number outside of a block.
func TestPostingsOfAnythingAreRefused(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{{}, {0}, {5, 1}, {0x80}, {0, 0, 0x80}, {0, 0, 0xff, 0xff, 0x03}, {0, 0, 1, 0xff, 0xff, 0x7f}} {
		var p posting
		if err := p.read(data); err == nil {
			t.Errorf("%v is read", data)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		data := make([]byte, random.IntN(40))
		for i := range data {
			data[i] = byte(random.IntN(256))
		}
		var p posting
		_ = p.read(data) // must not panic
	}
}

// To keep or leave out what is written is the same as to do so with the set
// that it is.
func TestPostingsNarrowSets(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	some := func(of int) (s bitset) {
		for i := range blockSize {
			if random.IntN(blockSize) < of {
				s.set(i)
			}
		}
		return s
	}
	for _, of := range []int{0, 1, 5, 100, 3000, blockSize - 100, blockSize} {
		for _, written := range []int{0, 1, 2, 60, 2000, blockSize - 300, blockSize} {
			set, other := some(of), some(written)
			data := other.append(nil)
			kept, left := set, set
			if err := kept.keep(data); err != nil {
				t.Fatal(err)
			}
			if err := left.remove(data); err != nil {
				t.Fatal(err)
			}
			n := 0
			for i := range blockSize {
				if kept.has(i) != (set.has(i) && other.has(i)) || left.has(i) != (set.has(i) && !other.has(i)) {
					t.Fatalf("%d of a set of %d and one of %d: kept %v, left %v", i, of, written, kept.has(i), left.has(i))
				}
				if kept.has(i) {
					n++
				}
			}
			if got := kept.count(50); got != min(n, 50) {
				t.Errorf("%d are kept, counted as %d", n, got)
			}
			if again := kept.kept(); again == nil != (n == 0) || again != nil && *again != kept {
				t.Errorf("a copy of %d is another", n)
			}
		}
	}
}
