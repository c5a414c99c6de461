package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/sqldb"
)

const allComments = "/admin/overview/comments"

// write puts a comment on a video, and returns the box that stands for it.
func (s *site) write(videoID int, by, text string, held bool) string {
	s.t.Helper()
	_, err := s.db.Exec(s.t.Context(), `INSERT INTO comments (video_id, owner_id, account_id, url, text, held_for_review, created_at, updated_at)
		SELECT $1, ch.account_id, (SELECT a.id FROM accounts a JOIN actors x ON x.id = a.actor_id WHERE x.preferred_username = $2), $3, $4, $5, $6, $6
		FROM video_channels ch JOIN videos v ON v.channel_id = ch.id WHERE v.id = $1`,
		videoID, by, "http://c.example/"+url.PathEscape(text), text, held, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("%d-%d", videoID, s.number(`SELECT max(id) FROM comments`))
}

// number reads a number out of the database.
func (s *site) number(query string) int {
	s.t.Helper()
	n, err := sqldb.One(s.t.Context(), s.db, sqldb.Value[int], query)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestModeratorsSeeAllComments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"eve", "far"} {
		s.addUser(name, user.Member)
	}
	for _, change := range []string{
		`INSERT INTO servers (id, host, created_at, updated_at) VALUES (77, 'far.example', '2026-01-01', '2026-01-01')`,
		`UPDATE actors SET server_id = 77 WHERE preferred_username = 'far'`,
		`UPDATE videos SET remote = TRUE WHERE id = 2`,
	} {
		if _, err := s.db.Exec(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 22 {
		s.write(1, "eve", fmt.Sprintf("number %d.", i), false)
	}
	held := s.write(1, "eve", "please <b>let me in</b>", true)
	spam := s.write(1, "far", "cheap watches", false)
	there := s.write(2, "eve", "hello over there", false)
	waits := s.write(3, "far", "waits too", true)

	s.addUser("moderator", user.Moderator)
	s.loginAs("moderator")
	a := s.get(allComments)
	a.wants(t, 200, "waits too", "hello over there", "cheap watches", "please &lt;b&gt;let me in&lt;/b&gt;", "Waits for approval", "page=2", `value="`+spam+`"`, "@far@far.example", "Mute eve for everybody", "Approve the selected")
	a.lacks(t, "number 1.")
	// Enter on a box presses the first button of its form: it may do nothing.
	if _, tools, _ := strings.Cut(a.body, `<form id="picked"`); !strings.HasPrefix(tools[max(0, strings.Index(tools, "<button")):], "<button disabled hidden>") {
		t.Error("Enter on a box approves or deletes what is chosen")
	}
	for _, bad := range mistakes(t, a.body) {
		t.Error(bad)
	}
	s.get(allComments+"?page=2").wants(t, 200, "number 1.", "number 0.", "Page 2 of 2")
	s.get("/about").wants(t, 200, `href="`+allComments+`"`)
	for _, old := range []string{allComments + "/list", "/admin/moderation/video-comments/list"} {
		s.get(old).wants(t, 200, "waits too")
	}

	// What it is narrowed to stays on its pages and tabs.
	for query, want := range map[string][]string{
		"?held=true": {"please", "waits too"}, "?held=true&search=waits": {"waits too"}, "?search=CHEAP": {"cheap"}, "?search=far": {"cheap", "waits too"},
		"?isLocal=false": {"cheap", "waits too"}, "?onLocalVideo=false": {"hello"}, "?isLocal=true&onLocalVideo=false": {"hello"}, "?held=true&isLocal=true": {"please"},
		"?search=local:false+cheap": {"cheap"}, "?search=localVideo:false": {"hello"}, "?search=heldForReview:true+local:true": {"please"},
		"?search=account:far": {"cheap", "waits too"}, "?search=account:%22far%22+waits": {"waits too"}, "?search=video:sensitive+account:far": {"waits too"},
		"?search=%22local:false%22": nil, "?search=local:perhaps": nil, "?search=host:far.example": nil, "?held=true&search=heldForReview:false+account:far": {"cheap"},
		"?search=nothing": nil, "?isLocal=false&onLocalVideo=false": nil,
	} {
		a := s.get(allComments + query)
		a.wants(t, 200, want...)
		if n := len(commentID.FindAllString(a.body, -1)); n != len(want) {
			t.Errorf("%s: %d comments, want %d", query, n, len(want))
		}
	}
	s.get(allComments+"?search=number").wants(t, 200, "number 21.", `?held=true&amp;search=number"`)
	s.get(allComments+"?isLocal=x&held=perhaps&page=-3").wants(t, 200, "waits too")

	// What is done to several, from a narrowed page and back to it.
	const picked = allComments + "/picked"
	narrow := allComments + "?held=true"
	s.post(narrow, picked, url.Values{"do": {"approve"}, "to": {narrow}}).wants(t, 200, "No comment was selected.")
	s.post(narrow, picked, url.Values{"do": {"approve"}, "comment": {held, waits, spam}, "to": {narrow}}).wants(t, 200, "The selected comments were approved.", "No comment waits for approval.")
	s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {spam}}).wants(t, 200, "The comment was deleted.", "waits too")
	a = s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {spam, there, waits}}) // one is gone already
	a.wants(t, 200, "The selected comments were deleted.", "please")
	a.lacks(t, "cheap watches", "hello over there", "waits too")
	for name, values := range map[string]url.Values{
		"nothing that there is": {"do": {"eat"}, "comment": {held}}, "no comment": {"do": {"delete"}, "comment": {"x"}},
		"half a comment": {"do": {"delete"}, "comment": {"1-"}}, "below nothing": {"do": {"delete"}, "comment": {"1--1"}},
	} {
		if a := s.post(allComments, picked, values); a.status != http.StatusNotFound {
			t.Errorf("%s: got %d", name, a.status)
		}
	}
	// A comment of another video than it says stays.
	s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {"2" + strings.TrimPrefix(held, "1")}})
	s.get(allComments).wants(t, 200, "please")
	s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": make([]string, 101)}).wants(t, http.StatusBadRequest)
	s.post(allComments, allComments+"/remove-of/eve", url.Values{}).wants(t, 200, "are being deleted", "There are no comments here.")
}

// brokenComments cannot change one comment.
type brokenComments struct {
	web.CommentService
	broken comment.ID
}

func (b brokenComments) Delete(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Comment, error) {
	if id == b.broken {
		return nil, errors.New("disk full")
	}
	return b.CommentService.Delete(ctx, a, ref, id)
}

func (b brokenComments) Approve(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) error {
	if id == b.broken {
		return errors.New("disk full")
	}
	return b.CommentService.Approve(ctx, a, ref, id)
}

func TestWhatFailedOfSeveralCommentsIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.addUser("mallory", user.Member)
	first, second := s.write(1, "eve", "goes first", true), s.write(1, "mallory", "stays <here>", true)
	third, other := s.write(1, "eve", "is left", true), s.write(3, "eve", "was not chosen", true)
	id, err := strconv.Atoi(second[2:])
	if err != nil {
		t.Fatal(err)
	}
	s.pages.Comments = brokenComments{s.pages.Comments, comment.ID(id)}
	s.addUser("moderator", user.Moderator)
	s.loginAs("moderator")
	const picked, narrow = allComments + "/picked", allComments + "?held=true&search=e"
	chosen := regexp.MustCompile(`name="comment" value="([^"]*)"[^>]* checked`)
	for _, tt := range []struct{ do, says string }{
		{"approve", "Approved: 1 of 3 selected comments. The one by mallory could not be approved"},
		{"delete", "Deleted: 1 of 3 selected comments. The one by mallory could not be deleted"},
	} {
		a := s.post(narrow, picked, url.Values{"do": {tt.do}, "comment": {first, second, third}, "to": {narrow}})
		a.wants(t, http.StatusInternalServerError, tt.says, "stays &lt;here&gt;", "is left", "was not chosen", "Not changed", `name="to" value="`+strings.ReplaceAll(narrow, "&", "&amp;")+`"`)
		a.lacks(t, "goes first", "disk full") // the list is the one of what waits
		var still []string
		for _, m := range chosen.FindAllStringSubmatch(a.body, -1) {
			still = append(still, m[1])
		}
		if strings.Contains(a.body, `<input type="checkbox" checked`) {
			t.Errorf("%s: not all of the page is chosen", tt.do)
		}
		if want := third + " " + second; strings.Join(still, " ") != want {
			t.Errorf("%s: %v are chosen, want %s", tt.do, still, want)
		}
		for _, bad := range mistakes(t, a.body) {
			t.Error(bad)
		}
	}
	if a := s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {second, third, other}}); !strings.Contains(a.body, `<input type="checkbox" checked`) {
		t.Error("all of the page is chosen, but not the box that says so")
	}
	// What is nonsense among them is seen before anything is done.
	if a := s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {other, "nonsense"}}); a.status != http.StatusNotFound {
		t.Errorf("nonsense: got %d", a.status)
	}
	s.get(allComments).wants(t, 200, "was not chosen")
	// One alone is answered as on other pages, and without another site to go back to.
	s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {second}}).wants(t, http.StatusInternalServerError)
	s.post(allComments, picked, url.Values{"do": {"delete"}, "comment": {third, second}, "to": {"https://evil.example/x"}}).wants(t, http.StatusInternalServerError, "Deleted: 1 of 2")
}

func TestAllCommentsAreForModerators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	one := s.write(1, "eve", "a secret word", false)
	if at := s.get(allComments).url; at.Path != "/login" {
		t.Errorf("nobody was led to %s, want the login", at)
	}
	s.loginAs("eve")
	a := s.get(allComments)
	a.wants(t, http.StatusForbidden)
	a.lacks(t, "a secret word", `href="`+allComments)
	s.post("/about", allComments+"/picked", url.Values{"do": {"delete"}, "comment": {one}}).wants(t, http.StatusForbidden)
	s.post("/about", allComments+"/remove-of/eve", url.Values{}).wants(t, http.StatusForbidden)
	if n := s.number(`SELECT count(*) FROM comments WHERE deleted_at IS NULL`); n != 1 {
		t.Errorf("%d comments are left, want 1", n)
	}
}
