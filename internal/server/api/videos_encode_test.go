package api

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// listed is a video as lists have it, newly read.
func listed() *video.Video {
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	face := func(name string) []actor.Image {
		return []actor.Image{{Type: actor.Avatar, Filename: name + ".jpg", Width: 48, Height: 48, CreatedAt: at, UpdatedAt: at}}
	}
	owner := &actor.Account{Actor: actor.Actor{Username: "alice", URL: "https://a.example/accounts/alice", Avatars: face("a")}, AccountID: 3, DisplayName: "Alice"}
	channel := &actor.Channel{Actor: actor.Actor{Username: "films", URL: "https://a.example/video-channels/films", Avatars: face("c")}, ChannelID: 4, DisplayName: "Films", Owner: owner}
	return &video.Video{
		ID: 7, UUID: "8d8d5e8a-2f0f-4a6f-9d0a-3f1f0a2b4c5d", URL: "https://a.example/videos/watch/7", Name: "Squid", Description: "In the sea", Language: "en", Category: 2, Licence: 1,
		Privacy: video.Public, State: video.Published, Duration: 60, AspectRatio: 1.7778, Views: 5, CreatedAt: at, UpdatedAt: at, PublishedAt: at,
		Thumbnails: []video.Thumbnail{{Filename: "t.jpg", Width: 280, Height: 157, AspectRatio: "16:9"}}, Channel: channel,
	}
}

// What is kept of a video is never shown once anything of it is another.
func TestFragmentsFollowTheirVideo(t *testing.T) {
	t.Parallel()
	h := &Videos{Site: instance.Site{Scheme: "https", Host: "a.example"}}
	later := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for i, change := range []func(v *video.Video){
		func(*video.Video) {},
		func(v *video.Video) { v.Name = "Octopus" },
		func(v *video.Video) { v.Name, v.Description = "SquidIn", " the sea" },
		func(v *video.Video) { v.Language = "fr" },
		func(v *video.Video) { v.NSFW = true },
		func(v *video.Video) { v.NSFWFlags = 4 },
		func(v *video.Video) { v.NSFWSummary = "ink" },
		func(v *video.Video) { v.Category = 3 },
		func(v *video.Video) { v.Licence = 3 },
		func(v *video.Video) { v.Privacy = video.Unlisted },
		func(v *video.Video) { v.Duration = 61 },
		func(v *video.Video) { v.IsLive = true },
		func(v *video.Video) { v.Remote = true },
		func(v *video.Video) { v.URL += "x" },
		func(v *video.Video) { v.AspectRatio = 1 },
		func(v *video.Video) { v.Views++ },
		func(v *video.Video) { v.Viewers++ },
		func(v *video.Video) { v.Likes++ },
		func(v *video.Video) { v.Dislikes++ },
		func(v *video.Video) { v.Comments++ },
		func(v *video.Video) { v.Downloads++ },
		func(v *video.Video) { v.UpdatedAt = later },
		func(v *video.Video) { v.PublishedAt = later },
		func(v *video.Video) { v.OriginallyPublishedAt = &later },
		func(v *video.Video) { v.Thumbnails[0].Filename = "u.jpg" },
		func(v *video.Video) { v.Thumbnails[0].Width = 281 },
		func(v *video.Video) { v.Thumbnails = nil },
		func(v *video.Video) { v.Channel.DisplayName = "Clips" },
		func(v *video.Video) { v.Channel.Avatars[0].Filename = "d.jpg" },
		func(v *video.Video) { v.Channel.Avatars = nil },
		func(v *video.Video) { v.Channel.ChannelID = 5 },
		func(v *video.Video) { v.Channel.Owner.DisplayName = "Bob" },
		func(v *video.Video) { v.Channel.Owner.Avatars[0].UpdatedAt = later },
		func(v *video.Video) { v.Channel.Owner.Host = "b.example" },
	} {
		v := listed()
		change(v)
		_ = h.fragment(nil, v) // what is asked for again is kept
		got := h.fragment(nil, v)
		want, err := json.Marshal(presentVideo(h.Site, v, 0))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("change %s:\ngot  %s\nwant %s", strconv.Itoa(i), got, want)
		}
		if kept := h.fragments.videos.Len() + h.fragments.channels.Len(); kept != i+2 {
			t.Errorf("change %d: %d fragments are kept, want one more each time", i, kept)
		}
	}
	again := listed()
	if _, ok := h.fragments.videos.Get(fragmentKeyOf(again)); !ok {
		t.Error("a video that was read anew is not found")
	}
	if _, ok := h.fragments.channels.Get(channelKeyOf(again.Channel)); !ok {
		t.Error("a channel that was read anew is not found")
	}
}
