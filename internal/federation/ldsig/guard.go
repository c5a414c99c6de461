package ldsig

import (
	"encoding/json"
	"slices"
	"strings"
)

// Bounds of one document. The largest real ones (a video with a dozen
// qualities and their files) stay under a quarter of them.
const (
	maxDepth        = 40
	maxValues       = 10_000    // maps, slices and scalars together
	maxString       = 512 << 10 // bytes; a description is the longest
	maxBytes        = 2 << 20   // of all strings and keys
	maxContexts     = 48        // places with a context, and its parts
	maxContextTerms = 600       // words that the document defines itself
	maxTermBytes    = 512       // of a word that the document defines, and of its meaning
)

// guard copies a document and refuses what must not reach the JSON-LD
// processor: what moves statements to other places (@graph, @included,
// @reverse), contexts that are costly or clever, and all beyond the bounds.
type guard struct {
	values, bytes, contexts, terms int
}

// forbidden are the keywords that no document may hold, at any depth. Under
// another name (a context may give them one) they are found after expansion.
func forbidden(key string) bool {
	switch key {
	case "@graph", "@included", "@reverse", "@nest", "@json", "@import", "@propagate", "@base", "@direction":
		return true
	}
	return false
}

// count takes one value into account.
func (g *guard) count(depth, bytes int) error {
	g.values++
	g.bytes += bytes
	switch {
	case depth > maxDepth:
		return refuse(ErrRefused, "the document is nested more than %d deep", maxDepth)
	case g.values > maxValues:
		return refuse(ErrRefused, "the document has more than %d values", maxValues)
	case g.bytes > maxBytes || bytes > maxString:
		return refuse(ErrRefused, "the document is too long")
	}
	return nil
}

// document copies a value outside of a context.
func (g *guard) document(value any, depth int) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		return g.object(v, depth)
	case []any:
		if err := g.count(depth, 0); err != nil {
			return nil, err
		}
		out := make([]any, len(v))
		for i, item := range v {
			var err error
			if out[i], err = g.document(item, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case string:
		return v, g.count(depth, len(v))
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, refuse(ErrRefused, "the document has a number that cannot be read")
		}
		return f, g.count(depth, len(v))
	case nil, bool, float64:
		return v, g.count(depth, 8)
	case int:
		return float64(v), g.count(depth, 8)
	case int64:
		return float64(v), g.count(depth, 8)
	case []string:
		return g.document(anySlice(v), depth)
	default:
		return nil, refuse(ErrRefused, "the document has a value of the type %T", value)
	}
}

func anySlice(v []string) []any {
	out := make([]any, len(v))
	for i, s := range v {
		out[i] = s
	}
	return out
}

func (g *guard) object(v map[string]any, depth int) (any, error) {
	if err := g.count(depth, 0); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(v))
	for key, item := range v {
		if err := g.count(depth, len(key)); err != nil {
			return nil, err
		}
		if forbidden(key) {
			return nil, refuse(ErrRefused, "documents with %s are not accepted", key)
		}
		var err error
		if key == "@context" {
			out[key], err = g.context(item, depth+1)
		} else {
			out[key], err = g.document(item, depth+1)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// context copies a context. It may be the URL of one that is embedded, a map
// of words, or a list of both.
func (g *guard) context(value any, depth int) (any, error) {
	if err := g.count(depth, 0); err != nil {
		return nil, err
	}
	if g.contexts++; g.contexts > maxContexts {
		return nil, refuse(ErrRefused, "the document has more than %d contexts", maxContexts)
	}
	switch v := value.(type) {
	case nil:
		return nil, nil //nolint:nilnil // null is a context: the empty one
	case string:
		// What is embedded is put in place of its URL, so that nothing is
		// left for the JSON-LD processor to load.
		doc, ok := pinned(v)
		if !ok {
			return nil, refuse(ErrRefused, "the context %.200q is not one of those we know", v)
		}
		return doc, nil
	case []string:
		return g.context(anySlice(v), depth)
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			part, err := g.context(item, depth+1)
			if err != nil {
				return nil, err
			}
			if parts, ok := part.([]any); ok {
				out = append(out, parts...)
			} else {
				out = append(out, part)
			}
		}
		return out, nil
	case map[string]any:
		return g.ownTerms(v, depth)
	default:
		return nil, refuse(ErrRefused, "the document has a context that is neither a URL nor a map")
	}
}

// ownTerms copies the words that a context defines.
func (g *guard) ownTerms(v map[string]any, depth int) (any, error) {
	out := make(map[string]any, len(v))
	for term, meaning := range v {
		if g.terms++; g.terms > maxContextTerms {
			return nil, refuse(ErrRefused, "the document defines more than %d words", maxContextTerms)
		}
		if err := g.term(term, meaning); err != nil {
			return nil, err
		}
		if err := g.count(depth+1, len(term)); err != nil {
			return nil, err
		}
		if m, ok := meaning.(map[string]any); ok {
			inner := make(map[string]any, len(m))
			for key, value := range m {
				if err := g.term(key, value); err != nil {
					return nil, err
				}
				if !slices.Contains([]string{"@id", "@type", "@container", "@language", "@protected"}, key) {
					return nil, refuse(ErrRefused, "a context says %.40q of a word, which is not accepted", key)
				}
				if list, ok := value.([]any); ok {
					value = slices.Clone(list)
				}
				inner[key] = value
			}
			meaning = inner
		}
		out[term] = meaning
	}
	return out, nil
}

// term judges one entry of a context.
func (g *guard) term(key string, value any) error {
	if strings.HasPrefix(key, "@") && !slices.Contains([]string{"@id", "@type", "@container", "@language", "@protected", "@vocab", "@version"}, key) {
		return refuse(ErrRefused, "contexts with %.40q are not accepted", key)
	}
	if len(key) > maxTermBytes {
		return refuse(ErrRefused, "a context defines a word of more than %d bytes", maxTermBytes)
	}
	switch v := value.(type) {
	case string:
		if forbidden(v) || len(v) > maxTermBytes {
			return refuse(ErrRefused, "contexts with %.40q are not accepted", v)
		}
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok || forbidden(s) || len(v) > 8 {
				return refuse(ErrRefused, "a context has a list that is not accepted")
			}
		}
	case map[string]any, bool, nil, float64:
	default:
		return refuse(ErrRefused, "a context has a value of the type %T", value)
	}
	return nil
}
