package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
)

func TestMagnetsAreOfWhatThePlayerPlays(t *testing.T) {
	t.Parallel()
	s := &Pages{Site: instance.Site{Scheme: "https", Host: "s.test"}}
	const hash = "f61a909120f37633af85b93a18acba9b369edad1"
	film := func(change func(*video.Video)) *video.Video {
		v := &video.Video{
			UUID: "341a84d2-f9c7-405d-bc93-39b503161273", Name: "A", Privacy: video.Public, State: video.Published, DownloadEnabled: true, Channel: &actor.Channel{},
			Playlist: &video.StreamingPlaylist{ID: 1},
			Files: []video.File{
				{ID: 1, PlaylistID: 1, Resolution: 720, HasVideo: true, HasAudio: true, Extname: ".mp4", Filename: "x-720-fragmented.mp4", TorrentFilename: "x-720.torrent", InfoHash: hash},
				{ID: 2, PlaylistID: 1, Resolution: 360, HasVideo: true, HasAudio: true, Extname: ".mp4", Filename: "x-360-fragmented.mp4"},
			},
		}
		change(v)
		return v
	}
	const (
		torrent  = "magnet:?xs=https%3A%2F%2Fs.test%2Flazy-static%2Ftorrents%2Fx-720.torrent&xt=urn:btih:" + hash + "&dn=A"
		trackers = "&tr=https%3A%2F%2Fs.test%2Ftracker%2Fannounce&tr=wss%3A%2F%2Fs.test%2Ftracker%2Fsocket"
		seed     = "&ws=https%3A%2F%2Fs.test%2Fstatic%2Fstreaming-playlists%2Fhls%2F341a84d2-f9c7-405d-bc93-39b503161273%2Fx-720-fragmented.mp4"
	)
	for name, tt := range map[string]struct {
		v    *video.Video
		want []player.Magnet
	}{
		"a file that has a torrent":       {film(func(*video.Video) {}), []player.Magnet{{File: "x-720", URI: torrent + trackers + seed}}},
		"its owner wants no sharing":      {film(func(v *video.Video) { v.P2PDisabled = true }), []player.Magnet{{File: "x-720", URI: torrent + seed}}},
		"not everybody may load it":       {film(func(v *video.Video) { v.Privacy = video.Private }), []player.Magnet{{File: "x-720", URI: torrent + trackers}}},
		"nobody is to take it home":       {film(func(v *video.Video) { v.DownloadEnabled = false }), nil},
		"pictures whose sound lies apart": {film(func(v *video.Video) { v.Files[0].HasAudio, v.Files[1].HasVideo = false, false }), nil},
		"another site's": {film(func(v *video.Video) {
			v.Remote, v.Playlist = true, nil
			v.Files = []video.File{{ID: 1, HasVideo: true, HasAudio: true, FileURL: "https://far.test/a/__proto__.mp4?b=.c", TorrentURL: "https://far.test/t", InfoHash: hash}}
		}), []player.Magnet{{File: "__proto__", URI: "magnet:?xs=https%3A%2F%2Ffar.test%2Ft&xt=urn:btih:" + hash + "&dn=A&ws=https%3A%2F%2Ffar.test%2Fa%2F__proto__.mp4%3Fb%3D.c"}}},
	} {
		if diff := cmp.Diff(tt.want, s.magnets(tt.v)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
