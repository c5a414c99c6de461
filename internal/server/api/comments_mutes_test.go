package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
)

func TestMutesArePeerTubes(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	s.do("block account", "alice", "POST", "/users/me/blocklist/accounts", `{"accountName":"mod"}`)
	s.do("block it again", "alice", "POST", "/users/me/blocklist/accounts", `{"accountName":"mod@localhost:9000"}`)
	s.do("block myself", "alice", "POST", "/users/me/blocklist/accounts", `{"accountName":"alice"}`)
	s.do("block nobody", "alice", "POST", "/users/me/blocklist/accounts", `{"accountName":"nobody"}`)
	s.do("block without name", "alice", "POST", "/users/me/blocklist/accounts", `{}`)
	s.do("blocked accounts", "alice", "GET", "/users/me/blocklist/accounts", "")
	s.do("blocked accounts, searched", "alice", "GET", "/users/me/blocklist/accounts?search=xyz", "")
	s.do("block server", "alice", "POST", "/users/me/blocklist/servers", `{"host":"bad.example"}`)
	s.do("own host", "alice", "POST", "/users/me/blocklist/servers", `{"host":"localhost:9000"}`)
	s.do("no host", "alice", "POST", "/users/me/blocklist/servers", `{"host":"https://bad.example/"}`)
	s.do("blocked servers", "alice", "GET", "/users/me/blocklist/servers", "")
	s.do("status with bare names", "alice", "GET", "/blocklist/status?accounts=mod&hosts=bad.example", "")
	s.do("status", "alice", "GET", "/blocklist/status?accounts=mod@localhost:9000&accounts=x@y.example&hosts=bad.example", "")
	s.do("status to nobody", "", "GET", "/blocklist/status?accounts=mod@localhost:9000", "")
	s.do("unblock", "alice", "DELETE", "/users/me/blocklist/accounts/mod", "")
	s.do("unblock again", "alice", "DELETE", "/users/me/blocklist/accounts/mod", "")
	s.do("unblock server", "alice", "DELETE", "/users/me/blocklist/servers/bad.example", "")
	s.do("unblock server again", "alice", "DELETE", "/users/me/blocklist/servers/bad.example", "")
	s.do("server block", "mod", "POST", "/server/blocklist/servers", `{"host":"bad2.example"}`)
	s.do("server list", "mod", "GET", "/server/blocklist/servers", "")
	s.do("server block account", "mod", "POST", "/server/blocklist/accounts", `{"accountName":"bob"}`)
	s.do("server accounts", "mod", "GET", "/server/blocklist/accounts", "")
	s.do("status for all", "", "GET", "/blocklist/status?accounts=bob@localhost:9000&hosts=bad2.example", "")
	s.do("server block by a member", "bob", "POST", "/server/blocklist/servers", `{"host":"bad2.example"}`)
	s.do("server unblock", "mod", "DELETE", "/server/blocklist/accounts/bob", "")
	s.do("anonymous", "", "GET", "/users/me/blocklist/servers", "")
	s.golden("mutes")
}

func TestBulkRemoval(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	for _, tt := range []struct {
		name, who, body string
		want            int
		queued          [][2]actor.AccountID
	}{
		{"of my videos", "alice", `{"accountName":"bob","scope":"my-videos"}`, 204, [][2]actor.AccountID{{2, 1}}},
		{"with collaborations", "alice", `{"accountName":"bob@localhost:9000","scope":"my-videos-and-collaborations"}`, 204, [][2]actor.AccountID{{2, 1}}},
		{"of all", "mod", `{"accountName":"bob","scope":"instance"}`, 204, [][2]actor.AccountID{{2, 0}}},
		{"of all by a member", "alice", `{"accountName":"bob","scope":"instance"}`, 403, nil},
		{"of nobody", "alice", `{"accountName":"nobody","scope":"my-videos"}`, 404, nil},
		{"nowhere", "alice", `{"accountName":"bob","scope":"earth"}`, 400, nil},
		{"nothing", "alice", `{}`, 400, nil},
		{"anonymous", "", `{"accountName":"bob","scope":"my-videos"}`, 401, nil},
	} {
		s.queued = nil
		w := s.call(tt.who, "POST", "/bulk/remove-comments-of", tt.body)
		if diff := cmp.Diff(tt.queued, s.queued); w.Code != tt.want || diff != "" {
			t.Errorf("%s: got %d, want %d; queued (-want +got):\n%s", tt.name, w.Code, tt.want, diff)
		}
	}
	for range 3 {
		s.call("bob", "POST", "/videos/1/comment-threads", `{"text":"x"}`)
	}
	s.call("root", "POST", "/videos/1/comment-threads", `{"text":"y"}`)
	for range 2 { // a job may run twice
		if err := s.svc.RemoveAll(t.Context(), 2, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.do("", "", "GET", "/videos/1/comment-threads", ""); got["total"] != 1.0 {
		t.Errorf("after the removal: %v", got["total"])
	}
}

// Whom the owner of a video mutes nobody reads below it.
func TestMutedPeopleAreNotRead(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	s.call("bob", "POST", "/videos/1/comment-threads", `{"text":"x"}`)
	s.call("root", "POST", "/videos/1/comments/1", `{"text":"answer to the muted"}`)
	s.call("mod", "POST", "/videos/1/comment-threads", `{"text":"y"}`)
	total := func(who string) float64 {
		got := s.do("", who, "GET", "/videos/1/comment-threads", "")
		return got["total"].(float64)
	}
	s.call("root", "POST", "/users/me/blocklist/accounts", `{"accountName":"bob"}`)
	if a, b := total("root"), total("mod"); a != 1 || b != 2 {
		t.Errorf("who mutes sees %v, others %v", a, b)
	}
	s.call("root", "DELETE", "/users/me/blocklist/accounts/bob", "")
	s.call("alice", "POST", "/users/me/blocklist/accounts", `{"accountName":"bob"}`)
	if a, b := total("root"), total(""); a != 1 || b != 1 {
		t.Errorf("muted by the owner: %v, %v", a, b)
	}
	s.call("alice", "DELETE", "/users/me/blocklist/accounts/bob", "")
	s.call("mod", "POST", "/server/blocklist/accounts", `{"accountName":"bob"}`)
	if a, b := total("alice"), total(""); a != 1 || b != 1 {
		t.Errorf("muted by the site: %v, %v", a, b)
	}
}
