package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// uploader makes a user with a channel, and returns their ids.
func uploader(t *testing.T, db *sqldb.DB, name string, quota, daily int64) (user.ID, actor.ChannelID) {
	t.Helper()
	now := sqldb.Now()
	id, err := sqldb.Returning(t.Context(), db, sqldb.Value[user.ID], `
		INSERT INTO users (username, email, email_folded, password_hash, role, video_quota, video_quota_daily, feed_token, created_at, updated_at)
		VALUES ($1, $1, $1, '', 2, $2, $3, '', $4, $4) RETURNING id`, name, quota, daily, now)
	if err != nil {
		t.Fatal(err)
	}
	actors := store.Actors{DB: db}
	account := &actor.Account{Actor: actor.Actor{Type: actor.Person, Username: name, URL: "http://x/a/" + name, CreatedAt: now, UpdatedAt: now}, UserID: int64(id)}
	if err := actors.CreateAccount(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	ch := &actor.Channel{Actor: actor.Actor{Type: actor.Group, Username: name + "_channel", URL: "http://x/c/" + name, CreatedAt: now, UpdatedAt: now}, OwnerID: account.AccountID}
	if err := actors.CreateChannel(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	return id, ch.ChannelID
}

func newUpload(id string, who user.ID) *video.Upload {
	now := sqldb.Now()
	return &video.Upload{
		ID: id, UserID: int64(who), Kind: "video", Filename: "clip.mp4", MIMEType: "video/mp4", Size: 1000,
		Metadata: []byte(`{"UUID": "u-` + id + `", "Picture": "p-` + id + `"}`), State: video.UploadOpen,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(time.Hour),
	}
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if !errs.Is(err, want) {
		t.Errorf("%s: got %v, want kind %d", what, err, want)
	}
}

func TestUploadsAreWrittenByTheirLeaseOnly(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, now := t.Context(), store.Uploads{DB: db}, sqldb.Now()
		who, _ := uploader(t, db, "alice", -1, -1)
		up := newUpload("a", who)
		if err := s.Create(ctx, up); err != nil {
			t.Fatal(err)
		}
		wantKind(t, "Create again", s.Create(ctx, up), errs.Conflict)
		_, err := s.Lock(ctx, "none", "l1", now, now)
		wantKind(t, "Lock of no upload", err, errs.NotFound)

		got, err := s.Lock(ctx, "a", "l1", now, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(up, got); diff != "" {
			t.Errorf("Lock returned (-want +got):\n%s", diff)
		}
		_, err = s.Lock(ctx, "a", "l2", now.Add(59*time.Second), now.Add(time.Hour))
		wantKind(t, "Lock by a second one", err, errs.Locked)

		up.Size, up.Received, up.Ahead = 900, 10, []video.Span{{First: 20, End: 30}, {First: 40, End: 50}}
		up.State, up.Failure = video.UploadProcessing, "why"
		wantKind(t, "Save without the lease", s.Save(ctx, up, "l2", true), errs.Locked)
		if err := s.Save(ctx, up, "l1", false); err != nil {
			t.Fatal(err)
		}
		if got, err = s.ByID(ctx, "a"); err != nil || !cmp.Equal(up, got) {
			t.Errorf("Save then ByID: %v (-want +got):\n%s", err, cmp.Diff(up, got))
		}
		wantKind(t, "Renew without the lease", s.Renew(ctx, "a", "l2", now), errs.Locked)
		if err := s.Renew(ctx, "a", "l1", now.Add(2*time.Minute)); err != nil {
			t.Error(err)
		}
		if _, err = s.Lock(ctx, "a", "l3", now.Add(3*time.Minute), now.Add(4*time.Minute)); err != nil {
			t.Errorf("Lock after the lease ran out: %v", err)
		}
		wantKind(t, "Save by who lost it", s.Save(ctx, up, "l1", true), errs.Locked)
		if err := s.Unlock(ctx, "a", "l1"); err != nil {
			t.Error(err)
		}
		wantKind(t, "Renew by who lost it", s.Renew(ctx, "a", "l1", now), errs.Locked)
		if err := s.Unlock(ctx, "a", "l3"); err != nil {
			t.Error(err)
		}
		if _, err = s.Lock(ctx, "a", "l4", now, now); err != nil {
			t.Errorf("Lock after Unlock: %v", err)
		}
	})
}

func TestUploadsOneOfManyGetsTheLease(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, now := store.Uploads{DB: db}, sqldb.Now()
		who, _ := uploader(t, db, "alice", -1, -1)
		if err := s.Create(t.Context(), newUpload("a", who)); err != nil {
			t.Fatal(err)
		}
		const nodes = 8
		results := make(chan error, nodes)
		for n := range nodes {
			go func() {
				_, err := s.Lock(context.Background(), "a", fmt.Sprint("node", n), now, now.Add(time.Minute))
				results <- err
			}()
		}
		won := 0
		for range nodes {
			if err := <-results; err == nil {
				won++
			} else {
				wantKind(t, "Lock of the others", err, errs.Locked)
			}
		}
		if won != 1 {
			t.Errorf("%d got the lease, want 1", won)
		}
	})
}

func TestUploadsExpireAndAreRecovered(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, now := t.Context(), store.Uploads{DB: db}, sqldb.Now()
		who, _ := uploader(t, db, "alice", -1, -1)
		later := now.Add(2 * time.Hour)
		for _, id := range []string{"idle", "processing", "written"} {
			up := newUpload(id, who)
			if id == "processing" {
				up.State = video.UploadProcessing
			}
			if err := s.Create(ctx, up); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Lock(ctx, "written", "l", now, later.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if none, err := s.Expired(ctx, now, 10); err != nil || len(none) != 0 {
			t.Errorf("Expired at once: %v %v, want none", none, err)
		}
		expired, err := s.Expired(ctx, later, 10)
		if err != nil || len(expired) != 1 || expired[0].ID != "idle" {
			t.Errorf("Expired: %v %v, want idle", expired, err)
		}
		ids, err := s.Interrupted(ctx, now)
		if err != nil || !cmp.Equal(ids, []string{"processing"}) {
			t.Errorf("Interrupted: %v %v, want processing", ids, err)
		}
		if _, err := s.Lock(ctx, "processing", "l", now, now.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if ids, _ = s.Interrupted(ctx, now); len(ids) != 0 {
			t.Errorf("Interrupted while somebody works on it: %v", ids)
		}
		back := now.Add(-24 * time.Hour) // the clock is set back, and the writer is dead
		if ids, _ = s.Interrupted(ctx, back); len(ids) != 1 {
			t.Errorf("Interrupted a day before the lease: %v, want one", ids)
		}
		if _, err := s.Lock(ctx, "processing", "other", back, back.Add(time.Minute)); err != nil {
			t.Errorf("Lock a day before the lease of a dead writer: %v", err)
		}
		if _, err := s.Lock(ctx, "processing", "third", back, back.Add(time.Minute)); !errs.Is(err, errs.Locked) {
			t.Errorf("Lock of what somebody writes: got %v, want Locked", err)
		}
		if err := s.Release(ctx); err != nil {
			t.Fatal(err)
		}
		if ids, _ = s.Interrupted(ctx, now); len(ids) != 1 {
			t.Errorf("Interrupted after Release: %v, want one", ids)
		}
		files, err := s.Files(ctx)
		if err != nil || len(files) != 6 || !files["u-idle"] || !files["p-written"] {
			t.Errorf("Files: %v %v", files, err)
		}
		if err := s.Delete(ctx, "idle"); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, "idle"); err != nil {
			t.Errorf("Delete again: %v", err)
		}
		_, err = s.ByID(ctx, "idle")
		wantKind(t, "ByID after Delete", err, errs.NotFound)
	})
}

func TestUploadsQuota(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s, now := t.Context(), store.Uploads{DB: db}, sqldb.Now()
		who, channel := uploader(t, db, "alice", 1000, 500)
		other, _ := uploader(t, db, "bob", -1, -1)
		for n, at := range []time.Time{now, now.Add(-25 * time.Hour)} {
			uuid := video.NewUUID()
			v := &video.Video{UUID: uuid, URL: uuid, ChannelID: channel, Name: "v", Privacy: video.Public, State: video.ToTranscode, QuotaBytes: int64(100 * (n + 1)), CreatedAt: at}
			if err := (&store.Videos{DB: db}).Create(ctx, v); err != nil {
				t.Fatal(err)
			}
			if err := s.TakeQuota(ctx, who, v.QuotaBytes); err != nil {
				t.Fatal(err)
			}
			if err := s.AddSource(ctx, &video.Source{VideoID: v.ID, InputFilename: "clip.mp4", Width: 640, Height: 360, Resolution: 360, FPS: 25, Size: 100, CreatedAt: now}); err != nil {
				t.Fatal(err)
			}
		}
		for id, received := range map[string]int64{"this": 7, "that": 30} {
			up := newUpload(id, who)
			up.Received = received
			if err := s.Create(ctx, up); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Quota(ctx, who, now.Add(-24*time.Hour), "this")
		want := video.UploadQuota{Total: 1000, Daily: 500, Used: 300, UsedToday: 100, Pending: 30}
		if err != nil || got != want {
			t.Errorf("Quota: %+v %v, want %+v", got, err, want)
		}
		wantKind(t, "TakeQuota of too much", s.TakeQuota(ctx, who, 701), errs.TooLarge)
		if err := s.TakeQuota(ctx, who, 700); err != nil {
			t.Errorf("TakeQuota of the rest: %v", err)
		}
		if err := s.TakeQuota(ctx, other, 1<<50); err != nil {
			t.Errorf("TakeQuota without bound: %v", err)
		}
		for _, tt := range []struct {
			who  user.ID
			want bool
		}{{who, true}, {other, false}} {
			if got, err := s.OwnsChannel(ctx, tt.who, channel); err != nil || got != tt.want {
				t.Errorf("OwnsChannel: %v %v, want %v", got, err, tt.want)
			}
		}
	})
}
