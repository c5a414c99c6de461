package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// peerSteps are what happens between a.test and the server of another kind.
func peerSteps(o options) []step {
	if o.peer == "" {
		return nil
	}
	return []step{
		{name: "peer: look up", needs: []string{"identity"}, expect: "the peer finds @alice_channel@a.test and @alice@a.test by WebFinger", do: peerLookup},
		{name: "peer: is asked signed", needs: []string{"identity"}, expect: "the peer answers 401 to who does not sign, for its actor as well", do: peerSecure},
		{name: "peer: follow", needs: []string{"peer: look up"}, expect: "the peer follows the channel and the account and gets verified Accepts", do: peerFollow},
		{name: "peer: is followed", needs: []string{"identity"}, expect: "a.test follows the peer's account, which accepts", do: peerFollowed},
		{name: "peer: see a video", needs: []string{"peer: follow"}, expect: "a new video is created by the account and announced by the channel; the timeline shows title, page and card", do: peerVideo},
		{name: "peer: reply", needs: []string{"peer: see a video"}, expect: "the peer's reply stands under the video on a.test", do: peerReply},
		{name: "peer: is passed on", needs: []string{"peer: reply", "follow sites"}, expect: "a.test passes the reply on to b.test and c.test, which believe the peer's own signature", do: peerPassedOn},
		{name: "peer: is answered", needs: []string{"peer: reply"}, expect: "alice's answer arrives at the peer, as a reply to its note", do: peerAnswered},
		{name: "peer: like", needs: []string{"peer: see a video"}, expect: "the peer's like counts on a.test", do: peerLike},
		{name: "peer: replay", needs: []string{"peer: like"}, expect: "the same like sent again is not counted twice", do: peerReplay},
		{name: "peer: forgeries", needs: []string{"peer: see a video"}, expect: "what the peer says in the name of others changes nothing", do: peerForgeries},
		{name: "peer: undo", needs: []string{"peer: like"}, expect: "undone, it does not count any more", do: peerUndo},
		{name: "peer: dislike", needs: []string{"peer: undo"}, expect: "a dislike counts, and undone it does not", do: peerDislike},
		{name: "peer: dialects", needs: []string{"peer: undo"}, expect: "what is signed by draft-cavage and by RFC 9421 is taken", do: peerDialects},
		{name: "peer: busy", needs: []string{"peer: undo"}, expect: "a server that answers nothing while it delivers gets its answer within a second, and what it says counts when its key can be had", do: peerBusy},
		{name: "peer: boost", needs: []string{"peer: see a video"}, expect: "a boost by a person, and its Undo, are taken and change nothing", do: peerBoost},
		{name: "peer: group", needs: []string{"peer: see a video"}, expect: "a reply that a group announces (FEP-1b12) stands under the video, a like that it announces does not count", do: peerGroup},
		{name: "peer: mirror", needs: []string{"peer: see a video", "follow sites"}, expect: "the peer's site mirrors a film (CacheFile): all sites name its address beside the film, and do not once it is taken back", do: peerMirror},
		{name: "peer: edit", needs: []string{"peer: reply"}, expect: "the edited reply is shown on a.test", do: peerEdit},
		{name: "peer: delete", needs: []string{"peer: reply", "peer: is passed on"}, expect: "the deleted reply disappears on all sites, and nobody refuses to hear of it", do: peerDelete},
		{name: "peer: is deleted", needs: []string{"peer: see a video", "follow sites"}, expect: "alice deletes a reply of the peer: it is gone everywhere and the peer is told", do: peerUnsaid},
		{name: "peer: waits", needs: []string{"peer: see a video", "follow sites"}, expect: "where alice wants to agree first, a reply is shown to nobody until she does; the peer is told", do: peerWaits},
		{name: "peer: is told of edits", needs: []string{"peer: see a video"}, expect: "alice's new title reaches the peer as an Update", do: peerUpdated},
		{name: "peer: is told of the end", needs: []string{"peer: see a video"}, expect: "alice deletes the video and the peer gets a Delete", do: peerDeleted},
		{name: "peer: unfollow", needs: []string{"peer: follow"}, expect: "the peer unfollows; the channel has no follower of it", do: peerUnfollow},
		{name: "peer: verdicts", needs: []string{"peer: follow"}, expect: "every layer of every delivery to the peer was right, and it was asked signed", do: peerVerdicts},
	}
}

func peerLookup(_ context.Context, w *world) (string, error) {
	var seen []string
	for _, who := range []struct{ name, kind, path string }{
		{"alice_channel", "Group", "/video-channels/alice_channel"}, {"alice", "Person", "/accounts/alice"},
	} {
		found, err := w.peer.do("lookup", map[string]any{"handle": "@" + who.name + "@" + w.net.host("a.test")})
		if err != nil {
			return "", err
		}
		id, _ := found["id"].(string)
		if found["type"] != who.kind || id != w.a.url+who.path {
			return "", fmt.Errorf("%s is %v %v", who.name, found["type"], found["id"])
		}
		w.ids[who.name] = id
		seen = append(seen, fmt.Sprintf("%s %s, named %v", who.kind, id, found["name"]))
	}
	return strings.Join(seen, "; "), nil
}

func peerFollow(ctx context.Context, w *world) (string, error) {
	var seen []string
	for _, who := range []string{"alice_channel", "alice"} {
		sent, err := w.peer.do("follow", map[string]any{"actor": w.ids[who]})
		if err != nil {
			return "", err
		}
		id, _ := sent["id"].(string)
		got, err := w.eventually(ctx, func() (string, error) {
			return w.peer.received(func(e entry) bool { return e.Type == "Accept" && e.Object == id && e.Actor == w.ids[who] })
		})
		if err != nil {
			return "", err
		}
		w.ids["follow "+who] = id
		seen = append(seen, got)
	}
	return strings.Join(seen, "; "), nil
}

func peerVideo(ctx context.Context, w *world) (string, error) {
	var err error
	if w.second, err = published(ctx, w, "A storm over the harbour"); err != nil {
		return "", err
	}
	v, err := w.alice.video(ctx, w.second)
	if err != nil {
		return "", err
	}
	w.ids["video"] = w.a.url + "/videos/watch/" + w.second
	var got []string
	for kind, by := range map[string]string{"Announce": w.ids["alice_channel"], "Create": w.ids["alice"]} {
		one, err := w.eventually(ctx, func() (string, error) {
			return w.peer.received(func(e entry) bool { return e.Type == kind && e.Actor == by && e.Object == w.ids["video"] })
		})
		if err != nil {
			return "", fmt.Errorf("%s by %s: %w", kind, by, err)
		}
		got = append(got, one)
	}
	return w.eventually(ctx, func() (string, error) {
		for _, e := range w.peer.entries {
			if e.Kind != "timeline" || e.Name != v.Name {
				continue
			}
			c := e.Card
			if !strings.HasPrefix(e.Page, w.a.url+"/w/") || c.Title != v.Name || !isURL(c.Image) || !isURL(c.Player) || !isURL(c.OEmbed) {
				return "", fmt.Errorf("the timeline shows %q with page %q and card %+v", e.Name, e.Page, c)
			}
			return fmt.Sprintf("%s; in the timeline: %q, %s, card %q with a picture, a player and oEmbed", strings.Join(got, "; "), e.Name, e.Page, c.Title), nil
		}
		_, err := w.peer.news()
		return "", fmt.Errorf("%w: not in the timeline (%w)", errNotYet, err)
	})
}

// isURL reports whether the peer found something behind an address: otherwise
// it says what.
func isURL(s string) bool { return strings.HasPrefix(s, "https://") && !strings.Contains(s, " ") }

func peerReply(ctx context.Context, w *world) (string, error) {
	sent, err := w.peer.do("note", map[string]any{"inReplyTo": w.ids["video"], "content": "<p>I was there that day!</p>"})
	if err != nil {
		return "", err
	}
	w.ids["note"], _ = sent["note"].(string)
	return w.everywhere(ctx, w.second, "I was there that day!", peerName, w.alice)
}

func peerPassedOn(ctx context.Context, w *world) (string, error) {
	return w.everywhere(ctx, w.second, "I was there that day!", peerName, w.bob, w.carol)
}

func peerAnswered(ctx context.Context, w *world) (string, error) {
	c, err := w.alice.comment(ctx, w.second, "I was there that day!")
	if err != nil {
		return "", err
	}
	if err := w.alice.say(ctx, w.second, c.ID, "Did you get wet?"); err != nil {
		return "", err
	}
	got, err := w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool { return e.Type == "Create" && e.ObjectType == "Note" })
	})
	if err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		for _, e := range w.peer.entries {
			if e.Kind == "timeline" && strings.Contains(e.Content, "Did you get wet?") {
				if e.InReplyTo != w.ids["note"] {
					return "", fmt.Errorf("it is a reply to %s, not to %s", e.InReplyTo, w.ids["note"])
				}
				return got, nil
			}
		}
		_, err := w.peer.news()
		return "", fmt.Errorf("%w: not in the timeline (%w)", errNotYet, err)
	})
}

// likes waits until a video has a number of likes at its origin.
func (w *world) likes(ctx context.Context, n int) (string, error) {
	return w.eventually(ctx, func() (string, error) {
		v, err := w.alice.video(ctx, w.second)
		if err == nil && v.Likes != n {
			err = fmt.Errorf("%w: %d likes", errNotYet, v.Likes)
		}
		return fmt.Sprintf("%d likes", n), err
	})
}

func peerLike(ctx context.Context, w *world) (string, error) {
	sent, err := w.peer.do("like", map[string]any{"object": w.ids["video"]})
	if err != nil {
		return "", err
	}
	w.ids["like"], _ = sent["id"].(string)
	return w.likes(ctx, 1)
}

func peerUndo(ctx context.Context, w *world) (string, error) {
	if _, err := w.peer.do("undo", map[string]any{"id": w.ids["like"]}); err != nil {
		return "", err
	}
	return w.likes(ctx, 0)
}

func peerEdit(ctx context.Context, w *world) (string, error) {
	if _, err := w.peer.do("edit", map[string]any{"id": w.ids["note"], "content": "<p>I was there that night!</p>"}); err != nil {
		return "", err
	}
	return w.everywhere(ctx, w.second, "I was there that night!", peerName, w.alice)
}

func peerDelete(ctx context.Context, w *world) (string, error) {
	if _, err := w.peer.do("delete", map[string]any{"id": w.ids["note"]}); err != nil {
		return "", err
	}
	for _, who := range []*person{w.alice, w.bob, w.carol} {
		if err := w.commentGone(ctx, who, w.second, "I was there that"); err != nil {
			return "", err
		}
	}
	return "gone from all", w.nobodyRefused("Delete", "")
}

// nobodyRefused returns an error when one of our sites refused what another of
// them told of objects whose addresses contain about; "" is all of them.
func (w *world) nobodyRefused(kind, about string) error {
	for _, a := range w.arrived.those(func(a activity) bool { return a.kind == kind && strings.Contains(a.object, about) && a.status >= 400 }) {
		if !strings.HasPrefix(a.from, peerName) {
			return fmt.Errorf("%s answered %d to %s %s of %s", a.to, a.status, a.kind, a.object, a.from)
		}
	}
	return nil
}

func peerUpdated(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.second, map[string]any{"name": "A storm over the old harbour"}, nil); err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool {
			var body struct {
				Object struct{ Name, Published, Updated string }
			}
			// Mastodon believes an edit by its time.
			return e.Type == "Update" && e.ObjectType == "Video" && json.Unmarshal(e.Body, &body) == nil &&
				strings.Contains(body.Object.Name, "old harbour") && body.Object.Updated > body.Object.Published
		})
	})
}

func peerDeleted(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "DELETE", "/videos/"+w.second, nil, nil); err != nil {
		return "", err
	}
	got, err := w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool { return e.Type == "Delete" && e.Object == w.ids["video"] })
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.ids["video"], nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", activityType)
	res, err := w.net.client.Do(req)
	if err != nil {
		return "", err
	}
	_ = res.Body.Close()
	return fmt.Sprintf("%s; its id answers %d", got, res.StatusCode), nil
}

func peerUnfollow(ctx context.Context, w *world) (string, error) {
	for _, who := range []string{"alice_channel", "alice"} {
		if _, err := w.peer.do("undo", map[string]any{"id": w.ids["follow "+who]}); err != nil {
			return "", err
		}
	}
	return w.eventually(ctx, func() (string, error) {
		var page struct {
			Data []struct {
				Follower struct{ Name, Host string }
			}
		}
		if err := w.alice.call(ctx, "GET", "/video-channels/alice_channel/followers", nil, &page); err != nil {
			return "", err
		}
		for _, f := range page.Data {
			if f.Follower.Host == w.net.host(peerName) {
				return "", fmt.Errorf("%w: %s@%s still follows", errNotYet, f.Follower.Name, f.Follower.Host)
			}
		}
		return fmt.Sprintf("%d followers, none of %s", len(page.Data), peerName), nil
	})
}

func peerVerdicts(_ context.Context, w *world) (string, error) {
	entries, err := w.peer.news()
	if err != nil {
		return "", err
	}
	right, ld, signed := 0, 0, 0
	for _, e := range entries {
		switch e.Kind {
		case "received":
			wrong := e.HTTPOk == nil || !*e.HTTPOk || e.LDOk != nil && !*e.LDOk || e.ProofOk != nil && !*e.ProofOk
			// Fedify answers 400 to what is no activity of ActivityStreams.
			if wrong || e.Status >= 400 && e.Type != "ApproveReply" {
				return "", fmt.Errorf("%s %s: %s", e.Type, e.ID, e.verdict())
			}
			right++
			if e.LDOk != nil {
				ld++
			}
		case "fetched":
			if e.Signed {
				signed++
			}
		}
	}
	if right == 0 || ld == 0 || signed == 0 {
		return "", fmt.Errorf("%d deliveries, %d of them with LD signatures, %d signed fetches", right, ld, signed)
	}
	return fmt.Sprintf("%d deliveries right, %d of them with LD signatures; %d signed fetches", right, ld, signed), nil
}
