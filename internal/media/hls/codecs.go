package hls

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"

	"sepiola/internal/errs"
)

// Codecs are the RFC 6381 names of what a file holds; empty when it has none.
type Codecs struct{ Video, Audio string }

// String joins them as the CODECS attribute has them.
func (c Codecs) String() string {
	return strings.Trim(c.Video+","+c.Audio, ",")
}

// maxHeader is how much of a file may come up to the end of moov.
const maxHeader = 16 << 20

// ReadCodecs reads them from the start of an MP4 file (up to and including
// moov, at most 16 MiB are read). Anything else is errs.Unprocessable.
func ReadCodecs(r io.Reader) (Codecs, error) {
	moov, err := findMoov(r)
	if err != nil {
		return Codecs{}, errs.Wrap(errs.Unprocessable, err, "the header of the media file cannot be read")
	}
	var c Codecs
	err = eachBox(moov, func(kind string, trak []byte) error {
		if kind != "trak" {
			return nil
		}
		return c.addTrack(trak)
	})
	if err != nil {
		return Codecs{}, errs.Wrap(errs.Unprocessable, err, "the header of the media file cannot be read")
	}
	return c, nil
}

// findMoov reads top-level boxes up to moov and returns its content.
func findMoov(r io.Reader) ([]byte, error) {
	left := int64(maxHeader)
	for {
		var header [8]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return nil, fmt.Errorf("no moov box: %w", err)
		}
		size := int64(binary.BigEndian.Uint32(header[:])) - 8
		left -= 8 + size
		if size < 0 || left < 0 {
			return nil, errors.New("a box out of bounds before the end of moov")
		}
		if string(header[4:]) == "moov" {
			content := make([]byte, size)
			_, err := io.ReadFull(r, content)
			return content, err
		}
		if _, err := io.CopyN(io.Discard, r, size); err != nil {
			return nil, err
		}
	}
}

// eachBox calls fn for the boxes in b.
func eachBox(b []byte, fn func(kind string, content []byte) error) error {
	for len(b) >= 8 {
		size := int(binary.BigEndian.Uint32(b))
		if size < 8 || size > len(b) {
			return errors.New("a box out of bounds")
		}
		if err := fn(string(b[4:8]), b[8:size]); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}

// box returns the content of the box at a path, or nil.
func box(b []byte, path ...string) []byte {
	for _, want := range path {
		var found []byte
		_ = eachBox(b, func(kind string, content []byte) error {
			if kind == want && found == nil {
				found = content
			}
			return nil
		})
		if found == nil {
			return nil
		}
		b = found
	}
	return b
}

// Sizes of the fixed parts of boxes, from ISO/IEC 14496-12.
const (
	stsdHeader  = 8  // version, flags, number of entries
	visualEntry = 78 // of a visual sample entry
	audioEntry  = 28 // of an audio sample entry
)

// addTrack names the codec of the first sample entry of a track.
func (c *Codecs) addTrack(trak []byte) error {
	stsd := box(trak, "mdia", "minf", "stbl", "stsd")
	if len(stsd) < stsdHeader {
		return nil
	}
	done := false
	return eachBox(stsd[stsdHeader:], func(kind string, entry []byte) error {
		if done {
			return nil
		}
		done = true
		handler := box(trak, "mdia", "hdlr")
		switch {
		case len(handler) < 12:
			return errors.New("a track without handler")
		case string(handler[8:12]) == "vide" && len(entry) >= visualEntry && c.Video == "":
			c.Video = videoCodec(kind, entry[visualEntry:])
		case string(handler[8:12]) == "soun" && len(entry) >= audioEntry && c.Audio == "":
			c.Audio = audioCodec(kind, entry[audioEntry:])
		}
		return nil
	})
}

// videoCodec names a video codec from the boxes after its sample entry.
func videoCodec(kind string, b []byte) string {
	switch kind {
	case "avc1", "avc3":
		if c := box(b, "avcC"); len(c) >= 4 {
			return fmt.Sprintf("%s.%02x%02x%02x", kind, c[1], c[2], c[3])
		}
	case "hvc1", "hev1":
		if c := box(b, "hvcC"); len(c) >= 13 {
			return hevcCodec(kind, c)
		}
	case "vp09":
		if c := box(b, "vpcC"); len(c) >= 7 { // a full box: 4 bytes first
			return fmt.Sprintf("vp09.%02d.%02d.%02d", c[4], c[5], c[6]>>4)
		}
	case "av01":
		if c := box(b, "av1C"); len(c) >= 3 {
			return av1Codec(c)
		}
	}
	return kind
}

// hevcCodec follows ISO/IEC 14496-15, annex E.3.
func hevcCodec(kind string, c []byte) string {
	space := []string{"", "A", "B", "C"}[c[1]>>6]
	tier := "L"
	if c[1]&0x20 != 0 {
		tier = "H"
	}
	compatible := bits.Reverse32(binary.BigEndian.Uint32(c[2:6]))
	name := fmt.Sprintf("%s.%s%d.%X.%s%d", kind, space, c[1]&0x1f, compatible, tier, c[12])
	constraints := c[6:12]
	for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
		constraints = constraints[:len(constraints)-1]
	}
	for _, b := range constraints {
		name += fmt.Sprintf(".%X", b)
	}
	return name
}

// av1Codec follows the AV1 in ISOBMFF binding, section 5.
func av1Codec(c []byte) string {
	profile, level, tier, depth := c[1]>>5, c[1]&0x1f, "M", 8
	if c[2]&0x80 != 0 {
		tier = "H"
	}
	if c[2]&0x40 != 0 {
		depth = 10
		if profile == 2 && c[2]&0x20 != 0 {
			depth = 12
		}
	}
	return fmt.Sprintf("av01.%d.%02d%s.%02d", profile, level, tier, depth)
}

func audioCodec(kind string, b []byte) string {
	switch kind {
	case "mp4a":
		if esds := box(b, "esds"); len(esds) > 4 {
			return aacCodec(esds[4:])
		}
		return "mp4a.40.2"
	case "Opus":
		return "opus"
	case "fLaC":
		return "fLaC"
	}
	return kind
}

// Tags of MPEG-4 descriptors, ISO/IEC 14496-1.
const (
	esDescriptor      = 3
	decoderConfig     = 4
	decoderSpecific   = 5
	objectAAC         = 0x40
	escapeObject      = 31
	decoderConfigSize = 13
)

// aacCodec reads the object types from the descriptors of an esds box.
func aacCodec(b []byte) string {
	tag, es := descriptor(b)
	if tag != esDescriptor || len(es) < 3 {
		return "mp4a.40.2"
	}
	flags, es := es[2], es[3:]
	if flags&0x80 != 0 {
		es = skip(es, 2)
	}
	if flags&0x40 != 0 && len(es) > 0 {
		es = skip(es, 1+int(es[0]))
	}
	if flags&0x20 != 0 {
		es = skip(es, 2)
	}
	tag, config := descriptor(es)
	if tag != decoderConfig || len(config) < decoderConfigSize {
		return "mp4a.40.2"
	}
	if config[0] != objectAAC {
		return fmt.Sprintf("mp4a.%02x", config[0])
	}
	tag, specific := descriptor(config[decoderConfigSize:])
	if tag != decoderSpecific || len(specific) < 2 {
		return "mp4a.40.2"
	}
	object := int(specific[0] >> 3)
	if object == escapeObject {
		object = 32 + int(specific[0]&7)<<3 + int(specific[1]>>5)
	}
	return fmt.Sprintf("mp4a.40.%d", object)
}

// descriptor splits off the first descriptor of b.
func descriptor(b []byte) (tag byte, content []byte) {
	if len(b) < 2 {
		return 0, nil
	}
	tag, b = b[0], b[1:]
	size := 0
	for i := 0; i < 4 && len(b) > 0; i++ {
		last := b[0]&0x80 == 0
		size = size<<7 | int(b[0]&0x7f)
		b = b[1:]
		if last {
			break
		}
	}
	return tag, b[:min(size, len(b))]
}

func skip(b []byte, n int) []byte { return b[min(n, len(b)):] }
