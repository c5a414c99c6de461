package activity

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Public is the id of everybody.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// maxItems bounds the lists that getters return.
const maxItems = 1000

// known are the types that mean something here; of several types of a document
// the first of them counts.
var known = []string{
	"Create", "Update", "Delete", "Undo", "Announce", "Like", "Dislike", "Follow", "Accept", "Reject", "Flag", "View", "Download",
	"ApproveReply", "RejectReply", "Video", "Note", "Playlist", "PlaylistElement", "CacheFile", "WatchAction", "PlayerSettings",
	"Person", "Group", "Application", "Service", "Organization", "Tombstone", "Collection", "OrderedCollection", "CollectionPage",
	"OrderedCollectionPage", "Link", "Image", "Hashtag", "SensitiveTag", "Mention", "Infohash", "PropertyValue", "InteractionCounter",
}

// ID is the id, "" when it is none that ValidURL takes.
func (d Doc) ID() string {
	if id := firstText(d["id"]); ValidURL(id) {
		return id
	}
	return ""
}

// Type is the type: of several the first that is known here, or the first.
func (d Doc) Type() string {
	list, ok := d["type"].([]any)
	if !ok {
		s, _ := d["type"].(string)
		return s
	}
	for _, v := range list {
		if s, _ := v.(string); slices.Contains(known, s) {
			return s
		}
	}
	return firstText(list)
}

// Is reports whether one of the types is t.
func (d Doc) Is(t string) bool {
	if list, ok := d["type"].([]any); ok {
		return slices.Contains(list, any(t))
	}
	return d["type"] == t
}

// Text is a string, or the first of a list.
func (d Doc) Text(key string) string { return firstText(d[key]) }

func firstText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, it := range v {
			if s, ok := it.(string); ok {
				return s
			}
		}
	}
	return ""
}

// Float is a number, or what a string says of one.
func (d Doc) Float(key string) float64 {
	n, _ := d.number(key)
	return n
}

func (d Doc) number(key string) (float64, bool) {
	switch v := d[key].(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		if err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
			return n, true
		}
	}
	return 0, false
}

// Int is a whole number; what is none, or beyond what JSON carries exactly, is
// 0.
func (d Doc) Int(key string) int64 {
	n, _ := d.whole(key)
	return n
}

func (d Doc) whole(key string) (int64, bool) {
	n, ok := d.number(key)
	if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0, false
	}
	return int64(n), true
}

// Bool is true or false; ok tells whether it is there.
func (d Doc) Bool(key string) (value, ok bool) {
	value, ok = d[key].(bool)
	return value, ok
}

// Has reports whether a key is there, null too.
func (d Doc) Has(key string) bool {
	_, ok := d[key]
	return ok
}

// Time is a date with its time, in UTC; zero when it is none, or none of these
// centuries.
func (d Doc) Time(key string) time.Time {
	s := d.Text(key)
	if s == "" || len(s) > 64 {
		return time.Time{}
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", time.DateOnly} {
		t, err := time.Parse(form, s)
		if t = t.UTC(); err == nil && t.Year() >= 1000 && t.Year() < 10_000 { // in UTC it may be another year
			return t.Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// Ref is the id of what a key names: a string, an object's id (href of links),
// or the first of a list. "" when it is none that ValidURL takes.
func (d Doc) Ref(key string) string {
	for _, v := range items(d[key]) {
		if s := refOf(v); s != "" {
			return s
		}
	}
	return ""
}

// Refs are the ids of all that a key names, each once.
func (d Doc) Refs(key string) []string {
	var list []string
	for _, v := range items(d[key]) {
		if s := refOf(v); s != "" && !slices.Contains(list, s) && len(list) < maxItems {
			list = append(list, s)
		}
	}
	return list
}

func refOf(v any) string {
	switch v := v.(type) {
	case string:
		if ValidURL(v) {
			return v
		}
	case map[string]any:
		if id := Doc(v).ID(); id != "" {
			return id
		}
		if href, _ := v["href"].(string); ValidURL(href) {
			return href
		}
	}
	return ""
}

// items is a value as a list.
func items(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// Docs are the objects of a key: one, or those of a list.
func (d Doc) Docs(key string) []Doc {
	var list []Doc
	for _, v := range items(d[key]) {
		if m, ok := v.(map[string]any); ok && len(list) < maxItems {
			list = append(list, m)
		}
	}
	return list
}

// Object is the object of a key, or the first of a list; nil when there is
// none.
func (d Doc) Object(key string) Doc {
	for _, v := range items(d[key]) {
		if m, ok := v.(map[string]any); ok {
			return m
		}
	}
	return nil
}

// texts are all strings of a key.
func (d Doc) texts(key string) []string {
	var list []string
	for _, v := range items(d[key]) {
		if s, ok := v.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

// public reports whether a key names everybody, in any of the forms that are
// in use.
func (d Doc) public(key string) bool {
	for _, s := range d.texts(key) {
		if s == Public || s == "as:Public" || s == "Public" {
			return true
		}
	}
	return false
}

// Hash is of the content, whatever the order of keys: equal documents have
// equal ones. The signature and the context are left out.
func (d Doc) Hash() string {
	c := make(Doc, len(d))
	for k, v := range d {
		if k != "signature" && k != "@context" && k != "proof" {
			c[k] = v
		}
	}
	b, err := Encode(c)
	if err != nil { // only of values that Decode does not make
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Bare is a document without its context, as it stands in another.
func (d Doc) Bare() Doc {
	c := make(Doc, len(d))
	for k, v := range d {
		if k != "@context" {
			c[k] = v
		}
	}
	return c
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}
