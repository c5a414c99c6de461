package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
)

// noQueue does what it is asked for at once.
type noQueue struct{ s *comment.Service }

func (q *noQueue) RemoveComments(ctx context.Context, of, owner actor.AccountID) error {
	return q.s.RemoveAll(ctx, of, owner)
}

func (s *site) withComments(at instance.Site, now func() time.Time) {
	actors, videos := store.Actors{DB: s.db}, s.pages.Videos.(*video.Service)
	directory := &actor.Directory{Store: actors, Site: at}
	blocks := &user.Blocks{Store: store.Blocks{DB: s.db}, Accounts: directory, Site: at, Now: now}
	queue := new(noQueue)
	tick := now
	queue.s = &comment.Service{
		Store: &store.Comments{DB: s.db, Videos: s.videos}, Videos: videos, AllVideo: s.videos, Accounts: directory, Blocks: blocks,
		Limits: s.limiter, Rate: user.Rate{Max: 100, Window: time.Minute}, Queue: queue, Site: at, InTx: s.db.InTx, Now: func() time.Time {
			s.now = s.now.Add(time.Second)
			return tick()
		},
	}
	s.pages.Comments, s.pages.Blocks = queue.s, blocks
	s.pages.Rates = &video.Rates{
		Store: store.Rates{DB: s.db, Videos: s.videos}, Videos: videos, Accounts: directory, InTx: s.db.InTx, Now: now,
		AccountURL: func(ctx context.Context, id actor.AccountID) (string, error) {
			a, err := actors.Account(ctx, id)
			return a.URL, err
		},
	}
}

var publicPath = "/w/" + video.ShortUUID(publicUUID)

// say writes a comment as a browser without scripts does.
func (s *site) say(text string, more url.Values) answer {
	s.t.Helper()
	values := url.Values{"text": {text}}
	for k, v := range more {
		values[k] = v
	}
	return s.post(publicPath+"/comments", publicPath+"/comments", values)
}

// wants looks for texts in a page.
func (a answer) wants(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d at %s, want %d\n%s", a.status, a.url, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s: no %q in\n%s", a.url, text, a.body)
		}
	}
}

func (a answer) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("%s: %q is in\n%s", a.url, text, a.body)
		}
	}
}

var commentID = regexp.MustCompile(`id="comment-(\d+)"`)

func TestTurnedOffComments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET comments_policy = $1 WHERE uuid = $2`, video.CommentsDisabled, publicUUID); err != nil {
		t.Fatal(err)
	}
	a := s.get(publicPath + "/comments")
	a.wants(t, 200, "Comments are turned off for this video.")
	a.lacks(t, "<textarea", "reply-form", "no-comments")
	// They were on when somebody began to write.
	s.post("/about", publicPath+"/comments", url.Values{"text": {"long thoughts"}}).wants(t, http.StatusConflict, "turned off", ">long thoughts</textarea>")
}

// Nothing is deleted to be written again where nothing can be written.
func TestNoCommentIsLostWhereItCannotBeWrittenAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	id := commentID.FindStringSubmatch(s.say("Long thoughts", nil).body)[1]
	policy := func(p video.CommentsPolicy) {
		t.Helper()
		if _, err := s.db.Exec(t.Context(), `UPDATE videos SET comments_policy = $1 WHERE uuid = $2`, p, publicUUID); err != nil {
			t.Fatal(err)
		}
	}
	policy(video.CommentsDisabled)
	s.post("/about", publicPath+"/comments/"+id+"/delete", url.Values{"redraft": {"true"}}).wants(t, http.StatusConflict, "Comments are turned off for this video.")
	policy(video.CommentsEnabled)
	s.get(publicPath+"/comments").wants(t, 200, "Long thoughts", "1 comment")
}

func TestCommentsWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get(publicPath).wants(t, 200, `href="`+publicPath+`/comments"`, "Write the first comment")
	s.get(publicPath+"/comments").wants(t, 200, "Nobody has commented yet", "Log in to comment")
	s.login()
	a := s.say("Hello *all* at 0:05, @root <b>not bold</b>", nil)
	a.wants(t, 200, "Your comment was sent.", "Hello <em>all</em> at", `<a href="`+publicPath+`?start=5s" data-seek="5">0:05</a>`, `href="/a/root">@root</a>`, "&lt;b&gt;not bold&lt;/b&gt;", "1 comment")
	id := commentID.FindStringSubmatch(a.body)[1]
	if a.url.Query().Get("threadId") != id {
		t.Errorf("led to %s, want the comment %s", a.url, id)
	}
	// A time leads to the video.
	if at := s.get(publicPath + "/comments?start=5s").url; at.Path != publicPath || at.Query().Get("start") != "5s" {
		t.Errorf("a time leads to %s", at)
	}
	form := s.get(publicPath + "/comments/" + id + "?replyTo=" + id)
	form.wants(t, 200, `name="replyTo" value="`+id+`"`, "Your reply to root", "All comments")
	a = s.say("An answer", url.Values{"replyTo": {id}})
	a.wants(t, 200, "An answer", "2 comments")
	s.get(publicPath+"/comments").wants(t, 200, "Show 1 reply, also by", publicPath+"/comments/"+id+`"`)
	s.get(publicPath+"/comments/"+id).wants(t, 200, "An answer")
	s.get(publicPath).wants(t, 200, "Read 2 comments")

	// What cannot be taken comes back.
	s.say(strings.Repeat("x", 10_001), nil).wants(t, http.StatusBadRequest, "between 1 and 10,000 characters", "xxxxxxxxxx</textarea>")
	s.say("\u200b ", nil).wants(t, http.StatusBadRequest, "between 1 and 10,000 characters")

	// Deleted and written again.
	a = s.post(publicPath+"/comments", publicPath+"/comments/"+id+"/delete", url.Values{"redraft": {"true"}})
	a.wants(t, 200, "Hello *all* at 0:05, @root &lt;b&gt;not bold&lt;/b&gt;</textarea>", "Write it again below", "This comment was deleted.")
	if at := s.get(publicPath + "/comments/" + id + "/delete").url; at.Path != publicPath+"/comments" {
		t.Errorf("who comes back to it is led to %s", at)
	}
	s.get(publicPath+"/comments?threadId="+id).wants(t, 200, "This comment was deleted.", "An answer")
	if a := s.post(publicPath+"/comments", publicPath+"/comments/"+id+"/delete", url.Values{}); a.status != http.StatusConflict {
		t.Errorf("deleted twice: got %d", a.status)
	}
}

func TestDraftsOutliveTheLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.say("Words & more", nil)
	a.wants(t, http.StatusUnauthorized, "Words &amp; more</textarea>", "Your text is kept here", "draft%3DWords%2B%2526%2Bmore")
	link := regexp.MustCompile(`href="(/login[^"]+draft[^"]+)"`).FindStringSubmatch(a.body)
	if link == nil {
		t.Fatalf("no way to the login:\n%s", a.body)
	}
	to, err := url.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	s.login()
	s.get(to.Query().Get("to")).wants(t, 200, "Words &amp; more</textarea>")
}

// A video that is closed or deleted takes nobody's words along.
func TestCommentsRefusedWithTheirVideo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addPerson("bob")
	s.post("/login", "/login", url.Values{"username": {"bob"}, "password": {"password of bob"}})
	for _, tt := range []struct {
		change string
		status int
	}{
		{`UPDATE videos SET privacy = 3 WHERE uuid = $1`, http.StatusForbidden},
		{`DELETE FROM videos WHERE uuid = $1`, http.StatusNotFound},
	} {
		if _, err := s.db.Exec(t.Context(), tt.change, publicUUID); err != nil {
			t.Fatal(err)
		}
		if err := s.videos.Touch(t.Context(), 1); err != nil { // what is remembered of it goes
			t.Fatal(err)
		}
		a := s.post("/about", publicPath+"/comments", url.Values{"text": {"long thoughts"}})
		a.wants(t, tt.status, "not open to you any more", ">long thoughts</textarea>", "<html")
		a.lacks(t, "friends")
		a = s.post("/about", publicPath+"/comments?part=1", url.Values{"text": {"long thoughts"}})
		a.wants(t, tt.status, "not open to you any more", ">long thoughts</textarea>", "data-comment")
		a.lacks(t, "<html")
	}
}

func TestPartsOfComments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	for i := range 25 {
		s.say(fmt.Sprintf("number %d.", i), nil)
	}
	part := s.get(publicPath + "/comments?part=1")
	part.wants(t, 200, "25 comments", "number 24.", "number 5.", "page=2", `id="reply-form"`)
	part.lacks(t, "number 4.", "<html")
	s.get(publicPath+"/comments?part=1&page=2").wants(t, 200, "number 4.", "number 0.")
	s.get(publicPath+"/comments?sort=createdAt").wants(t, 200, "number 0.", `aria-current="true">Oldest first`)
	s.get(publicPath+"/comments?threadId=1").wants(t, 200, "number 0.", "comment lit", "number 24.")
	s.get(publicPath+"/comments?threadId=99999&sort=evil&page=-1").wants(t, 200, "number 24.")

	newest := regexp.MustCompile(`data-newest="(\d+)"`).FindStringSubmatch(part.body)[1]
	if a := s.get(publicPath + "/comments/new?after=" + newest); a.status != http.StatusNoContent {
		t.Errorf("nothing new: got %d", a.status)
	}
	s.say("brand new", nil)
	a := s.get(publicPath + "/comments/new?after=" + newest)
	a.wants(t, 200, "brand new", `data-says="[&#34;1 new comment&#34;]"`, "26 comments")
	a.lacks(t, "number 24.")
	s.say("and newer", nil)
	s.get(publicPath+"/comments/new?after="+newest).wants(t, 200, `data-says="[&#34;1 new comment&#34;,&#34;2 new comments&#34;]"`)
	if a := s.get(publicPath + "/comments/new?after=x"); a.status != http.StatusNotFound {
		t.Errorf("after what is no time: got %d", a.status)
	}
}

// All of a large thread can be reached, page by page.
func TestPartsOfLargeThreads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.say("It begins", nil)
	for i := range comment.WholeThread + 10 {
		s.say(fmt.Sprintf("answer %d.", i), url.Values{"replyTo": {"1"}})
	}
	next := regexp.MustCompile(`<p class="comment-more"><a data-replies="replies-1" href="([^"]+)">([^<]+)<`)
	path, seen := publicPath+"/comments/1", ""
	for left := comment.WholeThread + 10; ; {
		at, _ := url.Parse(path)
		q := at.Query()
		q.Set("part", "1")
		a := s.get(at.Path + "?" + q.Encode())
		a.wants(t, 200)
		seen += a.body
		left -= 20
		link := next.FindStringSubmatch(a.body)
		if left <= 0 {
			if link != nil {
				t.Errorf("after the last leads to %q", link)
			}
			break
		}
		if link == nil || !strings.HasPrefix(link[2], fmt.Sprintf("Show %d more", left)) {
			t.Fatalf("%s leads to %q, want %d more", path, link, left)
		}
		path = link[1]
	}
	for i := range comment.WholeThread + 10 {
		if text := fmt.Sprintf("answer %d.", i); !strings.Contains(seen, text) {
			t.Errorf("%q cannot be reached", text)
		}
	}
}

func TestAddressesOfComments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.login()
	s.say("first", nil)
	for _, path := range []string{publicPath + ";threadId=1", "/videos/watch/" + publicUUID + "/comments/1"} {
		if at := s.get(path).url; at.Path != publicPath || at.Query().Get("threadId") != "1" {
			t.Errorf("%s leads to %s", path, at)
		}
	}
	s.get(publicPath+"?threadId=1").wants(t, 200, publicPath+"/comments?threadId=1")
}

// What belongs to a video is not told to who may not see it.
func TestCommentsOfHiddenVideos(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.now
	for id := 1; id <= 4; id++ {
		if _, err := s.db.Exec(t.Context(), `INSERT INTO comments (video_id, owner_id, account_id, url, text, created_at, updated_at) VALUES ($1, 1, 1, $2, 'a secret word', $3, $3)`,
			id, fmt.Sprint("http://c.example/", id), at); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.Exec(t.Context(), `UPDATE videos SET comments = 1, comment_threads = 1 WHERE id = $1`, id); err != nil {
			t.Fatal(err)
		}
	}
	for privacy, open := range map[video.Privacy]bool{
		video.Public: true, video.Unlisted: true, video.Private: false, video.InternalOnly: false, video.PasswordProtected: false,
	} {
		if _, err := s.db.Exec(t.Context(), `UPDATE videos SET privacy = $1 WHERE uuid = $2`, privacy, publicUUID); err != nil {
			t.Fatal(err)
		}
		if err := s.videos.Touch(t.Context(), 1); err != nil { // what is remembered of it goes
			t.Fatal(err)
		}
		for _, path := range []string{"/comments", "/comments?part=1", "/comments?threadId=1", "/comments/1", "/comments/1?part=1", "/comments/new?after=0"} {
			a := s.get(publicPath + path)
			if got := strings.Contains(a.body, "a secret word"); got != (open && path != "/comments/1?part=1") { // which holds its replies only
				t.Errorf("privacy %d, %s: tells %v at %s, want %v", privacy, path, got, a.url, open)
			}
			if !open && strings.Contains(a.body, "friends") {
				t.Errorf("privacy %d, %s: names the video", privacy, path)
			}
		}
	}
	// Unlisted ones do not answer to their number.
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET privacy = 2 WHERE uuid = $1`, publicUUID); err != nil {
		t.Fatal(err)
	}
	s.get("/w/1/comments").lacks(t, "a secret word")
}

func TestRatingWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get(publicPath).wants(t, 200, `popovertarget="rate-login"`, "you need an account here")
	s.login()
	a := s.post(publicPath, publicPath+"/rate", url.Values{"rating": {"like"}})
	a.wants(t, 200, "Like, 1 like", `aria-pressed="true"`, `value="none"`)
	a = s.post(publicPath, publicPath+"/rate", url.Values{"rating": {"dislike"}})
	a.wants(t, 200, "Like, 0 likes", "Dislike, 1 dislike")
	if a := s.post(publicPath, publicPath+"/rate", url.Values{"rating": {"love"}}); a.status != http.StatusBadRequest {
		t.Errorf("a rating that there is not: got %d", a.status)
	}
}

func TestCommentsOnMyVideosAndMutes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addPerson("eve")
	for i, held := range []bool{false, true} {
		if _, err := s.db.Exec(t.Context(), `INSERT INTO comments (video_id, owner_id, account_id, url, text, held_for_review, created_at, updated_at)
			SELECT 1, ch.account_id, (SELECT max(id) FROM accounts), $1, $2, $3, $4, $4 FROM video_channels ch JOIN videos v ON v.channel_id = ch.id WHERE v.id = 1`,
			fmt.Sprint("http://c.example/", i), fmt.Sprint("by eve ", i), held, s.now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET comments = 1, comment_threads = 1 WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	const mine = "/my-library/comments-on-my-videos"
	s.get(publicPath+"/comments").lacks(t, "by eve 1")
	s.login()
	s.get(mine).wants(t, 200, "by eve 0", "by eve 1", "Waits for approval", "Delete all comments of eve")
	s.get(mine+"?held=true").wants(t, 200, "by eve 1")
	s.get(mine+"?held=true").lacks(t, "by eve 0")
	s.get(mine+"?search=nothing").wants(t, 200, "There are no comments here")
	s.post(mine, publicPath+"/comments/2/approve", url.Values{"to": {mine}}).wants(t, 200, "The comment was approved.")
	s.get(mine+"?held=true").wants(t, 200, "There are no comments here")

	s.post(mine, "/my-account/blocklist/accounts", url.Values{"name": {"eve"}, "to": {publicPath + "/comments"}}).wants(t, 200, "You will not hear of them any more")
	s.get(publicPath+"/comments").lacks(t, "by eve")
	s.get("/my-account/blocklist/accounts").wants(t, 200, "@eve", "Unmute")
	s.post("/my-account/blocklist/accounts", "/my-account/blocklist/accounts", url.Values{"name": {"root"}}).wants(t, http.StatusConflict, "You cannot block yourself.")
	s.post("/my-account/blocklist/accounts", "/my-account/blocklist/accounts/remove", url.Values{"name": {"eve"}}).wants(t, 200, "You hear of them again")
	s.get(publicPath+"/comments").wants(t, 200, "by eve 0", "by eve 1")
	s.post("/my-account/blocklist/servers", "/my-account/blocklist/servers", url.Values{"name": {"bad.example"}}).wants(t, 200, "bad.example")
	s.post("/my-account/blocklist/servers", "/my-account/blocklist/servers", url.Values{"name": {"no host"}}).wants(t, 400, "error-name")
	s.get("/admin/moderation/blocklist/accounts").wants(t, 200, "Accounts muted for everybody")

	s.post(mine, mine+"/remove-of/eve", url.Values{}).wants(t, 200, "are being deleted", "There are no comments here")
}

// addPerson makes an account.
func (s *site) addPerson(name string) {
	s.t.Helper()
	if _, err := s.users.Register(s.t.Context(), user.NewRegistration{Username: name, Email: name + "@example.com", Password: "password of " + name, DisplayName: &name}, "192.0.2.1"); err != nil {
		s.t.Fatal(err)
	}
}

// BenchmarkComments serves 20 threads, half of them plain, to somebody who is
// not logged in: what comments.ts fetches.
func BenchmarkComments(b *testing.B) {
	s := newSite(b)
	s.login()
	for i := range 20 {
		s.say(fmt.Sprintf("Comment number %d, which says what one says of a video. %s", i, []string{"", "**Really**, at 0:05!"}[i%2]), nil)
	}
	for name, path := range map[string]string{"part": publicPath + "/comments?part=1", "nothing new": publicPath + "/comments/new?after=9999999999999999", "watch page": publicPath} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var before, after syscall.Rusage
			_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before) // cannot fail for oneself
			for b.Loop() {
				w := httptest.NewRecorder()
				s.server.Config.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				if w.Code >= 300 {
					b.Fatal(w.Code)
				}
			}
			_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
			used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
			b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
		})
	}
}
