package search

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Bounds of what is asked: the rest of longer questions is not looked at.
const (
	maxQuery      = 400 // characters
	maxQueryWords = 10
)

// Query is what somebody typed.
type Query struct {
	// Text is what was typed, cleaned and cut.
	Text string
	// Words are its normalised words, each once.
	Words []string
	// Open says that the last word may not be typed to its end.
	Open bool

	// Video, Channel and Playlist name one thing by its address or handle.
	Video   video.Ref
	Channel Handle
	// Handle says that Channel is name@host and nothing else.
	Handle   bool
	Playlist string // UUID
	// URL is an address of another site, or one of ours that leads nowhere.
	URL string
}

// Empty reports whether nothing was typed.
func (q *Query) Empty() bool { return q.Text == "" }

// ParseQuery reads what somebody typed, whatever it is. Host is our own.
func ParseQuery(text, host string) Query {
	if len(text) > maxQuery*utf8.UTFMax {
		text = text[:maxQuery*utf8.UTFMax]
	}
	chars := []rune(strings.ToValidUTF8(text, " "))
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, string(chars[:min(len(chars), maxQuery)]))
	q := Query{Text: strings.TrimSpace(text)}
	q.Open = q.Text != "" && !strings.HasSuffix(text, " ")
	if q.address(host) {
		return q
	}
	for _, w := range words(q.Text, false) {
		if !slices.Contains(q.Words, w) && len(q.Words) < maxQueryWords {
			q.Words = append(q.Words, w)
		}
	}
	return q
}

// address reads addresses and ids, and reports whether the text was one that
// cannot be words too.
func (q *Query) address(host string) bool {
	text := q.Text
	switch {
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		q.URL = text
		q.ours(host)
		return true
	case strings.ContainsAny(text, " \t"):
		return false
	case video.ValidUUID(text):
		q.Video, q.Playlist = video.ByUUID(strings.ToLower(text)), strings.ToLower(text)
		return true
	}
	if uuid, ok := video.ExpandUUID(text); ok { // may be a word of that length
		q.Video, q.Playlist = video.ByUUID(uuid), uuid
		return false
	}
	name, at, isHandle := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(text, "acct:"), "@"), "@")
	if isHandle && name != "" && at != "" {
		q.channel(text, host)
		return false
	}
	if strings.HasPrefix(text, "@") && actor.ValidName(strings.ToLower(name)) {
		q.Channel = Handle{strings.ToLower(name), ""} // and words, for those who meant other things
	}
	return false
}

// ours reads an address of our own pages.
func (q *Query) ours(host string) {
	u, err := url.Parse(q.URL)
	if err != nil || !strings.EqualFold(u.Host, host) {
		return
	}
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	last := path[len(path)-1]
	is := func(prefix ...string) bool {
		return len(path) > len(prefix) && slices.Equal(path[:len(prefix)], prefix)
	}
	uuid := func(s string) string {
		ref, err := video.ParseRef(s)
		if err != nil {
			return ""
		}
		return ref.UUID
	}
	switch {
	case is("w", "p"), is("videos", "watch", "playlist"), is("video-playlists"):
		q.Playlist = uuid(last)
	case is("c"), is("video-channels"):
		q.channel(path[1], host)
	default:
		q.Video, _ = video.ParsePage(u.Path)
	}
}

func (q *Query) channel(handle, host string) {
	name, at := actor.ParseHandle(handle, host)
	q.Channel, q.Handle = Handle{name, at}, true
}
