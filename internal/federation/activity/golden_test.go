package activity_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

var update = flag.Bool("update", false, "write the golden files anew")

// same holds Encode to encoding/json.
func same(t *testing.T, name string, d activity.Doc) {
	t.Helper()
	want, wantErr := json.Marshal(d)
	got, err := activity.Encode(d)
	if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
		t.Errorf("%s: got %s %v\nwant %s %v", name, got, err, want, wantErr)
	}
}

func TestAllKindsOfValuesAreEncoded(t *testing.T) {
	t.Parallel()
	same(t, "values", activity.Doc{
		"nothing": nil, "text": "plain", "escaped": "a\"b\\c</script>&\u2028é\x00\x7f\xff", "yes": true, "n": 3, "whole": 7.0, "zero": 0.0, "less": -2.0, "minus zero": math.Copysign(0, -1), "huge": 1e22, "long": int64(1) << 60, "part": 1.5e-9,
		"doc": activity.Doc{"b": 1, "a": []any{"x", nil, activity.Doc{}}}, "map": map[string]any{"z": false}, "docs": []activity.Doc{{}, nil}, "texts": []string{"é", "<"},
		"no list": []any(nil), "empty": []string{}, "raw": json.RawMessage(`{"a": 1}`), "<key>": 1,
	})
	same(t, "nil", nil)
	same(t, "what cannot be written", activity.Doc{"f": func() {}})
}

func TestDocumentsAreWrittenAsTheyAlwaysWere(t *testing.T) {
	t.Parallel()
	v, parts := film()
	c, notes := said()
	start, stop := 3, 9
	for name, d := range map[string]activity.Doc{
		"video": activity.WriteVideo(v, parts, site), "person": activity.WritePerson(alice(), site), "group": activity.WriteGroup(channel(), site),
		"note": activity.WriteNote(c, notes), "playlist": activity.WritePlaylist(watchList(), site),
		"playlist-element": activity.WritePlaylistElement(watchList(), elementOf(&start, &stop), "https://b.example/v"),
		"announce":         activity.Announce(activity.AnnounceURL(v.URL, 9), &v.Channel.Actor, v.URL),
		"accept":           activity.Accept(site, 7, v.Channel.URL, activity.Follow("https://b.example/f/1", "https://b.example/u/1", v.Channel.URL)),
		"update":           activity.Update(alice().URL, activity.WriteVideo(v, parts, site), at),
		"view":             activity.Viewers(alice().URL, 4, "abc", v.URL, 12, at, activity.ForActor("https://b.example/u/1")),
		"watch":            activity.Create(alice().URL, activity.WriteWatch(viewing(), site, activity.ForActor("https://b.example/u/1"))),
		"mirror": activity.Create(alice().URL, activity.WriteCacheFile(activity.CacheFile{
			URL: "https://video.example/redundancy/streaming-playlists/hls/" + uuid, VideoURL: "https://b.example/v", BaseURL: "https://video.example/static/redundancy/hls/" + uuid + "/", Expires: at,
		}, activity.ForActor("https://b.example/u/1"))),
		"tombstone": activity.WriteNoteTombstone(c, notes.InReplyTo),
	} {
		same(t, name, d)
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		if err := e.Encode(d); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "golden", name+".json")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What is sent to who asks for a video is what activities carry, to the byte.
func TestAVideoIsWrittenTheSameWayTwice(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*video.Video){
		"as it is":       func(*video.Video) {},
		"odd texts":      func(v *video.Video) { v.Name, v.Files[0].Filename = "a\"b\\c</script>&\u2028é", "<é>.mp4" },
		"without files":  func(v *video.Video) { v.Files, v.Playlist = nil, nil },
		"without HLS":    func(v *video.Video) { v.Playlist = nil },
		"empty playlist": func(v *video.Video) { v.Files, v.Playlist = nil, &video.StreamingPlaylist{PlaylistFilename: "m.m3u8"} },
		"sound only": func(v *video.Video) {
			for i := range v.Files {
				v.Files[i].HasVideo, v.Files[i].Width, v.Files[i].Resolution = false, 0, 0
			}
		},
		"without torrents": func(v *video.Video) {
			for i := range v.Files {
				v.Files[i].TorrentFilename = ""
			}
		},
		"not shared": func(v *video.Video) { v.P2PDisabled = true },
	} {
		v, parts := film()
		change(v)
		want, err := json.Marshal(activity.WriteVideo(v, parts, site))
		if err != nil {
			t.Fatal(err)
		}
		got, err := activity.EncodeVideo(v, parts, site)
		if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-activity +document)\n%s", name, err, diff)
		}
	}
}

// The fields of documents of PeerTube 6.3, recorded, and those that later
// versions have besides.
func TestDocumentsHavePeerTubesFields(t *testing.T) {
	t.Parallel()
	v, parts := film()
	c, notes := said()
	for _, tt := range []struct {
		name         string
		doc          activity.Doc
		fields, more []string
	}{
		{"video", activity.WriteVideo(v, parts, site), []string{
			"@context", "to", "cc", "type", "id", "name", "duration", "uuid", "category", "licence", "language", "views", "sensitive", "waitTranscoding",
			"state", "commentsEnabled", "canReply", "commentsPolicy", "downloadEnabled", "published", "originallyPublishedAt", "updated", "tag",
			"mediaType", "content", "support", "subtitleLanguage", "icon", "preview", "aspectRatio", "url", "likes", "dislikes", "shares", "comments",
			"hasParts", "attributedTo", "isLiveBroadcast", "liveSaveReplay", "permanentLive", "latencyMode",
		}, []string{"audience", "summary", "downloads", "embedUrl", "dvrWindow", "playerSettings"}},
		{"account", activity.WritePerson(alice(), site), []string{
			"@context", "type", "id", "following", "followers", "playlists", "inbox", "outbox", "preferredUsername", "url", "name", "endpoints",
			"publicKey", "published", "summary", "icon",
		}, []string{"indexable", "discoverable"}},
		{"channel", activity.WriteGroup(channel(), site), []string{
			"@context", "type", "id", "following", "followers", "playlists", "inbox", "outbox", "preferredUsername", "url", "name", "endpoints",
			"publicKey", "published", "summary", "icon", "image", "support", "postingRestrictedToMods", "attributedTo",
		}, []string{"indexable", "discoverable", "playerSettings"}},
		{"comment", activity.WriteNote(c, notes), []string{
			"@context", "to", "cc", "type", "id", "content", "mediaType", "inReplyTo", "updated", "published", "url", "attributedTo", "replyApproval", "tag",
		}, []string{"audience"}},
		{"playlist", activity.WritePlaylist(watchList(), site), []string{
			"@context", "to", "cc", "id", "type", "totalItems", "first", "name", "content", "mediaType", "uuid", "published", "updated", "attributedTo", "icon",
		}, []string{"audience", "videoChannelPosition"}},
	} {
		want := slices.Sorted(slices.Values(append(tt.fields, tt.more...)))
		var got []string
		for k := range tt.doc {
			got = append(got, k)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-PeerTube's +ours):\n%s", tt.name, diff)
		}
	}
}

// Mastodon shows what stands first: it must be the page.
func TestThePageStandsFirstAmongTheURLs(t *testing.T) {
	t.Parallel()
	v, parts := film()
	b, err := json.Marshal(activity.WriteVideo(v, parts, site))
	if err != nil {
		t.Fatal(err)
	}
	first := []byte(`"url":[{"href":"https://video.example/w/7raTpragnXqXVp6Ri5x7Gk","mediaType":"text/html","type":"Link"},{"href":"` + v.URL + `","mediaType":"text/html"`)
	if !bytes.Contains(b, first) {
		t.Errorf("the first url is not the page: %s", b)
	}
}

// Others play the first file that they find: it must be one that plays alone.
// Pieces of an HLS stream stand below the stream.
func TestFilesThatPlayAloneStandBeforeStreams(t *testing.T) {
	t.Parallel()
	for _, web := range []bool{true, false} {
		v, parts := film()
		if !web {
			v.Files = slices.DeleteFunc(v.Files, func(f video.File) bool { return f.PlaylistID == 0 })
		}
		var kinds []string
		for _, l := range travel(t, activity.WriteVideo(v, parts, site)).Docs("url") {
			kind := l.Text("mediaType")
			for _, a := range l.Docs("attachment") {
				if a.Text("value") == "fragmented" {
					t.Errorf("a piece of a stream stands alone: %v", l)
				}
			}
			if (kind == "video/mp4" || kind == "application/x-mpegURL") && !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
		want := []string{"application/x-mpegURL"}
		if web {
			want = []string{"video/mp4", "application/x-mpegURL"}
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("with files of their own (%t) there are %v, want %v", web, kinds, want)
		}
	}
}

// Whose a video is comes as addresses, as objects, and one alone.
func TestOwnersAreReadInAllForms(t *testing.T) {
	t.Parallel()
	v, parts := film()
	account, channel := v.Channel.Owner.URL, v.Channel.URL
	for name, in := range map[string]any{
		"addresses":       []any{account, channel},
		"objects":         []any{map[string]any{"type": "Person", "id": account}, map[string]any{"type": "Group", "id": channel}},
		"the group first": []any{map[string]any{"type": "Group", "id": channel}, map[string]any{"type": "Person", "id": account}},
	} {
		d := activity.WriteVideo(v, parts, site)
		d["attributedTo"] = in
		if got, err := activity.ReadVideo(travel(t, d)); err != nil || got.AccountURL != account || got.ChannelURL != channel {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]any{"an address": account, "an object": map[string]any{"type": "Person", "id": account}, "a list": []any{account}} {
		d := activity.WriteGroup(v.Channel, site)
		d["attributedTo"] = in
		if got, err := activity.ReadActor(travel(t, d)); err != nil || got.OwnerURL != account {
			t.Errorf("a channel's, %s: %+v %v", name, got, err)
		}
	}
}
