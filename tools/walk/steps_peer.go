package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// peerSteps are what happens between a.test and the server of another kind.
func peerSteps(o options) []step {
	if o.peer == "" {
		return nil
	}
	return []step{
		{name: "peer: look up", needs: []string{"identity"}, expect: "the peer finds @alice_channel@a.test by WebFinger", do: peerLookup},
		{name: "peer: follow", needs: []string{"peer: look up"}, expect: "the peer follows the channel and gets a verified Accept", do: peerFollow},
		{name: "peer: see a video", needs: []string{"peer: follow"}, expect: "a new video is announced; the timeline shows title, page and card", do: peerVideo},
		{name: "peer: reply", needs: []string{"peer: see a video"}, expect: "the peer's reply stands under the video on a.test", do: peerReply},
		{name: "peer: is passed on", needs: []string{"peer: reply", "follow sites"}, expect: "a.test passes the reply on to b.test and c.test, which believe the peer's own signature", do: peerPassedOn},
		{name: "peer: is answered", needs: []string{"peer: reply"}, expect: "alice's answer arrives at the peer, as a reply to its note", do: peerAnswered},
		{name: "peer: like", needs: []string{"peer: see a video"}, expect: "the peer's like counts on a.test", do: peerLike},
		{name: "peer: replay", needs: []string{"peer: like"}, expect: "the same like sent again is not counted twice", do: peerReplay},
		{name: "peer: forgeries", needs: []string{"peer: see a video"}, expect: "what the peer says in the name of others changes nothing", do: peerForgeries},
		{name: "peer: undo", needs: []string{"peer: like"}, expect: "undone, it does not count any more", do: peerUndo},
		{name: "peer: edit", needs: []string{"peer: reply"}, expect: "the edited reply is shown on a.test", do: peerEdit},
		{name: "peer: delete", needs: []string{"peer: reply"}, expect: "the deleted reply disappears on a.test", do: peerDelete},
		{name: "peer: is told of edits", needs: []string{"peer: see a video"}, expect: "alice's new title reaches the peer as an Update", do: peerUpdated},
		{name: "peer: is told of the end", needs: []string{"peer: see a video"}, expect: "alice deletes the video and the peer gets a Delete", do: peerDeleted},
		{name: "peer: unfollow", needs: []string{"peer: follow"}, expect: "the peer unfollows; the channel has no follower of it", do: peerUnfollow},
		{name: "peer: verdicts", needs: []string{"peer: follow"}, expect: "every layer of every delivery to the peer was right, and it was asked signed", do: peerVerdicts},
	}
}

func peerLookup(_ context.Context, w *world) (string, error) {
	found, err := w.peer.do("lookup", map[string]any{"handle": "@alice_channel@" + w.net.host("a.test")})
	if err != nil {
		return "", err
	}
	id, _ := found["id"].(string)
	if found["type"] != "Group" || id != w.a.url+"/video-channels/alice_channel" {
		return "", fmt.Errorf("it found %v %v", found["type"], found["id"])
	}
	w.ids["channel"] = id
	return fmt.Sprintf("Group %s, named %v", id, found["name"]), nil
}

func peerFollow(ctx context.Context, w *world) (string, error) {
	sent, err := w.peer.do("follow", map[string]any{"actor": w.ids["channel"]})
	if err != nil {
		return "", err
	}
	w.ids["follow"], _ = sent["id"].(string)
	return w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool { return e.Type == "Accept" })
	})
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
	got, err := w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool {
			return (e.Type == "Announce" || e.Type == "Create") && e.Object == w.ids["video"]
		})
	})
	if err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		for _, e := range w.peer.entries {
			if e.Kind != "timeline" || e.Name != v.Name {
				continue
			}
			if !strings.HasPrefix(e.Page, w.a.url) || e.Card.Title == "" {
				return "", fmt.Errorf("the timeline shows %q with page %q and card %+v", e.Name, e.Page, e.Card)
			}
			return fmt.Sprintf("%s; in the timeline: %q, %s, card %q", got, e.Name, e.Page, e.Card.Title), nil
		}
		_, err := w.peer.news()
		return "", fmt.Errorf("%w: not in the timeline (%w)", errNotYet, err)
	})
}

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

// like is what the peer sent as its like.
func (w *world) like() map[string]any {
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": w.ids["like"], "type": "Like",
		"actor": w.peer.origin + "/users/ana", "object": w.ids["video"],
	}
}

func peerReplay(ctx context.Context, w *world) (string, error) {
	var seen []string
	for range 2 {
		answer, err := w.peer.do("raw", map[string]any{"inbox": w.a.url + "/inbox", "activity": w.like()})
		if err != nil {
			return "", err
		}
		seen = append(seen, fmt.Sprint(answer["status"]))
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	got, err := w.likes(ctx, 1)
	return "answered " + strings.Join(seen, " and ") + ", " + got, err
}

// settle gives what was sent the time to do its harm.
func settle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(3 * time.Second):
		return nil
	}
}

func peerForgeries(ctx context.Context, w *world) (string, error) {
	before, err := w.alice.video(ctx, w.second)
	if err != nil {
		return "", err
	}
	public := []string{"https://www.w3.org/ns/activitystreams#Public"}
	ana, alice := w.peer.origin+"/users/ana", w.a.url+"/accounts/alice"
	note := map[string]any{
		"id": w.peer.origin + "/users/ana/notes/forged", "type": "Note", "content": "alice never said this", "attributedTo": alice,
		"inReplyTo": w.ids["video"], "to": public, "published": "2026-01-01T00:00:00Z",
	}
	video := map[string]any{"id": w.ids["video"], "type": "Video", "name": "Stolen", "uuid": w.second, "attributedTo": ana, "to": public}
	forgeries := []struct {
		name, kind, actor string
		object            any
	}{
		{name: "an Update of alice's video by the peer", kind: "Update", actor: ana, object: video},
		{name: "a Delete of alice's video by the peer", kind: "Delete", actor: ana, object: w.ids["video"]},
		{name: "a Delete of alice by the peer", kind: "Delete", actor: ana, object: alice},
		{name: "a Delete said to be alice's", kind: "Delete", actor: alice, object: w.ids["video"]},
		{name: "a note said to be alice's", kind: "Create", actor: ana, object: note},
		{name: "a like said to be bob's", kind: "Like", actor: w.b.url + "/accounts/bob", object: w.ids["video"]},
		{name: "an Undo of what is bob's", kind: "Undo", actor: ana, object: map[string]any{
			"id": w.b.url + "/accounts/bob/likes/1", "type": "Like", "actor": w.b.url + "/accounts/bob", "object": w.ids["video"],
		}},
	}
	var seen []string
	for i, f := range forgeries {
		answer, err := w.peer.do("raw", map[string]any{"inbox": w.a.url + "/inbox", "activity": map[string]any{
			"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/forged/%d", w.peer.origin, i),
			"type": f.kind, "actor": f.actor, "object": f.object, "to": public,
		}})
		if err != nil {
			return "", err
		}
		seen = append(seen, fmt.Sprintf("%s: %v", f.name, answer["status"]))
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	after, err := w.alice.video(ctx, w.second)
	if err != nil {
		return "", err
	}
	if after.Name != before.Name || after.Likes != before.Likes || after.Account != before.Account {
		return "", fmt.Errorf("the video was %+v and is %+v (%s)", before, after, strings.Join(seen, "; "))
	}
	if _, err := w.alice.comment(ctx, w.second, "alice never said this"); !errors.Is(err, errNotYet) {
		return "", fmt.Errorf("the forged note stands under the video (%w)", err)
	}
	return strings.Join(seen, "; ") + "; nothing changed", nil
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
	return "gone", w.commentGone(ctx, w.alice, w.second, "I was there that")
}

func peerUpdated(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.second, map[string]any{"name": "A storm over the old harbour"}, nil); err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		return w.peer.received(func(e entry) bool {
			return e.Type == "Update" && e.ObjectType == "Video" && strings.Contains(string(e.Body), "old harbour")
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
	if _, err := w.peer.do("undo", map[string]any{"id": w.ids["follow"]}); err != nil {
		return "", err
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
