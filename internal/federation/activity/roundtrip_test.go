package activity_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

// What is written is of values that come back as they are: what signs a
// document sees what others see.
func TestWritersMakeWhatTheyMean(t *testing.T) {
	t.Parallel()
	v, parts := film()
	c, said := said()
	for name, d := range map[string]activity.Doc{
		"video": activity.WriteVideo(v, parts, site), "person": activity.WritePerson(alice(), site), "group": activity.WriteGroup(channel(), site),
		"note": activity.WriteNote(c, said), "playlist": activity.WritePlaylist(watchList(), site),
		"create": activity.Create(site.AccountURL("alice"), activity.WriteVideo(v, parts, site)),
		"flag":   activity.Flag(site, activity.Complaint{Number: 3, By: site.AccountURL("alice"), Object: "https://b.example/1", Reasons: []string{"spam"}}),
	} {
		if diff := cmp.Diff(d, travel(t, d)); diff != "" {
			t.Errorf("%s changes on its way (-sent +come):\n%s", name, diff)
		}
	}
}

func TestVideoComesBackAsItWas(t *testing.T) {
	t.Parallel()
	v, parts := film()
	got, err := activity.ReadVideo(travel(t, activity.WriteVideo(v, parts, site)))
	if err != nil {
		t.Fatal(err)
	}
	want := *v
	want.Remote = true
	diff := cmp.Diff(&want, &got.Video, cmpopts.IgnoreFields(video.Video{}, "Channel", "Thumbnails", "Files", "Playlist"))
	if diff != "" {
		t.Errorf("the video (-want +got):\n%s", diff)
	}
	if got.AccountURL != v.Channel.Owner.URL || got.ChannelURL != v.Channel.URL {
		t.Errorf("owners: %s %s", got.AccountURL, got.ChannelURL)
	}
	if len(got.Files) != len(v.Files) || len(got.Magnets) != len(v.Files) {
		t.Fatalf("%d files, %d magnets, want %d", len(got.Files), len(got.Magnets), len(v.Files))
	}
	for i, f := range got.Files { // both are best first
		w := v.Files[i]
		w.ID, w.Filename, w.TorrentFilename = 0, "", ""
		if w.Resolution == 0 {
			w.Extname = ".m4a"
		}
		w.FileURL, w.TorrentURL = f.FileURL, f.TorrentURL
		if diff := cmp.Diff(w, f); diff != "" || f.FileURL == "" || f.TorrentURL == "" || got.Magnets[i] == "" {
			t.Errorf("file %d (-want +got):\n%s", i, diff)
		}
	}
	p := got.Playlist
	if p == nil || p.PlaylistURL != "https://video.example/static/streaming-playlists/hls/"+uuid+"/master.m3u8" ||
		p.SegmentsURL == "" || !cmp.Equal(p.P2PInfoHashes, v.Playlist.P2PInfoHashes) {
		t.Errorf("playlist: %+v", p)
	}
	if diff := cmp.Diff([]string{"wss://video.example/tracker/socket", "https://video.example/tracker/announce"}, got.Trackers); diff != "" {
		t.Error(diff)
	}
	if len(got.Captions) != 2 || got.Captions[1].URL != "https://video.example/lazy-static/video-captions/en.vtt" || !got.Captions[1].Automatic {
		t.Errorf("captions: %+v", got.Captions)
	}
	if b := got.Storyboard; b == nil || b.SpriteWidth != 192 || b.TotalHeight != 216 || b.SpriteDuration != 1 {
		t.Errorf("storyboard: %+v", got.Storyboard)
	}
	if len(got.Thumbnails) != 3 || got.Thumbnails[0].Width != 850 || got.Thumbnails[1].AspectRatio != "1:1" {
		t.Errorf("thumbnails: %+v", got.Thumbnails)
	}
	if got.LikesURL != v.URL+"/likes" || got.SharesURL != v.URL+"/announces" || got.ChaptersURL != v.URL+"/chapters" ||
		got.EmbedURL == "" || got.WebURL != "https://video.example/w/"+video.ShortUUID(uuid) {
		t.Errorf("addresses: %+v", got)
	}
}

func TestActorsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	account, err := activity.ReadActor(travel(t, activity.WritePerson(alice(), site)))
	if err != nil {
		t.Fatal(err)
	}
	want := alice().Actor
	want.Host = "video.example"
	ignore := cmpopts.IgnoreFields(actor.Actor{}, "ID", "Avatars", "Banners", "UpdatedAt")
	if diff := cmp.Diff(want, account.Actor, ignore); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if account.DisplayName != "Alice" || account.Description != "I *film*" || account.AvatarPictures[0].Width != 600 ||
		account.WebURL != "https://video.example/a/alice" || account.KeyID != account.URL+"#main-key" {
		t.Errorf("account: %+v", account)
	}
	group, err := activity.ReadActor(travel(t, activity.WriteGroup(channel(), site)))
	if err != nil || group.OwnerURL != site.AccountURL("alice") || group.Support != "send money" || len(group.BannerPictures) != 1 {
		t.Errorf("channel: %+v %v", group, err)
	}
	own := actor.NewInstance(site, actor.Keys{Public: alice().PublicKey}, at)
	app, err := activity.ReadActor(travel(t, activity.WriteApplication(own, "A site", "about it", site)))
	if err != nil || app.Type != actor.Application || app.Username != "peertube" || app.DisplayName != "A site" {
		t.Errorf("site: %+v %v", app, err)
	}
}

func TestNotesAndListsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	c, parts := said()
	n, err := activity.ReadNote(travel(t, activity.WriteNote(c, parts)))
	if err != nil {
		t.Fatal(err)
	}
	if n.URL != c.URL || n.ActorURL != c.Account.URL || n.InReplyTo != parts.InReplyTo || n.HTML != "<p>Nice <em>video</em></p>" ||
		!n.Public || !n.Published.Equal(at) || len(n.Mentions) != 1 || n.AudienceURL != parts.ChannelURL {
		t.Errorf("note: %+v", n)
	}
	gone := at.Add(time.Hour)
	c.DeletedAt = &gone
	if n, err := activity.ReadNote(travel(t, activity.WriteNoteTombstone(c, parts.InReplyTo))); err != nil || !n.DeletedAt.Equal(gone) || n.FormerType != "Note" {
		t.Errorf("tombstone: %+v %v", n, err)
	}
	list := watchList()
	p, err := activity.ReadPlaylist(travel(t, activity.WritePlaylist(list, site)))
	if err != nil || p.Name != list.Name || p.Description != list.Description || p.Total != 12 || p.ChannelURL != list.Channel.URL ||
		p.Privacy != list.Privacy || p.ChannelPosition != 2 || len(p.Thumbnails) != 1 || p.FirstURL != list.URL+"?page=1" {
		t.Errorf("playlist: %+v %v", p, err)
	}
	items := []string{list.URL + "/videos/2", list.URL + "/videos/3"}
	page, err := activity.ReadPage(travel(t, activity.WritePlaylistPage(list, 1, items, site)))
	if err != nil || len(page.Items) != 2 || page.Items[1].URL != items[1] || page.NextURL != list.URL+"?page=2" {
		t.Errorf("page: %+v %v", page, err)
	}
	chapters := []video.Chapter{{Timecode: 0, Title: "start"}, {Timecode: 5, Title: "middle"}}
	if diff := cmp.Diff(chapters, activity.ReadChapters(travel(t, activity.WriteChapters(site.VideoURL(uuid), 12, chapters)))); diff != "" {
		t.Error(diff)
	}
}

func TestActivitiesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	v, parts := film()
	by, bob := v.Channel.Owner, "https://b.example/accounts/bob"
	follow := activity.Follow("https://b.example/accounts/bob/follows/3", bob, v.Channel.URL)
	for _, tt := range []struct {
		doc                     activity.Doc
		kind, id, object, about string
	}{
		{activity.Create(by.URL, activity.WriteVideo(v, parts, site)), "Create", v.URL + "/activity", v.URL, "Video"},
		{activity.Update(by.URL, activity.WriteVideo(v, parts, site), at), "Update", v.URL + "/updates/2026-11-21T04:58:06.644Z", v.URL, "Video"},
		{activity.Delete(by.URL, v.URL, activity.Audience{}), "Delete", v.URL + "/delete", v.URL, ""},
		{activity.Delete(by.URL, "https://b.example/notes/1", activity.Audience{}), "Delete", by.URL + "#deletes/https%3A%2F%2Fb.example%2Fnotes%2F1", "https://b.example/notes/1", ""},
		{activity.Announce(activity.AnnounceURL(v.URL, 9), &v.Channel.Actor, v.URL), "Announce", v.URL + "/announces/9", v.URL, ""},
		{activity.Like(video.RateURL(by.URL, video.RateLike, 4), by.URL, "https://b.example/v", bob), "Like", by.URL + "/likes/4", "https://b.example/v", ""},
		{activity.Undo(follow), "Undo", "https://b.example/accounts/bob/follows/3/undo", follow.ID(), "Follow"},
		{activity.Accept(site, 7, v.Channel.URL, follow), "Accept", "https://video.example/accepts/follows/7", follow.ID(), "Follow"},
		{activity.Viewers(by.URL, 4, "abc", v.URL, 12, at, activity.ForActor(bob)), "View", by.URL + "/views/videos/4/abc", v.URL, ""},
		{activity.ApproveReply(v.URL+"/comments/1/approve-reply", by.URL, "https://b.example/notes/1", v.URL, activity.Audience{}), "ApproveReply", v.URL + "/comments/1/approve-reply", "https://b.example/notes/1", ""},
	} {
		a, err := activity.ReadActivity(travel(t, tt.doc))
		if err != nil {
			t.Errorf("%s: %v", tt.kind, err)
			continue
		}
		if a.Type != tt.kind || a.URL != tt.id || a.ObjectURL != tt.object || a.ObjectType != tt.about {
			t.Errorf("%s: got %s %s of %s %s", tt.kind, a.Type, a.URL, a.ObjectType, a.ObjectURL)
		}
		if a.Type == "View" && (!a.HasViewers || a.Viewers != 12 || !a.Expires.Equal(at)) {
			t.Errorf("view: %+v", a)
		}
		if a.Object != nil && a.Object.Has("@context") {
			t.Errorf("%s: the object has a context of its own", tt.kind)
		}
	}
}
