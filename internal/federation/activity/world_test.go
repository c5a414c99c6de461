package activity_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

var (
	site = instance.Site{Scheme: "https", Host: "video.example"}
	at   = time.Date(2026, 11, 21, 4, 58, 6, 644_000_000, time.UTC)
)

const uuid = "341a84d2-f9c7-405d-bc93-39b503161273"

func alice() *actor.Account {
	a := actor.NewAccount(site, 1, "alice", "Alice", actor.Keys{Public: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"}, at)
	a.ID, a.Description = 5, "I *film*"
	a.Avatars = []actor.Image{
		{Type: actor.Avatar, Filename: "l.png", Width: 600, Height: 600},
		{Type: actor.Avatar, Filename: "m.png", Width: 120, Height: 120},
		{Type: actor.Avatar, Filename: "s.png", Width: 48, Height: 48},
	}
	return a
}

func channel() *actor.Channel {
	c := actor.NewChannel(site, 1, "films", "Films", actor.Keys{Public: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"}, at)
	c.ID, c.Owner, c.Support = 9, alice(), "send money"
	c.Avatars = c.Owner.Avatars
	c.Banners = []actor.Image{{Type: actor.Banner, Filename: "b.jpg", Width: 1920, Height: 317}}
	return c
}

// film has everything that a video can have.
func film() (*video.Video, activity.VideoParts) {
	original := at.AddDate(-3, 0, 0)
	v := &video.Video{
		UUID: uuid, URL: site.VideoURL(uuid), Name: "First video, renamed", Description: "A **first** video https://example.com",
		Support: "send money", Category: 15, Licence: 1, Language: "en", Tags: []string{"renamed", "sample"},
		Privacy: video.Public, State: video.Published, NSFW: true, NSFWFlags: video.FlagViolent, NSFWSummary: "some blood",
		Duration: 12, AspectRatio: 1.7778, CommentsPolicy: video.CommentsRequiresApproval, DownloadEnabled: true, WaitTranscoding: true,
		EmbedPrivacyPolicy: 1, Views: 42, Downloads: 3, PublishedAt: at, CreatedAt: at, UpdatedAt: at.Add(time.Hour),
		OriginallyPublishedAt: &original, Channel: channel(),
		Thumbnails: []video.Thumbnail{
			{Filename: "l.jpg", Width: 850, Height: 480, AspectRatio: "16:9"},
			{Filename: "q.jpg", Width: 480, Height: 480, AspectRatio: "1:1"},
			{Filename: "s.jpg", Width: 280, Height: 157, AspectRatio: "16:9"},
		},
		Playlist: &video.StreamingPlaylist{ID: 1, PlaylistFilename: "master.m3u8", SegmentsFilename: "sha.json", P2PInfoHashes: []string{hash(1), hash(2)}},
	}
	for i, r := range []int{1080, 720, 360, 0} {
		for _, hls := range []bool{false, true} {
			f := video.File{
				ID: video.FileID(10*i + 1), Resolution: r, Height: r, Width: (r*16/9 + 1) / 2 * 2, FPS: 25, Size: 1000 * int64(r+1), Extname: ".mp4",
				Filename: "f" + strconv.Itoa(r) + ".mp4", HasAudio: r == 0 || !hls, HasVideo: r > 0,
			}
			if hls {
				f.PlaylistID = 1
				f.Filename = "h" + f.Filename
			}
			f.TorrentFilename, f.InfoHash = f.Filename+".torrent", hash(r+i)
			v.Files = append(v.Files, f)
		}
	}
	return v, activity.VideoParts{
		Captions:   []video.Caption{{Language: "fr", Filename: "fr.vtt"}, {Language: "en", Filename: "en.vtt", Automatic: true}},
		Storyboard: &video.Storyboard{Filename: "b.jpg", TotalWidth: 1152, TotalHeight: 216, SpriteWidth: 192, SpriteHeight: 108, SpriteDuration: 1},
	}
}

func hash(n int) string {
	s := strconv.Itoa(n)
	for len(s) < 40 {
		s = "a" + s
	}
	return s
}

func said() (*comment.Comment, activity.NoteParts) {
	return &comment.Comment{URL: site.VideoURL(uuid) + "/comments/1", Text: "Nice *video*", Account: alice(), CreatedAt: at, UpdatedAt: at},
		activity.NoteParts{
			InReplyTo: "https://m.example/notes/1", VideoOwnerURL: site.AccountURL("alice"), ChannelURL: site.ChannelURL("films"),
			Parents: []activity.Mention{{URL: "https://m.example/users/bob", Name: "@bob@m.example"}},
		}
}

func watchList() *playlist.Playlist {
	return &playlist.Playlist{
		ID: 3, UUID: uuid, URL: site.URL("/video-playlists/" + uuid), Type: playlist.Regular, Privacy: playlist.Public, Name: "My list",
		Description: "desc of list", ChannelPosition: 2, VideosCount: 12, CreatedAt: at, UpdatedAt: at.Add(time.Minute),
		Owner: alice(), Channel: channel(), Thumbnails: []video.Thumbnail{{Filename: "p.jpg", Width: 280, Height: 157, AspectRatio: "16:9"}},
	}
}

// travel sends a document: written, and read again.
func travel(t testing.TB, d activity.Doc) activity.Doc {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	out, err := activity.Decode(b)
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

func elementOf(start, stop *int) *playlist.Element {
	return &playlist.Element{ID: 2, Position: 1, Start: start, Stop: stop}
}
