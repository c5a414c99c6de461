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
// only such.
func links(v *video.Video, site instance.Site) []any {
	out := []any{page(site.URL("/w/" + video.ShortUUID(v.UUID))), page(v.URL)}
	trackers := []string{site.URL("/tracker/announce"), site.WebSocketURL("/tracker/socket")}
	fragmented := []any{}
	for i := range v.Files {
		if f := &v.Files[i]; f.PlaylistID == 0 {
			out = append(out, fileLinks(v, f, trackers, site)...)
		} else {
			fragmented = append(fragmented, fileLinks(v, f, trackers, site)...)
		}
	}
	if p := v.Playlist; p != nil {
		directory := "/static/streaming-playlists/hls/" + v.UUID + "/"
		tag := make([]any, 0, len(p.P2PInfoHashes)+1+len(fragmented))
		for _, h := range p.P2PInfoHashes {
			tag = append(tag, map[string]any{"type": "Infohash", "name": h})
		}
		if p.SegmentsFilename != "" {
			sha := link(jsonType, site.URL(directory+p.SegmentsFilename))
			sha["name"] = "sha256"
			tag = append(tag, sha)
		}
		hls := link(hlsType, site.URL(directory+p.PlaylistFilename))
		hls["tag"] = append(tag, fragmented...)
		out = append(out, hls)
	}
	return append(out,
		map[string]any{"type": "Link", "name": "tracker-websocket", "rel": []any{"tracker", "websocket"}, "href": trackers[1]},
		map[string]any{"type": "Link", "name": "tracker-http", "rel": []any{"tracker", "http"}, "href": trackers[0]})
}

// fileLinks are a file, what ffprobe says of it, and its torrent.
func fileLinks(v *video.Video, f *video.File, trackers []string, site instance.Site) []any {
	kind, flag := mediaType(f), "web-video"
	address := site.URL("/static/web-videos/" + f.Filename)
	if f.PlaylistID != 0 {
		flag, address = "fragmented", site.URL("/static/streaming-playlists/hls/"+v.UUID+"/"+f.Filename)
	}
	var properties []any
	for _, p := range []struct {
		there bool
		value string
	}{{f.HasAudio, "audio"}, {f.HasVideo, "video"}} {
		if p.there {
			properties = append(properties, property("ffprobe_codec_type", p.value))
		}
	}
	file := link(kind, address)
	file["size"] = num(f.Size)
	file["attachment"] = append(properties, property("peertube_format_flag", flag))
	meta := link(jsonType, site.URL("/api/v1/videos/"+v.UUID+"/metadata/"+strconv.FormatInt(int64(f.ID), 10)))
	meta["rel"] = []any{"metadata", kind}
	out := []any{file, meta}
	if f.TorrentFilename != "" && f.InfoHash != "" {
		torrent := site.URL("/lazy-static/torrents/" + f.TorrentFilename)
		out = append(out, link(torrentType, torrent), link(magnetType, magnet(torrent, f.InfoHash, v.Name, trackers, address)))
	}
	for _, l := range out {
		m, _ := l.(map[string]any)
		m["height"], m["fps"] = num(f.Resolution), num(f.FPS)
		if f.Width > 0 {
			m["width"] = num(f.Width)
		}
	}
	return out
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

// magnet writes a magnet link as PeerTube does.
func magnet(torrent, hash, name string, trackers []string, seed string) string {
	var b strings.Builder
	b.Grow(len(torrent) + len(name) + len(seed) + 320)
	b.WriteString("magnet:?xs=" + url.QueryEscape(torrent) + "&xt=urn:btih:" + hash + "&dn=" + url.QueryEscape(name))
	for _, t := range trackers {
		b.WriteString("&tr=" + url.QueryEscape(t))
	}
	b.WriteString("&ws=" + url.QueryEscape(seed))
	return b.String()
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
