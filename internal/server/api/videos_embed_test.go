package api

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// letterBox is a user.Mailer that keeps what it gets.
type letterBox struct{ mails []user.Mail }

func (b *letterBox) Queue(_ context.Context, m user.Mail) error {
	b.mails = append(b.mails, m)
	return nil
}

func newEmbedSite(t *testing.T) *videoSite {
	t.Helper()
	s := newVideoSite(t)
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&EmbedPrivacy{Embeds: &video.Embeds{
		Videos: s.svc, Store: s.store, Site: instance.Site{Scheme: "http", Host: "localhost:9000"}, InTx: s.db.InTx,
	}}).Mount(rt)
	s.router = rt
	return s
}

func TestEmbedsAreKeptToAList(t *testing.T) {
	t.Parallel()
	s := newEmbedSite(t)
	const at = "/videos/" + publicUUID + "/embed-privacy"
	steps := []struct {
		name, who, method, path, body string
		status                        int
		want                          string
	}{
		{"at first", "alice", "GET", at, "", 200, `{"policy":{"id":1,"label":"Everywhere"},"domains":[]}`},
		{"of somebody else", "bob", "GET", at, "", 403, ""},
		{"of nobody", "", "GET", at, "", 401, ""},
		{"a list without policy", "alice", "PUT", at, `{"domains":[]}`, 400, "policy"},
		{"a remote policy", "alice", "PUT", at, `{"policy":3,"domains":[]}`, 400, "policy"},
		{"everywhere with a list", "alice", "PUT", at, `{"policy":1,"domains":["a.example"]}`, 400, "domains"},
		{"no list", "alice", "PUT", at, `{"policy":2}`, 400, "domains"},
		{"an address", "alice", "PUT", at, `{"policy":2,"domains":["https://a.example"]}`, 400, "domains"},
		{"too many", "alice", "PUT", at, `{"policy":2,"domains":["a.example"` + strings.Repeat(`,"a.example"`, 100) + `]}`, 400, "domains"},
		{"a list", "alice", "PUT", at, `{"policy":2,"domains":["B.example:8080","a.example","a.example"]}`, 204, ""},
		{"of somebody else", "bob", "PUT", at, `{"policy":1,"domains":[]}`, 403, ""},
		{"the list", "root", "GET", at, "", 200, `{"policy":{"id":2,"label":"Only on specific websites"},"domains":["a.example","b.example:8080"]}`},
		{"a site of the list", "", "GET", at + "/allowed?domain=A.example", "", 200, `{"domainAllowed":true,"userBypassAllowed":null}`},
		{"another port", "", "GET", at + "/allowed?domain=b.example", "", 200, `{"domainAllowed":false,"userBypassAllowed":false}`},
		{"a site below one", "bob", "GET", at + "/allowed?domain=x.a.example", "", 200, `{"domainAllowed":false,"userBypassAllowed":false}`},
		{"to the owner", "alice", "GET", at + "/allowed?domain=evil.example", "", 200, `{"domainAllowed":false,"userBypassAllowed":true}`},
		{"this site", "", "GET", at + "/allowed?domain=localhost:9000", "", 200, `{"domainAllowed":true,"userBypassAllowed":null}`},
		{"no site", "", "GET", at + "/allowed", "", 400, "domain"},
		{"of a private video", "bob", "GET", "/videos/" + privateUUID + "/embed-privacy/allowed?domain=a.example", "", 403, ""},
		{"everywhere again", "alice", "PUT", at, `{"policy":1,"domains":[]}`, 204, ""},
		{"any site", "", "GET", at + "/allowed?domain=evil.example", "", 200, `{"domainAllowed":true,"userBypassAllowed":null}`},
	}
	for _, tt := range steps {
		w := s.call(tt.who, tt.method, tt.path, tt.body)
		got := strings.TrimSpace(w.Body.String())
		if w.Code != tt.status || tt.status == 200 && got != tt.want || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, w.Code, got, tt.status, tt.want)
		}
	}
	if diff := cmp.Diff(1, s.details(video.ByID(1)).EmbedPrivacyPolicy); diff != "" {
		t.Error(diff)
	}
}

func TestAllowedToEmbed(t *testing.T) {
	t.Parallel()
	site := instance.Site{Scheme: "https", Host: "video.example"}
	list := video.EmbedPrivacy{Policy: video.EmbedAllowList, Domains: []string{"a.example"}}
	for _, tt := range []struct {
		p    video.EmbedPrivacy
		host string
		want bool
	}{
		{video.EmbedPrivacy{Policy: video.EmbedAnywhere}, "", true},
		{list, "a.example", true},
		{list, "A.EXAMPLE", true},
		{list, "video.example", true},
		{list, "", false},
		{list, "b.example", false},
		{video.EmbedPrivacy{Policy: video.EmbedRemote}, "a.example", false},
		{video.EmbedPrivacy{Policy: video.EmbedRemote}, "video.example", true},
	} {
		if got := tt.p.Allows(site, tt.host); got != tt.want {
			t.Errorf("%+v on %q: got %v, want %v", tt.p, tt.host, got, tt.want)
		}
	}
}
