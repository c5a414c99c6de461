package hls

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"sepiola/internal/errs"
)

// maxRanges is how many sums of a list are kept: of a day in ten qualities.
const maxRanges = 300_000

// Sums are those of files of another site's video.
type Sums map[string][]rangeSum

type rangeSum struct {
	ByteRange // Length is whole for a file that has one sum
	sum       [sha256.Size]byte
}

const whole = -1

// ReadSums reads a site's file of hashes, of the files that are wanted, in either
// of PeerTube's forms: a sum for each range, or one for the whole file. What
// cannot be read is errs.Unprocessable. Whoever opens the list bounds its bytes.
func ReadSums(r io.Reader, wanted func(name string) bool) (Sums, error) {
	d := json.NewDecoder(r)
	sums, n := Sums{}, 0
	err := eachField(d, func(name string) error {
		list, err := readFileSums(d, maxRanges-n)
		if err != nil || !wanted(name) {
			return err
		}
		n += len(list)
		sums[name] = list // of two the last counts, as for players
		return nil
	})
	if err != nil {
		return nil, errs.Wrap(errs.Unprocessable, err, "the list of SHA-256 sums cannot be read")
	}
	return sums, nil
}

// readFileSums reads the sums of one file, in the order of its bytes. Ranges
// that overlap are refused: many long ones would take for ever to check.
func readFileSums(d *json.Decoder, most int) ([]rangeSum, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('{') {
		s, err := sumOf(t)
		s.Length = whole
		return []rangeSum{s}, err
	}
	var list []rangeSum
	err = eachEntry(d, func(key string) error {
		if len(list) >= most {
			return fmt.Errorf("more than %d sums", maxRanges)
		}
		b, err := parseKey(key)
		if err != nil {
			return err
		}
		t, err := d.Token()
		if err != nil {
			return err
		}
		s, err := sumOf(t)
		s.ByteRange = b
		list = append(list, s)
		return err
	})
	slices.SortFunc(list, func(a, b rangeSum) int { return cmp.Compare(a.Offset, b.Offset) })
	for i := 1; i < len(list) && err == nil; i++ {
		if list[i].Offset < list[i-1].Offset+list[i-1].Length {
			err = fmt.Errorf("the ranges %s and %s overlap", list[i-1], list[i])
		}
	}
	return list, err
}

func sumOf(t json.Token) (s rangeSum, err error) {
	text, ok := t.(string)
	if !ok || len(text) != hex.EncodedLen(len(s.sum)) {
		return s, fmt.Errorf("%.80v is no SHA-256", t)
	}
	_, err = hex.Decode(s.sum[:], []byte(text))
	return s, err
}

// Check reads a file of size bytes, as far as there are sums of it, and returns
// errs.Invalid when one is not right. Of what has none, such as the first bytes
// in PeerTube's lists, nothing is known: it is taken for right.
func (s Sums) Check(ctx context.Context, name string, size int64, r io.Reader) error {
	list := s[name]
	i := 0
	ranges := func(yield func(ByteRange) bool) {
		for ; i < len(list); i++ {
			b := list[i].ByteRange
			if b.Length == whole {
				b.Length = size
			}
			if !yield(b) {
				return
			}
		}
	}
	if n := len(list); n > 0 && list[n-1].Length != whole && list[n-1].Offset+list[n-1].Length > size {
		return errs.New(errs.Invalid, "the list of SHA-256 sums has bytes %s of %s, which has %d", list[n-1], name, size)
	}
	return eachHash(ctx, r, ranges, func(b ByteRange, sum []byte) error {
		if [sha256.Size]byte(sum) != list[i].sum {
			return errs.New(errs.Invalid, "bytes %s of %s have another SHA-256 sum than its site says", b, name)
		}
		return nil
	})
}
