package ldsig

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxSteps bounds the work of telling apart the things of a document that have
// no id: one step is one hash, or the copy of a few names. A document as people
// send them takes one for each thing; one that is made to be hard takes a
// factorial of its things.
const maxSteps = 10_000

// escaping is how special characters of texts are written in N-Quads. The
// programs of the fediverse differ: jsonld.js 8, which PeerTube has, escapes
// four of them; Mastodon's, jsonld.js 9 and the newer standard also tabs and
// control characters. We sign as PeerTube does, and verify both.
type escaping int

const (
	escapeMinimal escaping = iota
	escapeFull
)

// needsFullEscape reports whether the two ways differ for these statements.
func (s *statements) needsFullEscape() bool {
	return slices.ContainsFunc(s.list, func(st statement) bool {
		if strings.ContainsAny(st.subject.iri+st.predicate+st.object.iri, iriSpecials) {
			return true
		}
		return strings.ContainsFunc(st.object.text, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\r' || r == 0x7f
		})
	})
}

// canonical returns the statements in the form that URDNA2015 gives them: as
// sorted N-Quads, in which things without an id have names that depend only on
// what is said of them.
func (s *statements) canonical(escape escaping) ([]byte, error) {
	c := &canonizer{escape: escape, about: map[string][]statement{}, first: map[string]string{}, issued: newIssuer("_:c14n")}
	for _, st := range s.list {
		for _, label := range []string{st.subject.blank, st.object.blank, st.graph.blank} {
			if label != "" && (len(c.about[label]) == 0 || c.about[label][len(c.about[label])-1] != st) {
				c.about[label] = append(c.about[label], st)
			}
		}
	}
	if err := c.name(); err != nil {
		return nil, err
	}
	lines := make([][]byte, len(s.list))
	for i, st := range s.list {
		lines[i] = c.line(st, c.issued.issue)
	}
	slices.SortFunc(lines, bytes.Compare)
	return bytes.Join(lines, nil), nil
}

// canonizer finds names for things without an id (URDNA2015 section 4.4).
type canonizer struct {
	escape escaping
	about  map[string][]statement // what is said of each
	first  map[string]string      // its hash by that alone
	issued *issuer
	steps  int
}

// issuer gives out names in order.
type issuer struct {
	prefix string
	names  map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, names: map[string]string{}} }

func (i *issuer) issue(label string) string {
	if name, ok := i.names[label]; ok {
		return name
	}
	name := i.prefix + strconv.Itoa(len(i.order))
	i.names[label] = name
	i.order = append(i.order, label)
	return name
}

func (i *issuer) clone() *issuer {
	return &issuer{prefix: i.prefix, names: maps.Clone(i.names), order: slices.Clone(i.order)}
}

// step counts one hash, and the copy of some names.
func (c *canonizer) step(names int) error {
	if c.steps += 1 + names/4; c.steps > maxSteps {
		return refuse(ErrRefused, "the document has too many things without an id that are alike")
	}
	return nil
}

// name gives every thing without an id its name.
func (c *canonizer) name() error {
	byHash := map[string][]string{}
	for label, statements := range c.about {
		if err := c.step(0); err != nil {
			return err
		}
		c.first[label] = c.hashAlone(label, statements)
		byHash[c.first[label]] = append(byHash[c.first[label]], label)
	}
	hashes := slices.Sorted(maps.Keys(byHash))
	for _, hash := range hashes {
		if len(byHash[hash]) == 1 {
			c.issued.issue(byHash[hash][0])
		}
	}
	for _, hash := range hashes {
		if len(byHash[hash]) > 1 {
			if err := c.nameAlike(byHash[hash]); err != nil {
				return err
			}
		}
	}
	return nil
}

// found is the outcome of looking at the surroundings of a thing.
type found struct {
	hash   string
	issued *issuer
}

// nameAlike names things that look the same by themselves, by what surrounds
// them.
func (c *canonizer) nameAlike(labels []string) error {
	var results []found
	slices.Sort(labels)
	for _, label := range labels {
		if _, ok := c.issued.names[label]; ok {
			continue
		}
		temporary := newIssuer("_:b")
		temporary.issue(label)
		f, err := c.hashAround(label, temporary)
		if err != nil {
			return err
		}
		results = append(results, f)
	}
	slices.SortStableFunc(results, func(a, b found) int { return strings.Compare(a.hash, b.hash) })
	for _, f := range results {
		for _, label := range f.issued.order {
			c.issued.issue(label)
		}
	}
	return nil
}

// hashAlone hashes what is said of a thing, in which it is called "_:a" and
// every other one without an id "_:z" (section 4.6).
func (c *canonizer) hashAlone(label string, about []statement) string {
	lines := make([][]byte, len(about))
	for i, st := range about {
		lines[i] = c.line(st, func(other string) string {
			if other == label {
				return "_:a"
			}
			return "_:z"
		})
	}
	slices.SortFunc(lines, bytes.Compare)
	return hexSum(bytes.Join(lines, nil))
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// hashRelated hashes how a thing stands to another (section 4.7).
func (c *canonizer) hashRelated(label string, st statement, issued *issuer, position string) (string, error) {
	if err := c.step(0); err != nil {
		return "", err
	}
	name, ok := c.issued.names[label]
	if !ok {
		if name, ok = issued.names[label]; !ok {
			name = c.first[label]
		}
	}
	if position == "g" {
		return hexSum([]byte("g" + name)), nil
	}
	return hexSum([]byte(position + "<" + st.predicate + ">" + name)), nil
}

// hashAround hashes a thing by its surroundings (section 4.8): for each way it
// stands to others, the least of the paths through those.
func (c *canonizer) hashAround(label string, issued *issuer) (found, error) {
	related := map[string][]string{}
	for _, st := range c.about[label] {
		for position, other := range map[string]string{"s": st.subject.blank, "o": st.object.blank, "g": st.graph.blank} {
			if other == "" || other == label {
				continue
			}
			hash, err := c.hashRelated(other, st, issued, position)
			if err != nil {
				return found{}, err
			}
			related[hash] = append(related[hash], other)
		}
	}
	var data strings.Builder
	for _, hash := range slices.Sorted(maps.Keys(related)) {
		best, err := c.bestPath(related[hash], issued)
		if err != nil {
			return found{}, err
		}
		data.WriteString(hash)
		data.WriteString(best.hash)
		issued = best.issued
	}
	return found{hexSum([]byte(data.String())), issued}, nil
}

// bestPath tries every order of some things and returns the least path.
func (c *canonizer) bestPath(labels []string, issued *issuer) (best found, err error) {
	slices.Sort(labels)
	for order := range permutations(labels) {
		if err := c.step(len(issued.order)); err != nil {
			return found{}, err
		}
		path, used, err := c.path(order, issued.clone(), best.hash)
		if err != nil {
			return found{}, err
		}
		if path != "" && (best.hash == "" || path < best.hash) {
			best = found{path, used}
		}
	}
	return best, nil
}

// path walks through some things in one order. It gives up, and returns
// nothing, once it cannot be less than the best.
func (c *canonizer) path(order []string, issued *issuer, best string) (string, *issuer, error) {
	var path strings.Builder
	var unnamed []string
	worse := func() bool {
		return best != "" && path.Len() >= len(best) && path.String() > best
	}
	for _, label := range order {
		if name, ok := c.issued.names[label]; ok {
			path.WriteString(name)
		} else {
			if _, ok := issued.names[label]; !ok {
				unnamed = append(unnamed, label)
			}
			path.WriteString(issued.issue(label))
		}
		if worse() {
			return "", nil, nil
		}
	}
	for _, label := range unnamed {
		f, err := c.hashAround(label, issued)
		if err != nil {
			return "", nil, err
		}
		path.WriteString(issued.issue(label) + "<" + f.hash + ">")
		issued = f.issued
		if worse() {
			return "", nil, nil
		}
	}
	return path.String(), issued, nil
}

// permutations yields every order of some things.
func permutations(labels []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		order := slices.Clone(labels)
		var from func(i int) bool
		from = func(i int) bool {
			if i == len(order) {
				return yield(order)
			}
			for j := i; j < len(order); j++ {
				order[i], order[j] = order[j], order[i]
				more := from(i + 1)
				order[i], order[j] = order[j], order[i]
				if !more {
					return false
				}
			}
			return true
		}
		from(0)
	}
}

// line writes a statement as an N-Quad, with names for things without an id.
func (c *canonizer) line(st statement, name func(label string) string) []byte {
	b := make([]byte, 0, 128)
	b = c.node(b, st.subject, name)
	b = append(b, " <"...)
	b = c.iri(b, st.predicate)
	b = append(b, "> "...)
	b = c.node(b, st.object, name)
	if st.graph.blank != "" {
		b = append(append(b, ' '), name(st.graph.blank)...)
	}
	return append(b, " .\n"...)
}

func (c *canonizer) node(b []byte, n node, name func(label string) string) []byte {
	switch {
	case n.blank != "":
		return append(b, name(n.blank)...)
	case n.iri != "":
		b = append(b, '<')
		b = c.iri(b, n.iri)
		return append(b, '>')
	}
	b = append(b, '"')
	b = c.text(b, n.text)
	b = append(b, '"')
	switch n.datatype {
	case xsdString:
	case rdfLangString:
		b = append(b, '@')
		b = append(b, n.language...)
	default:
		b = append(b, "^^<"...)
		b = append(b, n.datatype...)
		b = append(b, '>')
	}
	return b
}

// iriSpecials are characters that no IRI should have and some have.
const iriSpecials = "{}|^`"

func (c *canonizer) iri(b []byte, iri string) []byte {
	if c.escape == escapeMinimal || !strings.ContainsAny(iri, iriSpecials) {
		return append(b, iri...)
	}
	for i := range len(iri) {
		if strings.IndexByte(iriSpecials, iri[i]) >= 0 {
			b = append(b, controls(iri[i])...)
		} else {
			b = append(b, iri[i])
		}
	}
	return b
}

// text writes a literal's text.
func (c *canonizer) text(b []byte, s string) []byte {
	for i := range len(s) {
		ch := s[i]
		switch {
		case ch == '"' || ch == '\\':
			b = append(b, '\\', ch)
		case ch == '\n':
			b = append(b, '\\', 'n')
		case ch == '\r':
			b = append(b, '\\', 'r')
		case c.escape == escapeFull && (ch < ' ' || ch == 0x7f):
			b = append(b, controls(ch)...)
		default:
			b = append(b, ch)
		}
	}
	return b
}

// controls writes a character by its number, or its letter, as the newer standard does.
func controls(ch byte) string {
	switch ch {
	case '\t':
		return `\t`
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	}
	return `\u00` + strings.ToUpper(hex.EncodeToString([]byte{ch}))
}
