package store

import (
	"math/bits"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
)

// facet begins words that nobody can type: what kind a document is of, how
// much a video is watched, and what lists are filtered by, so that the index
// finds the first that pass among very many.
const facet = "\ue000"

func facetOf(name string, n int) string { return facet + name + strconv.Itoa(n) }

func bandWord(band int) string         { return facetOf("b", band) }
func kindWord(kind search.Kind) string { return facetOf("k", int(kind)) }

func languageWord(code string) string {
	return facet + "l" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(code))
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lengthOf puts durations that are alike together.
func lengthOf(seconds int) int { return bits.Len(uint(max(seconds, 0))) }

func monthOf(t time.Time) int { return t.UTC().Year()*12 + int(t.UTC().Month()) - 1 }

// videoFacets are the facets of a video.
func videoFacets(v *video.Video) []string {
	original := v.PublishedAt
	if v.OriginallyPublishedAt != nil {
		original = *v.OriginallyPublishedAt
	}
	return []string{
		facetOf("p", int(v.Privacy)), facetOf("c", v.Category), facetOf("i", v.Licence), languageWord(v.Language), facetOf("n", yes(v.NSFW)), facetOf("v", yes(v.IsLive)),
		facetOf("r", yes(v.Remote)), facetOf("d", lengthOf(v.Duration)), facetOf("m", monthOf(v.PublishedAt)), facetOf("y", original.UTC().Year()),
	}
}

// facetsOf are the facets that all videos have which pass a filter: one of
// each group. What passes them need not pass the filter.
func facetsOf(f video.Filter) [][]string {
	var groups [][]string
	var privacies []int
	add := func(words ...string) {
		if len(words) > 0 {
			groups = append(groups, words)
		}
	}
	each := func(name string, list []int) {
		words := make([]string, len(list))
		for i, n := range list {
			words[i] = facetOf(name, n)
		}
		add(words...)
	}
	for _, p := range f.Privacies {
		privacies = append(privacies, int(p))
	}
	each("p", privacies)
	each("c", f.Categories)
	each("i", f.Licences)
	languages := make([]string, len(f.Languages))
	for i, l := range f.Languages {
		if languages[i] = languageWord(l); l == video.UnknownLanguage {
			languages[i] = languageWord("")
		}
	}
	add(languages...)
	if f.NSFW != nil && (*f.NSFW || f.NSFWFlagsIncluded == 0) {
		add(facetOf("n", yes(*f.NSFW)))
	}
	if f.IsLive != nil {
		add(facetOf("v", yes(*f.IsLive)))
	}
	if f.IsLocal != nil {
		add(facetOf("r", yes(!*f.IsLocal)))
	}
	add(span("d", duration(f.DurationMin, 0), duration(f.DurationMax, 1<<30), 31)...)
	const months, years = 40, 60 // longer spans are not worth it
	add(span("m", bound(f.PublishedAfter, 0, monthOf), bound(f.PublishedBefore, monthOf(time.Now()), monthOf), months)...)
	year := func(t time.Time) int { return t.UTC().Year() }
	add(span("y", bound(f.OriginallyAfter, 0, year), bound(f.OriginallyBefore, time.Now().UTC().Year(), year), years)...)
	for _, tag := range f.TagsAllOf {
		for _, w := range search.Words(tag) {
			add(w)
		}
	}
	if len(f.TagsOneOf) == 1 {
		for _, w := range search.Words(f.TagsOneOf[0]) {
			add(w)
		}
	}
	return groups
}

func duration(seconds *int, other int) int {
	if seconds == nil {
		return lengthOf(other)
	}
	return lengthOf(*seconds)
}

func bound(t *time.Time, other int, of func(time.Time) int) int {
	if t == nil {
		return other
	}
	return of(*t)
}

// span are the facets from one number to another, or none when there would be
// more than most.
func span(name string, from, to, most int) []string {
	if to-from >= most {
		return nil
	}
	words := []string{}
	for n := from; n <= to; n++ {
		words = append(words, facetOf(name, n))
	}
	return words
}
