package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

func theVideo(w *world) string { return w.video }

// siteSteps are what happens between the three sites, in an order in which what
// is told once a minute is on its way while other things happen.
func siteSteps(o options) []step {
	steps := []step{
		{name: "identity", expect: "WebFinger, actor, NodeInfo and host-meta answer on each site", do: identity},
		{name: "unsigned", expect: "an inbox refuses what is not signed, and what is signed by nobody it can find", do: unsigned},
		{name: "look up", needs: []string{"identity"}, expect: "bob finds a video and a channel of a.test, which b.test does not follow, by URL and by handle", do: lookUp},
		{name: "approve a follower", needs: []string{"identity"}, expect: "c.test asks a.test, which wants to be asked; its administrator accepts", do: approveFollower},
		{name: "reject a follower", needs: []string{"approve a follower"}, expect: "b.test is refused by a.test, and later accepted; a.test follows back by itself", do: rejectFollower},
		{name: "follow on a page", needs: []string{"identity"}, expect: "the administrator of c.test follows b.test on a page, without scripts", do: followOnPage},
		{name: "unfollow", needs: []string{"follow on a page"}, expect: "c.test unfollows b.test and follows it again", do: unfollow},
		{name: "follow sites", needs: []string{"identity"}, expect: "each site follows the two others and is accepted", do: followSites},
		{name: "what was there", needs: []string{"look up", "follow sites"}, expect: "the video from before comes to c.test by itself", do: backfill},
		{name: "publish", needs: []string{"follow sites"}, expect: "alice's video on a.test appears on b.test and c.test", do: publish},
		{name: "like", needs: []string{"publish"}, expect: "bob's like and carol's dislike count on a.test", do: like},
		{name: "view", needs: []string{"publish"}, expect: "bob watches on b.test and is counted on a.test", do: watchOnB},
		{name: "make playlists", needs: []string{"publish"}, expect: "public playlists of bob and of alice appear on the other sites", do: makePlaylists},
		{name: "play", needs: []string{"publish"}, expect: "playlists and segments come from a.test, as b.test and c.test say, and pages of these may read them", do: play},
		{name: "mirror", needs: []string{"play"}, expect: "b.test mirrors alice's video: all sites name its address, where pages of c.test read the same files; removed, nobody is sent there", do: mirror},
		{name: "browse", needs: []string{"publish"}, expect: "Chromium plays it on the page of b.test, with pictures that move", do: browse},
		{name: "subscribe", needs: []string{"publish"}, expect: "bob on b.test subscribes to alice's channel on a.test", do: subscribe},
		{name: "feed", needs: []string{"subscribe"}, expect: "alice's next video is in bob's feed, and he is told", do: feed},
		{name: "comment", needs: []string{"publish"}, expect: "bob's comment on b.test stands under the video on a.test and c.test", do: commentFromB},
		{name: "answer", needs: []string{"comment"}, expect: "alice's answer on a.test arrives on b.test and c.test, carol's on all", do: answer},
		{name: "delete a comment", needs: []string{"answer"}, expect: "bob's comment becomes an empty place everywhere, with its answers", do: deleteComment},
		{name: "all it has", needs: []string{"publish"}, expect: "texts, tags, licence, captions, chapters, pictures and lists are those of a.test", do: allItHas},
		{name: "hold a comment", needs: []string{"feed"}, expect: "bob's comment waits for alice and is seen by nobody else", do: holdComment},
		{name: "approve a comment", needs: []string{"hold a comment"}, expect: "approved, it stands everywhere", do: approveComment},
		{name: "refuse a comment", needs: []string{"hold a comment"}, expect: "carol's is refused by alice and is gone from c.test; bob takes his back before it is read", do: refuseComment},
		{name: "edit", needs: []string{"publish"}, expect: "title, tags, picture and captions change on all sites", do: edit},
		{name: "edit a channel", needs: []string{"publish"}, expect: "the channel's and the account's new names and picture are on b.test and c.test", do: editActors},
		{name: "playlists", needs: []string{"make playlists"}, expect: "the playlists have their elements, and alice's its new name", do: playlists},
		{name: "totals", needs: []string{"like", "view"}, expect: "one like, one dislike and one view are on all sites", do: totals},
		{name: "undo", needs: []string{"totals"}, expect: "bob takes his like back, carol now likes it: a.test counts that", do: undoLikes},
		{name: "kill", needs: []string{"publish"}, expect: "c.test is killed; meanwhile alice publishes, bob comments, alice answers and deletes", do: killC},
		{name: "delete playlists", needs: []string{"playlists"}, expect: "bob's playlist is deleted, alice's made private: both are gone elsewhere", do: deletePlaylists},
		{name: "unlisted", needs: []string{"publish"}, expect: "made unlisted, the video is gone from b.test and can still be asked for at a.test", do: hide(theVideo, 2, true)},
		{name: "internal", needs: []string{"unlisted"}, expect: "made internal, it cannot be asked for any more", do: hide(theVideo, 4, false)},
		{name: "public again", needs: []string{"internal"}, expect: "made public again, it comes back", do: publicAgain},
		{name: "private", needs: []string{"feed"}, expect: "made private, alice's other video is gone from b.test", do: hide(func(w *world) string { return w.held }, 3, false)},
		{name: "mute an account", needs: []string{"kill"}, expect: "alice mutes bob: what he says under her videos is not taken", do: muteAccount},
		{name: "block a site", needs: []string{"follow sites"}, expect: "b.test blocks a.test: nothing comes from there, and nothing is sent there", do: blockSite},
		{name: "delete a channel", needs: []string{"follow sites"}, expect: "a channel of a.test and its video go from b.test", do: deleteChannel},
		{name: "delete an account", needs: []string{"publish", "kill"}, expect: "dave goes from a.test with his channel, video and comments, on b.test too; his id answers 410", do: deleteAccount},
		{name: "totals again", needs: []string{"undo", "public again"}, expect: "one like and no dislike are on all sites", do: totalsAgain},
		{name: "catch up", needs: []string{"kill"}, expect: "c.test was started again and has by itself what it slept through", do: catchUp},
		{name: "delete", needs: []string{"catch up"}, expect: "deleted, it is gone from all sites; its id answers 410 with a Tombstone", do: deleteVideo},
		{name: "list sites", needs: []string{"look up"}, expect: "a list of sites takes a.test and b.test on, by its API and on its page, and nobody twice", do: listSites},
		{name: "follow a list", needs: []string{"list sites", "follow sites"}, expect: "c.test follows whom the list names, by itself", do: followIndex},
		{name: "leave the list", needs: []string{"list sites"}, slow: true, expect: "c.test, which does not answer any more, is listed no longer, and again when it is added again", do: leaveList},
		{name: "documents", needs: []string{"follow sites"}, expect: "each activity has what PeerTube's have", do: documents},
	}
	if o.e2e == "" {
		steps = slices.DeleteFunc(steps, func(s step) bool { return s.name == "browse" })
	}
	return steps
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
