package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// siteSteps are what happens between the three sites.
func siteSteps() []step {
	return []step{
		{name: "identity", expect: "WebFinger, actor, NodeInfo and host-meta answer on each site", do: identity},
		{name: "unsigned", expect: "an inbox refuses what is not signed, and what is signed by nobody it can find", do: unsigned},
		{name: "follow sites", needs: []string{"identity"}, expect: "each site follows the two others and is accepted", do: followSites},
		{name: "publish", needs: []string{"follow sites"}, expect: "alice's video on a.test appears on b.test and c.test", do: publish},
		{name: "play", needs: []string{"publish"}, expect: "its stream plays from a.test, as b.test and c.test say", do: play},
		{name: "subscribe", needs: []string{"publish"}, expect: "bob on b.test subscribes to alice's channel on a.test", do: subscribe},
		{name: "comment", needs: []string{"publish"}, expect: "bob's comment on b.test stands under the video on a.test and c.test", do: commentFromB},
		{name: "answer", needs: []string{"comment"}, expect: "alice's answer on a.test arrives on b.test and c.test, carol's on all", do: answer},
		{name: "like", needs: []string{"publish"}, expect: "bob's and carol's likes count on a.test, then everywhere", do: like},
		{name: "playlist", needs: []string{"publish"}, expect: "bob's public playlist on b.test holds alice's video and is known on a.test", do: playlist},
		{name: "edit", needs: []string{"publish"}, expect: "the new title is on all sites", do: edit},
		{name: "delete a comment", needs: []string{"answer"}, expect: "bob's comment disappears everywhere", do: deleteComment},
		{name: "private", needs: []string{"publish"}, expect: "made private, the video is gone from b.test and c.test", do: private},
		{name: "public again", needs: []string{"private"}, expect: "made public again, it comes back", do: publicAgain},
		{name: "delete", needs: []string{"publish"}, expect: "deleted, it is gone from all sites", do: deleteVideo},
		{name: "catch up", needs: []string{"follow sites"}, slow: true, expect: "c.test was down while alice published; it has the video by itself within 15 minutes", do: catchUp},
	}
}

// get fetches a document as another server would, unsigned.
func (w *world) get(ctx context.Context, url, accept string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", accept)
	res, err := w.net.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %.200s", url, res.Status, text)
	}
	return string(text), nil
}

const activityType = "application/activity+json"

func identity(ctx context.Context, w *world) (string, error) {
	for name, who := range map[string]*person{"alice": w.alice, "bob": w.bob, "carol": w.carol} {
		s := who.site
		for path, accept := range map[string]string{
			"/accounts/peertube": activityType, "/accounts/" + name: activityType, "/video-channels/" + name + "_channel": activityType,
			"/.well-known/webfinger?resource=acct:" + name + "@" + w.net.host(s.name):         "application/jrd+json",
			"/.well-known/webfinger?resource=acct:" + name + "_channel@" + w.net.host(s.name): "application/jrd+json",
			"/.well-known/nodeinfo": "application/json", "/nodeinfo/2.0.json": "application/json", "/.well-known/host-meta": "application/xrd+xml",
		} {
			text, err := w.get(ctx, s.url+path, accept)
			if err != nil {
				return "", err
			}
			if accept == activityType && !strings.Contains(text, `"publicKeyPem"`) {
				return "", fmt.Errorf("%s%s is no actor with a key: %.200s", s.url, path, text)
			}
		}
	}
	return "8 documents of each", nil
}

func unsigned(ctx context.Context, w *world) (string, error) {
	const body = `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://nobody.test/1","type":"Like","actor":"https://nobody.test/a","object":"https://a.test/"}`
	var seen []string
	for name, header := range map[string]string{
		"unsigned": "", "nonsense": "nonsense",
		"by nobody": `keyId="https://nobody.test/a#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="AAAA"`,
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.a.url+"/inbox", bytes.NewReader([]byte(body)))
		if err != nil {
			return "", err
		}
		req.Header.Set("Content-Type", activityType)
		if header != "" {
			req.Header.Set("Signature", header)
			req.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
			req.Header.Set("Digest", "SHA-256=AAAA")
		}
		res, err := w.net.client.Do(req)
		if err != nil {
			return "", err
		}
		_ = res.Body.Close()
		seen = append(seen, fmt.Sprintf("%s: %d", name, res.StatusCode))
		if res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusForbidden {
			return "", fmt.Errorf("%s: got %s, want 401 or 403", name, res.Status)
		}
	}
	return strings.Join(seen, ", "), nil
}

func followSites(ctx context.Context, w *world) (string, error) {
	for _, s := range w.sites() {
		var hosts []string
		for _, other := range w.sites() {
			if other != s {
				hosts = append(hosts, w.net.host(other.name))
			}
		}
		if err := w.roots[s].call(ctx, "POST", "/server/following", map[string]any{"hosts": hosts, "handles": []string{}}, nil); err != nil {
			return "", err
		}
	}
	return w.eventually(ctx, func() (string, error) {
		for _, s := range w.sites() {
			for _, list := range []string{"following", "followers"} {
				var page struct{ Total int }
				if err := w.roots[s].call(ctx, "GET", "/server/"+list+"?state=accepted&actorType=Application", nil, &page); err != nil {
					return "", err
				}
				if page.Total < 2 {
					return "", fmt.Errorf("%w: %s has %d %s", errNotYet, s.name, page.Total, list)
				}
			}
		}
		return "six follows, accepted on both ends", nil
	})
}

// published uploads and waits until the video can be watched at its origin.
func published(ctx context.Context, w *world, name string) (string, error) {
	uuid, err := w.alice.upload(ctx, w.clip, name)
	if err != nil {
		return "", err
	}
	_, err = w.within(ctx, 2*time.Minute, func() (string, error) {
		v, err := w.alice.video(ctx, uuid)
		if err == nil && (v.State.ID != 1 || len(v.Playlists) == 0) {
			err = fmt.Errorf("%w: its state is %d", errNotYet, v.State.ID)
		}
		return "", err
	})
	return uuid, err
}

// elsewhere waits until b.test and c.test show a video that fits.
func (w *world) elsewhere(ctx context.Context, uuid string, fits func(videoView) error) (string, error) {
	begin := time.Now()
	var seen []string
	for _, who := range []*person{w.bob, w.carol} {
		_, err := w.eventually(ctx, func() (string, error) {
			v, err := who.video(ctx, uuid)
			if err == nil {
				err = fits(v)
			}
			return "", err
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", who.site.name, err)
		}
		seen = append(seen, fmt.Sprintf("%s after %d ms", who.site.name, time.Since(begin).Milliseconds()))
	}
	return strings.Join(seen, ", "), nil
}

// gone waits until nobody on some sites finds a video.
func (w *world) gone(ctx context.Context, uuid string, from ...*person) (string, error) {
	var seen []string
	for _, who := range from {
		_, err := w.eventually(ctx, func() (string, error) {
			_, err := who.video(ctx, uuid)
			if p := (*problem)(nil); errors.As(err, &p) && (p.status == http.StatusNotFound || p.status == http.StatusGone) {
				return "", nil
			}
			return "", errors.Join(fmt.Errorf("%w: still there", errNotYet), err)
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", who.site.name, err)
		}
		seen = append(seen, who.site.name)
	}
	return "gone from " + strings.Join(seen, " and "), nil
}

func publish(ctx context.Context, w *world) (string, error) {
	var err error
	if w.video, err = published(ctx, w, "A walk by the sea"); err != nil {
		return "", err
	}
	return w.elsewhere(ctx, w.video, func(v videoView) error {
		if v.IsLocal || v.Account.Host != w.net.host("a.test") || v.Name != "A walk by the sea" {
			return fmt.Errorf("it is %q of %s, local: %t", v.Name, v.Account.Host, v.IsLocal)
		}
		return nil
	})
}

func play(ctx context.Context, w *world) (string, error) {
	for _, who := range []*person{w.bob, w.carol} {
		v, err := who.video(ctx, w.video)
		if err != nil {
			return "", err
		}
		if len(v.Playlists) == 0 {
			return "", fmt.Errorf("%s knows no stream of it", who.site.name)
		}
		text, err := w.get(ctx, v.Playlists[0].PlaylistURL, "*/*")
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(text, "#EXTM3U") || !strings.HasPrefix(v.Playlists[0].PlaylistURL, w.a.url) {
			return "", fmt.Errorf("%s is no playlist of a.test: %.100s", v.Playlists[0].PlaylistURL, text)
		}
	}
	return "a playlist of a.test on both", nil
}

func subscribe(ctx context.Context, w *world) (string, error) {
	uri := "alice_channel@" + w.net.host("a.test")
	if err := w.bob.call(ctx, "POST", "/users/me/subscriptions", map[string]string{"uri": uri}, nil); err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		if err := w.bob.call(ctx, "GET", "/users/me/subscriptions/"+uri, nil, nil); err != nil {
			return "", err
		}
		var feed struct{ Total int }
		if err := w.bob.call(ctx, "GET", "/users/me/subscriptions/videos", nil, &feed); err != nil {
			return "", err
		}
		if feed.Total == 0 {
			return "", fmt.Errorf("%w: the feed is empty", errNotYet)
		}
		return fmt.Sprintf("accepted, %d in the feed", feed.Total), nil
	})
}

// everywhere waits until a comment stands on some sites.
func (w *world) everywhere(ctx context.Context, uuid, text, host string, on ...*person) (string, error) {
	begin := time.Now()
	var seen []string
	for _, who := range on {
		_, err := w.eventually(ctx, func() (string, error) {
			c, err := who.comment(ctx, uuid, text)
			if err == nil && c.Account.Host != w.net.host(host) {
				err = fmt.Errorf("it is of %s@%s", c.Account.Name, c.Account.Host)
			}
			return "", err
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", who.site.name, err)
		}
		seen = append(seen, fmt.Sprintf("%s after %d ms", who.site.name, time.Since(begin).Milliseconds()))
	}
	return strings.Join(seen, ", "), nil
}

func commentFromB(ctx context.Context, w *world) (string, error) {
	if err := w.bob.say(ctx, w.video, 0, "Where is this?"); err != nil {
		return "", err
	}
	return w.everywhere(ctx, w.video, "Where is this?", "b.test", w.alice, w.carol)
}

func answer(ctx context.Context, w *world) (string, error) {
	c, err := w.alice.comment(ctx, w.video, "Where is this?")
	if err != nil {
		return "", err
	}
	if err := w.alice.say(ctx, w.video, c.ID, "In the north."); err != nil {
		return "", err
	}
	first, err := w.everywhere(ctx, w.video, "In the north.", "a.test", w.bob, w.carol)
	if err != nil {
		return "", err
	}
	if c, err = w.carol.comment(ctx, w.video, "In the north."); err != nil {
		return "", err
	}
	if err := w.carol.say(ctx, w.video, c.ID, "It looks cold."); err != nil {
		return "", err
	}
	second, err := w.everywhere(ctx, w.video, "It looks cold.", "c.test", w.alice, w.bob)
	return "alice's: " + first + "; carol's: " + second, err
}

func like(ctx context.Context, w *world) (string, error) {
	for _, who := range []*person{w.bob, w.carol} {
		if err := who.rate(ctx, w.video, "like"); err != nil {
			return "", err
		}
	}
	begin := time.Now()
	var seen []string
	for _, who := range []*person{w.alice, w.bob, w.carol} {
		// Likes are gathered before the others are told.
		_, err := w.within(ctx, w.options.patience+90*time.Second, func() (string, error) {
			v, err := who.video(ctx, w.video)
			if err == nil && v.Likes != 2 {
				err = fmt.Errorf("%w: %d likes", errNotYet, v.Likes)
			}
			return "", err
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", who.site.name, err)
		}
		seen = append(seen, fmt.Sprintf("%s after %.1f s", who.site.name, time.Since(begin).Seconds()))
	}
	return "2 likes: " + strings.Join(seen, ", "), nil
}

func playlist(ctx context.Context, w *world) (string, error) {
	var me struct {
		Channels []struct{ ID int64 } `json:"videoChannels"`
	}
	if err := w.bob.call(ctx, "GET", "/users/me", nil, &me); err != nil {
		return "", err
	}
	v, err := w.bob.video(ctx, w.video)
	if err != nil {
		return "", err
	}
	var made struct {
		Playlist struct {
			ID   int64
			UUID string
		} `json:"videoPlaylist"`
	}
	if err := w.bob.call(ctx, "POST", "/video-playlists", map[string]any{"displayName": "Seas", "privacy": 1, "videoChannelId": me.Channels[0].ID}, &made); err != nil {
		return "", err
	}
	if err := w.bob.call(ctx, "POST", "/video-playlists/"+made.Playlist.UUID+"/videos", map[string]any{"videoId": v.ID}, nil); err != nil {
		return "", err
	}
	// What is done to a playlist is gathered before the others are told.
	return w.within(ctx, w.options.patience+90*time.Second, func() (string, error) {
		var elements struct{ Total int }
		if err := w.alice.call(ctx, "GET", "/video-playlists/"+made.Playlist.UUID+"/videos", nil, &elements); err != nil {
			return "", err
		}
		if elements.Total != 1 {
			return "", fmt.Errorf("%w: %d elements", errNotYet, elements.Total)
		}
		return "a.test has the playlist with one element", nil
	})
}

func edit(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.video, map[string]any{"name": "A walk by the northern sea"}, nil); err != nil {
		return "", err
	}
	return w.elsewhere(ctx, w.video, func(v videoView) error {
		if v.Name != "A walk by the northern sea" {
			return fmt.Errorf("%w: it is called %q", errNotYet, v.Name)
		}
		return nil
	})
}

func deleteComment(ctx context.Context, w *world) (string, error) {
	c, err := w.bob.comment(ctx, w.video, "Where is this?")
	if err != nil {
		return "", err
	}
	if err := w.bob.call(ctx, "DELETE", fmt.Sprintf("/videos/%s/comments/%d", w.video, c.ID), nil, nil); err != nil {
		return "", err
	}
	for _, who := range []*person{w.alice, w.carol} {
		if err := w.commentGone(ctx, who, w.video, "Where is this?"); err != nil {
			return "", err
		}
	}
	return "gone from a.test and c.test", nil
}

// commentGone waits until a comment no longer stands under a video.
func (w *world) commentGone(ctx context.Context, who *person, uuid, text string) error {
	_, err := w.eventually(ctx, func() (string, error) {
		if _, err := who.comment(ctx, uuid, text); !errors.Is(err, errNotYet) {
			return "", errors.Join(fmt.Errorf("%q still stands on %s", text, who.site.name), err)
		}
		return "", nil
	})
	return err
}

func private(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.video, map[string]any{"privacy": 3}, nil); err != nil {
		return "", err
	}
	return w.gone(ctx, w.video, w.bob, w.carol)
}

func publicAgain(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.video, map[string]any{"privacy": 1}, nil); err != nil {
		return "", err
	}
	return w.elsewhere(ctx, w.video, func(videoView) error { return nil })
}

func deleteVideo(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "DELETE", "/videos/"+w.video, nil, nil); err != nil {
		return "", err
	}
	return w.gone(ctx, w.video, w.alice, w.bob, w.carol)
}

func catchUp(ctx context.Context, w *world) (string, error) {
	w.c.stop()
	uuid, err := published(ctx, w, "While c.test slept")
	if err != nil {
		return "", err
	}
	time.Sleep(20 * time.Second) // deliveries to c.test fail meanwhile
	if err := w.c.start(ctx); err != nil {
		return "", err
	}
	begin := time.Now()
	_, err = w.within(ctx, 15*time.Minute, func() (string, error) {
		_, err := w.carol.video(ctx, uuid)
		return "", err
	})
	return fmt.Sprintf("%.0f s after it was back", time.Since(begin).Seconds()), err
}
