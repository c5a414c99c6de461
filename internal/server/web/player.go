package web

import (
	"encoding/base64"
	"net/http"
	"path"
	"strconv"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/watch"
)

// addPlayer fills what the player plays and what may be downloaded.
func (s *Pages) addPlayer(r *http.Request, p *ui.Page, a video.Access, view *watch.View, attached *video.Attachments) error {
	v := view.Video
	if !view.Playable || view.Hidden {
		return nil
	}
	q := r.URL.Query()
	src := player.Source{
		Title: v.Name, Poster: ui.ThumbnailURL(v, 800), Duration: v.Duration,
		Start: seconds(q.Get("start")), Stop: seconds(q.Get("stop")),
	}
	if len(v.Files) > 0 {
		src.Width, src.Height = v.Files[0].Width, v.Files[0].Height
	}
	if v.Playlist != nil {
		src.HLS = v.Playlist.PlaylistURL
		if !v.Remote {
			src.HLS = hlsDirectory(v) + v.Playlist.PlaylistFilename
		}
	}
	for i := range v.Files {
		s.addFile(p, view, &src, &v.Files[i])
	}
	src.Split = split(v.Files)
	if len(src.Files) == 0 && !src.Split && !v.Remote {
		src.Files = fragmented(p, v)
	}
	if v.Privacy.PrivateFiles() {
		token, _, err := s.Videos.Token(r.Context(), a, video.ByUUID(v.UUID))
		if err != nil {
			return err
		}
		src.Token = token
		for i := range view.Downloads {
			view.Downloads[i].URL += "?videoFileToken=" + token
		}
	}
	addExtras(p, attached, &src)
	view.Source = src
	return nil
}

func (s *Pages) addFile(p *ui.Page, view *watch.View, src *player.Source, f *video.File) {
	v, label := view.Video, quality(p, f)
	name := v.UUID + "-" + strconv.Itoa(f.Resolution)
	var url, download string
	kind := p.T("web.watch.file_mp4")
	switch {
	case f.PlaylistID != 0:
		download, kind = "/download/streaming-playlists/hls/videos/"+name+"-fragmented"+f.Extname, p.T("web.watch.file_hls")
	case v.Privacy.PrivateFiles():
		url, download = "/static/web-videos/private/"+f.Filename, "/download/web-videos/"+name+f.Extname
	default:
		url, download = "/static/web-videos/"+f.Filename, "/download/web-videos/"+name+f.Extname
	}
	if v.Remote {
		url, download = f.FileURL, f.FileURL
	}
	if progressive(*f) {
		src.Files = append(src.Files, player.File{Label: label, URL: url})
	}
	if v.DownloadEnabled && !v.Remote {
		view.Downloads = append(view.Downloads, watch.Download{Label: label + " " + kind, Size: f.Size, URL: download})
	}
}

// split reports whether the sound of a playlist lies in a file of its own. A
// sound file beside complete ones, as podcasts want it, is none of its parts.
func split(files []video.File) bool {
	var silent, sound bool
	for i := range files {
		f := &files[i]
		silent = silent || f.PlaylistID != 0 && f.HasVideo && !f.HasAudio
		sound = sound || f.PlaylistID != 0 && !f.HasVideo && f.HasAudio
	}
	return silent && sound
}

// fragmented are the files of the playlist, each of which is a whole MP4 that
// browsers without scripts and without HLS play as well.
func fragmented(p *ui.Page, v *video.Video) []player.File {
	var list []player.File
	for i := range v.Files {
		if f := &v.Files[i]; f.PlaylistID != 0 && (f.HasVideo || len(v.Files) == 1) {
			list = append(list, player.File{Label: quality(p, f), URL: hlsDirectory(v) + f.Filename})
		}
	}
	return list
}

func addExtras(p *ui.Page, attached *video.Attachments, src *player.Source) {
	for _, c := range attached.Captions {
		label := p.VideoLanguage(c.Language)
		if c.Automatic {
			label = p.T("web.player.automatic", "language", label)
		}
		src.Captions = append(src.Captions, player.Caption{Language: c.Language, Label: label, URL: "/lazy-static/video-captions/" + path.Base(c.Filename)})
	}
	board := attached.Storyboard
	if board == nil || board.SpriteWidth == 0 {
		return
	}
	src.Storyboard = &player.Storyboard{
		URL: "/lazy-static/storyboards/" + path.Base(board.Filename), Width: board.SpriteWidth, Height: board.SpriteHeight,
		Columns: max(board.TotalWidth/board.SpriteWidth, 1), Every: max(board.SpriteDuration, 1),
	}
}

func quality(p *ui.Page, f *video.File) string {
	if !f.HasVideo && f.Resolution == 0 {
		return p.T("web.player.audio")
	}
	label := strconv.Itoa(f.Resolution) + "p"
	if f.FPS >= 50 {
		label += strconv.Itoa(f.FPS)
	}
	return label
}

func hlsDirectory(v *video.Video) string {
	if v.Privacy.PrivateFiles() {
		return "/static/streaming-playlists/hls/private/" + v.UUID + "/"
	}
	return "/static/streaming-playlists/hls/" + v.UUID + "/"
}

// Passwords may hold any character, cookies may not.
func encodePassword(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func decodePassword(s string) string {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	return string(b)
}
