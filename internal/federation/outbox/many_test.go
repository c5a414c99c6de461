package outbox_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/outbox"
	"sepiola/internal/storage/sqldb"
)

// many are the ids of videos.
func many(n int) map[video.ID]int64 {
	m := map[video.ID]int64{}
	for i := range n {
		m[video.ID(i+1)] = int64(i + 1)
	}
	return m
}

func (w *world) rows(table string) int {
	w.t.Helper()
	n, err := sqldb.One(w.t.Context(), w.db, sqldb.Value[int], `SELECT count(*) FROM `+table)
	w.must(err)
	return n
}

// One job tells how many watch many videos, and each video is told of by itself.
func TestOneJobTellsOfTheWatchersOfMany(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("p", "tube.example", w.site.ID)
		w.exec(`UPDATE servers SET software = 'peertube'`)
		for id := range many(60) {
			w.must(w.out.Shares.Share(t.Context(), w.site.ID, id, "https://bench.example/share/"+strconv.Itoa(int(id)), w.now))
		}
		w.must(w.out.Watching(t.Context(), many(120)))
		if len(w.intents) != 3 {
			t.Fatalf("120 videos: %d jobs, want 3", len(w.intents))
		}
		text, err := json.Marshal(w.intents[0])
		w.must(err)
		var read outbox.Intent
		w.must(json.Unmarshal(text, &read))
		if len(read.Videos) != 50 || read.Videos[7] != (outbox.Counted{Video: 8, Count: 8}) {
			t.Errorf("as a job has it: %s", text)
		}
		w.exec(`UPDATE videos SET privacy = 1, state = 1 WHERE id <= 60`)
		w.exec(`DELETE FROM videos WHERE id = 3`)
		w.exec(`UPDATE videos SET privacy = 3 WHERE id = 4`)
		first := w.intents[0]
		w.must(w.out.Broadcast(t.Context(), "1", first))
		w.must(w.out.Broadcast(t.Context(), "1", first)) // again
		var got []string
		for _, m := range w.messages() {
			d := activity.Doc(m.Body)
			verify(t, m)
			if m.Priority != peer.Droppable || d.Object("result").Int("userInteractionCount") == 0 || !slices.Equal(m.To, []string{"tube.example"}) {
				t.Errorf("got %+v", m)
			}
			got = append(got, d.Ref("object"))
		}
		if len(got) != 48 || slices.Contains(got, "https://bench.example/videos/watch/4") {
			t.Errorf("of 50 videos, one gone and one private: told of %d", len(got))
		}
		w.now = w.now.Add(time.Hour)
		w.must(w.out.Broadcast(t.Context(), "2", first))
		if got := w.said(); len(got) != 0 {
			t.Errorf("an hour later: said %d things, want nothing", len(got))
		}
	})
}

// Nobody who would not understand it costs a signature.
func TestWatchersOfVideosThatNobodyFollowsCostNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("m", "toot.example", w.site.ID, ownerActor)
		w.exec(`UPDATE servers SET software = 'mastodon'`)
		w.must(w.out.Watching(t.Context(), many(20)))
		w.run()
		if n := w.rows("outbox_activities"); n != 0 {
			t.Errorf("%d documents were written", n)
		}
		w.must(w.out.Watching(t.Context(), map[video.ID]int64{1: 0}))
		if len(w.intents) != 0 {
			t.Errorf("nobody watches: %d jobs", len(w.intents))
		}
	})
}

// What is counted within ten minutes is told at their end, by few jobs.
func TestTotalsOfManyAreGathered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("fan", "far.example", ownerActor)
		for i := range 10 {
			w.tx(func(ctx context.Context) error {
				var ids []video.ID
				for id := range many(12 * (i + 1)) {
					ids = append(ids, id)
				}
				return w.out.Counted(ctx, ids)
			})
		}
		undone := w.db.InTx(t.Context(), func(ctx context.Context) error {
			w.must(w.out.Counted(ctx, []video.ID{500}))
			return context.Canceled
		})
		if undone == nil || len(w.intents) != 0 || len(w.later) != 1 {
			t.Fatalf("before the time has come: %d jobs, %d times something put off", len(w.intents), len(w.later))
		}
		w.later[0]()
		w.later = nil
		told := 0
		for _, in := range w.intents {
			told += len(in.Videos)
		}
		if len(w.intents) != 3 || told != 120 {
			t.Fatalf("120 videos: %d jobs of %d videos, want 3 of 120", len(w.intents), told)
		}
		first := w.intents[0]
		w.intents = nil
		w.exec(`DELETE FROM videos WHERE id = 2`)
		w.must(w.out.Broadcast(t.Context(), "1", first))
		var got []string
		for _, m := range w.messages() {
			if m.Type != "Update" || m.Priority != peer.Later {
				t.Errorf("got %+v", m)
			}
			got = append(got, activity.Doc(m.Body).Object("object").ID())
		}
		w.must(w.out.Broadcast(t.Context(), "1", first)) // the job runs again
		if again := w.said(); len(got) == 0 || !slices.Contains(got, w.video(1).URL) || len(again) != 0 {
			t.Errorf("told of %v, and again of %v", got, again)
		}
		w.must(w.out.Counted(t.Context(), []video.ID{1}))
		if len(w.later) != 1 {
			t.Error("what is counted next is never told")
		}
	})
}

func TestWatchersAreToldToThoseWhoUnderstand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.remote("p", "tube.example", ownerActor)
		w.remote("m", "toot.example", ownerActor)
		w.exec(`UPDATE servers SET software = CASE WHEN host = 'tube.example' THEN 'peertube' ELSE 'mastodon' END`)
		w.must(w.out.Watching(t.Context(), map[video.ID]int64{1: 7, 3: 0}))
		w.must(w.out.Counted(t.Context(), []video.ID{1}))
		w.run()
		list := w.messages()
		if len(list) != 2 || list[0].Type != "View" || !slices.Equal(list[0].To, []string{"tube.example"}) ||
			activity.Doc(list[0].Body).Object("result").Int("userInteractionCount") != 7 {
			t.Errorf("viewers: got %+v", list)
		}
	})
}

func TestASiteWithoutOthersWritesNoWorkOfItsViews(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.exec(`DELETE FROM servers`)
		views := func() int {
			t.Helper()
			w.must(w.out.Watching(t.Context(), map[video.ID]int64{1: 7}))
			w.must(w.out.Counted(t.Context(), []video.ID{1}))
			for _, f := range w.later {
				f()
			}
			return len(w.intents)
		}
		if n := views(); n != 0 {
			t.Errorf("alone: %d intents", n)
		}
		w.remote("p", "tube.example", ownerActor)
		if n := views(); n != 2 {
			t.Errorf("with another site: %d intents, want 2", n)
		}
	})
}
