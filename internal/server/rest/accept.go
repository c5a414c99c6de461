package rest

import (
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// Preferred returns which of some media types, in lower case and without
// parameters, a client would rather have, by its Accept headers; "" when it
// accepts none of them. A client that does not say accepts anything.
//
// Of a type, the range counts that names it most closely (RFC 9110, 12.5.1). Of
// types that a client likes the same, the one is taken that it names more
// closely, then the one that it names first, then the first offer: PeerTube's
// order. Parameters other than q are not looked at, and a range that cannot be
// read names nothing.
func Preferred(r *http.Request, offers ...string) string {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return offers[0]
	}
	liked, place := make([]liking, len(offers)), 0
	for part := range unquoted(accept, ',') {
		kind, params, _ := strings.Cut(part, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		for i, offer := range offers {
			l := liking{closeness: closeness(kind, offer), place: place}
			if l.closeness < max(liked[i].closeness, 1) {
				continue
			}
			if l.quality = quality(params); l.closeness > liked[i].closeness || l.quality > liked[i].quality {
				liked[i] = l
			}
		}
		place++
	}
	best, chosen := liking{}, ""
	for i, l := range liked {
		if l.quality > 0 && l.over(best) {
			best, chosen = l, offers[i]
		}
	}
	return chosen
}

// liking is how much a client likes a type.
type liking struct {
	quality   float64 // 0 not at all, to 1
	closeness int     // of the range that says so; 0 none does
	place     int     // of that range among all
}

// over reports whether a type comes before one that was offered before it.
func (l liking) over(best liking) bool {
	switch {
	case l.quality != best.quality:
		return l.quality > best.quality
	case l.closeness != best.closeness:
		return l.closeness > best.closeness
	}
	return l.place < best.place
}

// closeness says how closely a range names a type: 0 when it does not, 3 when it
// names nothing else.
func closeness(kind, offer string) int {
	family, all := strings.CutSuffix(kind, "*")
	switch {
	case kind == offer:
		return 3
	case kind == "*/*":
		return 1
	case all && strings.HasSuffix(family, "/") && strings.HasPrefix(offer, family):
		return 2
	}
	return 0
}

// unquoted are what stands between the separators of a header, but for those in
// quotes: profiles may have them. Quotes that do not end go on to the end.
func unquoted(s string, separator byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		quoted, from := false, 0
		for i := 0; i < len(s); i++ {
			switch {
			case quoted && s[i] == '\\':
				i++ // whatever comes next does not end them
			case s[i] == '"':
				quoted = !quoted
			case s[i] == separator && !quoted:
				if !yield(s[from:i]) {
					return
				}
				from = i + 1
			}
		}
		yield(s[from:])
	}
}

// quality reads how much a client likes something, from 0 to 1, out of the
// parameters of what it accepts: 1 when it does not say so properly.
func quality(params string) float64 {
	for p := range unquoted(params, ';') {
		p = strings.TrimSpace(p)
		if len(p) < 2 || p[0] != 'q' && p[0] != 'Q' || p[1] != '=' {
			continue
		}
		if q, err := strconv.ParseFloat(p[2:], 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}
