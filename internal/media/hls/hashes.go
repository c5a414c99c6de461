package hls

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"

	"sepiola/internal/errs"
)

// maxHashes is the largest file of hashes read.
const maxHashes = 256 << 20

// SegmentHash is the SHA-256 of one segment, in hexadecimal.
type SegmentHash struct {
	Range  ByteRange
	SHA256 string
}

// FileHashes are those of one media file.
type FileHashes struct {
	Name     string
	Segments []SegmentHash
}

// HashSegments reads media once, from its start, and hashes the segments of m.
// A file that ends before its last segment is errs.Unprocessable.
func HashSegments(ctx context.Context, media io.Reader, m *MediaPlaylist) ([]SegmentHash, error) {
	hashes := make([]SegmentHash, 0, len(m.Segments))
	ranges := func(yield func(ByteRange) bool) {
		for _, s := range m.Segments {
			if !yield(s.Range) {
				return
			}
		}
	}
	err := eachHash(ctx, media, ranges, func(b ByteRange, sum []byte) error {
		hashes = append(hashes, SegmentHash{Range: b, SHA256: hex.EncodeToString(sum)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return hashes, nil
}

// eachHash reads media once, from its start, and calls fn with the sum of each
// range, which follow each other. Those that overlap, and a file that ends
// before them, are errs.Unprocessable.
func eachHash(ctx context.Context, media io.Reader, ranges iter.Seq[ByteRange], fn func(b ByteRange, sum []byte) error) error {
	var at int64
	h := sha256.New()
	buf := make([]byte, 128<<10)
	for b := range ranges {
		if b.Offset < at {
			return errs.New(errs.Unprocessable, "segments that overlap")
		}
		h.Reset()
		for _, part := range []struct {
			w io.Writer
			n int64
		}{{io.Discard, b.Offset - at}, {h, b.Length}} {
			n, err := io.CopyBuffer(hashWriter{ctx, part.w}, io.LimitReader(media, part.n), buf)
			if err != nil {
				return fmt.Errorf("hash segments: %w", err)
			}
			if n != part.n {
				return errs.Wrap(errs.Unprocessable, io.ErrUnexpectedEOF, "the media file is shorter than its playlist says")
			}
			at += n
		}
		if err := fn(b, h.Sum(nil)); err != nil {
			return err
		}
	}
	return nil
}

// hashWriter ends with ctx, since a range may be a whole film. It hides ReadFrom
// so that the shared buffer is used.
type hashWriter struct {
	ctx context.Context //nolint:containedctx // lives as long as one call
	w   io.Writer
}

// Write implements io.Writer.
func (w hashWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// SegmentsJSON writes the file of hashes, in the order given.
func SegmentsJSON(files []FileHashes) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range files {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(f.Name) // a string always can be
		b.Write(name)
		b.WriteString(":{")
		for j, s := range f.Segments {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q:%q", s.Range.String(), s.SHA256)
		}
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return b.Bytes()
}

// ParseSegmentsJSON reads what SegmentsJSON wrote, in its order. Anything else is
// errs.Unprocessable.
func ParseSegmentsJSON(r io.Reader) ([]FileHashes, error) {
	d := json.NewDecoder(io.LimitReader(r, maxHashes))
	var files []FileHashes
	err := eachField(d, func(name string) error {
		f := FileHashes{Name: name}
		err := eachField(d, func(key string) error {
			s, err := parseHash(d, key)
			f.Segments = append(f.Segments, s)
			return err
		})
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, errs.Wrap(errs.Unprocessable, err, "the file of segment hashes cannot be read")
	}
	return files, nil
}

// eachField calls fn for each name of an object; fn reads the value.
func eachField(d *json.Decoder, fn func(name string) error) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fmt.Errorf("not an object")
	}
	return eachEntry(d, fn)
}

// eachEntry is eachField of an object that has begun.
func eachEntry(d *json.Decoder, fn func(name string) error) error {
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return fmt.Errorf("not a name")
		}
		if err := fn(name); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func parseHash(d *json.Decoder, key string) (SegmentHash, error) {
	b, err := parseKey(key)
	if err != nil {
		return SegmentHash{}, err
	}
	t, err := d.Token()
	if err != nil {
		return SegmentHash{}, err
	}
	sum, ok := t.(string)
	if _, err := hex.DecodeString(sum); !ok || err != nil || len(sum) != 2*sha256.Size {
		return SegmentHash{}, fmt.Errorf("%v is no SHA-256", t)
	}
	return SegmentHash{Range: b, SHA256: sum}, nil
}

// parseKey reads a range as ByteRange.String writes it.
func parseKey(key string) (ByteRange, error) {
	first, last, ok := strings.Cut(key, "-")
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	if !ok || err1 != nil || err2 != nil || start < 0 || end < start || end == math.MaxInt64 {
		return ByteRange{}, fmt.Errorf("%q is no byte range", key)
	}
	return ByteRange{Offset: start, Length: end - start + 1}, nil
}
