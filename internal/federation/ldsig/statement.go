package ldsig

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// Bounds of what a document says.
const (
	maxStatements     = 4000
	maxStatementBytes = 4 << 20
)

const (
	rdfType       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
	rdfFirst      = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first"
	rdfRest       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest"
	rdfNil        = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil"
	rdfLangString = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
	xsdBoolean    = "http://www.w3.org/2001/XMLSchema#boolean"
	xsdInteger    = "http://www.w3.org/2001/XMLSchema#integer"
	xsdDouble     = "http://www.w3.org/2001/XMLSchema#double"
	proof         = "https://w3id.org/security#proof"
	asItems       = "https://www.w3.org/ns/activitystreams#items" // and orderedItems, when they are a list
	xsdString     = "http://www.w3.org/2001/XMLSchema#string"
)

// node is the subject or object of a statement. Exactly one of the first two
// is set for what is not a literal.
type node struct {
	iri   string // absolute
	blank string // a label of this package, "b0"
	// A literal: its text, the IRI of its type, and its language.
	text, datatype, language string
}

// statement is one thing that a document says.
type statement struct {
	subject   node
	predicate string
	object    node
	graph     node // of a proof; otherwise none
}

// statements is all that a document says, each thing once.
type statements struct {
	list  []statement
	seen  map[statement]bool
	bytes int
	blank map[string]string // labels of the document to ours
	count int
	graph node // where statements go now
}

func newStatements() *statements {
	return &statements{seen: make(map[statement]bool, 64), blank: make(map[string]string)}
}

// read turns a document into its statements, and into what they amount to in
// the words of PeerTube and Mastodon. Both come out of the same walk, so that
// nothing is in the one and not in the other.
func read(doc map[string]any) (map[string]any, *statements, error) {
	copied, err := (&guard{}).document(doc, 0)
	if err != nil {
		return nil, nil, err
	}
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader = loader{}
	expanded, err := ld.NewJsonLdProcessor().Expand(copied, options)
	if err != nil {
		return nil, nil, refuse(ErrRefused, "the document is no JSON-LD we can read: %.300s", err.Error())
	}
	if len(expanded) != 1 {
		return nil, nil, refuse(ErrRefused, "the document says %d things, not one", len(expanded))
	}
	top, ok := expanded[0].(map[string]any)
	if !ok {
		return nil, nil, refuse(ErrRefused, "the document is not about a thing")
	}
	s := newStatements()
	_, compact, _, err := s.thing(top)
	if err != nil {
		return nil, nil, err
	}
	return compact, s, nil
}

// add adds a statement, if it is new.
func (s *statements) add(subject node, predicate string, object node) error {
	st := statement{subject, predicate, object, s.graph}
	if s.seen[st] {
		return nil
	}
	s.seen[st] = true
	s.list = append(s.list, st)
	s.bytes += len(subject.iri) + len(predicate) + len(object.iri) + len(object.text) + 32
	if len(s.list) > maxStatements || s.bytes > maxStatementBytes {
		return refuse(ErrRefused, "the document says more than %d things", maxStatements)
	}
	return nil
}

// newBlank names a thing that has no id.
func (s *statements) newBlank() node {
	s.count++
	return node{blank: "b" + strconv.Itoa(s.count)}
}

// named returns the node of an id. Relative ones are no node: nobody signs
// them.
func (s *statements) named(id string) (n node, ok bool, err error) {
	if label, ok := strings.CutPrefix(id, "_:"); ok {
		if _, known := s.blank[label]; !known {
			s.blank[label] = s.newBlank().blank
		}
		return node{blank: s.blank[label]}, true, nil
	}
	if !absolute.MatchString(id) {
		return node{}, false, nil
	}
	if err := checkIRI(id); err != nil {
		return node{}, false, err
	}
	return node{iri: id}, true, nil
}

// absolute tells IRIs apart from what is dropped when statements are made.
var absolute = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+\-.]*:\S*$`)

// checkIRI refuses what would end an IRI early in the canonical form, where it
// stands between angle brackets: several statements could be signed and one be
// read.
func checkIRI(iri string) error {
	if strings.ContainsAny(iri, "<>\"\\") || strings.ContainsFunc(iri, func(r rune) bool { return r < ' ' }) {
		return refuse(ErrRefused, "the document has the id %.200q, which is no URL", iri)
	}
	return nil
}

// thing reads an expanded object: its node, and what is signed of it in our
// words. A thing with a relative id is no node, but what it contains is said.
func (s *statements) thing(m map[string]any) (n node, out map[string]any, ok bool, err error) {
	out = make(map[string]any, len(m))
	id, hasID := m["@id"].(string)
	if hasID {
		if n, ok, err = s.named(id); err != nil {
			return node{}, nil, false, err
		}
		if n.iri != "" {
			out["id"] = id
		}
	} else {
		n, ok = s.newBlank(), true
	}
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		switch {
		case key == "@id" || key == "@index":
		case key == "@type":
			err = s.types(n, ok, list(m[key]), out)
		case strings.HasPrefix(key, "@"):
			err = refuse(ErrRefused, "documents with %.40s are not accepted", key)
		default:
			err = s.property(n, ok, key, list(m[key]), out)
		}
		if err != nil {
			return node{}, nil, false, err
		}
	}
	return n, out, ok, nil
}

// list returns a value as a list.
func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// types reads what a thing is. Types without a meaning are signed as nothing
// in particular, and therefore left out.
func (s *statements) types(n node, signed bool, types []any, out map[string]any) error {
	var kept []any
	for _, t := range types {
		iri, _ := t.(string)
		object, ok, err := s.named(iri)
		if err != nil {
			return err
		}
		if !signed || !ok {
			continue
		}
		if err := s.add(n, rdfType, object); err != nil {
			return err
		}
		if object.iri != "" {
			kept = append(kept, word(iri))
		}
	}
	put(out, "type", kept)
	return nil
}

// property reads one property of a thing.
func (s *statements) property(n node, signed bool, iri string, values []any, out map[string]any) error {
	signed = signed && absolute.MatchString(iri) // "_:word" has no meaning
	if signed {
		if err := checkIRI(iri); err != nil {
			return err
		}
	}
	var kept []any
	byLanguage := map[string]any{}
	name := word(iri)
	for _, item := range values {
		if m, ok := item.(map[string]any); ok && m["@list"] != nil && iri == asItems {
			name = "orderedItems"
		}
		read := s.value
		if iri == proof {
			read = s.proof
		}
		object, value, ok, err := read(item)
		if err != nil {
			return err
		}
		if !signed || !ok {
			continue
		}
		if err := s.add(n, iri, object); err != nil {
			return err
		}
		switch {
		case object.language != "" && hasLanguages(name):
			byLanguage[object.language] = value
		case value != nil:
			kept = append(kept, value)
		}
	}
	put(out, name, kept)
	if len(byLanguage) > 0 {
		out[name+"Map"] = byLanguage
	}
	return nil
}

// hasLanguages reports whether ActivityStreams has a map of languages for a
// word: nameMap, summaryMap, contentMap.
func hasLanguages(name string) bool {
	return name == "name" || name == "summary" || name == "content"
}

// put sets a field to a list, or to its only value.
func put(out map[string]any, name string, values []any) {
	switch len(values) {
	case 0:
	case 1:
		out[name] = values[0]
	default:
		out[name] = values
	}
}

// value reads one value of a property: its node, and how it is given back
// (nil if that is nothing).
func (s *statements) value(item any) (n node, value any, ok bool, err error) {
	m, isMap := item.(map[string]any)
	if !isMap {
		return node{}, nil, false, refuse(ErrRefused, "the document is no JSON-LD we can read")
	}
	if v, ok := m["@value"]; ok {
		n, err := literal(v, m)
		return n, v, err == nil, err
	}
	if items, ok := m["@list"]; ok {
		return s.sequence(list(items))
	}
	n, out, ok, err := s.thing(m)
	switch {
	case err != nil || !ok || len(out) == 0:
		return n, nil, ok, err
	case len(out) == 1 && out["id"] != nil:
		return n, out["id"], true, nil
	default:
		return n, out, true, nil
	}
}

// proof reads an object integrity proof (FEP-8b32), which Fedify puts beside
// the signature. It is the one thing that makes statements of its own graph:
// they are signed, but say nothing about the document and are not given back.
func (s *statements) proof(item any) (n node, value any, ok bool, err error) {
	m, _ := item.(map[string]any)
	inside, isGraph := m["@graph"]
	if !isGraph {
		return s.value(item)
	}
	if len(m) > 1 || s.graph != (node{}) {
		return node{}, nil, false, refuse(ErrRefused, "documents with proofs of proofs are not accepted")
	}
	n = s.newBlank()
	s.graph = n
	defer func() { s.graph = node{} }()
	for _, one := range list(inside) {
		thing, _ := one.(map[string]any)
		if thing == nil {
			return node{}, nil, false, refuse(ErrRefused, "the document has a proof that cannot be read")
		}
		if _, _, _, err := s.thing(thing); err != nil {
			return node{}, nil, false, err
		}
	}
	return n, nil, true, nil
}

// sequence reads an ordered list.
func (s *statements) sequence(items []any) (head node, value any, ok bool, err error) {
	if len(items) == 0 {
		return node{iri: rdfNil}, []any{}, true, nil
	}
	kept := make([]any, 0, len(items))
	head = s.newBlank()
	at := head
	for i, item := range items {
		object, value, ok, err := s.value(item)
		if err != nil {
			return node{}, nil, false, err
		}
		if ok {
			if err := s.add(at, rdfFirst, object); err != nil {
				return node{}, nil, false, err
			}
			kept = append(kept, value)
		}
		next := node{iri: rdfNil}
		if i < len(items)-1 {
			next = s.newBlank()
		}
		if err := s.add(at, rdfRest, next); err != nil {
			return node{}, nil, false, err
		}
		at = next
	}
	return head, kept, true, nil
}

// literal reads a value that is no thing.
func literal(v any, m map[string]any) (node, error) {
	n := node{}
	n.datatype, _ = m["@type"].(string)
	n.language, _ = m["@language"].(string)
	if err := checkIRI(n.datatype); err != nil {
		return node{}, err
	}
	if strings.HasPrefix(n.datatype, "@") || n.language != "" && !languageTag.MatchString(n.language) {
		return node{}, refuse(ErrRefused, "the document has a value of a type or language that is not accepted")
	}
	plain := xsdString
	switch v := v.(type) {
	case bool:
		n.text, plain = strconv.FormatBool(v), xsdBoolean
	case float64:
		n.text, plain = number(v, n.datatype)
	case string:
		n.text = v
		if n.language != "" {
			plain = rdfLangString
		}
		if n.datatype == xsdDouble {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return node{}, refuse(ErrRefused, "the document has %.40q for a number", v)
			}
			n.text, _ = number(f, xsdDouble)
		}
	default:
		return node{}, refuse(ErrRefused, "the document has a value that is not accepted")
	}
	if n.datatype == "" {
		n.datatype = plain
	}
	return n, nil
}

var languageTag = regexp.MustCompile(`^[a-zA-Z]{1,16}(-[a-zA-Z0-9]{1,16}){0,8}$`)

// number writes a number as RDF does: whole ones plainly, others with 15
// digits and an exponent.
func number(f float64, datatype string) (text, plain string) {
	whole := f == float64(int64(f)) && f < 1e18 && f > -1e18
	if datatype != xsdDouble && whole {
		return strconv.FormatInt(int64(f), 10), xsdInteger
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n), xsdDouble
}
