package store

import (
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// manyFeeds makes the next feed one of many that are read, or the first for
// long.
func manyFeeds(s *Videos, many bool) {
	s.newestListed.forget()
	s.videoCards.forget()
	s.pages.forget()
	s.newestListed.asked, s.newestListed.since = 0, time.Time{}
	if many {
		s.newestListed.asked, s.newestListed.since = oftenFeeds, time.Now()
	}
}

// What is kept for many never shows what the same node has taken away.
func TestFeedsOfManyForgetWhatChanges(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 600); err != nil {
			t.Fatal(err)
		}
		s := &Videos{DB: db}
		for i := 1; i <= 3; i++ {
			mustFollow(t, Follows{DB: db, Videos: s}, personActor(1), channelActor(i))
		}
		first := func() *video.Video {
			t.Helper()
			s.newestListed.asked, s.newestListed.since = oftenFeeds, time.Now()
			list, total, err := s.List(t.Context(), feedOf(1, 5))
			if err != nil || len(list) != 5 || total < 5 {
				t.Fatalf("got %d of %d: %v", len(list), total, err)
			}
			if s.newestListed.list == nil {
				t.Fatal("the feed was not taken from what is kept")
			}
			return list[0]
		}
		for _, privacy := range []video.Privacy{video.Private, video.Unlisted, video.PasswordProtected} {
			v := first()
			v.Privacy = privacy
			if err := s.Update(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			if got := first(); got.ID == v.ID {
				t.Errorf("video %d is shown although it is %v", v.ID, privacy)
			}
		}
		v := first()
		v.Name = "another name"
		if err := s.Update(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if got := first(); got.ID != v.ID || got.Name != v.Name {
			t.Errorf("got %d %q, want %d %q", got.ID, got.Name, v.ID, v.Name)
		}
		if err := s.Delete(t.Context(), v.ID); err != nil {
			t.Fatal(err)
		}
		if got := first(); got.ID == v.ID {
			t.Error("a deleted video is shown")
		}
	})
}

// A card that another node has changed meanwhile is not shown where it must
// not be, once it is read again.
func TestCardsAreOfListedVideos(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		if err := filltest.Fill(t.Context(), db, 20); err != nil {
			t.Fatal(err)
		}
		s := &Videos{DB: db}
		for i, change := range []string{`privacy = 1`, `privacy = 4`, `privacy = 2`, `privacy = 3`, `privacy = 5`, `privacy = 1, state = 2`} {
			if _, err := db.Exec(t.Context(), `UPDATE videos SET `+change+` WHERE id = $1`, i+1); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // from the database, and from what is kept
			list, err := s.listedCards(t.Context(), []video.ID{6, 5, 4, 3, 2, 1, 4711})
			if err != nil || ids(list) != "2 1 " {
				t.Errorf("got %s, want 2 and 1; %v", ids(list), err)
			}
		}
	})
}

func TestPlainFeed(t *testing.T) {
	t.Parallel()
	yes := true
	for i, tt := range []struct {
		change        func(p *video.ListParams)
		hidden, plain bool
	}{
		{func(*video.ListParams) {}, true, true},
		{func(p *video.ListParams) { p.Start, p.Count, p.SkipCount, p.Sort = 4, 5, true, "-views" }, true, true},
		{func(p *video.ListParams) { p.NSFW = nil }, false, true},
		{func(p *video.ListParams) { p.NSFW, p.AnyNSFW = nil, true }, false, true},
		{func(p *video.ListParams) { p.NSFW = &yes }, false, false},
		{func(p *video.ListParams) { p.NSFWFlagsIncluded = 2 }, true, false},
		{func(p *video.ListParams) { p.NSFW, p.NSFWFlagsIncluded = nil, 2 }, false, true},
		{func(p *video.ListParams) { p.NSFW, p.NSFWFlagsExcluded = nil, 2 }, false, false},
		{func(p *video.ListParams) { p.Privacies = []video.Privacy{video.Public} }, false, false},
		{func(p *video.ListParams) { p.States = nil }, false, false},
		{func(p *video.ListParams) { p.Search = "x" }, true, false},
		{func(p *video.ListParams) { p.TagsOneOf = []string{"x"} }, true, false},
		{func(p *video.ListParams) { p.DurationMin = new(int) }, true, false},
		{func(p *video.ListParams) { p.IsLocal = &yes }, true, false},
		{func(p *video.ListParams) { p.Channel = 3 }, true, false},
	} {
		p := feedOf(1, 15)
		p.HideMuted = false
		tt.change(&p)
		if hidden, plain := plainFeed(p); plain != tt.plain || plain && hidden != tt.hidden {
			t.Errorf("%d: got %v %v, want %v %v", i, hidden, plain, tt.hidden, tt.plain)
		}
	}
}

// The places of some channels among the newest are those that going through all
// finds.
func TestPlacesAmongTheNewest(t *testing.T) {
	t.Parallel()
	list := make([]newestVideo, 500)
	for i := range list {
		list[i] = newestVideo{video.ID(1000 - i), actor.ChannelID(i * i % 97), i%7 == 0}
	}
	l := newNewestList(list)
	for _, ids := range [][]actor.ChannelID{{}, {0}, {1}, {96}, {3, 500}, {0, 1, 4, 9}, {2, 3, 5}} {
		set := &feedSet{ids: ids}
		for _, hidden := range []bool{false, true} {
			for _, wanted := range []int{1, 5, 50} {
				if got, want := l.of(set, hidden, wanted), l.along(set, hidden, wanted); !slices.Equal(got, want) {
					t.Errorf("%v, hidden %v, %d: got %v, want %v", ids, hidden, wanted, got, want)
				}
			}
		}
	}
}

func TestChannelIDs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"": 0, "7": 1, "30,4,500": 3} {
		ids, err := idsIn[actor.ChannelID](in)
		if err != nil || len(ids) != want {
			t.Errorf("%q: %v %v", in, ids, err)
		}
		slices.Sort(ids)
		set := feedSet{ids: ids}
		for _, id := range ids {
			if !set.follows(id) || set.follows(id+1) {
				t.Errorf("%q: %d is not found, or %d is", in, id, id+1)
			}
		}
	}
	if _, err := idsIn[actor.ChannelID]("1,x"); err == nil {
		t.Error("no error of what is no number")
	}
}
