package inbox_test

import (
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
)

// look is the settings of the player of a video or channel.
func look(of, theme string) obj {
	return obj{"id": of + "/player-settings", "type": "PlayerSettings", "object": of, "theme": theme}
}

// How players look their owners say, of what is their own, and nobody else.
func TestPlayersLookAsTheirOriginSays(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
		w.drain()
		theme := func(table, url string) string {
			text := `SELECT player_theme FROM videos WHERE url = $1`
			if table == "video_channels" {
				text = `SELECT c.player_theme FROM video_channels c JOIN actors x ON x.id = c.actor_id WHERE x.url = $1`
			}
			s, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], text, url)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		updated := w.number(`SELECT COUNT(*) FROM videos WHERE url = '` + theFilm + `' AND updated_at = published_at`)
		forged := look(theFilm, "galaxy")
		forged["id"] = "https://evil.test/player-settings"
		passedOn := act("Update", theFilm+"/player-settings/updates/9", alice, look(theFilm, "galaxy"))
		for n, tt := range []struct {
			name           string
			what           obj
			by             string
			video, channel string
		}{
			{"by nobody that may", act("Update", "", bob, look(theFilm, "galaxy")), "", "", ""},
			{"by another site", act("Update", "", mallory, look(theFilm, "galaxy")), "", "", ""},
			{"with an id of another site", act("Update", "", mallory, forged), "", "", ""},
			{"by its owner", act("Update", "", alice, look(theFilm, "galaxy")), "", "galaxy", ""},
			{"a look that nobody knows", act("Update", "", alice, look(theFilm, "andromeda")), "", "galaxy", ""},
			{"by its channel", act("Update", "", films, look(theFilm, "instance-default")), "", "instance-default", ""},
			{"of the channel, by somebody else", act("Update", "", bob, look(films, "lucide")), "", "instance-default", ""},
			{"of the channel, as of a video", act("Update", "", films, look(films, "channel-default")), "", "instance-default", ""},
			{"of the channel", act("Update", "", films, look(films, "lucide")), "", "instance-default", "lucide"},
			{"of the channel, as the site's", act("Update", "", films, look(films, "instance-default")), "", "instance-default", ""},
			{"of nothing that is known", act("Update", "", alice, look("https://far.test/videos/watch/9", "lucide")), "", "instance-default", ""},
			{"of an account", act("Update", "", alice, look(alice, "lucide")), "", "instance-default", ""},
			{"of a video of this site", act("Update", "", alice, look(mine(), "galaxy")), "", "instance-default", ""},
			{"passed on, of which the origin knows nothing", w.signed(passedOn), bob, "instance-default", ""},
			{"as its channel's again", act("Update", "", alice, look(theFilm, "channel-default")), "", "", ""},
		} {
			if tt.what["id"] == "" {
				tt.what["id"] = tt.what["actor"].(string) + "/updates/" + string(rune('a'+n))
			}
			if tt.by != "" {
				w.send(tt.what, tt.by)
			} else {
				w.send(tt.what)
			}
			w.drain()
			if v, c := theme("videos", theFilm), theme("video_channels", films); v != tt.video || c != tt.channel {
				t.Errorf("%s: %q of the video, %q of the channel; want %q, %q", tt.name, v, c, tt.video, tt.channel)
			}
		}
		if s := theme("videos", mine()); s != "" {
			t.Errorf("a video of this site looks like %q", s)
		}
		if n := w.number(`SELECT COUNT(*) FROM videos WHERE url = '` + theFilm + `' AND updated_at = published_at`); n != updated {
			t.Error("the video counts as changed")
		}
		if w.left() != 0 {
			t.Errorf("%d activities are left", w.left())
		}
	})
}

// An Update may give the id alone: then the origin is asked for what is known
// under it, or for settings of players, which are known by no id.
func TestUpdatesByIDAlone(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.send(act("Create", theFilm+"/activity", alice, film(theFilm, alice, films)))
		w.drain()
		theme := func() string {
			s, err := sqldb.One(t.Context(), w.db, sqldb.Value[string], `SELECT player_theme FROM videos WHERE url = $1`, theFilm)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		settings := theFilm + "/player-settings"
		w.put(look(theFilm, "galaxy"))
		w.send(act("Update", mallory+"/u/1", mallory, settings))
		w.drain()
		if s := theme(); s != "" {
			t.Errorf("by another site: %q", s)
		}
		w.send(act("Update", alice+"/u/1", alice, settings))
		w.drain()
		if s := theme(); s != "galaxy" {
			t.Errorf("by its owner: %q", s)
		}
		forged := look(theFilm, "lucide")
		forged["id"] = "https://evil.test/player-settings"
		w.put(forged)
		w.send(act("Update", mallory+"/u/2", mallory, forged["id"]))
		w.drain()
		if s := theme(); s != "galaxy" {
			t.Errorf("by another site, of its own: %q", s)
		}

		named := person(alice, "alice")
		named["name"] = "Alice by another name"
		w.put(named)
		w.later(time.Minute)
		w.send(act("Update", alice+"/u/2", alice, alice))
		w.drain()
		if n := w.number(`SELECT COUNT(*) FROM actors x JOIN accounts a ON a.actor_id = x.id WHERE x.url = '` + alice + `' AND a.name = 'Alice by another name'`); n != 1 {
			t.Error("the account has its old name")
		}
		if n := w.left(); n != 0 {
			t.Errorf("%d activities are left", n)
		}
	})
}
