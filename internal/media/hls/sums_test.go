package hls

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sepiola/internal/errs"
)

func TestReadSums(t *testing.T) {
	t.Parallel()
	data := []byte("0123456789")
	sum := func(from, to int) string { return fmt.Sprintf("%x", sha256.Sum256(data[from:to])) }
	entry := func(key string, from, to int) string { return fmt.Sprintf("%q:%q", key, sum(from, to)) }
	for _, c := range []struct {
		name, list string
		read, want errs.Kind // of reading it and of the check; none is right
	}{
		{"each range, in any order, with gaps", `{"f":{` + entry("6-9", 6, 10) + `,` + entry("2-4", 2, 5) + `}}`, 0, 0},
		{"the whole file", `{"f":"` + sum(0, 10) + `"}`, 0, 0},
		{"in capitals", `{"f":"` + strings.ToUpper(sum(0, 10)) + `"}`, 0, 0},
		{"not this file", `{"g":"` + sum(0, 1) + `"}`, 0, 0},
		{"nothing", `{"f":{}}`, 0, 0},
		{"of two entries the last", `{"f":"` + sum(0, 1) + `","f":"` + sum(0, 10) + `"}`, 0, 0},
		{"as this program writes it", string(SegmentsJSON([]FileHashes{{"f", []SegmentHash{{ByteRange{1, 4}, sum(1, 5)}, {ByteRange{5, 5}, sum(5, 10)}}}})), 0, 0},
		{"another range", `{"f":{` + entry("2-4", 2, 5) + `,` + entry("6-9", 5, 9) + `}}`, 0, errs.Invalid},
		{"another file", `{"f":"` + sum(0, 9) + `"}`, 0, errs.Invalid},
		{"beyond the file", `{"f":{` + entry("6-10", 6, 10) + `}}`, 0, errs.Invalid},
		{"overlapping", `{"f":{` + entry("2-4", 2, 5) + `,` + entry("4-9", 4, 10) + `}}`, errs.Unprocessable, 0},
		{"no range", `{"f":{` + entry("init", 2, 5) + `}}`, errs.Unprocessable, 0},
		{"the end of all numbers", `{"f":{` + entry("0-9223372036854775807", 2, 5) + `}}`, errs.Unprocessable, 0},
		{"no sum", `{"f":{"0-1":"abc"}}`, errs.Unprocessable, 0},
		{"a number", `{"f":1}`, errs.Unprocessable, 0},
		{"a list", `{"f":[]}`, errs.Unprocessable, 0},
		{"the same of what is not wanted", `{"g":[]}`, errs.Unprocessable, 0},
		{"cut off", `{"f":{` + entry("2-4", 2, 5), errs.Unprocessable, 0},
		{"nothing at all", ``, errs.Unprocessable, 0},
	} {
		sums, err := ReadSums(strings.NewReader(c.list), func(name string) bool { return name == "f" })
		if errs.KindOf(err) != c.read || (err != nil) != (c.read != 0) || len(sums["g"]) != 0 {
			t.Errorf("%s: read %v, %v; want %v", c.name, sums, err, c.read)
		}
		if err := sums.Check(t.Context(), "f", int64(len(data)), bytes.NewReader(data)); errs.KindOf(err) != c.want || (err != nil) != (c.want != 0) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all := Sums{"f": {{ByteRange: ByteRange{Length: whole}}}}
	if err := all.Check(ctx, "f", 10, bytes.NewReader(data)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if err := all.Check(t.Context(), "f", 11, bytes.NewReader(data)); err == nil {
		t.Error("a file that ends early is right")
	}
}

func TestListsOfSumsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"f":{`)
	for i := range maxRanges + 1 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"%d-%d":"%064d"`, i, i, i)
	}
	b.WriteString(`}}`)
	if _, err := ReadSums(strings.NewReader(b.String()), func(string) bool { return true }); !errs.Is(err, errs.Unprocessable) {
		t.Errorf("got %v, want Unprocessable", err)
	}
}

func FuzzReadSums(f *testing.F) {
	f.Add(`{"f":{"0-1":"` + strings.Repeat("ab", 32) + `"},"g":"` + strings.Repeat("00", 32) + `"}`)
	f.Add(`{"f":{"9223372036854775806-9223372036854775806":"` + strings.Repeat("ab", 32) + `"}}`)
	f.Fuzz(func(t *testing.T, s string) {
		sums, err := ReadSums(strings.NewReader(s), func(string) bool { return true })
		if err != nil {
			return
		}
		for name := range sums {
			_ = sums.Check(t.Context(), name, 4, strings.NewReader("four"))
		}
	})
}
