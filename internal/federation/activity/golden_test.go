package activity_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/federation/activity"
)

var update = flag.Bool("update", false, "write the golden files anew")

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
		"tombstone":        activity.WriteNoteTombstone(c, notes.InReplyTo),
	} {
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

// The fields of documents of PeerTube 6.3, recorded, and those that later
// versions have besides. Fields of things that do not exist here are left out:
// playerSettings.
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
		}, []string{"audience", "summary", "downloads", "embedUrl", "dvrWindow"}},
		{"account", activity.WritePerson(alice(), site), []string{
			"@context", "type", "id", "following", "followers", "playlists", "inbox", "outbox", "preferredUsername", "url", "name", "endpoints",
			"publicKey", "published", "summary", "icon",
		}, []string{"indexable", "discoverable"}},
		{"channel", activity.WriteGroup(channel(), site), []string{
			"@context", "type", "id", "following", "followers", "playlists", "inbox", "outbox", "preferredUsername", "url", "name", "endpoints",
			"publicKey", "published", "summary", "icon", "image", "support", "postingRestrictedToMods", "attributedTo",
		}, []string{"indexable", "discoverable"}},
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
