package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/store"
)

var updateComments = flag.Bool("update-comments", false, "rewrite the golden files of comments, ratings and mutes")

// commentSite is videoSite with what people say of its videos.
type commentSite struct {
	*videoSite
	svc     *comment.Service
	rates   *video.Rates
	blocks  *user.Blocks
	told    []string // by events
	queued  [][2]actor.AccountID
	limited bool
	log     bytes.Buffer
}

func (s *commentSite) CommentPublished(_ context.Context, c *comment.Comment, v *video.Video) error {
	s.told = append(s.told, fmt.Sprintf("published %d of %s by %s, held %v, approved %v", c.ID, v.Name, c.Account.Username, c.HeldForReview, c.JustApproved))
	return nil
}

func (s *commentSite) CommentDeleted(_ context.Context, c *comment.Comment, v *video.Video) error {
	s.told = append(s.told, fmt.Sprintf("deleted %d of %s: %s", c.ID, v.Name, c.Text))
	return nil
}

func (s *commentSite) VideoRated(_ context.Context, r video.Rate, before video.RateType, v *video.Video) error {
	s.told = append(s.told, fmt.Sprintf("rated %s: %s, before %s, %s", v.Name, r.Type, before, r.URL))
	return nil
}

func (s *commentSite) RemoveComments(_ context.Context, of, owner actor.AccountID) error {
	s.queued = append(s.queued, [2]actor.AccountID{of, owner})
	return nil
}

func (s *commentSite) Act(context.Context, string, user.ID, user.Rate) error {
	if s.limited {
		return errs.New(errs.TooMany, "Too many requests, please try again later.")
	}
	return nil
}

func newCommentSite(t testing.TB) *commentSite {
	t.Helper()
	s := &commentSite{videoSite: newVideoSite(t)}
	site, actors := instance.Site{Scheme: "http", Host: "localhost:9000"}, store.Actors{DB: s.db}
	s.addPerson(4, "mod")
	s.people["mod"].Role = user.Moderator
	if err := actors.CreateInstance(t.Context(), actor.NewInstance(site, actor.Keys{}, s.now)); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return s.now }
	directory := &actor.Directory{Store: actors, Site: site}
	s.blocks = &user.Blocks{Store: store.Blocks{DB: s.db}, Accounts: directory, Site: site, Now: now}
	s.svc = &comment.Service{
		Store: &store.Comments{DB: s.db, Videos: s.store}, Videos: s.videoSite.svc, AllVideo: s.store, Accounts: directory,
		Blocks: s.blocks, Limits: s, Queue: s, Events: s, Site: site, InTx: s.db.InTx, Now: func() time.Time {
			s.now = s.now.Add(time.Second)
			return s.now
		},
	}
	s.rates = &video.Rates{
		Store: store.Rates{DB: s.db, Videos: s.store}, Videos: s.videoSite.svc, Accounts: directory, Events: s, InTx: s.db.InTx, Now: now,
		AccountURL: func(ctx context.Context, id actor.AccountID) (string, error) {
			a, err := actors.Account(ctx, id)
			return a.URL, err
		},
	}
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Comments{Comments: s.svc, Site: site}).Mount(rt)
	(&Rates{Rates: s.rates, Site: site}).Mount(rt)
	(&Blocklist{Blocks: s.blocks, Account: actors.Account, Instance: actors.Instance, Site: site}).Mount(rt)
	s.router = rt
	return s
}

// do asks as somebody and writes it down under a note.
func (s *commentSite) do(note, who, method, path, body string, header ...string) map[string]any {
	s.t.Helper()
	w := s.call(who, method, path, body, header...)
	fmt.Fprintf(&s.log, "### %s\n%s %s %s\n\n%d %s\n", note, method, path, body, w.Code, w.Header().Get("Content-Type"))
	var out bytes.Buffer
	if json.Indent(&out, w.Body.Bytes(), "", " ") != nil {
		out.Reset()
		out.Write(w.Body.Bytes())
	}
	fmt.Fprintf(&s.log, "\n%s\n\n", &out)
	var m map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &m) // no body, no map
	return m
}

func (s *commentSite) golden(name string) {
	s.t.Helper()
	file := filepath.Join("testdata", "comments", name+".golden")
	if *updateComments {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(file, s.log.Bytes(), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), s.log.String()); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The order of the exchanges is that of PeerTube's sample.
func TestCommentsArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	const at = "/videos/" + publicUUID
	s.do("create thread", "bob", "POST", at+"/comment-threads", `{"text":"Nice *video* @alice"}`)
	s.do("reply", "alice", "POST", at+"/comments/1", `{"text":"thanks"}`)
	s.do("reply to the reply", "bob", "POST", at+"/comments/2", `{"text":"  you are welcome\r\n "}`)
	s.do("list", "", "GET", at+"/comment-threads", "")
	s.do("tree", "", "GET", at+"/comment-threads/1", "")
	s.do("empty text", "bob", "POST", at+"/comment-threads", `{"text":""}`)
	s.do("no text", "bob", "POST", at+"/comment-threads", `{}`)
	s.do("null for a text", "bob", "POST", at+"/comment-threads", `{"text":null}`)
	s.do("not a thread", "", "GET", at+"/comment-threads/2", "")
	s.do("unknown thread", "", "GET", at+"/comment-threads/9999", "")
	s.do("what is no number", "", "GET", at+"/comment-threads/hello", "")
	s.do("thread of another video", "", "GET", "/videos/5a0a0a0a-0000-4000-8000-000000000000/comment-threads/1", "")
	s.do("wrong sort", "", "GET", at+"/comment-threads?sort=likes", "")
	s.do("delete by a stranger", "mallory", "DELETE", at+"/comments/2", "")
	s.people["carol"] = &user.User{ID: 9, Username: "carol", Role: user.Member, AccountID: 9}
	s.do("delete by another", "carol", "DELETE", at+"/comments/2", "")
	s.do("replies, of 8.3", "", "GET", at+"/comments/1/replies?count=1", "")
	s.do("delete", "alice", "DELETE", at+"/comments/2", "")
	s.do("delete again", "alice", "DELETE", at+"/comments/2", "")
	s.do("reply to a deleted one", "bob", "POST", at+"/comments/2", `{"text":"hello?"}`)
	s.do("tree with a deleted comment", "", "GET", at+"/comment-threads/1", "")
	s.do("admin list", "root", "GET", "/videos/comments?count=3", "")
	s.do("admin list by a member", "bob", "GET", "/videos/comments", "")
	s.do("my videos comments", "alice", "GET", "/users/me/videos/comments?count=1&sort=-publishedAt", "")
	s.do("of the videos of others", "bob", "GET", "/users/me/videos/comments", "")
	s.do("of a video of others", "bob", "GET", "/users/me/videos/comments?videoId="+publicUUID, "")
	s.do("anonymous", "", "POST", at+"/comment-threads", `{"text":"x"}`)
	s.do("approve a comment not held", "alice", "POST", at+"/comments/1/approve", `{}`)
	s.do("the last reply goes, and the empty place with it", "root", "DELETE", at+"/comments/3", "")
	s.do("tree without replies", "", "GET", at+"/comment-threads/1", "")
	s.do("the thread goes", "bob", "DELETE", at+"/comments/1", "")
	s.do("an empty list", "", "GET", at+"/comment-threads", "")
	s.do("a tree that went", "", "GET", at+"/comment-threads/1", "")
	s.golden("comments")
	want := []string{
		"published 1 of First video by bob, held false, approved false", "published 2 of First video by alice, held false, approved false",
		"published 3 of First video by bob, held false, approved false", "deleted 2 of First video: thanks", "deleted 3 of First video: you are welcome",
		"deleted 1 of First video: Nice *video* @alice",
	}
	if diff := cmp.Diff(want, s.told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestRatingsArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	const at = "/videos/" + publicUUID
	s.do("like", "bob", "PUT", at+"/rate", `{"rating":"like"}`)
	s.do("bad rating", "bob", "PUT", at+"/rate", `{"rating":"love"}`)
	s.do("no rating", "bob", "PUT", at+"/rate", `{}`)
	s.do("rate anonymous", "", "PUT", at+"/rate", `{"rating":"like"}`)
	s.do("rating", "bob", "GET", "/users/me/videos/1/rating", "")
	s.do("rating of nothing", "bob", "GET", "/users/me/videos/99/rating", "")
	s.do("ratings", "bob", "GET", "/accounts/bob/ratings", "")
	s.do("ratings of others", "bob", "GET", "/accounts/alice/ratings", "")
	s.do("wrong rating", "bob", "GET", "/accounts/bob/ratings?rating=none", "")
	s.do("dislikes only", "root", "GET", "/accounts/bob/ratings?rating=dislike", "")
	s.do("take it back", "bob", "PUT", at+"/rate", `{"rating":"none"}`)
	s.do("rating none", "bob", "GET", "/users/me/videos/1/rating", "")
	s.golden("ratings")
	want := []string{
		"rated First video: like, before none, http://localhost:9000/accounts/bob/likes/1", "rated First video: none, before like, ",
	}
	if diff := cmp.Diff(want, s.told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestHeldCommentsAreApproved(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	s.exec(`UPDATE videos SET comments_policy = 3 WHERE id = 1`)
	s.do("held", "bob", "POST", "/videos/1/comment-threads", `{"text":"first"}`)
	s.do("the owner is not held", "alice", "POST", "/videos/1/comment-threads", `{"text":"mine"}`)
	s.do("nor are moderators", "mod", "POST", "/videos/1/comment-threads", `{"text":"theirs"}`)
	for _, tt := range []struct {
		who  string
		want float64
	}{{"", 2}, {"bob", 3}, {"alice", 3}, {"mod", 3}, {"carol", 2}} {
		if got := s.do("list for "+tt.who, tt.who, "GET", "/videos/1/comment-threads?count=0", ""); got["total"] != tt.want || got["totalNotDeletedComments"] != tt.want {
			t.Errorf("%q sees %v threads and %v comments, want %v", tt.who, got["total"], got["totalNotDeletedComments"], tt.want)
		}
	}
	s.do("a held one to others", "", "GET", "/videos/1/comment-threads/1", "")
	s.do("answered by others", "root", "POST", "/videos/1/comments/1", `{"text":"x"}`)
	s.do("approve by its author", "bob", "POST", "/videos/1/comments/1/approve", "{}")
	s.do("the owner's queue", "alice", "GET", "/users/me/videos/comments?isHeldForReview=true", "")
	s.do("approve", "alice", "POST", "/videos/1/comments/1/approve", "{}")
	s.do("to all", "", "GET", "/videos/1/comment-threads?count=1&sort=createdAt", "")
	s.do("approve again", "alice", "POST", "/videos/1/comments/1/approve", "{}")
	s.exec(`UPDATE videos SET comments_policy = 2 WHERE id = 1`)
	s.do("disabled", "bob", "POST", "/videos/1/comment-threads", `{"text":"x"}`)
	s.do("disabled list", "", "GET", "/videos/1/comment-threads", "")
	s.do("disabled tree", "", "GET", "/videos/1/comment-threads/1", "")
	s.golden("held")
	if got := s.told[len(s.told)-1]; got != "published 1 of First video by bob, held false, approved true" {
		t.Errorf("approval was told as %q", got)
	}
}

// The owner of the videos and moderators are answered alike.
func TestListsOfCommentsCanBeOfWhatIsHeld(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	s.exec(`UPDATE videos SET comments_policy = 3 WHERE id = 1`)
	s.do("held", "bob", "POST", "/videos/1/comment-threads", `{"text":"first"}`)
	s.do("not held", "alice", "POST", "/videos/1/comment-threads", `{"text":"second"}`)
	for who, list := range map[string]string{"alice": "/users/me/videos/comments", "mod": "/videos/comments"} {
		for query, want := range map[string]string{
			"": "second first", "?isHeldForReview=true": "first", "?isHeldForReview=false": "second", "?isHeldForReview=true&search=second": "",
			"?isHeldForReview=true&videoChannelId=101": "first", "?isHeldForReview=true&searchAccount=bob&count=1": "first",
		} {
			var found struct {
				Total int
				Data  []struct {
					Text          string
					HeldForReview bool
				}
			}
			w := s.call(who, "GET", list+query, "")
			if err := json.Unmarshal(w.Body.Bytes(), &found); err != nil {
				t.Fatalf("%s%s: %d, %v", list, query, w.Code, err)
			}
			var got []string
			for _, c := range found.Data {
				got = append(got, c.Text)
				if c.HeldForReview != (c.Text == "first") {
					t.Errorf("%s%s: %q is held: %v", list, query, c.Text, c.HeldForReview)
				}
			}
			if text := strings.Join(got, " "); text != want || found.Total != len(got) {
				t.Errorf("%s%s: %q, %d in all, want %q", list, query, text, found.Total, want)
			}
		}
		if w := s.call(who, "GET", list+"?isHeldForReview=perhaps", ""); w.Code != 400 {
			t.Errorf("%s, held perhaps: %d, want 400", list, w.Code)
		}
	}
}

// The id of a comment is of this site: others ask there for it, and believe
// nobody else.
func TestCommentOnAVideoOfAnotherSiteHasItsOwnID(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	s.exec(`UPDATE videos SET remote = TRUE, url = $1 WHERE id = 1`, "https://far.example/videos/watch/"+publicUUID)
	s.do("comment", "bob", "POST", "/videos/"+publicUUID+"/comment-threads", `{"text":"hello"}`)
	c, err := s.svc.Store.ByID(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "http://localhost:9000/videos/watch/" + publicUUID + "/comments/1"; c.URL != want {
		t.Errorf("the comment is %s, want %s", c.URL, want)
	}
}

// Each read and write of comments and ratings, with each privacy.
func TestCommentsAreAsPrivateAsTheirVideo(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	for id := 1; id <= 5; id++ {
		s.exec(`INSERT INTO comments (video_id, owner_id, account_id, url, text, created_at, updated_at) VALUES ($1, 1, 1, $2, 'a secret word', $3, $3)`,
			id, fmt.Sprint("http://localhost:9000/c/", id), s.now)
		s.exec(`UPDATE videos SET comments = 1, comment_threads = 1 WHERE id = $1`, id)
	}
	pw := []string{"x-peertube-video-password", "first-pw"}
	for _, tt := range []struct {
		name, video  string
		thread       int
		nobody, bob  int
		withPassword int
	}{
		{"public", publicUUID, 1, 200, 200, 200},
		{"private", privateUUID, 2, 401, 403, 401},
		{"protected", protectedUUID, 3, 403, 403, 200},
		{"internal", internalUUID, 4, 401, 200, 401},
		{"unlisted by uuid", unlistedUUID, 5, 200, 200, 200},
		{"unlisted by number", "5", 5, 401, 403, 401},
	} {
		for _, path := range []string{"/comment-threads", fmt.Sprintf("/comment-threads/%d", tt.thread), fmt.Sprintf("/comments/%d/replies", tt.thread)} {
			for _, by := range []struct {
				who    string
				want   int
				header []string
			}{{"", tt.nobody, nil}, {"bob", tt.bob, nil}, {"alice", 200, nil}, {"root", 200, nil}, {"", tt.withPassword, pw}} {
				w := s.call(by.who, "GET", "/videos/"+tt.video+path, "", by.header...)
				if w.Code != by.want {
					t.Errorf("%s%s to %q %v: got %d, want %d", tt.name, path, by.who, by.header, w.Code, by.want)
				}
				if by.want != 200 && strings.Contains(w.Body.String(), "secret") {
					t.Errorf("%s%s to %q tells %s", tt.name, path, by.who, w.Body)
				}
			}
		}
		for _, write := range []struct{ method, path, body string }{
			{"POST", "/comment-threads", `{"text":"hello"}`},
			{"POST", fmt.Sprintf("/comments/%d", tt.thread), `{"text":"hello"}`},
			{"PUT", "/rate", `{"rating":"like"}`},
		} {
			want := tt.bob
			if write.method == "PUT" && want == 200 {
				want = 204
			}
			if w := s.call("bob", write.method, "/videos/"+tt.video+write.path, write.body); w.Code != want {
				t.Errorf("%s %s %s: got %d, want %d: %s", tt.name, write.method, write.path, w.Code, want, w.Body)
			}
		}
		if w := s.call("bob", "DELETE", fmt.Sprintf("/videos/%s/comments/%d", tt.video, tt.thread), ""); w.Code != 403 {
			t.Errorf("%s: a stranger's delete: got %d, want 403", tt.name, w.Code)
		}
	}
	// Without the password nothing is said; with it one may take part.
	if w := s.call("bob", "POST", "/videos/"+protectedUUID+"/comment-threads", `{"text":"hello"}`, pw...); w.Code != 200 {
		t.Errorf("a comment with the password: got %d: %s", w.Code, w.Body)
	}
	if w := s.call("bob", "PUT", "/videos/"+protectedUUID+"/rate", `{"rating":"like"}`, pw...); w.Code != 204 {
		t.Errorf("a rating with the password: got %d: %s", w.Code, w.Body)
	}
	if w := s.call("bob", "GET", "/accounts/bob/ratings", ""); strings.Contains(w.Body.String(), "Protected") {
		t.Errorf("the list of ratings names a protected video: %s", w.Body)
	}
}

// BenchmarkThreads serves a page of threads. Logged in nothing is kept from the
// request before.
func BenchmarkThreads(b *testing.B) {
	s := newCommentSite(b)
	for i := range 40 {
		s.call("bob", "POST", "/videos/1/comment-threads", fmt.Sprintf(`{"text":"Comment number %d, which says what one says of a video."}`, i))
	}
	for name, who := range map[string]string{"nobody": "", "somebody": "bob"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var before, after syscall.Rusage
			_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before) // cannot fail for oneself
			for b.Loop() {
				if w := s.call(who, "GET", "/videos/"+publicUUID+"/comment-threads?count=15", ""); w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
			_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
			used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
			b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
		})
	}
}
