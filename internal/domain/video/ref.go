package video

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"sepiola/internal/errs"
)

// Ref is how a request names a video: by number, or by UUID. Unlisted videos
// answer only to their UUID.
type Ref struct {
	ID   ID     // 0 when named by UUID
	UUID string // "" when named by number
}

// ByID names a video by its number.
func ByID(id ID) Ref { return Ref{ID: id} }

// ByUUID names a video by its UUID.
func ByUUID(uuid string) Ref { return Ref{UUID: uuid} }

// ParseRef reads a number, a UUID or a short UUID. Anything else is
// errs.Invalid, said as PeerTube says it.
func ParseRef(s string) (Ref, error) {
	if uuid, ok := ExpandUUID(s); ok {
		return Ref{UUID: uuid}, nil
	}
	if ValidUUID(s) {
		return Ref{UUID: strings.ToLower(s)}, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return Ref{ID: ID(n)}, nil
	}
	return Ref{}, errs.Fields(errs.Param{
		Name: "id", Msg: "Should have a valid video id (id, short UUID or UUID)", Value: s, In: "params",
	})
}

// shortAlphabet is the base 58 of Flickr, as PeerTube's short UUIDs have it.
const shortAlphabet = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"

// shortLength is the length of every short UUID: 58^22 > 2^128.
const shortLength = 22

// NewUUID returns a random UUID (version 4).
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}

func formatUUID(b [16]byte) string {
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

func parseUUID(s string) (b [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return b, false
	}
	var digits [32]byte
	n := copy(digits[:], s[:8])
	for _, part := range [...]string{s[9:13], s[14:18], s[19:23], s[24:]} {
		n += copy(digits[n:], part)
	}
	_, err := hex.Decode(b[:], digits[:])
	return b, err == nil
}

// ValidUUID reports whether s has the form of a UUID.
func ValidUUID(s string) bool {
	_, ok := parseUUID(s)
	return ok
}

// ShortUUID writes a UUID in its 22 characters, or "" when it is none.
func ShortUUID(uuid string) string {
	b, ok := parseUUID(uuid)
	if !ok {
		return ""
	}
	const base = uint64(len(shortAlphabet))
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	var out [shortLength]byte
	for i := shortLength - 1; i >= 0; i-- {
		var digit uint64
		hi, digit = hi/base, hi%base
		lo, digit = bits.Div64(digit, lo, base)
		out[i] = shortAlphabet[digit]
	}
	return string(out[:])
}

// ExpandUUID reads a short UUID.
func ExpandUUID(short string) (uuid string, ok bool) {
	if len(short) != shortLength {
		return "", false
	}
	const base = uint64(len(shortAlphabet))
	var hi, lo uint64
	for i := range len(short) {
		digit := strings.IndexByte(shortAlphabet, short[i])
		if digit < 0 {
			return "", false
		}
		over, high := bits.Mul64(hi, base)
		carry, low := bits.Mul64(lo, base)
		low, c := bits.Add64(low, uint64(digit), 0)
		high, c = bits.Add64(high, carry, c)
		if over != 0 || c != 0 {
			return "", false // more than 128 bits
		}
		hi, lo = high, low
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return formatUUID(b), true
}

// ParsePage reads the path of a page of a video, or of what is below one, as
// PeerTube's sites have them.
func ParsePage(path string) (Ref, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	at := 1
	if len(parts) > 2 && parts[0] == "videos" && (parts[1] == "watch" || parts[1] == "embed") {
		at = 2
	} else if len(parts) < 2 || parts[0] != "w" {
		return Ref{}, false
	}
	ref, err := ParseRef(parts[at])
	return ref, err == nil
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$`)

// ValidFileName reports whether a file of a video may have a name and be asked
// for by it. It excludes every way out of a directory, and hidden files.
func ValidFileName(name string) bool { return fileName.MatchString(name) }
