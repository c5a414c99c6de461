// Package ldsig signs activities as documents, and verifies such signatures:
// RsaSignature2017, the Linked Data Signature that Mastodon and PeerTube put
// into activities so that a third server can forward them.
//
// A signature is over the meaning of a document, not its text: the document is
// expanded by its JSON-LD contexts into statements (RDF), these are put into a
// canonical form (URDNA2015), and their hash is signed. Two documents that look
// different may so have the same signature. Somebody who forwards an activity
// could use that, by a context that gives the words other meanings, or by words
// that mean nothing and are therefore not signed. So VerifyCompact hands back
// a document that is made of the signed statements alone, with the words of
// PeerTube and Mastodon for them; the original must not be looked at any more.
//
// Contexts are never fetched: those that real servers refer to are embedded,
// and a document that refers to another one is refused. What a document may
// cost (size, depth, contexts, statements, and the work of telling apart nodes
// without a name, which is exponential at worst) is bounded. The package does
// no I/O.
package ldsig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"time"

	"sepiola/internal/errs"
)

// Why a document is refused. Every error of Verify and VerifyCompact is of the
// kind errs.Unauthorized, has a message for the sender, and one of these as
// its cause.
var (
	// ErrNone is the cause when the document has no RsaSignature2017.
	ErrNone = errors.New("no document signature")
	// ErrRefused is the cause when the document cannot be read as JSON-LD, has
	// what is not accepted, or is out of bounds.
	ErrRefused = errors.New("document refused")
	// ErrWrong is the cause when the key did not sign this document: the only
	// one after which asking for a newer key may help.
	ErrWrong = errors.New("wrong document signature")
)

func refuse(cause error, format string, args ...any) error {
	return errs.Wrap(errs.Unauthorized, cause, format, args...)
}

// signatureType is the only type of signature that is made and verified.
const signatureType = "RsaSignature2017"

// optionsContext gives the fields of a signature their meanings.
const optionsContext = "https://w3id.org/identity/v1"

// Sign adds a signature to a document, in place; an earlier one is replaced.
// The creator is the URL of the actor, or of its key. The document holds what
// encoding/json decodes to (maps, slices, strings, numbers, booleans, nil) and
// its contexts must be embedded here.
func Sign(doc map[string]any, creator string, key *rsa.PrivateKey, now time.Time) error {
	sig := map[string]any{
		"type":    signatureType,
		"creator": creator,
		"created": now.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	options, err := hashOptions(sig)
	if err != nil {
		return fmt.Errorf("sign a document: its signature: %w", err)
	}
	_, statements, err := readUnsigned(doc)
	if err != nil {
		return fmt.Errorf("sign a document: %w", err)
	}
	document, err := hashStatements(statements, escapeMinimal)
	if err != nil {
		return fmt.Errorf("sign a document: %w", err)
	}
	sum := sha256.Sum256([]byte(options + document))
	value, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return fmt.Errorf("sign a document: %w", err)
	}
	sig["signatureValue"] = base64.StdEncoding.EncodeToString(value)
	doc["signature"] = sig
	return nil
}

// Creator returns who is said to have signed a document, the URL of an actor
// or a key; or nothing if it has no RsaSignature2017.
func Creator(doc map[string]any) string {
	sig, ok := doc["signature"].(map[string]any)
	if !ok || sig["type"] != signatureType {
		return ""
	}
	switch creator := sig["creator"].(type) {
	case string:
		return creator
	case map[string]any:
		id, _ := creator["id"].(string)
		return id
	default:
		return ""
	}
}

// Verify checks a document's signature against a public key. Use what
// VerifyCompact returns instead of the document if you act on it.
func Verify(doc map[string]any, key *rsa.PublicKey) error {
	_, err := VerifyCompact(doc, key)
	return err
}

// VerifyCompact checks a document's signature against a public key and returns
// what was signed: the document without all that the signature does not cover,
// its words those of PeerTube and Mastodon whatever the document's context
// says. Lists of one are given as the one, and what has only an id as that id;
// words that are not known stay URLs. Neither the signature nor a context is
// in it.
func VerifyCompact(doc map[string]any, key *rsa.PublicKey) (map[string]any, error) {
	if Creator(doc) == "" {
		return nil, refuse(ErrNone, "the document has no signature of the type %s", signatureType)
	}
	sig, _ := doc["signature"].(map[string]any)
	text, _ := sig["signatureValue"].(string)
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(value) == 0 || len(text) > maxString {
		return nil, refuse(ErrRefused, "the value of the document's signature is not base64")
	}
	options, err := hashOptions(sig)
	if err != nil {
		return nil, err
	}
	compact, statements, err := readUnsigned(doc)
	if err != nil {
		return nil, err
	}
	for _, escape := range []escaping{escapeMinimal, escapeFull} {
		if escape == escapeFull && !statements.needsFullEscape() {
			break
		}
		document, err := hashStatements(statements, escape)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(options + document))
		if key != nil && key.N != nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], value) == nil {
			return compact, nil
		}
	}
	return nil, refuse(ErrWrong, "the document was not signed by the key of %s", Creator(doc))
}

// readUnsigned reads a document as if it had no signature.
func readUnsigned(doc map[string]any) (map[string]any, *statements, error) {
	doc = maps.Clone(doc)
	delete(doc, "signature")
	return read(doc)
}

// hashOptions hashes a signature's own fields but its value.
func hashOptions(sig map[string]any) (string, error) {
	options := maps.Clone(sig)
	for _, name := range []string{"type", "id", "signatureValue", "@context"} {
		delete(options, name)
	}
	if s, ok := usualOptions(options); ok {
		return hashStatements(s, escapeMinimal)
	}
	options["@context"] = optionsContext
	_, s, err := read(options)
	if err != nil {
		return "", err
	}
	return hashStatements(s, escapeMinimal)
}

// usualOptions says what a signature with a creator and a date says, which are
// nearly all. Reading it as JSON-LD comes to the same and takes longer.
func usualOptions(options map[string]any) (*statements, bool) {
	const dc = "http://purl.org/dc/terms/"
	creator, ok := options["creator"].(string)
	created, dated := options["created"].(string)
	if len(options) != 2 || !ok || !dated || len(created) > 64 || !absolute.MatchString(creator) || checkIRI(creator) != nil {
		return nil, false
	}
	s := newStatements()
	n := s.newBlank()
	return s, s.add(n, dc+"creator", node{iri: creator}) == nil &&
		s.add(n, dc+"created", node{text: created, datatype: "http://www.w3.org/2001/XMLSchema#dateTime"}) == nil
}

// hashStatements returns the hexadecimal SHA-256 of the canonical form.
func hashStatements(s *statements, escape escaping) (string, error) {
	canonical, err := s.canonical(escape)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
