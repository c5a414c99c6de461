package activity

import (
	"maps"
	"slices"
	"strings"
)

// Untabbed is a document with spaces for the tabs in its texts, which end where
// they did. The programs of the fediverse sign a tab in two ways (see ldsig):
// what has one would be right for PeerTube and wrong for Mastodon.
func (d Doc) Untabbed() Doc {
	if v, ok := untabbed(map[string]any(d)); ok {
		return Doc(v.(map[string]any))
	}
	return d
}

// untabbed returns another value where something changes; what documents share
// stays as it is.
func untabbed(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		if !strings.Contains(v, "\t") {
			return v, false
		}
		return spaced(v), true
	case Doc:
		return untabbed(map[string]any(v))
	case map[string]any:
		var c map[string]any
		for k, old := range v {
			changed, ok := untabbed(old)
			if !ok {
				continue
			}
			if c == nil {
				c = maps.Clone(v)
			}
			c[k] = changed
		}
		if c != nil {
			return c, true
		}
	case []any:
		var c []any
		for i, old := range v {
			if changed, ok := untabbed(old); ok {
				if c == nil {
					c = slices.Clone(v)
				}
				c[i] = changed
			}
		}
		if c != nil {
			return c, true
		}
	}
	return v, false
}

// spaced writes spaces for tabs, as far as Markdown takes them to reach.
func spaced(s string) string {
	const stop = 4
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch r {
		case '\t':
			n := stop - column%stop
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		case '\n', '\r':
			column = -1
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}
