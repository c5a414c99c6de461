package web

import (
	"net/url"
	"path"
	"strconv"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/watch"
)

// downloads is what may be taken home of a video, or nil. token opens the files
// of private videos.
func downloads(p *ui.Page, v *video.Video, attached *video.Attachments, token string) *watch.Downloads {
	if !v.DownloadEnabled || len(v.Files) == 0 {
		return nil
	}
	if v.Remote {
		return downloadsElsewhere(p, v, attached)
	}
	d := new(watch.Downloads)
	var sound *video.File // where it lies apart from its pictures
	if split(v.Files) {
		sound = soundOf(v)
	}
	for i := range v.Files {
		f := &v.Files[i]
		entry := watch.Download{
			Label: quality(p, f), Kind: fileKind(p, f), Size: f.Size, URL: withToken(downloadURL(v, f, sound), token),
			Facts: factsURL(v, f),
		}
		if f.TorrentFilename != "" {
			entry.Torrent = "/download/torrents/" + path.Base(f.TorrentFilename)
		}
		if !f.HasVideo {
			d.Sound = append(d.Sound, entry)
			continue
		}
		if joined(f, sound) {
			entry.Size += sound.Size
		}
		d.Videos = append(d.Videos, entry)
	}
	addCaptions(p, d, attached)
	return d
}

func addCaptions(p *ui.Page, d *watch.Downloads, attached *video.Attachments) {
	for _, c := range attached.Captions {
		d.Captions = append(d.Captions, watch.Download{Label: captionLabel(p, c), Language: c.Language, URL: "/lazy-static/video-captions/" + path.Base(c.Filename)})
	}
}

// downloadsElsewhere leads to the files of a remote video where they are.
// Pictures whose sound lies apart are said to be silent: only their origin can
// put them together.
func downloadsElsewhere(p *ui.Page, v *video.Video, attached *video.Attachments) *watch.Downloads {
	d := new(watch.Downloads)
	apart := split(v.Files)
	for i := range v.Files {
		f := &v.Files[i]
		if originOf(f.FileURL) == "" {
			continue
		}
		entry := watch.Download{Label: quality(p, f), Kind: kindElsewhere(p, f, apart), Size: f.Size, URL: f.FileURL, Facts: factsURL(v, f)}
		if originOf(f.TorrentURL) != "" {
			entry.Torrent = f.TorrentURL
		}
		if f.HasVideo {
			d.Videos = append(d.Videos, entry)
		} else {
			d.Sound = append(d.Sound, entry)
		}
	}
	if len(d.Videos)+len(d.Sound) == 0 {
		return nil
	}
	addCaptions(p, d, attached)
	return d
}

// soundOf is the file of the playlist that has the sound alone, or nil.
func soundOf(v *video.Video) *video.File {
	for i := range v.Files {
		if f := &v.Files[i]; f.PlaylistID != 0 && f.HasAudio && !f.HasVideo {
			return f
		}
	}
	return nil
}

// joined reports whether the pictures of f are given out together with their
// sound, which lies apart.
func joined(f, sound *video.File) bool { return sound != nil && f.PlaylistID != 0 && !f.HasAudio }

// downloadURL gives out a file as it is where it is whole. Pictures whose sound
// lies apart are put together with it; sound alone becomes an .m4a file.
func downloadURL(v *video.Video, f, sound *video.File) string {
	id := func(f *video.File) string { return "videoFileIds=" + strconv.FormatInt(int64(f.ID), 10) }
	generate := "/download/videos/generate/" + video.ShortUUID(v.UUID) + "?"
	name := v.UUID + "-" + strconv.Itoa(f.Resolution)
	switch {
	case f.IsInput():
		return "/download/web-videos/" + path.Base(f.Filename)
	case f.PlaylistID != 0 && !f.HasVideo:
		return generate + id(f)
	case joined(f, sound):
		return generate + id(f) + "&" + id(sound)
	case f.PlaylistID != 0:
		return "/download/streaming-playlists/hls/videos/" + name + "-fragmented" + f.Extname
	}
	return "/download/web-videos/" + name + f.Extname
}

func fileKind(p *ui.Page, f *video.File) string {
	switch {
	case f.IsInput():
		return p.T("web.watch.file_input")
	case !f.HasVideo:
		return "M4A"
	case f.PlaylistID != 0:
		return p.T("web.watch.file_hls")
	}
	return p.T("web.watch.file_mp4")
}

// kindElsewhere is fileKind of a file of another site; apart says that the sound
// of its playlist lies in a file of its own.
func kindElsewhere(p *ui.Page, f *video.File, apart bool) string {
	if apart && f.PlaylistID != 0 && f.HasVideo && !f.HasAudio {
		return p.T("web.watch.file_silent")
	}
	return fileKind(p, f)
}

func factsURL(v *video.Video, f *video.File) string {
	return ui.WatchURL(v) + "/files/" + strconv.FormatInt(int64(f.ID), 10)
}

func withToken(address, token string) string {
	if token == "" {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Set("videoFileToken", token)
	u.RawQuery = q.Encode()
	return u.String()
}
