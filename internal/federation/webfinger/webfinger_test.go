package webfinger_test

import (
	"context"
	"strings"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
	"sepiola/internal/federation/webfinger"
)

// web answers by URL.
type web map[string]string

func (w web) Get(_ context.Context, url string, o fetch.Options) (*fetch.Response, error) {
	body, ok := w[url]
	if !ok {
		return nil, errs.New(errs.NotFound, "404")
	}
	if !o.Unsigned {
		return nil, errs.New(errs.Forbidden, "names are asked for without signatures")
	}
	return &fetch.Response{URL: url, Body: []byte(body)}, nil
}

const (
	finger = "https://far.test/.well-known/webfinger?resource=acct%3A"
	node   = "https://far.test/.well-known/nodeinfo"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body, url, template string
		want                errs.Kind
	}{
		"as PeerTube answers": {
			body: `{"subject":"acct:a@far.test","links":[
			{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://far.test/a/a"},
			{"rel":"self","type":"application/activity+json","href":"https://far.test/accounts/a"},
			{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://far.test/remote-interaction?uri={uri}"}]}`,
			url: "https://far.test/accounts/a", template: "https://far.test/remote-interaction?uri={uri}",
		},
		"with a profile in the type": {
			body: `{"links":[{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://other.test/u/a"}]}`,
			url:  "https://other.test/u/a",
		},
		"no actor":                              {body: `{"links":[{"rel":"self","type":"text/html","href":"https://far.test/a"}]}`, want: errs.NotFound},
		"an actor with credentials":             {body: `{"links":[{"rel":"self","type":"application/activity+json","href":"https://u:p@far.test/a"}]}`, want: errs.NotFound},
		"a page of scripts for people":          {body: `{"links":[{"rel":"self","type":"application/activity+json","href":"https://far.test/a"},{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"javascript:{uri}"}]}`, url: "https://far.test/a"},
		"a template to wherever somebody wants": {body: `{"links":[{"rel":"self","type":"application/activity+json","href":"https://far.test/a"},{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://{uri}.far.test/"}]}`, url: "https://far.test/a"},
		"a template on an address":              {body: `{"links":[{"rel":"self","type":"application/activity+json","href":"https://far.test/a"},{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://127.0.0.1/{uri}"}]}`, url: "https://far.test/a"},
		"a template without a place":            {body: `{"links":[{"rel":"self","type":"application/activity+json","href":"https://far.test/a"},{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://far.test/"}]}`, url: "https://far.test/a"},
		"no JSON":                               {body: `<html>`, want: errs.Invalid},
		"links that are no list":                {body: `{"links":{"rel":"self"}}`, want: errs.Invalid},
		"the actor after too many more":         {body: `{"links":[` + strings.Repeat(`{"rel":"x"},`, 200) + `{"rel":"self","type":"application/activity+json","href":"https://far.test/a"}]}`, want: errs.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &webfinger.Client{Fetch: web{finger + "a%40far.test": tt.body}}
			f, err := c.Find(t.Context(), "a", "FAR.test")
			if tt.want != errs.Internal {
				if !errs.Is(err, tt.want) {
					t.Fatalf("got %+v %v, want %v", f, err, tt.want)
				}
				return
			}
			if err != nil || f.ActorURL != tt.url || f.Template != tt.template {
				t.Errorf("got %+v %v", f, err)
			}
		})
	}
	c := &webfinger.Client{Fetch: web{}}
	for _, bad := range [][2]string{{"", "far.test"}, {"a", ""}, {"a@b", "far.test"}, {"a", "far.test/x"}, {"a", "u@far.test"}, {"a/../b", "far.test"}} {
		if _, err := c.Find(t.Context(), bad[0], bad[1]); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: got %v, want Invalid", bad, err)
		}
	}
}

func TestNodeInfoAndTheActorOfASite(t *testing.T) {
	t.Parallel()
	c := &webfinger.Client{Fetch: web{
		node: `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://far.test/nodeinfo/2.0.json"},
			{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"https://far.test/accounts/peertube"}]}`,
		"https://far.test/nodeinfo/2.0.json": `{"software":{"name":"PeerTube","version":"8.2.0"},"usage":{"users":{"total":3},"localPosts":7}}`,
	}}
	n, err := c.NodeInfo(t.Context(), "far.test")
	if err != nil || n.Software != "peertube" || n.Version != "8.2.0" || n.Users != 3 || n.LocalPosts != 7 {
		t.Errorf("got %+v %v", n, err)
	}
	kin := &webfinger.Client{Fetch: web{
		node:                 `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://far.test/n"}]}`,
		"https://far.test/n": `{"software":{"name":"peertube","version":"8.2.0"},"metadata":{"engine":"Sepiola"}}`,
	}}
	if n, err := kin.NodeInfo(t.Context(), "far.test"); err != nil || n.Software != "sepiola" {
		t.Errorf("one of our kind: got %+v %v", n, err)
	}
	if url, err := c.Site(t.Context(), "far.test"); err != nil || url != "https://far.test/accounts/peertube" {
		t.Errorf("got %q %v", url, err)
	}

	old := &webfinger.Client{Fetch: web{finger + "peertube%40far.test": `{"links":[{"rel":"self","type":"application/activity+json","href":"https://far.test/accounts/peertube"}]}`}}
	if url, err := old.Site(t.Context(), "far.test"); err != nil || url != "https://far.test/accounts/peertube" {
		t.Errorf("without NodeInfo: got %q %v", url, err)
	}

	elsewhere := &webfinger.Client{Fetch: web{
		node:                           `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"https://evil.test/n"},{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"https://evil.test/a"}]}`,
		"https://evil.test/n":          `{}`,
		finger + "peertube%40far.test": `{"links":[]}`,
	}}
	if _, err := elsewhere.NodeInfo(t.Context(), "far.test"); !errs.Is(err, errs.NotFound) {
		t.Errorf("NodeInfo of another host: got %v, want NotFound", err)
	}
	if _, err := elsewhere.Site(t.Context(), "far.test"); !errs.Is(err, errs.NotFound) {
		t.Errorf("an actor of another host: got %v, want NotFound", err)
	}
}
