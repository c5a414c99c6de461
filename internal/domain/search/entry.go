package search

import (
	"slices"
	"strings"
)

// maxDocWords bounds the words of a document: names and tags come first.
const maxDocWords = 800

// Entry is a document as it is kept.
type Entry struct {
	// Title, Tags and Owner are words with one space before and after each;
	// other forms of words stand behind a sign that is no word.
	Title, Tags, Owner string
	// TitleWords are those of the title in their order, without other forms.
	TitleWords []string
	// Words are all words, each once.
	Words []string
	// Vocabulary are those of title, tags and names, each once.
	Vocabulary []string
}

// EntryOf reads a document.
func EntryOf(d Doc) Entry {
	e := Entry{Title: line(d.Title), Tags: line(strings.Join(d.Tags, " ,, ")), Owner: line(d.Owner)}
	e.TitleWords = wordsOfTitle(e.Title)
	e.Vocabulary = VocabularyOf(e.Title + e.Tags + e.Owner)
	e.Words = append(e.Vocabulary[:len(e.Vocabulary):len(e.Vocabulary)], d.Facets...)
	seen := make(map[string]bool, 2*len(e.Words))
	for _, w := range e.Words {
		seen[w] = true
	}
	for _, w := range Words(d.Text) {
		if !seen[w] && len(e.Words) < maxDocWords {
			seen[w] = true
			e.Words = append(e.Words, w)
		}
	}
	return e
}

// line is the words of a text as Entry keeps them.
func line(text string) string {
	as, all := words(text, false), Words(text)
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte(' ')
	for _, w := range as {
		b.WriteString(w + " ")
	}
	rest := false
	for _, w := range all {
		if slices.Contains(as, w) {
			continue
		}
		if !rest {
			b.WriteString("/ ")
			rest = true
		}
		b.WriteString(w + " ")
	}
	return b.String()
}

// VocabularyOf returns the words of the texts of an Entry, each once, in their
// order.
func VocabularyOf(text string) []string {
	var list []string
	seen := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		if w != "/" && !seen[w] {
			seen[w] = true
			list = append(list, w)
		}
	}
	return list
}
