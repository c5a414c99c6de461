package feeds

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// show is what a podcast feed is of: a channel, or a playlist of one.
type show struct {
	channel  *actor.Channel
	title    string
	text     string // markdown
	link     string
	guidOf   string // the ActivityPub id
	image    string
	episodes []*video.Video
	captions map[video.ID][]video.Caption
	chapters map[video.ID]bool
	// prefer is the kind of file that episodes are enclosed as: "audio",
	// "video" or "m3u8".
	prefer string
	email  string
}

// podcast serves GET /feeds/podcast/videos.xml.
func (s *Server) podcast(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	sh, err := s.showOf(r, q)
	if err != nil {
		return err
	}
	ids := make([]video.ID, len(sh.episodes))
	for i, v := range sh.episodes {
		ids[i] = v.ID
	}
	if sh.captions, err = s.Captions.CaptionsOf(r.Context(), ids); err != nil {
		return err
	}
	if sh.chapters, err = s.Captions.HaveChapters(r.Context(), ids); err != nil {
		return err
	}
	var b bytes.Buffer
	s.writePodcast(document{&b}, sh, s.Site.URL(r.URL.RequestURI()))
	return send(w, r, "application/rss+xml", asWritten(b.Bytes()))
}

// showOf reads whose podcast is asked for, and its episodes: local videos that
// everybody may see, newest first.
func (s *Server) showOf(r *http.Request, q *rest.Query) (*show, error) {
	const most = 1<<53 - 1
	prefer := cmp.Or(q.String("enclosurePreference"), "audio")
	if prefer != "audio" && prefer != "video" && prefer != "m3u8" {
		q.Reject("enclosurePreference", "Should be video, audio or m3u8")
	}
	list, channel := q.String("playlistId"), q.Int("videoChannelId", 0, 1, most)
	switch {
	case list != "" && channel != 0:
		q.Reject("playlistId", "Cannot be mixed with videoChannelId")
	case list == "" && !q.Has("videoChannelId"):
		q.Reject("videoChannelId", "")
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	var sh *show
	var err error
	if list != "" {
		sh, err = s.playlistShow(r.Context(), list)
	} else {
		sh, err = s.channelShow(r.Context(), actor.ChannelID(channel))
	}
	if err != nil {
		return nil, err
	}
	sh.prefer = prefer
	if s.PublicEmail != nil && sh.channel.Local() {
		sh.email, err = s.PublicEmail(r.Context(), sh.channel.OwnerID)
	}
	return sh, err
}

func (s *Server) channelShow(ctx context.Context, id actor.ChannelID) (*show, error) {
	c, err := s.Actors.Channel(ctx, id)
	if err != nil {
		return nil, err
	}
	local := true
	p := video.ListParams{Sort: "-originallyPublishedAt", Count: s.Settings().Videos}
	p.Channel, p.IsLocal, p.AnyNSFW, p.Include = id, &local, true, video.WithFiles|video.WithTags
	list, err := s.Videos.Public(ctx, p)
	return &show{
		channel: c, title: c.DisplayName, text: c.Description, link: s.Site.URL("/c/" + c.Handle()), guidOf: c.URL,
		image: s.cover(c), episodes: list,
	}, err
}

func (s *Server) playlistShow(ctx context.Context, id string) (*show, error) {
	ref, err := playlist.ParseRef(id)
	if err != nil {
		return nil, err
	}
	p, err := s.Playlists.Get(ctx, nil, ref)
	if err != nil {
		return nil, err
	}
	if p.Privacy != playlist.Public || p.Channel == nil {
		return nil, errs.New(errs.NotFound, "Video playlist not found")
	}
	elements, err := s.Playlists.ElementsOf(ctx, nil, p, 0, s.Settings().Videos)
	if err != nil {
		return nil, err
	}
	sh := &show{
		channel: p.Channel, title: p.Name, text: p.Description, link: s.Site.URL("/w/p/" + video.ShortUUID(p.UUID)), guidOf: p.URL,
		image: s.cover(p.Channel),
	}
	// Two parts of one video are one episode: apps take its guid once.
	has := make(map[video.ID]bool, len(elements))
	for _, e := range elements {
		if e.Type == playlist.Watchable && e.Video.Privacy == video.Public && !e.Video.Remote && !has[e.Video.ID] {
			has[e.Video.ID] = true
			sh.episodes = append(sh.episodes, e.Video)
		}
	}
	return sh, s.Captions.FillFiles(ctx, sh.episodes)
}

// avatar is the largest picture of a channel or, without any, of its owner; ""
// when there is none.
func (s *Server) avatar(c *actor.Channel) string {
	images := c.Avatars
	if len(images) == 0 && c.Owner != nil {
		images = c.Owner.Avatars
	}
	if len(images) == 0 {
		return ""
	}
	largest := slices.MaxFunc(images, func(a, b actor.Image) int { return cmp.Compare(a.Width, b.Width) })
	return s.Site.URL("/lazy-static/avatars/" + largest.Filename)
}

// cover is the picture of a podcast, which apps do not take it without.
func (s *Server) cover(c *actor.Channel) string {
	return cmp.Or(s.avatar(c), s.Site.URL(s.Settings().Cover))
}

// itunesCategories are Apple's for PeerTube's, by number from 1: a category,
// or one within another.
var itunesCategories = [][2]string{
	{},
	{"Music"},
	{"TV & Film"},
	{"Leisure"},
	{"Arts"},
	{"Sports"},
	{"Society & Culture", "Places & Travel"},
	{"Leisure", "Video Games"},
	{"Society & Culture"},
	{"Comedy"},
	{"Fiction"},
	{"News"},
	{"Leisure"},
	{"Education"},
	{"Society & Culture"},
	{"Technology"},
	{"Kids & Family", "Pets & Animals"},
	{"Kids & Family"},
	{"Arts", "Food"},
}

// itunesCategory is the category of most episodes.
func itunesCategory(list []*video.Video) [2]string {
	count, best := map[int]int{}, 0
	for _, v := range list {
		if v.Category <= 0 || v.Category >= len(itunesCategories) {
			continue
		}
		if count[v.Category]++; count[v.Category] > count[best] {
			best = v.Category
		}
	}
	if best == 0 {
		return [2]string{"Society & Culture"}
	}
	return itunesCategories[best]
}

func (s *Server) writePodcast(d document, sh *show, self string) {
	d.WriteString(declaration)
	d.in("rss", []string{
		"version", "2.0", "xmlns:content", "http://purl.org/rss/1.0/modules/content/", "xmlns:atom", "http://www.w3.org/2005/Atom",
		"xmlns:podcast", "https://podcastindex.org/namespace/1.0", "xmlns:itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd",
		"xmlns:media", "http://search.yahoo.com/mrss/",
	}, func() {
		d.in("channel", nil, func() {
			s.podcastHead(d, sh, self)
			for _, v := range sh.episodes {
				d.in("item", nil, func() { s.episode(d, sh, v) })
			}
		})
	})
}

func (s *Server) podcastHead(d document, sh *show, self string) {
	text := cmp.Or(s.Markdown.Plain(sh.text, maxPodcastText), sh.title)
	d.text("title", sh.title)
	d.text("link", sh.link)
	d.description(text)
	d.text("language", cmp.Or(languageOf(sh.episodes), s.Settings().Language, "en"))
	d.text("generator", "Sepiola - "+s.Site.URL(""))
	d.text("copyright", sh.channel.DisplayName)
	var changed time.Time
	for _, v := range sh.episodes {
		changed = latest(changed, latest(v.PublishedAt, v.UpdatedAt))
	}
	if !changed.IsZero() {
		d.text("lastBuildDate", rfc822(changed))
	}
	d.empty("atom:link", "href", self, "rel", "self", "type", "application/rss+xml")
	d.in("image", nil, func() {
		d.text("title", sh.title)
		d.text("url", sh.image)
		d.text("link", sh.link)
	})
	d.empty("itunes:image", "href", sh.image)
	d.text("itunes:author", sh.channel.DisplayName)
	d.text("itunes:type", "episodic")
	d.text("itunes:explicit", strconv.FormatBool(explicit(sh.episodes)))
	category := itunesCategory(sh.episodes)
	d.in("itunes:category", []string{"text", category[0]}, func() {
		if category[1] != "" {
			d.empty("itunes:category", "text", category[1])
		}
	})
	if sh.email != "" {
		d.in("itunes:owner", nil, func() {
			d.text("itunes:name", sh.channel.DisplayName)
			d.text("itunes:email", sh.email)
		})
		d.text("podcast:locked", "yes", "owner", sh.email)
	}
	d.text("podcast:guid", uuid.NewSHA1(uuid.NameSpaceURL, []byte(sh.guidOf)).String())
	d.text("podcast:medium", "video")
	d.person(s, sh.channel)
	d.in("podcast:trackers", nil, func() { d.text("podcast:tracker", s.Site.WebSocketURL("/tracker/socket")) })
	if stun := s.Settings().STUN; len(stun) > 0 {
		d.in("podcast:stunServers", nil, func() {
			for _, server := range stun {
				d.text("podcast:stunServer", server)
			}
		})
	}
}

const maxPodcastText = 4000 // characters, Apple's bound

func (d document) person(s *Server, c *actor.Channel) {
	d.text("podcast:person", c.DisplayName, "href", s.Site.URL("/c/"+c.Handle()), "img", s.avatar(c))
}

func languageOf(list []*video.Video) string {
	for _, v := range list {
		if v.Language != "" {
			return v.Language
		}
	}
	return ""
}

func explicit(list []*video.Video) bool {
	for _, v := range list {
		if v.NSFW {
			return true
		}
	}
	return false
}

func (s *Server) episode(d document, sh *show, v *video.Video) {
	it := s.item(v)
	d.text("title", v.Name)
	d.text("link", it.URL)
	d.text("guid", v.URL, "isPermaLink", "false")
	d.text("pubDate", rfc822(it.Published))
	d.text("description", cmp.Or(it.HTML, html.EscapeString(v.Name)))
	d.text("itunes:duration", number(v.Duration))
	d.text("itunes:explicit", strconv.FormatBool(v.NSFW))
	d.text("itunes:author", v.Channel.DisplayName)
	d.text("itunes:keywords", strings.Join(v.Tags, ","))
	if t := cmp.Or(cover(v), it.Thumbnail); t != nil {
		d.empty("itunes:image", "href", s.thumbnailURL(t))
	}
	if t := it.Thumbnail; t != nil {
		d.empty("media:thumbnail", "url", s.thumbnailURL(t), "width", number(t.Width), "height", number(t.Height))
	}
	s.enclosures(d, sh, v)
	for _, c := range sh.captions[v.ID] {
		d.empty("podcast:transcript", "url", s.Site.URL("/lazy-static/video-captions/"+c.Filename), "type", "text/vtt", "language", c.Language, "rel", "captions")
	}
	if sh.chapters[v.ID] {
		d.empty("podcast:chapters", "url", s.Site.URL("/feeds/podcast/chapters/"+v.UUID+".json"), "type", "application/json+chapters")
	}
	if v.CommentsPolicy != video.CommentsDisabled {
		d.empty("podcast:socialInteract", "uri", v.URL, "protocol", "activitypub", "accountUrl", v.Channel.Owner.URL)
	}
	d.person(s, v.Channel)
}

// cover is the largest square picture of a video, which is what podcast programs
// show; nil without one.
func cover(v *video.Video) *video.Thumbnail {
	var best *video.Thumbnail
	for i := range v.Thumbnails {
		if t := &v.Thumbnails[i]; t.AspectRatio == "1:1" && (best == nil || t.Width > best.Width) {
			best = t
		}
	}
	return best
}

func (s *Server) thumbnailURL(t *video.Thumbnail) string {
	return s.Site.URL("/lazy-static/thumbnails/" + t.Filename)
}

// enclosures writes the file of an episode, and the others to choose from.
func (s *Server) enclosures(d document, sh *show, v *video.Video) {
	list := offers(s.Site, v)
	best := enclosed(list)
	if sh.prefer == "audio" {
		for i := range list {
			if f := list[i].file; !f.HasVideo && f.HasAudio {
				best = &list[i]
				break
			}
		}
	}
	playlistURL := ""
	if v.Playlist != nil {
		playlistURL = cmp.Or(v.Playlist.PlaylistURL, s.Site.URL("/static/streaming-playlists/hls/"+v.UUID+"/"+v.Playlist.PlaylistFilename))
	}
	switch {
	case sh.prefer == "m3u8" && playlistURL != "":
		d.empty("enclosure", "url", playlistURL, "length", "0", "type", hlsType)
	case best != nil:
		d.empty("enclosure", "url", best.url, "length", number(best.size), "type", mediaType(best.file))
	}
	for i := range list {
		o, f := &list[i], list[i].file
		attrs := []string{
			"type", mediaType(f), "length", number(o.size), "lang", v.Language, "title", fileTitle(f), "default", strconv.FormatBool(o == best && sh.prefer != "m3u8"),
		}
		if v.Duration > 0 {
			attrs = append(attrs, "bitrate", number(o.size*8/int64(v.Duration)))
		}
		if f.HasVideo {
			attrs = append(attrs, "height", number(f.Height))
		}
		d.in("podcast:alternateEnclosure", attrs, func() {
			d.empty("podcast:source", "uri", o.url)
			if f.TorrentFilename != "" && !o.joined {
				d.empty("podcast:source", "uri", s.Site.URL("/lazy-static/torrents/"+f.TorrentFilename), "contentType", "application/x-bittorrent")
			}
		})
	}
	if playlistURL != "" {
		d.in("podcast:alternateEnclosure", []string{"type", hlsType, "lang", v.Language, "title", "HLS", "default", strconv.FormatBool(sh.prefer == "m3u8")}, func() {
			d.empty("podcast:source", "uri", playlistURL)
		})
	}
}

const hlsType = "application/x-mpegURL"

func fileTitle(f *video.File) string {
	if !f.HasVideo {
		return "Audio"
	}
	return number(f.Resolution) + "p"
}

// podcastChapters is https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/chapters/jsonChapters.md
type podcastChapters struct {
	Version  string           `json:"version"`
	Chapters []podcastChapter `json:"chapters"`
}

type podcastChapter struct {
	StartTime int    `json:"startTime"` // seconds
	Title     string `json:"title"`
}

// chapters serves GET /feeds/podcast/chapters/{id}.json.
func (s *Server) chapters(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return err
	}
	list, err := s.Videos.Chapters(r.Context(), video.As((*user.User)(nil)), ref)
	if err != nil {
		return err
	}
	out := podcastChapters{Version: "1.2.0", Chapters: make([]podcastChapter, len(list))}
	for i, c := range list {
		out.Chapters[i] = podcastChapter{StartTime: c.Timecode, Title: c.Title}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return send(w, r, "application/json+chapters", asWritten(body))
}
