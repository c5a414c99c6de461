package activity

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sepiola/internal/domain/video"
)

// Media types of links.
const (
	hlsType     = "application/x-mpegURL"
	torrentType = "application/x-bittorrent"
	magnetType  = "application/x-bittorrent;x-scheme-handler/magnet"
	jsonType    = "application/json"
)

// Bounds of what a video may have.
const (
	maxFiles    = 100
	maxTrackers = 20
	maxMagnet   = 5000
	maxFPS      = 1000
)

// extensions are of the media types of files that are known.
var extensions = map[string]string{
	"video/mp4": ".mp4", "video/webm": ".webm", "video/ogg": ".ogv", "audio/mp4": ".m4a",
	"audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/webm": ".weba", "audio/x-m4a": ".m4a",
	"video/x-matroska": ".mkv", "video/quicktime": ".mov", "audio/flac": ".flac", "audio/wav": ".wav",
}

var infoHash = regexp.MustCompile(`^[0-9a-f]{40}$`)

// readLinks reads the list "url": pages, files, the HLS playlist, trackers.
func (v *Video) readLinks(d Doc) {
	links := d.Docs("url")
	for _, l := range links {
		switch kind := l.Text("mediaType"); {
		case slices.Contains(l.texts("rel"), "tracker"):
			v.addTracker(l.Text("href"))
		case kind == "text/html" && v.WebURL == "":
			if href := l.Text("href"); ValidURL(href) {
				v.WebURL = href
			}
		case kind == hlsType && v.Playlist == nil:
			v.readPlaylist(l)
		}
	}
	if v.WebURL == "" {
		v.WebURL = v.URL
	}
	v.readFiles(links, 0)
	v.order()
}

func (v *Video) addTracker(href string) {
	if valid(href, "ws", "wss", "http", "https") && !slices.Contains(v.Trackers, href) && len(v.Trackers) < maxTrackers {
		v.Trackers = append(v.Trackers, href)
	}
}

func (v *Video) readPlaylist(l Doc) {
	p := &video.StreamingPlaylist{PlaylistURL: l.Text("href")}
	if !ValidURL(p.PlaylistURL) {
		return
	}
	tags := l.Docs("tag")
	for _, t := range tags {
		switch {
		case t.Is("Infohash"):
			if h := strings.ToLower(t.Text("name")); infoHash.MatchString(h) && len(p.P2PInfoHashes) < maxFiles {
				p.P2PInfoHashes = append(p.P2PInfoHashes, h)
			}
		case t.Is("Link") && t.Text("name") == "sha256" && t.Text("mediaType") == jsonType:
			if href := t.Text("href"); ValidURL(href) {
				p.SegmentsURL = href
			}
		}
	}
	v.Playlist = p
	v.readFiles(tags, HLSFiles)
}

// readFiles reads the files of a list of links, and then what belongs to them
// by resolution and frame rate.
func (v *Video) readFiles(links []Doc, playlist video.PlaylistID) {
	first := len(v.Files)
	for _, l := range links {
		if f, ok := readFile(l, playlist, v.AspectRatio); ok && len(v.Files) < maxFiles {
			v.Files = append(v.Files, f)
			v.Magnets = append(v.Magnets, "")
		}
	}
	for _, l := range links {
		v.readTorrent(l, first)
	}
}

func readFile(l Doc, playlist video.PlaylistID, aspect float64) (video.File, bool) {
	kind, href := l.Text("mediaType"), l.Text("href")
	ext, known := extensions[kind]
	height, there := l.whole("height")
	if !known || !there || height < 0 || height > 100_000 || !ValidURL(href) || !l.Is("Link") {
		return video.File{}, false
	}
	f := video.File{
		FileURL: href, Extname: ext, PlaylistID: playlist,
		Resolution: int(height), Width: size(l, "width"), Height: int(height), HasAudio: true, HasVideo: height > 0,
	}
	if n := l.Int("size"); n > 0 {
		f.Size = n
	}
	if n := l.Int("fps"); n > 0 && n <= maxFPS {
		f.FPS = int(n)
	}
	shape(&f, aspect)
	readAttachment(&f, l)
	return f, true
}

func readAttachment(f *video.File, l Doc) {
	var audio, pictures, said bool
	for _, p := range l.Docs("attachment") {
		switch value := p.Text("value"); p.Text("name") {
		case "ffprobe_codec_type":
			said = true
			audio, pictures = audio || value == "audio", pictures || value == "video"
		case "peertube_format_flag":
			switch value {
			case "web-video": // one file for players without HLS, even in the list of HLS
				f.PlaylistID = 0
			case "fragmented":
				f.PlaylistID = HLSFiles
			}
		}
	}
	if said {
		f.HasAudio, f.HasVideo = audio, pictures
	}
}

// readTorrent gives a torrent or a magnet link to the file of its size, among
// those from a place on.
func (v *Video) readTorrent(l Doc, first int) {
	kind, href := l.Text("mediaType"), l.Text("href")
	if kind != torrentType && kind != magnetType {
		return
	}
	for i := first; i < len(v.Files); i++ {
		f := &v.Files[i]
		if fps, ok := l.whole("fps"); int64(f.Height) != l.Int("height") && int64(f.Resolution) != l.Int("height") || ok && fps > 0 && f.FPS != int(fps) {
			continue
		}
		switch {
		case kind == torrentType && ValidURL(href) && f.TorrentURL == "":
			f.TorrentURL = href
			return
		case kind == magnetType && v.Magnets[i] == "":
			if hash := magnetHash(href); hash != "" {
				f.InfoHash, v.Magnets[i] = hash, href
				return
			}
		}
	}
}

// magnetHash is the info hash of a magnet link, or "".
func magnetHash(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "magnet" || len(s) > maxMagnet {
		return ""
	}
	for _, xt := range u.Query()["xt"] {
		if h, ok := strings.CutPrefix(xt, "urn:btih:"); ok && infoHash.MatchString(strings.ToLower(h)) {
			return strings.ToLower(h)
		}
	}
	return ""
}
