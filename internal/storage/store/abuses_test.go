package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// reported fills a database with n reports: of videos, comments and accounts in
// turn, by and of a few people, the first the oldest.
func reported(t *testing.T, db *sqldb.DB, n int) Abuses {
	t.Helper()
	if err := filltest.Fill(t.Context(), db, 401); err != nil {
		t.Fatal(err)
	}
	if err := filltest.Comments(t.Context(), db, 30); err != nil {
		t.Fatal(err)
	}
	s := Abuses{DB: db, Videos: &Videos{DB: db}}
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		for i := range n {
			at := sqldb.Now().Add(time.Duration(i-n) * time.Second)
			a := &abuse.Abuse{
				State: abuse.State(1 + i%3), Reason: fmt.Sprintf("Reason %d", i), Reasons: []abuse.Reason{abuse.Reason(1 + i%8)},
				ReporterID: actor.AccountID(1 + i%3), ReporteeID: actor.AccountID(1 + i%2), CreatedAt: at, UpdatedAt: at,
			}
			v := abuse.Video{ID: video.ID(1 + i%10), UUID: "u", Name: fmt.Sprintf("Föö %d", i), ChannelName: "Änne"}
			switch a.Kind = []abuse.Kind{abuse.OfVideo, abuse.OfComment, abuse.OfAccount}[i%3]; a.Kind {
			case abuse.OfVideo:
				a.Video = &v
			case abuse.OfComment:
				a.Comment = &abuse.Comment{ID: comment.ID(1 + i%30), Text: "Said", Video: v}
			}
			if i%50 == 49 {
				a.ReporterHost = "far.example"
			}
			if _, err := s.Add(ctx, a, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && db.Dialect == sqldb.Postgres {
		_, err = db.Exec(t.Context(), `ANALYZE`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReportsAreReadByIndex(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s := reported(t, db, 1000)
		check := func(name, text string, args []any, index string) {
			t.Helper()
			got := plan(t, db, text, args)
			for _, bad := range []string{"SCAN b\n", "SCAN o\n", "SCAN abuses\n", "SCAN m\n", "Seq Scan on abuse"} {
				if strings.Contains(got+"\n", bad) {
					t.Errorf("%s: %s in\n%s", name, bad, got)
				}
			}
			if !strings.Contains(got, index) {
				t.Errorf("%s: does not use %s:\n%s", name, index, got)
			}
		}
		pk := map[sqldb.Dialect]string{sqldb.SQLite: "INTEGER PRIMARY KEY", sqldb.Postgres: "abuses_pkey"}[db.Dialect]
		for name, tt := range map[string]struct {
			p     abuse.ListParams
			index string
		}{
			"newest":        {abuse.ListParams{}, "abuses_created"},
			"oldest":        {abuse.ListParams{Sort: "createdAt"}, "abuses_created"},
			"by state":      {abuse.ListParams{Sort: "state"}, "abuses_state"},
			"from the last": {abuse.ListParams{Sort: "-state"}, "abuses_state"},
			"of a state":    {abuse.ListParams{State: abuse.Pending}, "abuses_"},
			"of a kind":     {abuse.ListParams{Kind: abuse.OfVideo}, "abuses_"},
			"mine":          {abuse.ListParams{Reporter: 2, LocalOnly: true}, "abuses_"},
			"one":           {abuse.ListParams{ID: 7}, pk},
			"deleted":       {abuse.ListParams{VideoIs: abuse.VideoDeleted}, "abuses_"},
			"search":        {abuse.ListParams{Search: "Föö"}, "abuses_created"},
		} {
			q, err := abusesQuery(tt.p)
			if err != nil {
				t.Fatal(err)
			}
			text, args := pageIn(q, abuseColumns, 0, 15)
			check(name, text, args, tt.index)
		}
		list, _, err := s.List(t.Context(), abuse.ListParams{Count: 15})
		if err != nil {
			t.Fatal(err)
		}
		if db.Dialect == sqldb.Postgres {
			return // of a handful of people, of whom each has a third of all, it rightly reads all
		}
		text, args := abuseCountsOf(list)
		check("open", openAbuses, []any{abuse.Pending, 100}, "abuses_state")
		check("counts", text, args, "abuses_reportee")
		check("received", receivedSince, []any{"far.example", sqldb.Now(), 2}, "abuses_received")
		check("messages", abuseMessages, []any{1}, "abuse_messages_abuse")
	})
}

func TestReportsAreFoundByTheirFilters(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s := reported(t, db, 60)
		if _, err := db.Exec(t.Context(), `DELETE FROM videos WHERE id = 1`); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			p    abuse.ListParams
			want int
		}{
			"all":                {abuse.ListParams{}, 60},
			"of a kind":          {abuse.ListParams{Kind: abuse.OfComment}, 20},
			"of a state":         {abuse.ListParams{State: abuse.Accepted}, 20},
			"of a reason":        {abuse.ListParams{Reason: abuse.Captions}, 7},
			"by somebody":        {abuse.ListParams{Reporter: 2}, 20},
			"by somebody here":   {abuse.ListParams{Reporter: 2, LocalOnly: true}, 19},
			"of a deleted video": {abuse.ListParams{VideoIs: abuse.VideoDeleted}, 2},
			"of a blocked video": {abuse.ListParams{VideoIs: abuse.VideoBlacklisted}, 0},
			"one":                {abuse.ListParams{ID: 5}, 1},
			"a video's name":     {abuse.ListParams{SearchVideo: "FÖÖ 3"}, 8},
			"a channel's name":   {abuse.ListParams{SearchChannel: "änne"}, 40},
			"a reporter":         {abuse.ListParams{SearchReporter: "person2"}, 20},
			"a reportee":         {abuse.ListParams{SearchReportee: "person2"}, 30},
			"a reason in words":  {abuse.ListParams{Search: "reason 12"}, 1},
			"somebody's name":    {abuse.ListParams{Search: "person3"}, 20},
			"not their names":    {abuse.ListParams{Search: "person3", WithoutPeople: true}, 0},
			"no joker":           {abuse.ListParams{Search: "%"}, 0},
		} {
			tt.p.Count = 100
			list, total, err := s.List(t.Context(), tt.p)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if total != tt.want || len(list) != tt.want {
				t.Errorf("%s: got %d of %d, want %d", name, len(list), total, tt.want)
			}
		}
		if _, _, err := s.List(t.Context(), abuse.ListParams{Sort: "reason"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an unknown sort: got %v", err)
		}
	})
}

func TestReportsKeepWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s, ctx := reported(t, db, 3), t.Context()
		one := func(id abuse.ID) *abuse.Abuse {
			t.Helper()
			a, err := s.ByID(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := one(1); a.Video == nil || a.Video.Deleted || a.Video.Now == nil || a.Reporter == nil || a.Reportee == nil {
			t.Errorf("a video: got %+v", a)
		}
		if a := one(2); a.Comment == nil || a.Comment.Deleted || a.Comment.Video.Now == nil {
			t.Errorf("a comment: got %+v", a)
		}
		for _, text := range []string{
			`DELETE FROM videos WHERE id = 1`, `DELETE FROM notifications`,
			`UPDATE comments SET text = '', deleted_at = created_at WHERE id = 2`, `DELETE FROM accounts WHERE id = 3`,
		} {
			if _, err := db.Exec(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		a := one(1)
		if diff := cmp.Diff(&abuse.Video{ID: 1, UUID: "u", Name: "Föö 0", ChannelName: "Änne", Deleted: true}, a.Video); diff != "" {
			t.Errorf("a deleted video (-want +got):\n%s", diff)
		}
		if a := one(2); !a.Comment.Deleted || a.Comment.Text != "Said" {
			t.Errorf("a deleted comment: got %+v", a.Comment)
		}
		if a := one(3); a.ReporterID != 0 || a.Reporter != nil {
			t.Errorf("by somebody who left: got %+v", a)
		}
	})
}

func TestDecisionsAndMessagesAreCounted(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		s, ctx := reported(t, db, 10), t.Context()
		state, pending, note := abuse.Accepted, abuse.Pending, "so it is"
		a, _ := s.ByID(ctx, 1)
		at := a.CreatedAt.Add(3 * time.Second)
		before, err := s.Update(ctx, 1, abuse.Change{State: &state, ModerationComment: &note}, at)
		if err != nil || before != abuse.Pending {
			t.Fatalf("got %v, %v", before, err)
		}
		for most, want := range map[int]int{100: 3, 2: 2} {
			if n, err := s.Open(ctx, most); err != nil || n != want {
				t.Errorf("open, %d at most: got %d, %v", most, n, err)
			}
		}
		if a, _ = s.ByID(ctx, 1); a.State != abuse.Accepted || a.ModerationComment != note || a.ProcessedAt == nil || !a.ProcessedAt.Equal(at) {
			t.Errorf("decided: got %+v", a)
		}
		stats, err := Stats{DB: db}.Count(ctx, at)
		if err != nil || stats.Abuses != 10 || stats.AbusesProcessed != 1 || stats.AbuseResponse != 3*time.Second {
			t.Errorf("stats: got %d, %d, %v, %v", stats.Abuses, stats.AbusesProcessed, stats.AbuseResponse, err)
		}
		if of, err := s.UserStats(ctx, 1); err != nil || of != (abuse.UserStats{Against: 5, Accepted: 3, Created: 4}) {
			t.Errorf("of account 1: got %+v, %v", of, err)
		}
		if _, err := s.Update(ctx, 1, abuse.Change{State: &pending}, at); err != nil {
			t.Fatal(err)
		}
		if a, _ = s.ByID(ctx, 1); a.ProcessedAt != nil || a.ModerationComment != note {
			t.Errorf("pending again: got %+v", a)
		}
		list := []*abuse.Abuse{{ID: 10, Kind: abuse.OfVideo}, {ID: 3, Kind: abuse.OfAccount}}
		if err := s.Count(ctx, list); err != nil {
			t.Fatal(err)
		}
		if got, want := list[0].Counts, (abuse.Counts{ByReporter: 4, OfReportee: 5, OfVideo: 1, Nth: 1}); got != want {
			t.Errorf("counts: got %+v, want %+v", got, want)
		}

		for n := range 3 {
			err := s.AddMessage(ctx, &abuse.Message{AbuseID: 1, AccountID: 1, Text: "hm", CreatedAt: at}, 2)
			if full := n == 2; errs.Is(err, errs.Conflict) != full || !full && err != nil {
				t.Errorf("message %d: got %v", n, err)
			}
		}
		talk, err := s.Messages(ctx, 1)
		if a, _ = s.ByID(ctx, 1); err != nil || len(talk) != 2 || a.Messages != 2 || talk[0].Account == nil {
			t.Fatalf("got %d messages, %d counted, %v", len(talk), a.Messages, err)
		}
		if err := s.DeleteMessage(ctx, 2, talk[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a message of another report: got %v", err)
		}
		if err := s.DeleteMessage(ctx, 1, talk[0].ID); err != nil {
			t.Error(err)
		}
		if a, _ = s.ByID(ctx, 1); a.Messages != 1 {
			t.Errorf("%d messages are counted, want 1", a.Messages)
		}
		if err := s.Delete(ctx, 1); err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{
			"removed again": s.Delete(ctx, 1), "written about": s.AddMessage(ctx, &abuse.Message{AbuseID: 1, Text: "hm", CreatedAt: at}, 2),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: got %v, want NotFound", name, err)
			}
		}
		if n, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT count(*) FROM abuse_messages`); err != nil || n != 0 {
			t.Errorf("%d messages are left, %v", n, err)
		}
	})
}
