package video_test

import (
	"context"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// told counts what other sites are told of.
type told int

func (n *told) VideoEdited(context.Context, *video.Video, *video.Video) error { *n++; return nil }
func (n *told) VideoDeleted(context.Context, *video.Video) error              { return nil }
func (n *told) VideoPlayerSet(context.Context, *video.Video) error            { return nil }

// A step changes a video; nil fields are not sent.
type chapterStep struct {
	name        string
	description *string
	set         *[]video.Chapter
	alone       bool // as PUT /videos/{id}/chapters
	want        string
}

func TestChaptersFollowTheDescription(t *testing.T) {
	t.Parallel()
	of := func(list ...video.Chapter) *[]video.Chapter { return &list }
	a, b, mine := video.Chapter{Title: "A"}, video.Chapter{Timecode: 5, Title: "B"}, video.Chapter{Timecode: 3, Title: "Mine"}
	first := new("0:00 A\n0:05 B\n99:00:00 After the end")
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 20); err != nil {
			t.Fatal(err)
		}
		videos, n := &store.Videos{DB: db}, new(told)
		s := &video.Service{Store: videos, InTx: db.InTx, Now: sqldb.Now, Events: n}
		alice := &user.User{ID: 1, AccountID: 1}
		for i, steps := range [][]chapterStep{
			{
				{"it has times now", first, nil, false, "0 A|5 B"},
				{"another text", nil, nil, false, "0 A|5 B"},
				{"other times", new("0:00 A\n0:07 C"), nil, false, "0 A|7 C"},
				{"the form sends back what it showed", new("0:00 D\n0:07 E"), of(a, video.Chapter{Timecode: 7, Title: "C"}), false, "0 D|7 E"},
				{"no times any more", new("Nothing"), nil, false, ""},
				{"times again, from a form without chapters", first, of(), false, "0 A|5 B"},
				{"no description", new(""), nil, false, ""},
			},
			{
				{"times", first, nil, false, "0 A|5 B"},
				{"a person sets others", nil, of(mine), true, "3 Mine"},
				{"other times", new("0:00 A\n0:07 C"), nil, false, "3 Mine"},
				{"with the form", new("0:00 A\n0:08 D"), of(mine), false, "3 Mine"},
				{"none is what was meant", nil, of(), true, ""},
				{"they do not come back", new("0:00 A\n0:09 E"), nil, false, ""},
				{"nor with the form", new("0:00 A\n0:10 F"), of(), false, ""},
			},
			{
				{"both at once", first, of(mine), false, "3 Mine"},
				{"the person's stay", new("0:00 A\n0:07 C"), nil, false, "3 Mine"},
			},
			{
				{"a person removes them in the form", first, nil, false, "0 A|5 B"},
				{"and changes the text", new("0:00 A\n0:06 B"), of(), false, ""},
			},
			{
				{"set before there are times", nil, of(b, a), true, "0 A|5 B"},
				{"not by this description", new("0:00 X\n0:02 Y"), nil, false, "0 A|5 B"},
			},
		} {
			ref := video.ByID(video.ID(i + 1))
			for _, step := range steps {
				before := *n
				err := func() error {
					if step.alone {
						return s.SetChapters(t.Context(), alice, ref, *step.set)
					}
					return s.Edit(t.Context(), alice, ref, video.Changes{Description: step.description, Chapters: step.set})
				}()
				if err != nil {
					t.Fatalf("%d, %s: %v", i, step.name, err)
				}
				list, err := videos.Chapters(t.Context(), ref.ID)
				if got := chapters(list); err != nil || got != step.want {
					t.Errorf("%d, %s: got %q, %v, want %q", i, step.name, got, err, step.want)
				}
				if *n != before+1 {
					t.Errorf("%d, %s: other sites are told %d times", i, step.name, *n-before)
				}
			}
		}
	})
}

// Videos of other sites have the chapters that their site tells, and lives
// none.
func TestOtherVideosHaveNoDescribedChapters(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	if err := filltest.Fill(t.Context(), db, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE videos SET is_live = (id = 1), remote = (id = 2)`); err != nil {
		t.Fatal(err)
	}
	videos := &store.Videos{DB: db}
	s := &video.Service{Store: videos, InTx: db.InTx, Now: sqldb.Now}
	c := video.Changes{Description: new("0:00 A\n0:05 B")}
	alice := &user.User{ID: 1, AccountID: 1}
	if err := s.Edit(t.Context(), alice, video.ByID(1), c); err != nil {
		t.Error(err)
	}
	if err := s.Edit(t.Context(), alice, video.ByID(2), c); errs.KindOf(err) == errs.Internal {
		t.Errorf("a video of another site: %v, want a refusal", err)
	}
	for id := range video.ID(2) {
		if list, err := videos.Chapters(t.Context(), id+1); err != nil || len(list) > 0 {
			t.Errorf("video %d: %v, %v", id+1, list, err)
		}
	}
}
