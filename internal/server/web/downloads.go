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
	if !v.DownloadEnabled || v.Remote || len(v.Files) == 0 {
		return nil
	}
	d, apart := new(watch.Downloads), split(v.Files)
	for i := range v.Files {
		f := &v.Files[i]
		entry := watch.Download{
			Label: quality(p, f), Kind: fileKind(p, f, apart), Size: f.Size, URL: withToken(downloadURL(v, f), token),
			Facts: "/api/v1/videos/" + v.UUID + "/metadata/" + strconv.FormatInt(int64(f.ID), 10),
		}
		if f.TorrentFilename != "" {
			entry.Torrent = "/download/torrents/" + path.Base(f.TorrentFilename)
		}
		if !f.HasVideo {
			d.Sound = append(d.Sound, entry)
			continue
		}
		d.Videos = append(d.Videos, entry)
	}
	for _, c := range attached.Captions {
		d.Captions = append(d.Captions, watch.Download{Label: captionLabel(p, c), Language: c.Language, URL: "/lazy-static/video-captions/" + path.Base(c.Filename)})
	}
	return d
}

// downloadURL gives out a file as it is; sound alone becomes an .m4a file.
func downloadURL(v *video.Video, f *video.File) string {
	name := v.UUID + "-" + strconv.Itoa(f.Resolution)
	switch {
	case f.IsInput():
		return "/download/web-videos/" + path.Base(f.Filename)
	case f.PlaylistID != 0 && !f.HasVideo:
		return "/download/videos/generate/" + video.ShortUUID(v.UUID) + "?videoFileIds=" + strconv.FormatInt(int64(f.ID), 10)
	case f.PlaylistID != 0:
		return "/download/streaming-playlists/hls/videos/" + name + "-fragmented" + f.Extname
	}
	return "/download/web-videos/" + name + f.Extname
}

// fileKind is what a file is; soundApart says that the sound of its pictures
// lies in a file of its own.
func fileKind(p *ui.Page, f *video.File, soundApart bool) string {
	switch {
	case f.IsInput():
		return p.T("web.watch.file_input")
	case !f.HasAudio && soundApart:
		return p.T("web.watch.file_silent")
	case f.PlaylistID != 0 && f.HasVideo:
		return p.T("web.watch.file_hls")
	case !f.HasVideo:
		return "M4A"
	}
	return p.T("web.watch.file_mp4")
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
