package search

import (
	"strings"
	"time"
)

// broad is the first block of what very many videos have: those with all words
// but one of a query, most often common ones, which other queries have too.
type broad struct {
	first block
	// most is how many there are at least.
	most int
}

// parts knows what was found lately by some words, of videos that pass one
// filter. The zero value knows nothing.
type parts struct {
	known *answers[broad]
	now   func() time.Time
	of    string // the filter, and how much has changed
}

// key names groups of words. No word has a space or a slash.
func (p parts) key(groups [][]string) string {
	var b strings.Builder
	b.WriteString(p.of)
	for _, g := range groups {
		b.WriteByte(' ')
		for _, w := range g {
			b.WriteByte('/')
			b.WriteString(w)
		}
	}
	return b.String()
}

// get returns what is known, if there is more of it than most.
func (p parts) get(key string, most int) (broad, bool) {
	if p.known == nil {
		return broad{}, false
	}
	b, ok := p.known.get(key, p.now())
	return b, ok && b.most >= most
}

func (p parts) put(key string, b broad) {
	if p.known != nil {
		p.known.put(key, b, p.now())
	}
}
