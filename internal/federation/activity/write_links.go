package activity

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/jsonappend"
)

// appendLinks writes the links of a video as a JSON list: pages, files, the HLS
// playlist and trackers. A page stands first: Mastodon shows the first.
// Progressive files stand before HLS, for who plays only such. Where owners do
// not let viewers share there is nothing to share with: no tracker, and no swarm
// of the playlist. The keys of objects are in order, as Encode writes them.
func appendLinks(b []byte, v *video.Video, site instance.Site) []byte {
	l := linker{v: v, site: site, magnets: v.Magnets(site), files: site.URL("/static/web-videos/"), hls: site.URL("/static/streaming-playlists/hls/" + v.UUID + "/")}
	socket, announce := site.WebSocketURL("/tracker/socket"), site.URL("/tracker/announce")
	b = appendLink(append(b, '['), "text/html", site.URL("/w/"+video.ShortUUID(v.UUID)))
	b = appendLink(append(b, ','), "text/html", v.URL)
	for i := range v.Files {
		if f := &v.Files[i]; f.PlaylistID == 0 {
			b = l.add(b, f)
		}
	}
	if v.Playlist != nil {
		b = l.playlist(append(b, ','))
	}
	if v.MayShare() {
		b = appendTracker(append(b, ','), "websocket", socket)
		b = appendTracker(append(b, ','), "http", announce)
	}
	return append(b, ']')
}

// linker writes the links of the files of a video.
type linker struct {
	v    *video.Video
	site instance.Site
	// files and hls are the addresses of the directories.
	files, hls string
	magnets    video.Magnets
}

// playlist is the HLS playlist with its files.
func (l *linker) playlist(b []byte) []byte {
	p := l.v.Playlist
	b = appendText(append(b, '{'), "href", l.hls+p.PlaylistFilename)
	b = appendText(append(b, ','), "mediaType", hlsType)
	b = append(b, `,"tag":[`...)
	start := len(b)
	if l.v.MayShare() {
		for _, h := range p.P2PInfoHashes {
			b = append(appendText(append(b, ",{"...), "name", h), `,"type":"Infohash"}`...)
		}
	}
	if p.SegmentsFilename != "" {
		b = appendText(append(b, ",{"...), "href", l.hls+p.SegmentsFilename)
		b = append(b, `,"mediaType":"application/json","name":"sha256","type":"Link"}`...)
	}
	for i := range l.v.Files {
		if f := &l.v.Files[i]; f.PlaylistID != 0 {
			b = l.add(b, f)
		}
	}
	if len(b) > start { // each of them began with a comma
		b = append(b[:start], b[start+1:]...)
	}
	return append(b, `],"type":"Link"}`...)
}

// add appends a file, what ffprobe says of it, and its torrent, each after a
// comma.
func (l *linker) add(b []byte, f *video.File) []byte {
	kind, flag, address := mediaType(f), "web-video", l.files+f.Filename
	if f.PlaylistID != 0 {
		flag, address = "fragmented", l.hls+f.Filename
	}
	b = append(b, `,{"attachment":[`...)
	if f.HasAudio {
		b = append(appendProperty(b, "ffprobe_codec_type", "audio"), ',')
	}
	if f.HasVideo {
		b = append(appendProperty(b, "ffprobe_codec_type", "video"), ',')
	}
	b = append(appendProperty(b, "peertube_format_flag", flag), "],"...)
	b = appendSized(b, f, kind, address, "")
	b = append(b, `,"size":`...)
	b = endSized(jsonappend.Int(b, f.Size), f)

	about := l.site.URL("/api/v1/videos/" + l.v.UUID + "/metadata/" + strconv.FormatInt(int64(f.ID), 10))
	b = endSized(appendSized(append(b, ",{"...), f, "application/json", about, kind), f)
	if f.TorrentFilename == "" || f.InfoHash == "" {
		return b
	}
	torrent := l.site.URL("/lazy-static/torrents/" + f.TorrentFilename)
	magnet := l.magnets.URI(f, torrent, address)
	b = endSized(appendSized(append(b, ",{"...), f, torrentType, torrent, ""), f)
	return endSized(appendSized(append(b, ",{"...), f, magnetType, magnet, ""), f)
}

// appendSized writes the keys of a link to something of a file's size that come
// before its type. metadataOf is "", or what it is the metadata of.
func appendSized(b []byte, f *video.File, kind, href, metadataOf string) []byte {
	b = jsonappend.Int(append(b, `"fps":`...), f.FPS)
	b = jsonappend.Int(append(b, `,"height":`...), f.Resolution)
	b = appendText(append(b, ','), "href", href)
	b = appendText(append(b, ','), "mediaType", kind)
	if metadataOf != "" {
		b = append(jsonappend.String(append(b, `,"rel":["metadata",`...), metadataOf), ']')
	}
	return b
}

// end writes the last keys of such a link.
func endSized(b []byte, f *video.File) []byte {
	b = append(b, `,"type":"Link"`...)
	if f.Width > 0 {
		b = jsonappend.Int(append(b, `,"width":`...), f.Width)
	}
	return append(b, '}')
}

func appendLink(b []byte, kind, href string) []byte {
	b = appendText(append(b, '{'), "href", href)
	b = appendText(append(b, ','), "mediaType", kind)
	return append(b, `,"type":"Link"}`...)
}

func appendTracker(b []byte, kind, href string) []byte {
	b = appendText(append(b, '{'), "href", href)
	b = appendText(append(b, ','), "name", "tracker-"+kind)
	b = jsonappend.String(append(b, `,"rel":["tracker",`...), kind)
	return append(b, `],"type":"Link"}`...)
}

// appendProperty writes a PropertyValue of a name and value that need no escapes.
func appendProperty(b []byte, name, value string) []byte {
	b = append(append(b, `{"name":"`...), name...)
	b = append(append(b, `","type":"PropertyValue","value":"`...), value...)
	return append(b, `"}`...)
}

// appendText writes a key that needs no escapes, and its text.
func appendText(b []byte, key, value string) []byte {
	b = append(append(append(b, '"'), key...), `":`...)
	return jsonappend.String(b, value)
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
