package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// lookUp finds what no follow has brought.
func lookUp(ctx context.Context, w *world) (string, error) {
	var err error
	if w.early, err = published(ctx, w, "Before anybody followed"); err != nil {
		return "", err
	}
	var seen []string
	host := w.net.host("a.test")
	for _, what := range []string{w.a.url + "/w/" + w.early, w.a.url + "/videos/watch/" + w.early} {
		var page struct {
			Data []videoView
		}
		if err := w.bob.call(ctx, "GET", "/search/videos?search="+url.QueryEscape(what), nil, &page); err != nil {
			return "", err
		}
		if len(page.Data) != 1 || page.Data[0].UUID != w.early || page.Data[0].IsLocal {
			return "", fmt.Errorf("%s: found %+v", what, page.Data)
		}
		seen = append(seen, what)
	}
	for _, what := range []string{"alice_channel@" + host, "@alice_channel@" + host, w.a.url + "/c/alice_channel", w.a.url + "/video-channels/alice_channel"} {
		var page struct {
			Data []struct{ Name, Host string }
		}
		if err := w.bob.call(ctx, "GET", "/search/video-channels?search="+url.QueryEscape(what), nil, &page); err != nil {
			return "", err
		}
		if len(page.Data) != 1 || page.Data[0].Name != "alice_channel" || page.Data[0].Host != host {
			return "", fmt.Errorf("%s: found %+v", what, page.Data)
		}
		seen = append(seen, what)
	}
	return strings.Join(seen, ", "), nil
}

// set changes settings of a site, by the API.
func (p *person) set(ctx context.Context, change func(custom map[string]any)) error {
	var custom map[string]any
	if err := p.call(ctx, "GET", "/config/custom", nil, &custom); err != nil {
		return err
	}
	change(custom)
	return p.call(ctx, "PUT", "/config/custom", custom, nil)
}

// approval makes a.test ask its administrator about followers, or follow them
// back.
func (w *world) approval(ctx context.Context, asked, back bool) error {
	return w.roots[w.a].set(ctx, func(c map[string]any) {
		c["followers"].(map[string]any)["instance"].(map[string]any)["manualApproval"] = asked
		c["followings"].(map[string]any)["instance"].(map[string]any)["autoFollowBack"].(map[string]any)["enabled"] = back
	})
}

// siteFollow is the part of ActorFollow that the walk looks at.
type siteFollow struct {
	State               string
	Follower, Following struct{ Name, Host string }
}

// follow returns the follow of one site by another as at knows it, nil for
// none.
func (w *world) follow(ctx context.Context, at, by, of *site) (*siteFollow, error) {
	list := "following"
	if at == of {
		list = "followers"
	}
	var page struct{ Data []siteFollow }
	if err := w.roots[at].call(ctx, "GET", "/server/"+list+"?count=50", nil, &page); err != nil {
		return nil, err
	}
	for _, f := range page.Data {
		if f.Follower.Host == w.net.host(by.name) && f.Following.Host == w.net.host(of.name) && f.Follower.Name == "peertube" && f.Following.Name == "peertube" {
			return &f, nil
		}
	}
	return nil, nil //nolint:nilnil // no follow
}

// followIs waits until both ends of a follow say the same of it; "" is none.
func (w *world) followIs(ctx context.Context, by, of *site, state string) error {
	for _, at := range []*site{of, by} {
		_, err := w.eventually(ctx, func() (string, error) {
			f, err := w.follow(ctx, at, by, of)
			now := ""
			if f != nil {
				now = f.State
			}
			if err == nil && now != state {
				err = fmt.Errorf("%w: on %s the follow of %s by %s is %q, not %q", errNotYet, at.name, of.name, by.name, now, state)
			}
			return "", err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) ask(ctx context.Context, by *site, of ...*site) error {
	var hosts []string
	for _, s := range of {
		hosts = append(hosts, w.net.host(s.name))
	}
	return w.roots[by].call(ctx, "POST", "/server/following", map[string]any{"hosts": hosts, "handles": []string{}}, nil)
}

// decide accepts or rejects a follower of a.test.
func (w *world) decide(ctx context.Context, what string, by *site) error {
	return w.roots[w.a].call(ctx, "POST", "/server/followers/peertube@"+w.net.host(by.name)+"/"+what, nil, nil)
}

func approveFollower(ctx context.Context, w *world) (string, error) {
	if err := w.approval(ctx, true, false); err != nil {
		return "", err
	}
	if err := w.ask(ctx, w.c, w.a); err != nil {
		return "", err
	}
	if err := w.followIs(ctx, w.c, w.a, "pending"); err != nil {
		return "", err
	}
	if err := w.decide(ctx, "accept", w.c); err != nil {
		return "", err
	}
	return "pending, then accepted, on both ends", w.followIs(ctx, w.c, w.a, "accepted")
}

func rejectFollower(ctx context.Context, w *world) (string, error) {
	if err := w.approval(ctx, true, true); err != nil {
		return "", err
	}
	if err := w.ask(ctx, w.b, w.a); err != nil {
		return "", err
	}
	if err := w.followIs(ctx, w.b, w.a, "pending"); err != nil {
		return "", err
	}
	if err := w.decide(ctx, "reject", w.b); err != nil {
		return "", err
	}
	if err := w.followIs(ctx, w.b, w.a, "rejected"); err != nil {
		return "", err
	}
	if err := w.decide(ctx, "accept", w.b); err != nil {
		return "", err
	}
	if err := w.followIs(ctx, w.b, w.a, "accepted"); err != nil {
		return "", err
	}
	if err := w.followIs(ctx, w.a, w.b, "accepted"); err != nil {
		return "", err
	}
	return "rejected, then accepted, on both ends; followed back", w.approval(ctx, false, false)
}

// page sends forms as a browser without scripts does.
type page struct {
	client *http.Client
	at     string
}

func (w *world) openPage(ctx context.Context, s *site) (*page, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := *w.net.client
	client.Jar = jar
	p := &page{client: &client, at: s.url}
	return p, p.send(ctx, "/login", url.Values{"username": {"root"}, "password": {rootPassword}})
}

var hidden = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// send posts a form, with the token that the page at its address has.
func (p *page) send(ctx context.Context, path string, form url.Values) error {
	look, err := http.NewRequestWithContext(ctx, http.MethodGet, p.at+path, nil)
	if err != nil {
		return err
	}
	shown, err := p.client.Do(look)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(shown.Body)
	_ = shown.Body.Close()
	if err != nil {
		return err
	}
	if m := hidden.FindSubmatch(text); m != nil {
		form.Set("csrf", string(m[1]))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.at+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.at)
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s%s: %s", p.at, path, res.Status)
	}
	return nil
}

func followOnPage(ctx context.Context, w *world) (string, error) {
	p, err := w.openPage(ctx, w.c)
	if err != nil {
		return "", err
	}
	if err := p.send(ctx, "/admin/settings/follows/following-list", url.Values{"sites": {w.b.url + "\n"}}); err != nil {
		return "", err
	}
	return "accepted on both ends", w.followIs(ctx, w.c, w.b, "accepted")
}

func unfollow(ctx context.Context, w *world) (string, error) {
	if err := w.roots[w.c].call(ctx, "DELETE", "/server/following/"+w.net.host("b.test"), nil, nil); err != nil {
		return "", err
	}
	if err := w.followIs(ctx, w.c, w.b, ""); err != nil {
		return "", err
	}
	if err := w.ask(ctx, w.c, w.b); err != nil {
		return "", err
	}
	return "gone from both ends, and there again", w.followIs(ctx, w.c, w.b, "accepted")
}

func followSites(ctx context.Context, w *world) (string, error) {
	for _, s := range w.sites() {
		var others []*site
		for _, other := range w.sites() {
			if other != s {
				others = append(others, other)
			}
		}
		if err := w.ask(ctx, s, others...); err != nil { // what is there already stays
			return "", err
		}
	}
	for _, by := range w.sites() {
		for _, of := range w.sites() {
			if by == of {
				continue
			}
			if err := w.followIs(ctx, by, of, "accepted"); err != nil {
				return "", err
			}
		}
	}
	return "six follows, accepted on both ends", nil
}

func backfill(ctx context.Context, w *world) (string, error) {
	return w.eventually(ctx, func() (string, error) {
		v, err := w.carol.video(ctx, w.early)
		return fmt.Sprintf("%q of %s", v.Name, v.Account.Host), err
	})
}
