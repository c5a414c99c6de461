package activity

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Video is a video of another site. The embedded fields are set but for ids
// and counters that the document does not carry; the files have no ids, those
// of HLS have PlaylistID 1 (HLSFiles).
type Video struct {
	video.Video
	AccountURL, ChannelURL string
	// The collections, "" when they are not of the video's host.
	LikesURL, DislikesURL, SharesURL, CommentsURL string
	// WebURL is the page for people, EmbedURL "" when others may not embed it.
	WebURL, EmbedURL string
	Captions         []Caption
	Storyboard       *Storyboard
	// Chapters came with the document; otherwise ChaptersURL names them.
	Chapters          []video.Chapter
	ChaptersURL       string
	PlayerSettingsURL string
	// Trackers are of the schemes ws, wss, http and https.
	Trackers []string
	// Magnets are of the Files, by their place; "" none.
	Magnets []string
	Live    *Live
	// Hash is of the document: equal ones say the same.
	Hash string
}

// HLSFiles is the PlaylistID of files that are part of the HLS playlist, until
// that is stored.
const HLSFiles video.PlaylistID = 1

// Caption is a caption of another site.
type Caption struct {
	video.Caption
	URL, M3U8URL string
}

// Storyboard is a storyboard of another site.
type Storyboard struct {
	video.Storyboard
	URL string
}

// Live is what is said of live videos only.
type Live struct {
	Permanent, SaveReplay bool
	Latency               int // 1 default, 2 high, 3 small
	DVR                   time.Duration
	// Planned is when it is to begin.
	Planned *time.Time
}

const maxCounter = 1 << 40

// ReadVideo reads a video. What PeerTube refuses is refused, what it repairs
// is repaired; the owners are of the video's host.
func ReadVideo(d Doc) (*Video, error) {
	v := &Video{Video: video.Video{URL: d.ID(), Remote: true, Name: video.CleanName(d.Text("name")), UUID: strings.ToLower(d.Text("uuid"))}}
	views, counted := d.whole("views")
	seconds, timed := duration(d.Text("duration"))
	list, isList := d["url"].([]any)
	switch n := len([]rune(v.Name)); {
	case !d.Is("Video"):
		return nil, errs.New(errs.Invalid, "no video but %q", cut(d.Type(), 50))
	case v.URL == "":
		return nil, errs.New(errs.Invalid, "a video without a valid id")
	case n < video.MinName || n > video.MaxName:
		return nil, v.invalid("name")
	case !video.ValidUUID(v.UUID) || v.UUID[14] != '4':
		return nil, v.invalid("uuid")
	case !counted || views < 0 || views > maxCounter:
		return nil, v.invalid("number of views")
	case !timed:
		return nil, v.invalid("duration")
	case !isList || len(list) > maxItems:
		return nil, v.invalid("url")
	}
	v.Views, v.Duration = views, seconds
	if n := d.Int("downloads"); n > 0 && n <= maxCounter {
		v.Downloads = n
	}
	if err := v.readOwners(d); err != nil {
		return nil, err
	}
	v.PublishedAt, v.UpdatedAt, v.CreatedAt = d.Time("published"), d.Time("updated"), d.Time("published")
	if v.PublishedAt.IsZero() || v.UpdatedAt.IsZero() {
		return nil, v.invalid("dates")
	}
	v.readTexts(d)
	v.readSwitches(d)
	v.readPictures(d)
	if len(v.Thumbnails) == 0 {
		return nil, v.invalid("icon")
	}
	v.readLinks(d)
	v.readParts(d)
	v.Hash = d.Hash()
	return v, nil
}

func (v *Video) invalid(what string) error {
	return errs.New(errs.Invalid, "the video %s has no valid %s", v.URL, what)
}

// readOwners finds account and channel: by their types where they come as
// objects, in their order where they come as ids.
func (v *Video) readOwners(d Doc) error {
	var plain []string
	for _, it := range items(d["attributedTo"]) {
		if o, ok := it.(map[string]any); ok {
			switch o := Doc(o); {
			case o.Is("Group"):
				v.ChannelURL = cmp.Or(v.ChannelURL, o.ID())
				continue
			case o.Is("Person"), o.Is("Service"), o.Is("Organization"):
				v.AccountURL = cmp.Or(v.AccountURL, o.ID())
				continue
			}
		}
		if id := refOf(it); id != "" {
			plain = append(plain, id)
		}
	}
	audience := d.Ref("audience")
	if v.ChannelURL == "" && slices.Contains(plain, audience) {
		v.ChannelURL = audience
	}
	for _, id := range plain {
		switch {
		case id == v.ChannelURL:
		case v.AccountURL == "":
			v.AccountURL = id
		case v.ChannelURL == "":
			v.ChannelURL = id
		}
	}
	v.ChannelURL = cmp.Or(v.ChannelURL, audience)
	if v.ChannelURL == "" && v.AccountURL == "" {
		return v.invalid("owner")
	}
	if v.AccountURL != "" && !SameHost(v.URL, v.AccountURL) || v.ChannelURL != "" && !SameHost(v.URL, v.ChannelURL) {
		return errs.New(errs.Forbidden, "the video %s is attributed to another host", v.URL)
	}
	return nil
}

func (v *Video) readTexts(d Doc) {
	v.Description = d.markdownOf("content", maxDescription)
	v.Support = d.markdownOf("support", maxSupport)
	v.NSFW, _ = d.Bool("sensitive")
	if v.NSFW {
		v.NSFWSummary = line(d.Text("summary"), video.MaxNSFWSummary)
	}
	v.Category = identifier(d, "category", video.CategoryLabel)
	v.Licence = identifier(d, "licence", video.LicenceLabel)
	if v.Licence == 0 {
		v.Licence = spdx(d)
	}
	v.Language = d.language()
	for _, t := range d.Docs("tag") {
		name := t.Text("name")
		switch {
		case t.Is("Hashtag"):
			v.addTag(name)
		case t.Is("SensitiveTag") && name == "violent":
			v.NSFWFlags |= video.FlagViolent
		case t.Is("SensitiveTag") && name == "explicitSex":
			v.NSFWFlags |= video.FlagExplicitSex
		}
	}
	if !v.NSFW {
		v.NSFWFlags = 0
	}
	if t := d.Time("originallyPublishedAt"); !t.IsZero() {
		v.OriginallyPublishedAt = &t
	}
	if t := d.Time("uploadDate"); !t.IsZero() {
		v.InputFileUpdatedAt = &t
	}
}

func (v *Video) addTag(name string) {
	name = video.CleanName(strings.TrimPrefix(name, "#"))
	n := len([]rune(name))
	if n < video.MinTag || n > video.MaxTag || len(v.Tags) >= video.MaxTags {
		return
	}
	for _, t := range v.Tags {
		if video.Fold(t) == video.Fold(name) {
			return
		}
	}
	v.Tags = append(v.Tags, name)
}

func (v *Video) readSwitches(d Doc) {
	v.Privacy = video.Unlisted
	if d.public("to") {
		v.Privacy = video.Public
	}
	v.State = video.State(d.Int("state"))
	if !v.State.Valid() {
		v.State = video.Published
	}
	v.WaitTranscoding, _ = d.Bool("waitTranscoding")
	v.IsLive, _ = d.Bool("isLiveBroadcast")
	v.DownloadEnabled = true
	if b, ok := d.Bool("downloadEnabled"); ok {
		v.DownloadEnabled = b
	}
	v.CommentsPolicy = video.CommentsPolicy(d.Int("commentsPolicy"))
	if !v.CommentsPolicy.Valid() {
		v.CommentsPolicy = video.CommentsDisabled
		if b, _ := d.Bool("commentsEnabled"); b {
			v.CommentsPolicy = video.CommentsEnabled
		}
	}
	if r := d.Float("aspectRatio"); r > 0.01 && r < 100 {
		v.AspectRatio = r
	}
	v.EmbedPrivacyPolicy = int(video.EmbedAnywhere)
	v.EmbedURL = onHost(v.URL, d.Text("embedUrl"))
	if value, there := d["embedUrl"]; there && value == nil {
		v.EmbedPrivacyPolicy = int(video.EmbedRemote)
	}
	if v.IsLive {
		v.readLive(d)
	}
}

func (v *Video) readLive(d Doc) {
	l := &Live{Latency: 1}
	l.Permanent, _ = d.Bool("permanentLive")
	l.SaveReplay, _ = d.Bool("liveSaveReplay")
	if n := d.Int("latencyMode"); n >= 1 && n <= 3 {
		l.Latency = int(n)
	}
	if n, ok := duration(d.Text("dvrWindow")); ok {
		l.DVR = time.Duration(n) * time.Second
	}
	if o := d.Object("schedules"); o != nil {
		if t := o.Time("startDate"); !t.IsZero() {
			l.Planned = &t
		}
	}
	v.Live = l
}

func (v *Video) readPictures(d Doc) {
	for _, p := range pictures(d, "icon") {
		t := video.Thumbnail{FileURL: p.URL, Width: p.Width, Height: p.Height, AspectRatio: "16:9"}
		if p.Width > 0 && p.Width == p.Height {
			t.AspectRatio = "1:1"
		}
		v.Thumbnails = append(v.Thumbnails, t)
	}
	for _, p := range d.Docs("preview") {
		if !slices.Contains(p.texts("rel"), "storyboard") || v.Storyboard != nil {
			continue
		}
		for _, u := range p.Docs("url") {
			v.readStoryboard(u)
			break
		}
	}
}

func (v *Video) readStoryboard(u Doc) {
	seconds, ok := duration(u.Text("tileDuration"))
	b := &Storyboard{URL: u.Text("href"), Storyboard: video.Storyboard{
		TotalWidth: size(u, "width"), TotalHeight: size(u, "height"),
		SpriteWidth: size(u, "tileWidth"), SpriteHeight: size(u, "tileHeight"), SpriteDuration: seconds,
	}}
	if ok && seconds > 0 && ValidURL(b.URL) && b.TotalWidth > 0 && b.TotalHeight > 0 && b.SpriteWidth > 0 && b.SpriteHeight > 0 {
		v.Storyboard = b
	}
}

func (v *Video) readParts(d Doc) {
	own := func(key string) string { return onHost(v.URL, d.Ref(key)) }
	v.LikesURL, v.DislikesURL, v.SharesURL, v.CommentsURL = own("likes"), own("dislikes"), own("shares"), own("comments")
	v.PlayerSettingsURL = own("playerSettings")
	if list := d.Docs("hasParts"); len(list) > 0 && list[0].Has("startOffset") {
		v.Chapters = chapters(list)
	} else if len(list) == 1 && list[0].Has("hasPart") {
		v.Chapters = chapters(list[0].Docs("hasPart"))
	} else {
		v.ChaptersURL = own("hasParts")
	}
	for _, c := range d.Docs("subtitleLanguage") {
		v.readCaption(c)
	}
}

const maxCaptions = 200

func (v *Video) readCaption(d Doc) {
	c := Caption{Caption: video.Caption{Language: languageID(d.Text("identifier"))}}
	c.Automatic, _ = d.Bool("automaticallyGenerated")
	for _, it := range items(d["url"]) {
		switch it := it.(type) {
		case string:
			c.URL = cmp.Or(c.URL, it)
		case map[string]any:
			switch l := Doc(it); l.Text("mediaType") {
			case "text/vtt", "":
				c.URL = cmp.Or(c.URL, l.Text("href"))
			case hlsType:
				c.M3U8URL = cmp.Or(c.M3U8URL, l.Text("href"))
			}
		}
	}
	if !ValidURL(c.M3U8URL) {
		c.M3U8URL = ""
	}
	twice := slices.ContainsFunc(v.Captions, func(o Caption) bool { return o.Language == c.Language })
	if c.Language != "" && ValidURL(c.URL) && !twice && len(v.Captions) < maxCaptions {
		v.Captions = append(v.Captions, c)
	}
}

// identifier is a number of a constant that is known here, from
// {identifier: "15"}; 0 otherwise.
func identifier(d Doc, key string, label func(int) string) int {
	o := d.Object(key)
	if o == nil {
		return 0
	}
	n := int(o.Int("identifier"))
	if n <= 0 || label(n) == video.Unknown {
		return 0
	}
	return n
}

// spdx knows the licences by the names that others give them.
func spdx(d Doc) int {
	s := d.Text("licence")
	if o := d.Object("licence"); o != nil {
		s = cmp.Or(o.Text("identifier"), o.Text("name"))
	}
	s = strings.ToUpper(s)
	if rest, ok := strings.CutPrefix(s, "CC-"); ok && !strings.HasPrefix(rest, "PDDC") {
		name := strings.TrimRight(rest, "0123456789.-")
		return map[string]int{"BY": 1, "BY-SA": 2, "BY-ND": 3, "BY-NC": 4, "BY-NC-SA": 5, "BY-NC-ND": 6}[name]
	}
	switch {
	case strings.HasPrefix(s, "CC0"):
		return 7
	case s == "CC-PDDC", s == "PDM-1.0", s == "CC-PDM-1.0":
		return 8
	}
	return 0
}

// languageID is an id of a language (BCP 47) in PeerTube's length, or "".
func languageID(s string) string {
	if len(s) < 2 || len(s) > 20 {
		return ""
	}
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return ""
		}
	}
	return s
}

// maxSeconds is a bound of lengths: some years.
const maxSeconds = 1 << 28

// duration reads ISO 8601 durations of hours, minutes and seconds; fractions
// are dropped.
func duration(s string) (seconds int, ok bool) {
	rest, ok := strings.CutPrefix(s, "PT")
	if !ok || rest == "" || len(rest) > 40 {
		return 0, false
	}
	total := 0.0
	for rest != "" {
		i := strings.IndexAny(rest, "HMS")
		if i <= 0 {
			return 0, false
		}
		n, err := strconv.ParseFloat(rest[:i], 64)
		if err != nil || !(n >= 0 && n <= maxSeconds) || strings.Trim(rest[:i], "0123456789.") != "" { // NaN is neither
			return 0, false
		}
		total += n * map[byte]float64{'H': 3600, 'M': 60, 'S': 1}[rest[i]]
		rest = rest[i+1:]
	}
	if total > maxSeconds {
		return 0, false
	}
	return int(total), true
}

// isoDuration writes seconds as PeerTube does.
func isoDuration(seconds int) string { return fmt.Sprintf("PT%dS", seconds) }
