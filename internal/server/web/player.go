package web

import (
	"encoding/base64"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
	"sepiola/internal/server/web/ui"
)

// playerSource is what the player plays of a video that the reader may see.
func (s *Pages) playerSource(r *http.Request, p *ui.Page, a video.Access, v *video.Video, attached *video.Attachments) (player.Source, error) {
	q := r.URL.Query()
	src := player.Source{
		ID: v.UUID, Title: v.Name, Poster: ui.ThumbnailURL(v, 800), Duration: v.Duration, Link: ui.WatchURL(v), Words: s.playerWordsURL(p), Theme: v.Theme(s.Settings().PlayerTheme),
		Options: s.playerOptions(r),
	}
	src.Start, src.Stop = within(seconds(q.Get("start")), seconds(q.Get("stop")), v.Duration)
	if len(v.Files) > 0 {
		src.Width, src.Height = v.Files[0].Width, v.Files[0].Height
	}
	addStreams(p, v, &src)
	src.Magnets = s.magnets(v)
	if v.Privacy.PrivateFiles() {
		token, _, err := s.Videos.Token(r.Context(), a, video.ByUUID(v.UUID))
		if err != nil {
			return src, err
		}
		src.Token = token
	}
	addAttached(p, attached, &src)
	s.addWatching(r, p, v, &src)
	if every := s.Settings().ReportEvery; every > 0 {
		src.Report = &player.Reporting{URL: "/api/v1/metrics/playback", Every: int(max(time.Second, every) / time.Millisecond)}
	}
	sharing, err := s.sharing(r, v, s.Settings().Share)
	src.Sharing = sharing
	return src, err
}

// sharing is how viewers share a video, or nil: when the site, the owner or the
// reader does not want it, when too few watch, for videos that not everybody
// with their address may watch, and while qualities are still made. Swarms are
// named by the place of a quality in the list, which must be the same for all.
func (s *Pages) sharing(r *http.Request, v *video.Video, byDefault bool) (*player.Sharing, error) {
	if v.Playlist == nil || !v.Shared() || !byDefault || v.Viewers < int64(s.Settings().ShareFrom) || s.preferences(r).P2PDisabled || r.URL.Query().Get("p2p") == "0" {
		return nil, nil //nolint:nilnil // nothing to share
	}
	if v.Remote {
		return s.withMirrors(s.sharingElsewhere(v), v), nil
	}
	if v.InWork() {
		steps, err := s.Work.Transcodes(r.Context(), []video.ID{v.ID})
		if err != nil || video.BeingTranscoded(steps[v.ID]) {
			return nil, err
		}
	}
	directory := hlsDirectory(v)
	out := &player.Sharing{
		Swarm: s.Site.URL(directory + v.Playlist.PlaylistFilename), Trackers: []string{s.Site.WebSocketURL("/tracker/socket")},
		STUN: append([]string{}, s.Settings().STUN...), MaxUpload: maxUpload(s.Settings()),
	}
	if v.Playlist.SegmentsFilename != "" {
		out.Hashes = directory + v.Playlist.SegmentsFilename
	}
	return s.withMirrors(out, v), nil
}

// maxUpload is how many bytes of a video a viewer passes on at most.
func maxUpload(set Settings) int64 { return int64(set.ShareUpTo) * 1e6 }

// playerOptions are how the player behaves on a page: as its reader and its
// address say.
func (s *Pages) playerOptions(r *http.Request) player.Options {
	pref := s.preferences(r)
	o := player.Options{Autoplay: !pref.AutoPlayDisabled, AutoplayNext: pref.AutoPlayNext}
	q := r.URL.Query()
	if l := q.Get("subtitle"); video.KnownLanguage(l) {
		o.Subtitle = l
	}
	o.Loop = q.Get("loop") == "1"
	o.Muted, o.Asked = yesOrNo(q.Get("muted")), yesOrNo(q.Get("autoplay"))
	if q.Get("mode") == "web-video" {
		o.Mode = "web-video"
	}
	if rate, err := strconv.ParseFloat(q.Get("playbackRate"), 64); err == nil && rate >= 0.25 && rate <= 3 {
		o.Rate = rate
	}
	return o
}

// yesOrNo reads a parameter that is 1 or 0; nil is anything else.
func yesOrNo(s string) *bool {
	if s != "1" && s != "0" {
		return nil
	}
	yes := s == "1"
	return &yes
}

// addStreams fills the playlist and the files that browsers play.
func addStreams(p *ui.Page, v *video.Video, src *player.Source) {
	if v.Playlist != nil {
		src.HLS = v.Playlist.PlaylistURL
		if !v.Remote {
			src.HLS = hlsDirectory(v) + v.Playlist.PlaylistFilename
		}
	}
	for i := range v.Files {
		f := &v.Files[i]
		switch {
		case progressive(*f) && v.Remote:
			src.Files = append(src.Files, player.File{Label: quality(p, f), URL: f.FileURL})
		case progressive(*f):
			src.Files = append(src.Files, player.File{Label: quality(p, f), URL: webVideoDirectory(v) + f.Filename})
		case f.PlaylistID != 0 && f.HasAudio && !f.HasVideo && !v.Remote && len(v.Files) > 1:
			src.Sound = hlsDirectory(v) + strings.TrimSuffix(f.Filename, "-fragmented"+f.Extname) + ".m3u8"
		}
	}
	src.Split = split(v.Files)
	if len(src.Files) == 0 && !src.Split {
		src.Files = fragmented(p, v)
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
			at := hlsDirectory(v) + f.Filename
			if v.Remote {
				at = f.FileURL
			}
			list = append(list, player.File{Label: quality(p, f), URL: at})
		}
	}
	return list
}

func addAttached(p *ui.Page, attached *video.Attachments, src *player.Source) {
	for _, c := range attached.Captions {
		src.Captions = append(src.Captions, player.Caption{
			Language: c.Language, Label: captionLabel(p, c), URL: "/lazy-static/video-captions/" + path.Base(c.Filename),
		})
	}
	for _, c := range attached.Chapters {
		src.Chapters = append(src.Chapters, player.Chapter{At: c.Timecode, Title: c.Title})
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

func captionLabel(p *ui.Page, c video.Caption) string {
	label := p.VideoLanguage(c.Language)
	if c.Automatic {
		label = p.T("web.player.automatic", "language", label)
	}
	return label
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

func webVideoDirectory(v *video.Video) string {
	if v.Privacy.PrivateFiles() {
		return "/static/web-videos/private/"
	}
	return "/static/web-videos/"
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
