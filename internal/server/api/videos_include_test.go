package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/user"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// moreFields are those that only the bits of include add to videos of lists.
var moreFields = []string{
	"automaticTags", "blacklisted", "blockedOwner", "blockedServer", "files", "scheduledUpdate", "state", "streamingPlaylists", "tags", "videoSource", "waitTranscoding",
}

// withMore asks for a list and returns what the first video has of moreFields.
func (s *videoSite) withMore(who, path string) map[string]json.RawMessage {
	s.t.Helper()
	var list struct{ Data []map[string]json.RawMessage }
	w := s.call(who, "GET", path, "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK || len(list.Data) == 0 {
		s.t.Fatalf("%s: %d, %v, %d videos: %.300s", path, w.Code, err, len(list.Data), w.Body)
	}
	more := map[string]json.RawMessage{}
	for _, name := range moreFields {
		if v, ok := list.Data[0][name]; ok {
			more[name] = v
		}
	}
	return more
}

func fieldsOf(more map[string]json.RawMessage) []string {
	var names []string
	for _, name := range moreFields {
		if more[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

func TestEachBitOfIncludeAddsItsFields(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	for bit, want := range map[int][]string{
		0: nil, 1: {"state", "waitTranscoding"}, 2: {"blacklisted"}, 4: {"blockedOwner", "blockedServer"}, 8: {"files", "streamingPlaylists"},
		16: nil, 32: {"videoSource"}, 64: {"automaticTags"}, 128: {"tags"},
		255: {"automaticTags", "blacklisted", "blockedOwner", "blockedServer", "files", "state", "streamingPlaylists", "tags", "videoSource", "waitTranscoding"},
	} {
		for _, path := range []string{"/videos", "/accounts/alice/videos", "/video-channels/alice_channel_main/videos"} {
			path = fmt.Sprintf("%s?include=%d", path, bit)
			if got := fieldsOf(s.withMore("root", path)); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", path, got, want)
			}
			if bit == 0 {
				continue
			}
			for _, who := range []string{"", "bob"} {
				if w := s.call(who, "GET", path, ""); w.Code != http.StatusUnauthorized {
					t.Errorf("%s as %q: %d, want 401", path, who, w.Code)
				}
			}
		}
		if bit == 0 {
			continue
		}
		// One's own list tells much unasked, but not whom moderators have muted.
		if w := s.call("alice", "GET", fmt.Sprintf("/users/me/videos?include=%d", bit), ""); w.Code != http.StatusUnauthorized {
			t.Errorf("my videos with %d: %d, want 401", bit, w.Code)
		}
	}
	s.exec(`UPDATE video_channels SET account_id = 3 WHERE id = 101`)
	if got := s.withMore("root", "/users/me/videos?include=36"); got["videoSource"] == nil || string(got["blockedOwner"]) != "false" {
		t.Errorf("an administrator's own: %s", got)
	}
	for path, want := range map[string]int{"stateOneOf=2": 401, "autoTagOneOf=x": 401, "privacyOneOf=3": 200, "search=x": 200} {
		if w := s.call("bob", "GET", "/users/me/videos?"+path, ""); w.Code != want {
			t.Errorf("my videos, %s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestListsTellWhatWasUploaded(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := videoSiteOn(t, db)
		s.exec(`INSERT INTO video_sources (video_id, input_filename, created_at) VALUES (1, 'newer.mov', $1)`, s.now)
		s.exec(`DELETE FROM video_sources WHERE video_id = 4`)
		var list struct {
			Data []struct {
				Name        string
				VideoSource *struct {
					InputFilename   string
					FileDownloadURL *string
					Size            *int64
					Metadata        any
				}
			}
		}
		// What was asked for without it is kept apart from what was with it.
		for _, include := range []int{128, 32, 128, 32} {
			w := s.call("root", "GET", fmt.Sprintf("/videos?include=%d&privacyOneOf=1&privacyOneOf=2&privacyOneOf=4&sort=name", include), "")
			list.Data = nil
			if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Data) != 3 {
				t.Fatalf("%d %v %s", w.Code, err, w.Body)
			}
			for i, want := range []string{"newer.mov", "", "clip.mp4"} { // the first, the internal and the unlisted one
				got := ""
				src := list.Data[i].VideoSource
				if src != nil {
					got = src.InputFilename
				}
				if include == 128 {
					want = ""
				}
				if got != want {
					t.Errorf("include=%d, %s: source %q, want %q", include, list.Data[i].Name, got, want)
				}
				if got == "clip.mp4" && (src.Size == nil || *src.Size != 536821 || src.FileDownloadURL == nil || src.Metadata == nil) {
					t.Errorf("the source is %+v", src)
				}
			}
		}
	})
}

func TestListsTellWhoseVideosAreMuted(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := videoSiteOn(t, db)
		s.addPerson(4, "far")
		s.exec(`INSERT INTO servers (id, host, created_at, updated_at) VALUES (70, 'far.example', $1, $1)`, s.now)
		s.exec(`UPDATE actors SET server_id = 70 WHERE id IN (40, 41)`)
		s.exec(`UPDATE videos SET channel_id = 104, remote = TRUE WHERE id = 4`)
		s.exec(`UPDATE videos SET channel_id = 102 WHERE id = 5`)
		s.exec(`UPDATE videos SET privacy = 1, name = 'Second video' WHERE id = 5`)
		blocks := &user.Blocks{Store: store.Blocks{DB: db}, Now: sqldb.Now}
		s.svc.Mutes = blocks
		type told struct{ owner, host bool }
		ask := func(who, path string) map[string]told {
			t.Helper()
			var list struct {
				Data []struct {
					Name          string
					BlockedOwner  *bool
					BlockedServer *bool
				}
			}
			w := s.call(who, "GET", path, "")
			if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%s: %d, %v", path, w.Code, err)
			}
			got := map[string]told{}
			for _, v := range list.Data {
				if v.BlockedOwner == nil || v.BlockedServer == nil {
					t.Fatalf("%s: %s says nothing of it", path, v.Name)
				}
				got[v.Name] = told{*v.BlockedOwner, *v.BlockedServer}
			}
			return got
		}
		none := map[string]told{"First video": {}, "Internal video": {}, "Second video": {}}
		if diff := cmp.Diff(none, ask("root", "/videos?include=4"), cmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("nobody is muted (-want +got):\n%s", diff)
		}
		root, other := s.people["root"], user.User{ID: 9, Username: "other", Role: user.Moderator, AccountID: 2}
		s.people["other"] = &other
		for _, err := range []error{
			blocks.Store.AddAccount(t.Context(), root.AccountID, 2, s.now), // bob, by root
			blocks.Store.AddAccount(t.Context(), user.SiteBlocks, 4, s.now),
			blocks.Store.AddServer(t.Context(), user.SiteBlocks, "far.example", s.now),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		fresh := &user.Blocks{Store: blocks.Store, Now: sqldb.Now} // the other remembers
		s.svc.Mutes = fresh
		s.store.MutesChanged(t.Context())
		want := map[string]told{"First video": {}, "Internal video": {true, true}, "Second video": {owner: true}}
		if diff := cmp.Diff(want, ask("root", "/videos?include=4"), cmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("to who has muted (-want +got):\n%s", diff)
		}
		want["Second video"] = told{} // each is told of the site's mutes and of their own
		if diff := cmp.Diff(want, ask("other", "/videos?include=4"), cmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("to another (-want +got):\n%s", diff)
		}
		names, _ := names(t, s.call("root", "GET", "/videos?sort=name", ""))
		if !slices.Equal(names, []string{"First"}) {
			t.Errorf("without the bit: %v", names)
		}
	})
}
