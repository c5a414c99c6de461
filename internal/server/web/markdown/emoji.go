package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark-emoji/definition"
)

// longestEmoji is how long a name between colons may be.
const longestEmoji = 64

// emojis puts pictures in the place of names such as :smile: in the texts of
// sanitized HTML that are not in a link or in code. As in PeerTube the text
// stays as it was typed: the names are read when it is shown.
func emojis(doc []byte) []byte {
	if bytes.Count(doc, []byte(":")) < 2 {
		return doc
	}
	return inTexts(doc, func(text []byte) []byte { return []byte(emojisIn(string(text))) })
}

func emojisIn(s string) string {
	if strings.Count(s, ":") < 2 {
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
