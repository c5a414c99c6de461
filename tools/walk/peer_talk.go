package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// peerFollowed lets the site follow an account of the peer.
func peerFollowed(ctx context.Context, w *world) (string, error) {
	handle := "ana@" + w.net.host(peerName)
	if err := w.roots[w.a].call(ctx, "POST", "/server/following", map[string]any{"handles": []string{handle}}, nil); err != nil {
		return "", err
	}
	got, err := w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool { return e.Type == "Follow" && e.Object == w.peer.origin+"/users/ana" })
	})
	if err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		var page struct {
			Data []struct {
				State     string
				Following struct{ Name, Host string }
			}
		}
		if err := w.roots[w.a].call(ctx, "GET", "/server/following", nil, &page); err != nil {
			return "", err
		}
		for _, f := range page.Data {
			if f.Following.Name+"@"+f.Following.Host == handle && f.State == "accepted" {
				return got + ", accepted", nil
			}
		}
		return "", fmt.Errorf("%w: %+v", errNotYet, page.Data)
	})
}

// peerBoost is done by a person: only sites and channels share videos.
func peerBoost(ctx context.Context, w *world) (string, error) {
	before, err := w.alice.video(ctx, w.second)
	if err != nil {
		return "", err
	}
	boost := w.say("ana", "Announce", w.ids["video"])
	if _, err := w.post("ana", boost, nil); err != nil {
		return "", err
	}
	if _, err := w.post("ana", w.say("ana", "Undo", boost), nil); err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	after, err := w.alice.video(ctx, w.second)
	if err == nil && (after.Name != before.Name || after.Likes != before.Likes || after.URL != before.URL) {
		err = fmt.Errorf("it was %+v and is %+v", before, after)
	}
	return "202 and 202, nothing changed", err
}

// peerGroup passes things on as Lemmy's communities do. What cannot be had of
// its own site cannot be believed.
func peerGroup(ctx context.Context, w *world) (string, error) {
	note, err := w.peer.do("post", map[string]any{"inReplyTo": w.ids["video"], "content": "<p>Seen in the club.</p>"})
	if err != nil {
		return "", err
	}
	create := w.say("ana", "Create", note["document"])
	delete(create, "@context")
	if _, err := w.post("club", w.say("club", "Announce", create), nil); err != nil {
		return "", err
	}
	got, err := w.everywhere(ctx, w.second, "Seen in the club.", peerName, w.alice)
	if err != nil {
		return "", err
	}
	like := w.say("ana", "Like", w.ids["video"])
	delete(like, "@context")
	if _, err := w.post("club", w.say("club", "Announce", like), nil); err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	return "the reply: " + got + "; the like does not count", w.rated(ctx, 0, 0)
}

// peerUnsaid deletes what the peer says, in the name of whose video it is.
func peerUnsaid(ctx context.Context, w *world) (string, error) {
	const text = "Buy umbrellas here!"
	sent, err := w.peer.do("note", map[string]any{"inReplyTo": w.ids["video"], "content": "<p>" + text + "</p>"})
	if err != nil {
		return "", err
	}
	if _, err := w.everywhere(ctx, w.second, text, peerName, w.alice, w.bob, w.carol); err != nil {
		return "", err
	}
	c, err := w.alice.comment(ctx, w.second, text)
	if err != nil {
		return "", err
	}
	if err := w.unsay(ctx, w.alice, w.second, c.ID); err != nil {
		return "", err
	}
	for _, who := range []*person{w.alice, w.bob, w.carol} {
		if err := w.commentGone(ctx, who, w.second, text); err != nil {
			return "", err
		}
	}
	got, err := w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool { return e.Type == "Delete" && e.Object == sent["note"] && e.Actor == w.ids["alice"] })
	})
	return "gone from all; " + got, errors.Join(err, w.nobodyRefused("Delete", ""))
}

// peerWaits says something where alice wants to agree first.
func peerWaits(ctx context.Context, w *world) (string, error) {
	const text = "May I say this?"
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.second, map[string]any{"commentsPolicy": 3}, nil); err != nil {
		return "", err
	}
	sent, err := w.peer.do("note", map[string]any{"inReplyTo": w.ids["video"], "content": "<p>" + text + "</p>"})
	if err != nil {
		return "", err
	}
	if _, err := w.everywhere(ctx, w.second, text, peerName, w.alice); err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	for _, s := range w.sites() {
		if _, err := w.stranger(s).comment(ctx, w.second, text); !errors.Is(err, errNotYet) {
			return "", fmt.Errorf("everybody sees it on %s (%w)", s.name, err)
		}
	}
	c, err := w.alice.comment(ctx, w.second, text)
	if err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "POST", fmt.Sprintf("/videos/%s/comments/%d/approve", w.second, c.ID), nil, nil); err != nil {
		return "", err
	}
	if _, err := w.everywhere(ctx, w.second, text, peerName, w.stranger(w.a)); err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		if _, err := w.peer.news(); err != nil {
			return "", err
		}
		// Fedify knows no such activity and answers 400. It goes to one site, which
		// passes it on to nobody, so that the request's signature is enough.
		for _, e := range w.peer.entries {
			if e.Type == "ApproveReply" && e.Object == sent["note"] {
				if !strings.HasPrefix(e.ID, w.ids["video"]+"/comments/") || e.HTTPOk == nil || !*e.HTTPOk || e.LDOk != nil && !*e.LDOk {
					return "", fmt.Errorf("%s: %s", e.ID, e.verdict())
				}
				return "seen by alice alone, then by everybody; ApproveReply " + e.ID + " arrived: " + e.verdict(), nil
			}
		}
		return "", errNotYet
	})
}
