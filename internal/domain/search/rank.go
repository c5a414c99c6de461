package search

import (
	"cmp"
	"slices"
	"strings"
)

// Where the words of a query were found, the best first.
const (
	whole     = iota // the title is the query
	phrase           // in the title, beside each other in their order
	inTitle          // all in the title
	inTags           // all in the title or the tags
	ofOwner          // all in those or the names of whom it is of
	elsewhere        // in the text
)

// rank sorts hits: by where the words were found, by how many of them were
// found as they were typed, by popularity, by what is newest.
func rank(hits []Hit, groups [][]string) {
	type scored struct {
		Hit
		place, typed int
	}
	list := make([]scored, len(hits))
	for i, h := range hits {
		place, typed := score(h, groups)
		list[i] = scored{h, place, typed}
	}
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(b.typed, a.typed),
			cmp.Compare(b.Popularity, a.Popularity), cmp.Compare(b.ID, a.ID))
	})
	for i, s := range list {
		hits[i] = s.Hit
	}
}

// score says where the words are and how many of the words of the title, the
// tags and the names are those that were typed, which are the first of their
// groups.
func score(h Hit, groups [][]string) (place, typed int) {
	place = inTitle
	for _, g := range groups {
		is, first := holds(h.Title, g)
		at := inTitle
		if !is {
			at = inTags
			is, first = holds(h.Tags, g)
		}
		if !is {
			at = ofOwner
			is, first = holds(h.Owner, g)
		}
		if !is {
			at = elsewhere
		}
		if first {
			typed++
		}
		place = max(place, at)
	}
	if place != inTitle {
		return place, typed
	}
	return phraseIn(h.Title, groups), typed
}

// holds reports whether a text has one of some words, and whether it is the
// first of them.
func holds(text string, words []string) (is, first bool) {
	for i, w := range words {
		if at := strings.Index(text, w); at >= 0 && (text[at-1] == ' ' && text[at+len(w)] == ' ' || strings.Contains(text, " "+w+" ")) {
			return true, i == 0
		}
	}
	return false, false
}

// besides stands between the words of a text, as queries have them, and other
// forms of them.
const besides = " / "

// wordsOfTitle are those that queries have.
func wordsOfTitle(title string) []string {
	title, _, _ = strings.Cut(title, besides)
	return strings.Fields(title)
}

// phraseIn says whether the words follow each other in a title, or are all of
// it.
func phraseIn(title string, groups [][]string) int {
	words := wordsOfTitle(title)
	for start := 0; start+len(groups) <= len(words); start++ {
		i := 0
		for i < len(groups) && slices.Contains(groups[i], words[start+i]) {
			i++
		}
		if i < len(groups) {
			continue
		}
		if len(words) == len(groups) {
			return whole
		}
		return phrase
	}
	return inTitle
}
