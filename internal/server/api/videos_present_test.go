package api

import (
	"strings"
	"testing"
	"unicode/utf16"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

func TestVideoDescriptionsAreTruncatedAsPeerTubeDoes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"short":             {"hello", "hello"},
		"just short enough": {strings.Repeat("x", 250), strings.Repeat("x", 250)},
		"too long":          {strings.Repeat("x", 251), strings.Repeat("x", 247) + "..."},
		"many bytes":        {strings.Repeat("é", 250), strings.Repeat("é", 250)},
		"pairs":             {strings.Repeat("🐙", 126), strings.Repeat("🐙", 123) + "..."},
	} {
		got := truncateDescription(tt.in)
		if got != tt.want || len(utf16.Encode([]rune(got))) > maxTruncated {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestVideoFilesHavePeerTubesAddresses(t *testing.T) {
	t.Parallel()
	site := instance.Site{Scheme: "http", Host: "localhost:9000"}
	v := &video.Video{UUID: publicUUID, Name: "First video", Privacy: video.Public}
	f := &video.File{
		ID: 7, PlaylistID: 1, Resolution: 360, FPS: 25, Extname: ".mp4", Filename: "5a324d6e-fda9-4fb1-8046-4c2b06e325c6-360-fragmented.mp4",
		TorrentFilename: "7c8aae8a-6486-46a5-b94d-f365d1f4f1ca-360-hls.torrent", InfoHash: "f61a909120f37633af85b93a18acba9b369edad1",
	}
	const (
		directory = "http://localhost:9000/static/streaming-playlists/hls/341a84d2-f9c7-405d-bc93-39b503161273/"
		magnet    = "magnet:?xs=http%3A%2F%2Flocalhost%3A9000%2Flazy-static%2Ftorrents%2F7c8aae8a-6486-46a5-b94d-f365d1f4f1ca-360-hls.torrent" +
			"&xt=urn:btih:f61a909120f37633af85b93a18acba9b369edad1&dn=First+video&tr=http%3A%2F%2Flocalhost%3A9000%2Ftracker%2Fannounce" +
			"&tr=ws%3A%2F%2Flocalhost%3A9000%2Ftracker%2Fsocket"
		seed = "&ws=http%3A%2F%2Flocalhost%3A9000%2Fstatic%2Fstreaming-playlists%2Fhls%2F341a84d2-f9c7-405d-bc93-39b503161273%2F5a324d6e-fda9-4fb1-8046-4c2b06e325c6-360-fragmented.mp4"
	)
	got := presentFile(site, v, f, v.Magnets(site)) // compared with an answer of PeerTube 6.3.2
	if *got.MagnetURI != magnet+seed || got.FileURL != directory+f.Filename || got.PlaylistURL != directory+"5a324d6e-fda9-4fb1-8046-4c2b06e325c6-360.m3u8" ||
		got.FileDownloadURL != "http://localhost:9000/download/streaming-playlists/hls/videos/341a84d2-f9c7-405d-bc93-39b503161273-360-fragmented.mp4" {
		t.Errorf("a public file: got %+v, magnet %s", got, *got.MagnetURI)
	}
	v.Privacy = video.InternalOnly
	if got := presentFile(site, v, f, v.Magnets(site)); *got.MagnetURI != magnet || !strings.Contains(got.FileURL, "/hls/private/") {
		t.Errorf("a private file has no seed: got %+v, magnet %s", got, *got.MagnetURI)
	}
	remote := &video.Video{UUID: publicUUID, Remote: true, Channel: &actor.Channel{}}
	if got := presentFile(site, remote, &video.File{FileURL: "https://other.example/x.mp4"}, remote.Magnets(site)); got.FileURL != "https://other.example/x.mp4" || got.Storage != nil || got.MagnetURI != nil {
		t.Errorf("a remote file keeps its address: got %+v", got)
	}
	for want, f := range map[string]video.File{"720p60": {Resolution: 720, FPS: 60}, "720p": {Resolution: 720, FPS: 30}, "Audio only": {}} {
		if got := resolutionLabel(f.Resolution, f.FPS); got != want {
			t.Errorf("resolution %d at %d: got %s, want %s", f.Resolution, f.FPS, got, want)
		}
	}
}
