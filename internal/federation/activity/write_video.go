package activity

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// VideoParts are what belongs to a video beside its relations.
type VideoParts struct {
	Captions []video.Caption
	// Storyboard is nil when there is none.
	Storyboard *video.Storyboard
	// Live is nil unless the video is live.
	Live *Live
}

// WriteVideo returns the document of a local video, with Channel and Owner, thumbnails,
// tags and files.
func WriteVideo(v *video.Video, p VideoParts, site instance.Site) Doc {
	d := Doc{
		"type": "Video", "id": v.URL, "name": v.Name, "uuid": v.UUID, "duration": isoDuration(v.Duration),
		"views": num(v.Views), "downloads": num(v.Downloads), "sensitive": v.NSFW, "summary": null(v.NSFWSummary),
		"waitTranscoding": v.WaitTranscoding, "state": num(int(v.State)), "downloadEnabled": v.DownloadEnabled,
		"commentsPolicy": num(int(v.CommentsPolicy)), "commentsEnabled": v.CommentsPolicy != video.CommentsDisabled, "canReply": nil,
		"published": iso(v.PublishedAt), "updated": iso(v.UpdatedAt), "originallyPublishedAt": nil,
		"mediaType": "text/markdown", "content": null(v.Description), "support": null(v.Support),
		"tag": tags(v), "subtitleLanguage": captions(p.Captions, site), "icon": thumbnails(v, site), "aspectRatio": nil,
		"url": links(v, site), "likes": v.URL + "/likes", "dislikes": v.URL + "/dislikes", "shares": v.URL + "/announces",
		"comments": v.URL + "/comments", "hasParts": v.URL + "/chapters", "embedUrl": nil,
		"isLiveBroadcast": v.IsLive, "liveSaveReplay": nil, "permanentLive": nil, "latencyMode": nil, "dvrWindow": nil,
	}
	constants(d, v)
	if v.CommentsPolicy != video.CommentsEnabled {
		d["canReply"] = Public
	}
	if v.OriginallyPublishedAt != nil {
		d["originallyPublishedAt"] = iso(*v.OriginallyPublishedAt)
	}
	if v.InputFileUpdatedAt != nil {
		d["uploadDate"] = iso(*v.InputFileUpdatedAt)
	}
	if v.AspectRatio > 0 {
		d["aspectRatio"] = v.AspectRatio
	}
	if v.EmbedPrivacyPolicy <= int(video.EmbedAnywhere) {
		d["embedUrl"] = site.URL("/videos/embed/" + v.UUID)
	}
	if p.Storyboard != nil {
		d["preview"] = []any{storyboard(p.Storyboard, site)}
	}
	if p.Live != nil {
		p.Live.on(d)
	}
	if v.Channel != nil && v.Channel.Owner != nil {
		d["attributedTo"] = []any{
			map[string]any{"type": "Person", "id": v.Channel.Owner.URL},
			map[string]any{"type": "Group", "id": v.Channel.URL},
		}
	}
	return OfVideo(v).on(d).in(videoKind)
}

func constants(d Doc, v *video.Video) {
	if v.Category != 0 {
		d["category"] = constant(strconv.Itoa(v.Category), video.CategoryLabel(v.Category))
	}
	if v.Licence != 0 {
		d["licence"] = constant(strconv.Itoa(v.Licence), video.LicenceLabel(v.Licence))
	}
	if v.Language != "" {
		d["language"] = constant(v.Language, video.LanguageLabel(v.Language))
	}
}

func constant(id, name string) map[string]any { return map[string]any{"identifier": id, "name": name} }

// on writes what only live videos have.
func (l *Live) on(d Doc) {
	d["liveSaveReplay"], d["permanentLive"], d["latencyMode"] = l.SaveReplay, l.Permanent, num(l.Latency)
	if l.DVR > 0 {
		d["dvrWindow"] = isoDuration(int(l.DVR.Seconds()))
	}
	if l.Planned != nil {
		d["schedules"] = []any{map[string]any{"startDate": iso(*l.Planned)}}
	}
}

func tags(v *video.Video) []any {
	out := make([]any, 0, len(v.Tags)+2)
	for _, t := range v.Tags {
		out = append(out, map[string]any{"type": "Hashtag", "name": t})
	}
	if v.NSFWFlags&video.FlagViolent != 0 {
		out = append(out, map[string]any{"type": "SensitiveTag", "name": "violent"})
	}
	if v.NSFWFlags&video.FlagExplicitSex != 0 {
		out = append(out, map[string]any{"type": "SensitiveTag", "name": "explicitSex"})
	}
	return out
}

func captions(list []video.Caption, site instance.Site) []any {
	out := make([]any, 0, len(list))
	for _, c := range list {
		urls := []any{link("text/vtt", site.URL("/lazy-static/video-captions/"+c.Filename))}
		out = append(out, map[string]any{
			"identifier": c.Language, "name": video.LanguageLabel(c.Language), "automaticallyGenerated": c.Automatic, "url": urls,
		})
	}
	return out
}

func thumbnails(v *video.Video, site instance.Site) []any {
	list := slices.Clone(v.Thumbnails)
	slices.SortStableFunc(list, func(a, b video.Thumbnail) int {
		return cmp.Or(cmp.Compare(b.AspectRatio, a.AspectRatio), cmp.Compare(a.Width, b.Width)) // wide ones first
	})
	out := make([]any, len(list))
	for i := range list {
		out[i] = pictureOf(&list[i], site)
	}
	return out
}

func storyboard(b *video.Storyboard, site instance.Site) map[string]any {
	return map[string]any{"type": "Image", "rel": []any{"storyboard"}, "url": []any{map[string]any{
		"mediaType": cmp.Or(imageType(b.Filename), "image/jpeg"), "href": site.URL("/lazy-static/storyboards/" + b.Filename),
		"width": num(b.TotalWidth), "height": num(b.TotalHeight),
		"tileWidth": num(b.SpriteWidth), "tileHeight": num(b.SpriteHeight), "tileDuration": isoDuration(b.SpriteDuration),
	}}}
}

func link(kind, href string) map[string]any {
	return map[string]any{"type": "Link", "mediaType": kind, "href": href}
}

// links are pages, files, the HLS playlist and trackers. A page stands first:
// Mastodon shows the first. Progressive files stand before HLS, for who plays
// only such. Where owners do not let viewers share there is nothing to share
// with: no tracker, and no swarm of the playlist.
func links(v *video.Video, site instance.Site) []any {
	l := linker{v: v, site: site, files: site.URL("/static/web-videos/"), hls: site.URL("/static/streaming-playlists/hls/" + v.UUID + "/")}
	socket, announce := site.WebSocketURL("/tracker/socket"), site.URL("/tracker/announce")
	l.magnet = "&dn=" + url.QueryEscape(v.Name)
	if v.MayShare() {
		l.magnet += "&tr=" + url.QueryEscape(announce) + "&tr=" + url.QueryEscape(socket)
	}
	l.magnet += "&ws="
	out := append(make([]any, 0, 4*len(v.Files)+5), page(site.URL("/w/"+video.ShortUUID(v.UUID))), page(v.URL))
	for i := range v.Files {
		if f := &v.Files[i]; f.PlaylistID == 0 {
			out = l.add(out, f)
		}
	}
	if v.Playlist != nil {
		out = append(out, l.playlist())
	}
	if !v.MayShare() {
		return out
	}
	return append(out,
		map[string]any{"type": "Link", "name": "tracker-websocket", "rel": []any{"tracker", "websocket"}, "href": socket},
		map[string]any{"type": "Link", "name": "tracker-http", "rel": []any{"tracker", "http"}, "href": announce})
}

// linker writes the links of the files of a video.
type linker struct {
	v    *video.Video
	site instance.Site
	// files and hls are the addresses of the directories.
	files, hls string
	// magnet is what all magnet links have between their hash and their file.
	magnet string
}

// playlist is the HLS playlist with its files.
func (l *linker) playlist() map[string]any {
	p := l.v.Playlist
	tag := make([]any, 0, len(p.P2PInfoHashes)+1+4*len(l.v.Files))
	if l.v.MayShare() {
		for _, h := range p.P2PInfoHashes {
			tag = append(tag, map[string]any{"type": "Infohash", "name": h})
		}
	}
	if p.SegmentsFilename != "" {
		tag = append(tag, map[string]any{"type": "Link", "name": "sha256", "mediaType": jsonType, "href": l.hls + p.SegmentsFilename})
	}
	for i := range l.v.Files {
		if f := &l.v.Files[i]; f.PlaylistID != 0 {
			tag = l.add(tag, f)
		}
	}
	return map[string]any{"type": "Link", "mediaType": hlsType, "href": l.hls + p.PlaylistFilename, "tag": tag}
}

// add appends a file, what ffprobe says of it, and its torrent.
func (l *linker) add(out []any, f *video.File) []any {
	kind, flag, address := mediaType(f), "web-video", l.files+f.Filename
	if f.PlaylistID != 0 {
		flag, address = "fragmented", l.hls+f.Filename
	}
	properties := make([]any, 0, 3)
	if f.HasAudio {
		properties = append(properties, property("ffprobe_codec_type", "audio"))
	}
	if f.HasVideo {
		properties = append(properties, property("ffprobe_codec_type", "video"))
	}
	file := l.link(f, kind, address)
	file["size"], file["attachment"] = num(f.Size), append(properties, property("peertube_format_flag", flag))
	meta := l.link(f, jsonType, l.site.URL("/api/v1/videos/"+l.v.UUID+"/metadata/"+strconv.FormatInt(int64(f.ID), 10)))
	meta["rel"] = []any{"metadata", kind}
	out = append(out, file, meta)
	if f.TorrentFilename == "" || f.InfoHash == "" {
		return out
	}
	torrent := l.site.URL("/lazy-static/torrents/" + f.TorrentFilename)
	magnet := "magnet:?xs=" + url.QueryEscape(torrent) + "&xt=urn:btih:" + f.InfoHash + l.magnet + url.QueryEscape(address)
	return append(out, l.link(f, torrentType, torrent), l.link(f, magnetType, magnet))
}

// link is a link to something of a file's size.
func (l *linker) link(f *video.File, kind, href string) map[string]any {
	m := map[string]any{"type": "Link", "mediaType": kind, "href": href, "height": num(f.Resolution), "fps": num(f.FPS)}
	if f.Width > 0 {
		m["width"] = num(f.Width)
	}
	return m
}

func property(name, value string) map[string]any {
	return map[string]any{"type": "PropertyValue", "name": name, "value": value}
}

// mediaType is that of a file by its extension; files of HLS are MP4.
func mediaType(f *video.File) string {
	ext := cmp.Or(f.Extname, path.Ext(f.Filename))
	if !f.HasVideo && f.HasAudio && ext == ".mp4" {
		return "audio/mp4"
	}
	switch strings.ToLower(ext) {
	case ".webm":
		return "video/webm"
	case ".ogv":
		return "video/ogg"
	case ".m4a":
		return "audio/mp4"
	case ".ogg":
		return "audio/ogg"
	case ".mp3":
		return "audio/mpeg"
	}
	return "video/mp4"
}

// WriteChapters returns the document of the chapters of a local video that is so many
// seconds long.
func WriteChapters(videoURL string, duration int, chapters []video.Chapter) Doc {
	parts := make([]any, len(chapters))
	for i, c := range chapters {
		end := max(duration, c.Timecode)
		if i+1 < len(chapters) {
			end = chapters[i+1].Timecode
		}
		parts[i] = map[string]any{"name": c.Title, "startOffset": num(c.Timecode), "endOffset": num(end)}
	}
	return Doc{"id": videoURL + "/chapters", "hasPart": parts}.in(chaptersKind)
}
