package web_test

import (
	"strings"
	"testing"

	"sepiola/internal/server/web"
	"sepiola/internal/server/web/ui"
)

func TestLinksToAppsLeadToApps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		enabled                bool
		host, scheme, fallback string
		want                   ui.App
	}{
		{true, "JoinPeerTube.org", "PeerTube", "https://store.example/a?id=1", ui.App{Host: "joinpeertube.org", Scheme: "peertube", Fallback: "https://store.example/a?id=1"}},
		{true, "a.example", "peertube", "javascript:alert(1)", ui.App{Host: "a.example", Scheme: "peertube"}},
		{false, "a.example", "peertube", "", ui.App{}},
		{true, "a.example", "JavaScript", "", ui.App{}},
		{true, "a.example", "https", "", ui.App{}},
		{true, "a.example", "pe;end", "", ui.App{}},
		{true, "a b", "peertube", "", ui.App{}},
		{true, "", "peertube", "", ui.App{}},
	} {
		if got := web.AppLink(c.enabled, c.host, c.scheme, c.fallback); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

func TestPagesOfferTheApp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if strings.Contains(s.get("/").body, "open-app") {
		t.Error("an app is offered that is not set up")
	}
	s.set(func(set *web.Settings) {
		set.Apps.IOS = ui.App{Host: "a.example", Scheme: "x", Fallback: `https://b.example/"`}
	})
	body := s.get("/w/" + publicUUID).body
	if !strings.Contains(body, `<template id="open-app" data-ios="a.example" data-ios-fallback="https://b.example/&#34;" data-ios-scheme="x">`) || strings.Contains(body, "data-android") {
		t.Error("the app is not offered as set up")
	}
}
