package files

import (
	"strings"
	"unicode"
)

// attachment is the Content-Disposition of a file to be saved under a name:
// RFC 6266, with the name in RFC 5987's form beside a readable one when it
// has other letters than ASCII's.
func attachment(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, name)
	ascii := strings.Map(func(r rune) rune {
		switch {
		case r > unicode.MaxASCII:
			return '?'
		case r == '"':
			return '\''
		}
		return r
	}, name)
	out := `attachment; filename="` + ascii + `"`
	if ascii != name {
		out += "; filename*=UTF-8''" + encode5987(name)
	}
	return out
}

// encode5987 percent-encodes all but the attr-char of RFC 5987.
func encode5987(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
