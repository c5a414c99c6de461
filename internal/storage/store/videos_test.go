package store_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

// eachVideos runs a test on each database with n videos in it.
func eachVideos(t *testing.T, n int, test func(t *testing.T, db *sqldb.DB, s *store.Videos)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, n); err != nil {
			t.Fatal(err)
		}
		videos := &store.Videos{DB: db}
		if err := videos.KeepDetails(t.Context()); err != nil { // as the site has it
			t.Fatal(err)
		}
		test(t, db, videos)
	})
}

func aVideo() *video.Video {
	uuid, at := video.NewUUID(), sqldb.Now()
	return &video.Video{
		UUID: uuid, URL: "https://here.example/videos/watch/" + uuid, ChannelID: 1, Name: "Ünder the Sea", Description: "d", Support: "s",
		Category: 3, Licence: 2, Language: "fr", Tags: []string{"zwei", "Eins"}, Privacy: video.Public, State: video.ToTranscode,
		NSFW: true, NSFWFlags: 2, NSFWSummary: "waves", Duration: 12, AspectRatio: 1.7778, CommentsPolicy: video.CommentsRequiresApproval,
		DownloadEnabled: true, WaitTranscoding: true, EmbedPrivacyPolicy: 1, FilesSize: 5, QuotaBytes: 7, OriginallyPublishedAt: &at,
		PublishedAt: at, CreatedAt: at, UpdatedAt: at, Schedule: &video.ScheduleUpdate{UpdateAt: at, Privacy: video.Unlisted},
	}
}

func channelCount(t *testing.T, db *sqldb.DB) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), db, sqldb.Value[int], `SELECT videos_count FROM video_channels WHERE id = 1`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVideosComeBackAsTheyWent(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, _ *sqldb.DB, s *store.Videos) {
		want := aVideo()
		if err := s.Create(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		for _, ref := range []video.Ref{video.ByID(want.ID), video.ByUUID(want.UUID)} {
			bare, err := s.ByRef(t.Context(), ref)
			if err == nil {
				err = s.Load(t.Context(), bare)
			}
			if err != nil {
				t.Fatal(err)
			}
			whole, err := s.Details(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if whole.Details == nil || *whole.Details != (video.Details{ReadAt: whole.Details.ReadAt}) {
				t.Errorf("details: %+v, want that nothing belongs to it", whole.Details)
			}
			ignore := cmpopts.IgnoreFields(video.Video{}, "Channel", "Details")
			if diff := cmp.Diff(want, bare, ignore); diff != "" {
				t.Errorf("ByRef and Load: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(want, whole, ignore); diff != "" {
				t.Errorf("Details: -want +got:\n%s", diff)
			}
			if whole.Channel.Username != "person1_channel" || whole.Channel.Owner.Username != "person1" || len(whole.Channel.Avatars) != 4 {
				t.Errorf("channel: got %+v", whole.Channel)
			}
		}
		if err := s.Create(t.Context(), want); !errs.Is(err, errs.Conflict) {
			t.Errorf("the same UUID again: got %v, want Conflict", err)
		}
		for _, ref := range []video.Ref{video.ByID(999), video.ByUUID(video.NewUUID())} {
			if _, err := s.ByRef(t.Context(), ref); !errs.Is(err, errs.NotFound) {
				t.Errorf("ByRef of no video: got %v, want NotFound", err)
			}
			if _, err := s.Details(t.Context(), ref); !errs.Is(err, errs.NotFound) {
				t.Errorf("Details of no video: got %v, want NotFound", err)
			}
		}
	})
}

func TestChannelsCountWhatIsPublished(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, db *sqldb.DB, s *store.Videos) {
		v, before := aVideo(), channelCount(t, db)
		check := func(step string, want int) {
			t.Helper()
			if got := channelCount(t, db) - before; got != want {
				t.Errorf("%s: counted %d, want %d", step, got, want)
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(s.Create(t.Context(), v))
		check("uploaded", 0)
		at := sqldb.Now().Add(time.Hour)
		done, err := s.SetState(t.Context(), v.ID, video.ToTranscode, video.Published, &at)
		must(err)
		check("published", 1)
		again, err := s.SetState(t.Context(), v.ID, video.ToTranscode, video.Published, &at)
		must(err)
		check("published twice", 1)
		if !done || again {
			t.Errorf("SetState: got %v then %v, want true then false", done, again)
		}
		got, err := s.ByRef(t.Context(), video.ByID(v.ID))
		must(err)
		if !got.PublishedAt.Equal(at) {
			t.Errorf("published at %v, want %v", got.PublishedAt, at)
		}
		got.Privacy = video.Private
		must(s.Update(t.Context(), got))
		check("hidden", 0)
		got.Privacy = video.Public
		must(s.Update(t.Context(), got))
		check("shown", 1)
		must(s.Delete(t.Context(), v.ID))
		check("deleted", 0)
		if err := s.Delete(t.Context(), v.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("delete again: got %v, want NotFound", err)
		}
	})
}

func TestOfManyWhoPublishOneDoes(t *testing.T) {
	eachVideos(t, 1, func(t *testing.T, db *sqldb.DB, s *store.Videos) {
		v, before := aVideo(), channelCount(t, db)
		if err := s.Create(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		var done atomic.Int32
		for range 4 {
			group.Go(func() {
				ok, err := s.SetState(t.Context(), v.ID, video.ToTranscode, video.Published, nil)
				if err != nil {
					t.Error(err)
				}
				if ok {
					done.Add(1)
				}
			})
		}
		group.Wait()
		if done.Load() != 1 || channelCount(t, db)-before != 1 {
			t.Errorf("%d published it, the channel counts %d more", done.Load(), channelCount(t, db)-before)
		}
	})
}

func TestVideosListFollowsChanges(t *testing.T) {
	eachVideos(t, 400, func(t *testing.T, db *sqldb.DB, s *store.Videos) {
		p := video.ListParams{Count: 10, Sort: "-publishedAt"}
		p.Privacies, p.States = []video.Privacy{video.Public}, []video.State{video.Published}
		list, total, err := s.List(t.Context(), p)
		if err != nil || len(list) != 10 || len(list[0].Thumbnails) != 4 || list[0].Channel.Owner == nil {
			t.Fatalf("got %d of %d, %v", len(list), total, err)
		}
		seen := map[video.ID]bool{}
		for p.Start = 0; p.Start < total; p.Start += 100 {
			p.Count = 100
			page, _, err := s.List(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page {
				seen[v.ID] = true
			}
		}
		if len(seen) != total {
			t.Errorf("all pages hold %d videos of %d", len(seen), total)
		}
		p.Start, p.Count = 0, 10
		if err := s.Delete(t.Context(), list[0].ID); err != nil {
			t.Fatal(err)
		}
		after, left, err := s.List(t.Context(), p)
		if err != nil || left != total-1 || after[0].ID != list[1].ID {
			t.Errorf("after deleting the first: total %d, want %d, %v", left, total-1, err)
		}
		p.Search = "SQUID boats"
		if _, n, err := s.List(t.Context(), p); err != nil || n != 0 {
			t.Errorf("no video is about both: got %d, %v", n, err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET category = $1 WHERE id = 5`, 0xD802); err != nil {
			t.Fatal(err)
		}
		for n, want := range map[int]int{0xD800: 0, 0xD802: 1, 0xD803: 0} { // no two questions share an answer
			q := video.ListParams{Count: 1}
			q.Categories = []int{n}
			if list, _, err := s.List(t.Context(), q); err != nil || len(list) != want {
				t.Errorf("category %d: got %d, %v; want %d", n, len(list), err, want)
			}
		}
		for _, tags := range [][]string{{"tag 1"}, {"tag 1", "tag 133"}, {"tag 1 tag", "133"}} {
			q := video.ListParams{Count: 10}
			q.TagsAllOf = tags
			if _, n, err := s.List(t.Context(), q); err != nil || (n > 0) != (tags[0] == "tag 1" && len(tags) == 1) {
				t.Errorf("tags %q: got %d, %v", tags, n, err)
			}
		}
		for sort := range strings.FieldsSeq("name -name duration -views likes -originallyPublishedAt -hot best trending -createdAt comments localVideoFilesSize -match") {
			p.Search, p.Sort = "squid", video.Sort(sort)
			if list, n, err := s.List(t.Context(), p); err != nil || n == 0 || len(list) != min(n, 10) {
				t.Errorf("sorted by %s: %d of %d, %v", sort, len(list), n, err)
			}
		}
	})
}

func TestPartsOfVideos(t *testing.T) {
	eachVideos(t, 2, func(t *testing.T, db *sqldb.DB, s *store.Videos) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(s.SetPasswords(ctx, 1, []string{"one", "two"}))
		first, err := s.Passwords(ctx, 1)
		must(err)
		must(s.SetPasswords(ctx, 1, []string{"two", "three"}))
		second, err := s.Passwords(ctx, 1)
		must(err)
		if len(first) != 2 || len(second) != 2 || !keptID(second, "two", first) {
			t.Errorf("passwords: got %+v then %+v", first, second)
		}
		c := video.Caption{VideoID: 1, Language: "fr", Filename: "a-fr.vtt", UpdatedAt: sqldb.Now()}
		old, err := s.PutCaption(ctx, c)
		must(err)
		c.Filename = "b-fr.vtt"
		replaced, err := s.PutCaption(ctx, c)
		must(err)
		if old != nil || replaced == nil || replaced.Filename != "a-fr.vtt" {
			t.Errorf("captions replaced: got %v, then %v", old, replaced)
		}
		if _, err := s.DeleteCaption(ctx, 1, "de"); !errs.Is(err, errs.NotFound) {
			t.Errorf("delete no caption: got %v, want NotFound", err)
		}
		must(s.SetChapters(ctx, 1, []video.Chapter{{Timecode: 5, Title: "b"}, {Timecode: 0, Title: "a"}}))
		chapters, err := s.Chapters(ctx, 1)
		must(err)
		if diff := cmp.Diff([]video.Chapter{{Title: "a"}, {Timecode: 5, Title: "b"}}, chapters); diff != "" {
			t.Errorf("chapters: -want +got:\n%s", diff)
		}
		for name, err := range map[string]error{
			"storyboard": errOf(s.Storyboard(ctx, 1)), "source": errOf(s.Source(ctx, 1)), "metadata": errOf(s.FileMetadata(ctx, 1, 999)),
			"file": errOf(s.OfFile(ctx, "nope.mp4")), "file without name": errOf(s.OfFile(ctx, "")), "channel": errOf(s.Channel(ctx, 999)),
		} {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("%s of nothing: got %v, want NotFound", name, err)
			}
		}
		if id, err := s.OfFile(ctx, "f-2-720-fragmented.mp4"); err != nil || id != 2 {
			t.Errorf("OfFile: got %d, %v", id, err)
		}
		must(s.DeleteFiles(ctx, 1, true, nil))
		v, err := s.Details(ctx, video.ByID(1))
		must(err)
		if v.Playlist != nil || len(v.Files) != 0 || v.FilesSize != 0 {
			t.Errorf("files are left: %+v", v.Files)
		}
		must(s.GiveBackQuota(ctx, user.ID(1), 300))
		if n, err := sqldb.One(ctx, db, sqldb.Value[int], `SELECT video_quota_used FROM users WHERE id = 1`); err != nil || n != -300 {
			t.Errorf("quota: got %d, %v", n, err)
		}
	})
}

// errOf is the error of a call.
func errOf[T any](_ T, err error) error { return err }

// keptID reports whether a password kept its number.
func keptID(list []video.Password, password string, before []video.Password) bool {
	for _, p := range list {
		for _, b := range before {
			if p.Password == password && b.Password == password {
				return p.ID == b.ID
			}
		}
	}
	return false
}
