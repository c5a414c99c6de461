package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// peerSecure asks the peer without a signature: what our sites learn of it they
// learn signed.
func peerSecure(ctx context.Context, w *world) (string, error) {
	if !w.options.secure {
		return "the peer is not told to", nil
	}
	for _, path := range []string{"/users/ana", "/users/ana/outbox"} {
		status, _, err := w.document(ctx, w.peer.origin+path)
		if err != nil || status != http.StatusUnauthorized {
			return "", fmt.Errorf("%s answers %d (%w)", path, status, err)
		}
	}
	return "401", nil
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

// say is an activity of one of the peer's actors.
func (w *world) say(as, kind string, object any) map[string]any {
	w.said++
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprintf("%s/said/%d", w.peer.origin, w.said), "type": kind,
		"actor": w.peer.origin + "/users/" + as, "object": object, "to": "https://www.w3.org/ns/activitystreams#Public",
	}
}

// post lets an actor of the peer say something to a.test. It returns how long
// the answer, which has to be 202, took.
func (w *world) post(as string, activity map[string]any, more map[string]any) (time.Duration, error) {
	command := map[string]any{"inbox": w.a.url + "/inbox", "as": as, "activity": activity}
	for k, v := range more {
		command[k] = v
	}
	answer, err := w.peer.do("raw", command)
	if err != nil {
		return 0, err
	}
	if answer["status"] != float64(http.StatusAccepted) {
		return 0, fmt.Errorf("answered %v: %v", answer["status"], answer["answer"])
	}
	took, _ := answer["took"].(float64)
	return time.Duration(took) * time.Millisecond, nil
}

// rated waits until a video has numbers of likes and dislikes at its origin.
func (w *world) rated(ctx context.Context, likes, dislikes int) error {
	_, err := w.eventually(ctx, func() (string, error) {
		v, err := w.alice.video(ctx, w.second)
		if err == nil && (v.Likes != likes || v.Dislikes != dislikes) {
			err = fmt.Errorf("%w: %d likes, %d dislikes", errNotYet, v.Likes, v.Dislikes)
		}
		return "", err
	})
	return err
}

func peerDislike(ctx context.Context, w *world) (string, error) {
	dislike := w.say("ana", "Dislike", w.ids["video"])
	if _, err := w.post("ana", dislike, nil); err != nil {
		return "", err
	}
	if err := w.rated(ctx, 0, 1); err != nil {
		return "", err
	}
	if _, err := w.post("ana", w.say("ana", "Undo", dislike), nil); err != nil {
		return "", err
	}
	return "1 dislike, then none", w.rated(ctx, 0, 0)
}

func peerDialects(ctx context.Context, w *world) (string, error) {
	var seen []string
	for _, spec := range []string{"draft-cavage-http-signatures-12", "rfc9421"} {
		in := map[string]any{"spec": spec}
		like := w.say("ana", "Like", w.ids["video"])
		took, err := w.post("ana", like, in)
		if err != nil {
			return "", fmt.Errorf("%s: %w", spec, err)
		}
		if err := w.rated(ctx, 1, 0); err != nil {
			return "", fmt.Errorf("%s: %w", spec, err)
		}
		if _, err := w.post("ana", w.say("ana", "Undo", like), in); err != nil {
			return "", fmt.Errorf("%s: %w", spec, err)
		}
		if err := w.rated(ctx, 0, 0); err != nil {
			return "", fmt.Errorf("%s: %w", spec, err)
		}
		seen = append(seen, fmt.Sprintf("%s: 202 after %s", spec, took))
	}
	return strings.Join(seen, ", "), nil
}

// peerBusy is done by an actor that nobody knows: its key can be had only when
// the delivery is over.
func peerBusy(ctx context.Context, w *world) (string, error) {
	like := w.say("solo", "Like", w.ids["video"])
	took, err := w.post("solo", like, map[string]any{"deaf": true})
	if err != nil {
		return "", err
	}
	if took > time.Second {
		return "", fmt.Errorf("the answer took %s", took)
	}
	if err := w.rated(ctx, 1, 0); err != nil {
		return "", err
	}
	if _, err := w.post("solo", w.say("solo", "Undo", like), nil); err != nil {
		return "", err
	}
	return fmt.Sprintf("202 after %s, then 1 like", took), w.rated(ctx, 0, 0)
}
