package ldsig

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/piprate/json-gold/ld"
)

// The contexts are data that their authors publish at the URLs below, as they
// were in 2026; those of Litepub, Lemmy and Funkwhale are the words that we
// know of them.
//
//go:embed contexts/*.json
var contextFiles embed.FS

//go:embed terms.json
var termsFile []byte

// contextNames are the files of the contexts that documents refer to.
func contextName(url string) (string, bool) {
	url = strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://")
	switch strings.TrimRight(url, "#/") {
	case "www.w3.org/ns/activitystreams", "www.w3.org/ns/activitystreams.jsonld":
		return "activitystreams", true
	case "w3id.org/security/v1":
		return "security-v1", true
	case "w3id.org/identity/v1":
		return "identity-v1", true
	case "w3id.org/security/data-integrity/v1":
		return "data-integrity-v1", true
	case "w3id.org/security/multikey/v1":
		return "multikey-v1", true
	case "www.w3.org/ns/did/v1":
		return "did-v1", true
	case "gotosocial.org/ns":
		return "gotosocial", true
	case "purl.archive.org/socialweb/webfinger":
		return "webfinger", true
	case "join-lemmy.org/context.json":
		return "lemmy", true
	case "funkwhale.audio/ns":
		return "funkwhale", true
	}
	// Every Pleroma and Akkoma serves its own copy.
	if strings.HasSuffix(url, "/schemas/litepub-0.1.jsonld") {
		return "litepub", true
	}
	return "", false
}

// contexts reads the embedded contexts by their files' names, once. They are
// not changed after.
var contexts = sync.OnceValue(func() map[string]any {
	entries, err := contextFiles.ReadDir("contexts")
	if err != nil {
		panic(fmt.Sprintf("ldsig: embedded contexts: %v", err))
	}
	all := make(map[string]any, len(entries))
	for _, e := range entries {
		text, err := contextFiles.ReadFile("contexts/" + e.Name())
		var doc map[string]any
		if err == nil {
			err = json.Unmarshal(text, &doc)
		}
		if err != nil {
			panic(fmt.Sprintf("ldsig: embedded context %s: %v", e.Name(), err))
		}
		all[strings.TrimSuffix(e.Name(), path.Ext(e.Name()))] = doc["@context"]
	}
	return all
})

// pinned returns the context of a URL: a map of words, or a list of such maps.
func pinned(url string) (any, bool) {
	name, ok := contextName(url)
	if !ok {
		return nil, false
	}
	return resolve(contexts()[name])
}

// resolve puts the embedded contexts in place of the URLs within one.
func resolve(context any) (any, bool) {
	switch c := context.(type) {
	case string:
		return pinned(c)
	case []any:
		out := make([]any, len(c))
		for i, part := range c {
			var ok bool
			if out[i], ok = resolve(part); !ok {
				return nil, false
			}
		}
		return out, true
	default:
		return c, c != nil
	}
}

// loader is what the JSON-LD processor would fetch contexts with.
type loader struct{}

// LoadDocument refuses: no context is left to be loaded.
func (loader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	return nil, refuse(ErrRefused, "the context %.200q is not fetched", url)
}

// words are the short names of meanings: PeerTube's and Mastodon's, then those
// of ActivityStreams and of the security vocabulary.
var words = sync.OnceValue(func() map[string]string {
	var own map[string]string
	if err := json.Unmarshal(termsFile, &own); err != nil {
		panic(fmt.Sprintf("ldsig: embedded terms: %v", err))
	}
	byMeaning := make(map[string]string, 400)
	for word, meaning := range own {
		byMeaning[meaning] = word
		// Mastodon writes schema.org's words in a form of its own.
		if name, ok := strings.CutPrefix(meaning, "http://schema.org/"); ok {
			byMeaning["http://schema.org#"+name] = word
			byMeaning["https://schema.org/"+name] = word
		}
	}
	// A View of PeerTube has it from the security vocabulary.
	byMeaning["https://w3id.org/security#expiration"] = "expires"
	for _, name := range []string{"activitystreams", "security-v1"} {
		terms, _ := contexts()[name].(map[string]any)
		addWords(byMeaning, terms)
	}
	return byMeaning
})

// addWords adds the words of a context, whose meanings begin with one of its
// own prefixes, where a meaning has no word yet.
func addWords(byMeaning map[string]string, terms map[string]any) {
	for _, word := range slices.Sorted(maps.Keys(terms)) {
		meaning := terms[word]
		iri, plain := meaning.(string)
		if m, ok := meaning.(map[string]any); ok {
			iri, _ = m["@id"].(string)
			plain = m["@container"] != "@language"
		}
		prefix, name, ok := strings.Cut(iri, ":")
		base, known := terms[prefix].(string)
		if !plain || !ok || !known || strings.HasPrefix(word, "@") {
			continue
		}
		if _, taken := byMeaning[base+name]; !taken {
			byMeaning[base+name] = word
		}
	}
}

// word returns the short name of a meaning, or the meaning.
func word(iri string) string {
	if w, ok := words()[iri]; ok {
		return w
	}
	return iri
}
