package searchindex

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/fetch"
)

// Bounds of what is taken, in characters.
const (
	maxTitle       = 120
	maxDescription = 1000
	maxNumber      = 1 << 50
)

// number is a count: what is none is 0.
type number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) == nil && f > 0 {
		*n = number(math.Min(f, maxNumber))
	}
	return nil
}

// text is a text: what is none is "".
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(strings.ToValidUTF8(s, ""))
	}
	return nil
}

// line is a text in one line of at most most characters, lines one in several.
func (t text) line(most int) string { return strings.Join(strings.Fields(t.lines(most)), " ") }

func (t text) lines(most int) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return -1 // directions of writing that are never turned back too
		}
		return r
	}, strings.ReplaceAll(string(t), "\t", " "))
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// moment is a time: what is none is zero.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	var s text
	_ = s.UnmarshalJSON(b) // never fails
	t, err := time.Parse(time.RFC3339, string(s))
	if t = t.UTC(); err == nil && t.Year() > 0 && t.Year() < 10_000 { // in UTC it may be another year
		m.Time = t
	}
	return nil
}

// flag is true or not.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true"
	return nil
}

// label is PeerTube's {id, label}, of which the number counts.
type label struct{ id number }

// UnmarshalJSON implements json.Unmarshaler.
func (l *label) UnmarshalJSON(b []byte) error {
	var o struct {
		ID number `json:"id"`
	}
	_ = json.Unmarshal(b, &o) // what is no object has no number
	l.id = min(o.ID, math.MaxInt32)
	return nil
}

// wordLabel is {id, label} with a word for an id.
type wordLabel struct{ id text }

// UnmarshalJSON implements json.Unmarshaler.
func (l *wordLabel) UnmarshalJSON(b []byte) error {
	var o struct {
		ID text `json:"id"`
	}
	_ = json.Unmarshal(b, &o) // what is no object has no word
	l.id = o.ID
	return nil
}

// pictures are sizes of one; what is no list is none.
type pictures []picture

type picture struct {
	Width   number `json:"width"`
	FileURL text   `json:"fileUrl"`
	URL     text   `json:"url"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *pictures) UnmarshalJSON(b []byte) error {
	var list []picture
	_ = json.Unmarshal(b, &list)
	*p = list[:min(len(list), 20)]
	return nil
}

// actorIn is an account or a channel in an answer.
type actorIn struct {
	Name        text     `json:"name"`
	DisplayName text     `json:"displayName"`
	URL         text     `json:"url"`
	Avatars     pictures `json:"avatars"`
	Avatar      picture  `json:"avatar"`
}

// reader reads the things of an answer. Plain takes http addresses too.
type reader struct{ plain bool }

// address is an address of a site, and the site; ok says that it is one.
func (r reader) address(t text) (url, host string, ok bool) {
	u, err := fetch.ParseURL(string(t))
	if err != nil || u.Scheme == "http" && !r.plain || !actor.ValidHost(u.Host) {
		return "", "", false
	}
	return u.String(), u.Host, true
}

// of is the first address that is of a site.
func (r reader) of(host string, addresses ...text) string {
	for _, a := range addresses {
		if url, at, ok := r.address(a); ok && at == host {
			return url
		}
	}
	return ""
}

// best is the picture of a site that is at least as wide as asked for, or the
// widest one.
func (r reader) best(host string, wide number, list pictures) string {
	best, width := "", number(-1)
	for _, p := range list {
		u := r.of(host, p.FileURL, p.URL)
		better := p.Width > width && width < wide || p.Width >= wide && p.Width < width
		if u != "" && better {
			best, width = u, p.Width
		}
	}
	return best
}

// actor reads who is on a site.
func (r reader) actor(in actorIn, host string) (a actor.Actor, displayName string, ok bool) {
	url, at, ok := r.address(in.URL)
	name := strings.TrimSpace(string(in.Name))
	if !ok || at != host || name == "" || len(name) > 200 || strings.ContainsFunc(name, notOfNames) {
		return a, "", false
	}
	if displayName = in.DisplayName.line(maxTitle); displayName == "" {
		displayName = name
	}
	return actor.Actor{Username: name, Host: host, URL: url}, displayName, true
}

func notOfNames(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-:", r)
}

func (r reader) avatar(in actorIn, host string) string {
	if u := r.best(host, 96, in.Avatars); u != "" {
		return u
	}
	return r.of(host, in.Avatar.FileURL, in.Avatar.URL)
}

// owned reads a channel with its account, both of a site.
func (r reader) owned(channel, account actorIn, host string) (*actor.Channel, bool) {
	c, o := &actor.Channel{}, &actor.Account{}
	var ok, okToo bool
	c.Actor, c.DisplayName, ok = r.actor(channel, host)
	o.Actor, o.DisplayName, okToo = r.actor(account, host)
	c.Owner = o
	return c, ok && okToo
}

func (r reader) video(b []byte) (out search.IndexedVideo, ok bool) {
	var in struct {
		UUID           text      `json:"uuid"`
		Name           text      `json:"name"`
		URL            text      `json:"url"`
		Category       label     `json:"category"`
		Licence        label     `json:"licence"`
		Language       wordLabel `json:"language"`
		NSFW           flag      `json:"nsfw"`
		NSFWFlags      number    `json:"nsfwFlags"`
		NSFWSummary    text      `json:"nsfwSummary"`
		Description    text      `json:"description"`
		Truncated      text      `json:"truncatedDescription"`
		Duration       number    `json:"duration"`
		IsLive         flag      `json:"isLive"`
		Views          number    `json:"views"`
		Likes          number    `json:"likes"`
		Dislikes       number    `json:"dislikes"`
		Comments       number    `json:"comments"`
		ThumbnailURL   text      `json:"thumbnailUrl"`
		ThumbnailPath  text      `json:"thumbnailPath"`
		PreviewURL     text      `json:"previewUrl"`
		Thumbnails     pictures  `json:"thumbnails"`
		EmbedURL       text      `json:"embedUrl"`
		CreatedAt      moment    `json:"createdAt"`
		UpdatedAt      moment    `json:"updatedAt"`
		PublishedAt    moment    `json:"publishedAt"`
		FirstPublished moment    `json:"originallyPublishedAt"`
		Account        actorIn   `json:"account"`
		Channel        actorIn   `json:"channel"`
	}
	if json.Unmarshal(b, &in) != nil {
		return out, false
	}
	url, host, fine := r.address(in.URL)
	uuid := strings.ToLower(string(in.UUID))
	name := in.Name.line(maxTitle)
	channel, known := r.owned(in.Channel, in.Account, host)
	if !fine || !known || name == "" || !video.ValidUUID(uuid) || in.PublishedAt.IsZero() {
		return out, false
	}
	v := &video.Video{
		UUID: uuid, URL: url, Remote: true, Name: name, Channel: channel, Privacy: video.Public, State: video.Published,
		Category: int(in.Category.id), Licence: int(in.Licence.id),
		NSFW: bool(in.NSFW), NSFWSummary: in.NSFWSummary.lines(250), IsLive: bool(in.IsLive),
		Duration: int(min(in.Duration, math.MaxInt32)),
		Views:    int64(in.Views), Likes: int64(in.Likes), Dislikes: int64(in.Dislikes), Comments: int64(in.Comments),
		CreatedAt: in.CreatedAt.Time, UpdatedAt: in.UpdatedAt.Time, PublishedAt: in.PublishedAt.Time,
	}
	if in.NSFW {
		v.NSFWFlags = int(min(in.NSFWFlags, 1<<20))
	}
	if id := string(in.Language.id); len(id) <= 20 && video.LanguageLabel(id) != video.LanguageLabel("") {
		v.Language = id
	}
	if v.Description = in.Description.lines(maxDescription); v.Description == "" {
		v.Description = in.Truncated.lines(maxDescription)
	}
	if !in.FirstPublished.IsZero() {
		v.OriginallyPublishedAt = &in.FirstPublished.Time
	}
	out = search.IndexedVideo{Video: v, Avatar: r.avatar(in.Channel, host), Embed: r.of(host, in.EmbedURL)}
	if out.Picture = r.best(host, 280, in.Thumbnails); out.Picture == "" {
		out.Picture = r.of(host, in.ThumbnailURL, r.under(url, in.ThumbnailPath), in.PreviewURL)
	}
	return out, true
}

// under is a path on the site of an address.
func (r reader) under(url string, path text) text {
	if !strings.HasPrefix(string(path), "/") {
		return ""
	}
	u, err := fetch.ParseURL(url)
	if err != nil {
		return ""
	}
	return text(u.Scheme + "://" + u.Host + string(path))
}

func (r reader) channel(b []byte) (out search.IndexedChannel, ok bool) {
	var in struct {
		actorIn
		Description text    `json:"description"`
		Followers   number  `json:"followersCount"`
		Videos      number  `json:"videosCount"`
		CreatedAt   moment  `json:"createdAt"`
		UpdatedAt   moment  `json:"updatedAt"`
		Owner       actorIn `json:"ownerAccount"`
	}
	if json.Unmarshal(b, &in) != nil {
		return out, false
	}
	_, host, fine := r.address(in.URL)
	c, known := r.owned(in.actorIn, in.Owner, host)
	if !fine || !known {
		return out, false
	}
	c.Description, c.FollowersCount, c.VideosCount = in.Description.lines(maxDescription), int64(in.Followers), int64(in.Videos)
	c.CreatedAt, c.UpdatedAt = in.CreatedAt.Time, in.UpdatedAt.Time
	return search.IndexedChannel{Channel: c, Avatar: r.avatar(in.actorIn, host)}, true
}

func (r reader) playlist(b []byte) (out search.IndexedPlaylist, ok bool) {
	var in struct {
		UUID          text     `json:"uuid"`
		DisplayName   text     `json:"displayName"`
		URL           text     `json:"url"`
		Description   text     `json:"description"`
		VideosLength  number   `json:"videosLength"`
		ThumbnailURL  text     `json:"thumbnailUrl"`
		ThumbnailPath text     `json:"thumbnailPath"`
		Thumbnails    pictures `json:"thumbnails"`
		CreatedAt     moment   `json:"createdAt"`
		UpdatedAt     moment   `json:"updatedAt"`
		Owner         actorIn  `json:"ownerAccount"`
		Channel       *actorIn `json:"videoChannel"`
	}
	if json.Unmarshal(b, &in) != nil {
		return out, false
	}
	url, host, fine := r.address(in.URL)
	uuid := strings.ToLower(string(in.UUID))
	name := in.DisplayName.line(maxTitle)
	if !fine || name == "" || !video.ValidUUID(uuid) {
		return out, false
	}
	l := &playlist.Playlist{
		UUID: uuid, URL: url, Remote: true, Name: name, Description: in.Description.lines(maxDescription),
		Type: playlist.Regular, Privacy: playlist.Public, VideosCount: int64(in.VideosLength),
		CreatedAt: in.CreatedAt.Time, UpdatedAt: in.UpdatedAt.Time, Owner: &actor.Account{},
	}
	if l.Owner.Actor, l.Owner.DisplayName, ok = r.actor(in.Owner, host); !ok {
		return out, false
	}
	if in.Channel != nil {
		c := &actor.Channel{Owner: l.Owner}
		if c.Actor, c.DisplayName, ok = r.actor(*in.Channel, host); ok {
			l.Channel = c
		}
	}
	out = search.IndexedPlaylist{Playlist: l}
	if out.Picture = r.best(host, 280, in.Thumbnails); out.Picture == "" {
		out.Picture = r.of(host, in.ThumbnailURL, r.under(url, in.ThumbnailPath))
	}
	return out, true
}
