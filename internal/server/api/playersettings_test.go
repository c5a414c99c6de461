package api

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// heardPlayers is what other sites are told of players.
type heardPlayers struct{ list []string }

func (h *heardPlayers) VideoEdited(context.Context, *video.Video, *video.Video) error { return nil }
func (h *heardPlayers) VideoDeleted(context.Context, *video.Video) error              { return nil }
func (h *heardPlayers) VideoPlayerSet(_ context.Context, v *video.Video) error {
	h.list = append(h.list, "video "+v.UUID)
	return nil
}

func (h *heardPlayers) channelPlayerSet(_ context.Context, id actor.ChannelID) error {
	h.list = append(h.list, "channel "+strconv.FormatInt(int64(id), 10))
	return nil
}

func playerSite(t *testing.T, db *sqldb.DB, theme *instance.PlayerTheme) (*videoSite, *heardPlayers) {
	t.Helper()
	s, heard := videoSiteOn(t, db), &heardPlayers{}
	s.svc.Events = heard
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&PlayerSettings{
		Videos: s.svc, Theme: func() instance.PlayerTheme { return *theme },
		Channels: &actor.Channels{
			Store: store.Actors{DB: db}, Site: instance.Site{Scheme: "http", Host: "localhost:9000"}, InTx: db.InTx, Now: sqldb.Now,
			PlayerSet: heard.channelPlayerSet,
		},
	}).Mount(rt)
	s.router = rt
	s.exec(`INSERT INTO servers (id, host, created_at, updated_at) VALUES (1, 'far.example', $1, $1)`, s.now)
	s.exec(`UPDATE actors SET server_id = 1 WHERE id = 21`) // bob's channel
	s.exec(`UPDATE videos SET remote = TRUE WHERE uuid = $1`, internalUUID)
	return s, heard
}

// How a player looks is said by the video, the channel and the site, in this
// order, to everybody; who chose what only to those who may choose.
func TestPlayersLookAsTheirOwnersSay(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		theme := instance.Lucide
		s, heard := playerSite(t, db, &theme)
		const (
			ofVideo   = "/player-settings/videos/" + publicUUID
			ofChannel = "/player-settings/video-channels/alice_channel_main"
			far       = "/player-settings/video-channels/bob_channel_main@far.example"
		)
		for _, tt := range []struct {
			who, method, path, theme string
			status                   int
			want                     string
		}{
			{"", "GET", ofVideo, "", 200, "lucide"},
			{"", "GET", ofChannel + "?raw=false", "", 200, "lucide"},
			{"alice", "GET", ofVideo + "?raw=true", "", 200, "channel-default"},
			{"alice", "GET", ofChannel + "?raw=true", "", 200, "instance-default"},
			{"", "GET", ofVideo + "?raw=true", "", 401, "Not authenticated"},
			{"bob", "GET", ofVideo + "?raw=true", "", 403, "another user"},
			{"", "GET", ofChannel + "?raw=true", "", 401, ""},
			{"bob", "GET", ofChannel + "?raw=true", "", 403, "sufficient right"},
			{"root", "GET", ofChannel + "?raw=true", "", 200, "instance-default"},
			{"", "GET", ofVideo + "?raw=perhaps", "", 400, `"raw"`},
			{"", "GET", ofChannel + "?raw=1", "", 400, `"raw"`},
			{"", "GET", "/player-settings/videos/hello%20x", "", 400, `"videoId"`},
			{"", "GET", "/player-settings/videos/99999", "", 404, "Video not found"},
			{"", "GET", "/player-settings/videos/" + privateUUID, "", 401, ""},
			{"bob", "GET", "/player-settings/videos/" + privateUUID, "", 403, ""},
			{"alice", "GET", "/player-settings/videos/" + privateUUID, "", 200, "lucide"},
			{"", "GET", "/player-settings/video-channels/nobody", "", 404, "channel not found"},
			{"", "GET", "/player-settings/video-channels/nobody?raw=true", "", 404, "channel not found"},

			{"", "PUT", ofVideo, `"galaxy"`, 401, ""},
			{"bob", "PUT", ofVideo, `"galaxy"`, 403, "another user"},
			{"bob", "PUT", ofVideo, `"nonsense"`, 403, ""}, // who may is asked before what
			{"alice", "PUT", "/player-settings/videos/99999", `"galaxy"`, 404, ""},
			{"alice", "PUT", ofVideo, `"nonsense"`, 400, `"theme"`},
			{"alice", "PUT", ofVideo, `""`, 400, `"theme"`},
			{"alice", "PUT", ofVideo, `7`, 400, `"value":7`},
			{"alice", "PUT", ofVideo, `["galaxy"]`, 400, `"theme"`},
			{"alice", "PUT", ofVideo, `null`, 400, `"theme"`},
			{"", "PUT", ofChannel, `"galaxy"`, 401, ""},
			{"bob", "PUT", ofChannel, `"galaxy"`, 403, "sufficient right"},
			{"alice", "PUT", ofChannel, `"channel-default"`, 400, `"theme"`},
			{"root", "PUT", far, `"galaxy"`, 403, "not owned by the platform"},
			{"root", "PUT", "/player-settings/videos/" + internalUUID, `"galaxy"`, 403, "another server"},
			{"root", "GET", far + "?raw=true", "", 200, "instance-default"},

			{"alice", "PUT", ofChannel, `"galaxy"`, 200, "galaxy"},
			{"alice", "PUT", ofChannel, `"galaxy"`, 200, "galaxy"}, // told of once
			{"", "GET", ofChannel, "", 200, "galaxy"},
			{"alice", "PUT", ofVideo, `"instance-default"`, 200, "instance-default"},
			{"", "GET", ofVideo, "", 200, "lucide"},
			{"alice", "GET", ofVideo + "?raw=true", "", 200, "instance-default"},
			{"root", "PUT", ofVideo, `"galaxy"`, 200, "galaxy"},
			{"", "GET", ofVideo, "", 200, "galaxy"},
			{"alice", "PUT", ofVideo, `"channel-default"`, 200, "channel-default"},
			{"alice", "PUT", ofChannel, `"instance-default"`, 200, "instance-default"},
		} {
			body := ""
			if tt.method == "PUT" {
				body = `{"theme":` + tt.theme + `}`
			}
			w := s.call(tt.who, tt.method, tt.path, body)
			got, want := strings.TrimSpace(w.Body.String()), tt.want
			if tt.status == 200 {
				want = `{"theme":"` + want + `"}`
			}
			if w.Code != tt.status || tt.status == 200 && got != want || !strings.Contains(got, want) {
				t.Errorf("%s %s %s %s: %d %s, want %d %s", tt.who, tt.method, tt.path, tt.theme, w.Code, got, tt.status, want)
			}
		}
		if w := s.call("alice", "PUT", ofVideo, `{}`); w.Code != 400 || !strings.Contains(w.Body.String(), `"theme"`) {
			t.Errorf("nothing: %d %s", w.Code, w.Body)
		}
		want := "channel 101, video x, video x, video x, channel 101"
		if got := strings.ReplaceAll(strings.Join(heard.list, ", "), publicUUID, "x"); got != want {
			t.Errorf("others hear of %s, want %s", got, want)
		}
	})
}

// The details of a video tell its theme without a question more; lists do not
// read it.
func TestOnlyDetailsTellThePlayersTheme(t *testing.T) {
	t.Parallel()
	theme := instance.Lucide
	s, _ := playerSite(t, sqldbtest.SQLite(t), &theme)
	before := s.details(video.ByID(1)).UpdatedAt
	for _, want := range []instance.PlayerTheme{instance.Galaxy, instance.SiteTheme, ""} {
		if err := s.svc.SetPlayerTheme(t.Context(), s.people["alice"], video.ByID(1), want.Or(instance.ChannelTheme)); err != nil {
			t.Fatal(err)
		}
		v := s.details(video.ByID(1))
		if v.PlayerTheme != want || !v.UpdatedAt.Equal(before) {
			t.Errorf("%q: details say %q, changed at %v", want, v.PlayerTheme, v.UpdatedAt)
		}
		list, err := s.store.ByIDs(t.Context(), []video.ID{1})
		if err != nil || list[1].PlayerTheme != "" {
			t.Errorf("a list tells of %q, %v", list[1].PlayerTheme, err)
		}
	}
}
