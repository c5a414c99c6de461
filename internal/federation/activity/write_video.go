package activity

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"sync"

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
	d := describe(v, p, site)
	var links []any
	_ = json.Unmarshal(appendLinks(nil, v, site), &links) // which it can: it was written here
	d["url"] = links
	return d
}

// EncodeVideo is Encode of WriteVideo for half of the work: most of such a
// document are its links, which never become values here.
func EncodeVideo(v *video.Video, p VideoParts, site instance.Site) ([]byte, error) {
	d := describe(v, p, site)
	links, _ := linkBuffers.Get().(*[]byte)
	*links = appendLinks((*links)[:0], v, site)
	d["url"] = written(*links)
	const others = 6144 // bytes, more than most need
	body, err := appendObject(make([]byte, 0, len(*links)+others), d)
	if cap(*links) <= maxLinkBuffer {
		linkBuffers.Put(links)
	}
	return body, err
}

// linkBuffers are what links are written in; longer ones are not used again.
var linkBuffers = sync.Pool{New: func() any { return new([]byte) }}

const maxLinkBuffer = 64 << 10

// describe is all but the links.
func describe(v *video.Video, p VideoParts, site instance.Site) Doc {
	d := Doc{
		"type": "Video", "id": v.URL, "name": v.Name, "uuid": v.UUID, "duration": isoDuration(v.Duration),
		"views": num(v.Views), "downloads": num(v.Downloads), "sensitive": v.NSFW, "summary": null(v.NSFWSummary),
		"waitTranscoding": v.WaitTranscoding, "state": num(int(v.State)), "downloadEnabled": v.DownloadEnabled,
		"commentsPolicy": num(int(v.CommentsPolicy)), "commentsEnabled": v.CommentsPolicy != video.CommentsDisabled, "canReply": nil,
		"published": iso(v.PublishedAt), "updated": iso(v.UpdatedAt), "originallyPublishedAt": nil,
		"mediaType": "text/markdown", "content": null(v.Description), "support": null(v.Support),
		"tag": tags(v), "subtitleLanguage": captions(p.Captions, site), "icon": thumbnails(v, site), "aspectRatio": nil,
		"likes": v.URL + "/likes", "dislikes": v.URL + "/dislikes", "shares": v.URL + "/announces",
		"comments": v.URL + "/comments", "hasParts": v.URL + "/chapters", "playerSettings": playerURL(v.URL), "embedUrl": nil,
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
