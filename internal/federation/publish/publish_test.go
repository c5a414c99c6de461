package publish_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/publish"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
	"sepiola/internal/storage/store/filltest"
)

var site = instance.Site{Scheme: "https", Host: "bench.example"}

// What is served of documents is tested with the addresses that serve them, in
// server/fed; this is what only those see who send them.

func each(t *testing.T, test func(t *testing.T, db *sqldb.DB, d *publish.Documents)) {
	t.Helper()
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := filltest.Fill(t.Context(), db, 2); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `UPDATE videos SET privacy = 1, comments = 0`); err != nil {
			t.Fatal(err)
		}
		videos := &store.Videos{DB: db}
		test(t, db, &publish.Documents{
			Actors: store.Actors{DB: db}, Videos: videos, Comments: &store.Comments{DB: db, Videos: videos},
			Playlists: store.Playlists{DB: db, Videos: videos}, Site: site,
		})
	})
}

func TestOnlyPublicAndPublishedVideosAreToldOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		v    video.Video
		told bool
	}{
		{"public", video.Video{Privacy: video.Public, State: video.Published}, true},
		{"a live that begins", video.Video{Privacy: video.Public, State: video.WaitingForLive}, true},
		{"a live that ended", video.Video{Privacy: video.Public, State: video.LiveEnded}, true},
		{"unlisted", video.Video{Privacy: video.Unlisted, State: video.Published}, false},
		{"private", video.Video{Privacy: video.Private, State: video.Published}, false},
		{"internal", video.Video{Privacy: video.InternalOnly, State: video.Published}, false},
		{"with a password", video.Video{Privacy: video.PasswordProtected, State: video.Published}, false},
		{"not published yet", video.Video{Privacy: video.Public, State: video.ToTranscode}, false},
		{"of another site", video.Video{Privacy: video.Public, State: video.Published, Remote: true}, false},
	} {
		if got := publish.Federated(&tt.v); got != tt.told {
			t.Errorf("%s: told %t, want %t", tt.name, got, tt.told)
		}
	}
}

// say adds a comment; one of the second video is of another site's.
func say(t *testing.T, d *publish.Documents, c *comment.Comment) *comment.Comment {
	t.Helper()
	kept := d.Comments.(*store.Comments)
	c.OwnerID, c.CreatedAt, c.UpdatedAt = 1, sqldb.Now(), sqldb.Now()
	if err := kept.Add(t.Context(), c, func(id comment.ID) string { return comment.URL(site, filltest.UUID(int(c.VideoID)), id) }); err != nil {
		t.Fatal(err)
	}
	full, err := kept.ByID(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return full
}

func TestWhatAnotherSiteOwnsIsThere(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, d *publish.Documents) {
		const theirs = "https://far.test/v/1"
		if _, err := db.Exec(t.Context(), `UPDATE videos SET remote = TRUE, url = $1 WHERE id = 2`, theirs); err != nil {
			t.Fatal(err)
		}
		_, _, err := d.Video(t.Context(), video.ByID(2))
		if got := publish.Elsewhere(fmt.Errorf("read it: %w", err)); got != theirs {
			t.Errorf("their video: %v, is at %q", err, got)
		}
		for _, err := range []error{nil, errors.New("x"), errs.New(errs.NotFound, "x")} {
			if got := publish.Elsewhere(err); got != "" {
				t.Errorf("%v is at %q", err, got)
			}
		}
		// What somebody of this site says there has a document here, and
		// needs no approval of ours.
		c := say(t, d, &comment.Comment{VideoID: 2, AccountID: 1, Text: "Hello there"})
		doc, _, err := d.Comment(t.Context(), video.ByID(2), c.ID)
		if err != nil || doc.ID() != c.URL || doc["inReplyTo"] != theirs || doc["replyApproval"] != nil {
			t.Errorf("our comment there: %v %v", doc, err)
		}
		if _, _, err := d.Comment(t.Context(), video.ByID(1), c.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("under another video: %v, want NotFound", err)
		}
	})
}

// All whom a thread belongs to are named, each once.
func TestAnswersNameTheAuthorsAbove(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB, d *publish.Documents) {
		far := &actor.Account{Actor: actor.Actor{
			Type: actor.Person, Username: "bob", Host: "far.test", URL: "https://far.test/u/bob", InboxURL: "https://far.test/u/bob/inbox",
			CreatedAt: sqldb.Now(), UpdatedAt: sqldb.Now(),
		}, DisplayName: "Bob"}
		if err := (store.Actors{DB: db}).CreateAccount(t.Context(), far); err != nil {
			t.Fatal(err)
		}
		c := say(t, d, &comment.Comment{VideoID: 1, AccountID: 1, Text: "thread"})
		for i := range 3 {
			by := far.AccountID
			if i == 1 {
				by = 1
			}
			c = say(t, d, &comment.Comment{VideoID: 1, AccountID: by, ReplyTo: c.ID, Text: "answer"})
		}
		last := say(t, d, &comment.Comment{VideoID: 1, AccountID: 1, ReplyTo: c.ID, Text: "the last"})
		v, err := d.Videos.Details(t.Context(), video.ByID(1))
		if err != nil {
			t.Fatal(err)
		}
		note, err := d.Note(t.Context(), last, v)
		if err != nil {
			t.Fatal(err)
		}
		if note["inReplyTo"] != c.URL || fmt.Sprint(note["tag"]) != "[map[href:https://far.test/u/bob name:@bob@far.test type:Mention] map[href:https://bench.example/accounts/person1 name:@person1@bench.example type:Mention]]" {
			t.Errorf("in reply to %v, tags %v", note["inReplyTo"], note["tag"])
		}
	})
}

// brokenKeys cannot read any key.
type brokenKeys struct{ publish.Actors }

func (brokenKeys) Keys(context.Context, actor.ID) (actor.Keys, error) {
	return actor.Keys{}, errors.New("the disk is gone")
}

// An actor without a key would be believed to have none any more.
func TestNoActorIsToldOfWithoutItsKey(t *testing.T) {
	each(t, func(t *testing.T, _ *sqldb.DB, d *publish.Documents) {
		d.Actors = brokenKeys{d.Actors}
		if _, _, err := d.Account(t.Context(), "person1"); err == nil {
			t.Error("an account without its key")
		}
		if _, _, err := d.Channel(t.Context(), "person1_channel"); err == nil {
			t.Error("a channel without its key")
		}
	})
}
