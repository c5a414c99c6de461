package markdown

import (
	"strings"

	"github.com/yuin/goldmark-emoji/definition"
)

// longestEmoji is how long a name between colons may be.
const longestEmoji = 64

// emojis puts pictures in the place of names such as :smile: in the texts of
// sanitized HTML that are not in a link or in code. As in PeerTube the text
// stays as it was typed: the names are read when it is shown.
func emojis(doc []byte) []byte {
	if !mayNameEmoji(doc) {
		return doc
	}
	return inTexts(doc, func(text []byte) []byte { return []byte(emojisIn(string(text))) })
}

// mayNameEmoji reports whether letters as names of emojis have stand between
// two colons: most texts have colons, in the addresses of links, and no name.
func mayNameEmoji[T string | []byte](s T) bool {
	named := -1 // where what may be a name begins
	for i := range len(s) {
		switch c := s[i]; {
		case c == ':' && named >= 0 && i > named && i-named <= longestEmoji:
			return true
		case c == ':':
			named = i + 1
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '+' || c == '-':
		default:
			named = -1
		}
	}
	return false
}

func emojisIn(s string) string {
	if !mayNameEmoji(s) {
		return s
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, ":")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, ":")
		if ok && len(name) <= longestEmoji {
			if e, known := definition.Github().Get(name); known && e.IsUnicode() {
				b.WriteString(string(e.Unicode))
				s = after
				continue
			}
		}
		b.WriteByte(':') // and what follows may begin a name at the next one
		s = rest
	}
}
