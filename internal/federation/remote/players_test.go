package remote_test

import (
	"slices"
	"testing"

	"sepiola/internal/storage/sqldb"
)

// What a video and its channel name of their players is read by jobs, once they
// are fetched.
func TestSettingsOfPlayersAreRead(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		settings := func(of, theme string) obj {
			return obj{"id": of + "/player-settings", "type": "PlayerSettings", "object": of, "theme": theme}
		}
		w.far()
		w.put(
			with(group(films, "films", alice), "playerSettings", films+"/player-settings"), settings(films, "galaxy"),
			with(film(theFilm, alice, films), "playerSettings", theFilm+"/player-settings"), settings(theFilm, "lucide"),
		)
		if _, err := w.videos.ByURL(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		looks := func(want ...string) {
			t.Helper()
			got, err := sqldb.All(t.Context(), w.db, sqldb.Value[string], `SELECT player_theme FROM videos WHERE url = $1 UNION ALL
				SELECT c.player_theme FROM video_channels c JOIN actors x ON x.id = c.actor_id WHERE x.url = $2`, theFilm, films)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %q %v, want %q", got, err, want)
			}
		}
		if looks("", ""); slices.Contains(w.asked, theFilm+"/player-settings") {
			t.Error("they were asked for by who wanted the video")
		}
		w.crawl(t)
		looks("lucide", "galaxy")

		// An answer that is of something else counts for nothing; a copy that is
		// fetched anew asks again.
		w.put(settings(films, "lucide"), with(settings(theFilm, "galaxy"), "object", films),
			with(with(film(theFilm, alice, films), "playerSettings", theFilm+"/player-settings"), "name", "Another name"))
		if _, err := w.videos.Refresh(t.Context(), theFilm); err != nil {
			t.Fatal(err)
		}
		if _, err := w.actors.Refresh(t.Context(), films); err != nil {
			t.Fatal(err)
		}
		for _, s := range w.steps {
			_ = w.crawler.Do(t.Context(), s) // one of them is refused
		}
		w.steps = nil
		looks("lucide", "lucide")

		// What is sent asks for nothing: the origin tells of players for itself.
		w.put(settings(theFilm, "galaxy"))
		d := decode(t, with(with(film(theFilm, alice, films), "playerSettings", theFilm+"/player-settings"), "name", "A third name"))
		d["updated"] = "2026-03-03T03:03:03Z"
		if _, err := w.videos.Put(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		w.crawl(t)
		looks("lucide", "lucide")
	})
}
