package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func muteAccount(ctx context.Context, w *world) (string, error) {
	bob := "bob@" + w.net.host("b.test")
	if err := w.alice.call(ctx, "POST", "/users/me/blocklist/accounts", map[string]string{"accountName": bob}, nil); err != nil {
		return "", err
	}
	if err := w.bob.say(ctx, w.asleep, 0, "Can you hear me?"); err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	for _, s := range []*site{w.a, w.c} {
		if _, err := w.stranger(s).comment(ctx, w.asleep, "Can you hear me?"); !errors.Is(err, errNotYet) && !isMissing(err) {
			return "", fmt.Errorf("it stands on %s (%w)", s.name, err)
		}
	}
	if err := w.alice.call(ctx, "DELETE", "/users/me/blocklist/accounts/"+bob, nil, nil); err != nil {
		return "", err
	}
	if err := w.bob.say(ctx, w.asleep, 0, "And now?"); err != nil {
		return "", err
	}
	seen, err := w.everywhere(ctx, w.asleep, "And now?", "b.test", w.alice)
	return "not on a.test; when he is heard again: " + seen, err
}

func isMissing(err error) bool {
	p := (*problem)(nil)
	return errors.As(err, &p) && p.status == http.StatusNotFound
}

func blockSite(ctx context.Context, w *world) (string, error) {
	host, root := w.net.host("a.test"), w.roots[w.b]
	quiet, err := w.publishedWith(ctx, w.bob, "A quiet film", nil, nil)
	if err != nil {
		return "", err
	}
	if _, err := w.on(ctx, quiet, func(videoView) error { return nil }, w.alice); err != nil {
		return "", err
	}
	if err := root.call(ctx, "POST", "/server/blocklist/servers", map[string]string{"host": host}, nil); err != nil {
		return "", err
	}
	if err := w.alice.say(ctx, quiet, 0, "Not so quiet!"); err != nil {
		return "", err
	}
	second, err := w.publishedWith(ctx, w.bob, "Another quiet film", nil, nil)
	if err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	if _, err := w.bob.comment(ctx, quiet, "Not so quiet!"); !errors.Is(err, errNotYet) {
		return "", fmt.Errorf("what alice says stands on b.test (%w)", err)
	}
	if _, err := w.alice.video(ctx, second); !isMissing(err) {
		return "", fmt.Errorf("bob's video went to a.test (%w)", err)
	}
	if err := root.call(ctx, "DELETE", "/server/blocklist/servers/"+url.PathEscape(host), nil, nil); err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil { // who is blocked is remembered for some seconds
		return "", err
	}
	if err := w.alice.say(ctx, quiet, 0, "Still quiet?"); err != nil {
		return "", err
	}
	seen, err := w.everywhere(ctx, quiet, "Still quiet?", "a.test", w.bob)
	return "nothing came, nothing went; when it is heard again: " + seen, err
}

func deleteChannel(ctx context.Context, w *world) (string, error) {
	var made struct {
		Channel struct{ ID int64 } `json:"videoChannel"`
	}
	if err := w.alice.call(ctx, "POST", "/video-channels", map[string]any{"name": "alice_short", "displayName": "Not for long"}, &made); err != nil {
		return "", err
	}
	uuid, err := w.publishedWith(ctx, w.alice, "Not for long", map[string]string{"channelId": fmt.Sprint(made.Channel.ID)}, nil)
	if err != nil {
		return "", err
	}
	if _, err := w.on(ctx, uuid, func(videoView) error { return nil }, w.bob); err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "DELETE", "/video-channels/alice_short", nil, nil); err != nil {
		return "", err
	}
	if err := w.missing(ctx, w.bob, "/videos/"+uuid); err != nil {
		return "", err
	}
	if err := w.missing(ctx, w.bob, "/video-channels/alice_short@"+w.net.host("a.test")); err != nil {
		return "", err
	}
	return w.buried(ctx, w.a.url+"/video-channels/alice_short", w.a.url+"/videos/watch/"+uuid)
}

// buried reports whether ids answer 410 with a Tombstone.
func (w *world) buried(ctx context.Context, ids ...string) (string, error) {
	for _, id := range ids {
		status, kind, err := w.document(ctx, id)
		if err == nil && (status != http.StatusGone || kind != "Tombstone") {
			err = fmt.Errorf("%s answers %d %s", id, status, kind)
		}
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("gone; %d ids answer 410 with a Tombstone", len(ids)), nil
}

func deleteAccount(ctx context.Context, w *world) (string, error) {
	dave, err := w.roots[w.a].admit(ctx, "dave")
	if err != nil {
		return "", err
	}
	uuid, err := w.publishedWith(ctx, dave, "Dave was here", nil, nil)
	if err != nil {
		return "", err
	}
	if _, err := w.on(ctx, uuid, func(videoView) error { return nil }, w.bob); err != nil {
		return "", err
	}
	if err := dave.say(ctx, w.asleep, 0, "Dave says hello."); err != nil {
		return "", err
	}
	if _, err := w.everywhere(ctx, w.asleep, "Dave says hello.", "a.test", w.bob); err != nil {
		return "", err
	}
	var me struct{ ID int64 }
	if err := dave.call(ctx, "GET", "/users/me", nil, &me); err != nil {
		return "", err
	}
	if err := w.roots[w.a].call(ctx, "DELETE", fmt.Sprintf("/users/%d", me.ID), nil, nil); err != nil {
		return "", err
	}
	host := w.net.host("a.test")
	for _, path := range []string{"/videos/" + uuid, "/accounts/dave@" + host, "/video-channels/dave_channel@" + host} {
		if err := w.missing(ctx, w.bob, path); err != nil {
			return "", err
		}
	}
	if err := w.commentGone(ctx, w.bob, w.asleep, "Dave says hello."); err != nil {
		return "", err
	}
	return w.buried(ctx, w.a.url+"/accounts/dave", w.a.url+"/video-channels/dave_channel", w.a.url+"/videos/watch/"+uuid)
}

// killC ends c.test in the middle of everything, lets things happen, and
// starts it again.
func killC(ctx context.Context, w *world) (string, error) {
	w.c.kill()
	var err error
	if w.asleep, err = published(ctx, w, "While c.test slept"); err != nil {
		return "", err
	}
	if _, err := w.on(ctx, w.asleep, func(videoView) error { return nil }, w.bob); err != nil {
		return "", err
	}
	if err := w.bob.say(ctx, w.asleep, 0, "Is anybody awake?"); err != nil {
		return "", err
	}
	if _, err := w.everywhere(ctx, w.asleep, "Is anybody awake?", "b.test", w.alice); err != nil {
		return "", err
	}
	c, err := w.alice.comment(ctx, w.asleep, "Is anybody awake?")
	if err != nil {
		return "", err
	}
	if err := w.alice.say(ctx, w.asleep, c.ID, "I am."); err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "DELETE", "/videos/"+w.early, nil, nil); err != nil {
		return "", err
	}
	if err := settle(ctx); err != nil {
		return "", err
	}
	w.began = time.Now()
	return "started again", w.c.start(ctx)
}

func catchUp(ctx context.Context, w *world) (string, error) {
	look := func() (string, error) {
		if _, err := w.carol.video(ctx, w.asleep); err != nil {
			return "", err
		}
		if _, err := w.stranger(w.c).comment(ctx, w.asleep, "Is anybody awake?"); err != nil {
			return "", err
		}
		if _, err := w.stranger(w.c).comment(ctx, w.asleep, "I am."); err != nil {
			return "", err
		}
		if _, err := w.carol.video(ctx, w.early); !isMissing(err) {
			return "", errors.Join(errNotYet, fmt.Errorf("what alice deleted is still there"), err)
		}
		return fmt.Sprintf("video, comment, answer and deletion, at most %.0f s after it was started", time.Since(w.began).Seconds()), nil
	}
	return w.within(ctx, 5*time.Minute, look)
}

// members are what PeerTube's activities have, by their type and that of their
// object; see the examples in internal/federation/activity/testdata.
var members = map[string]string{
	"Follow": "@context type id actor object", "Accept Follow": "@context type id actor object", "Reject Follow": "@context type id actor object",
	"Undo Follow":  "@context type id actor object",
	"Announce":     "@context type id actor object to cc signature",
	"Create Video": "@context type id actor object to cc signature", "Update Video": "@context type id actor object to cc signature",
	"Create Note": "@context type id actor object to cc signature", "Create Playlist": "@context type id actor object to cc signature",
	"Update Playlist": "@context type id actor object to cc signature", "Update Group": "@context type id actor object to cc signature",
	"Update Person": "@context type id actor object to cc signature", "Delete": "@context type id actor object signature",
	"Like": "@context type id actor object", "Dislike": "@context type id actor object", "Undo Like": "@context type id actor object", "Undo Dislike": "@context type id actor object",
	"Create CacheFile": "@context type id actor object to cc signature", "Undo Create": "@context type id actor object to cc signature",
	"View": "@context type id actor object", "ApproveReply": "@context type id actor object",
}

// objects are what their objects have.
var objects = map[string]string{
	"Video": "type id name duration uuid views sensitive waitTranscoding state commentsPolicy canReply downloadEnabled published updated " +
		"mediaType content support subtitleLanguage icon url likes dislikes shares comments hasParts attributedTo isLiveBroadcast tag to cc aspectRatio",
	"Note":      "type id content mediaType inReplyTo updated published url attributedTo tag to cc",
	"CacheFile": "type id object expires url",
	"Playlist":  "type id name content mediaType uuid published updated attributedTo totalItems to cc videoChannelPosition",
	"Person":    "type id name preferredUsername summary inbox outbox followers following playlists endpoints publicKey url published",
	"Group":     "type id name preferredUsername summary support attributedTo inbox outbox followers following playlists endpoints publicKey url published",
}

// documents looks at what went between the sites.
func documents(_ context.Context, w *world) (string, error) {
	seen := map[string]int{}
	var problems []string
	lack := func(doc map[string]json.RawMessage, want, what string) {
		for _, name := range strings.Fields(want) {
			if _, ok := doc[name]; !ok {
				problems = append(problems, what+" has no "+name)
			}
		}
	}
	out, err := os.Create(filepath.Join(w.options.dir, "activities.jsonl"))
	if err != nil {
		return "", err
	}
	defer out.Close()
	for _, a := range w.arrived.those(func(a activity) bool { return a.status < 300 }) {
		if _, err := out.Write(append(a.body, '\n')); err != nil {
			return "", err
		}
		var doc, object map[string]json.RawMessage
		if err := json.Unmarshal(a.body, &doc); err != nil {
			return "", err
		}
		kind, inner := a.kind, ""
		if json.Unmarshal(doc["object"], &object) == nil {
			_ = json.Unmarshal(object["type"], &inner)
			kind += " " + inner
		}
		seen[kind]++
		want, ok := members[kind]
		if !ok {
			problems = append(problems, "nobody expects "+kind)
		}
		lack(doc, want, kind)
		if strings.HasPrefix(kind, "Create ") || strings.HasPrefix(kind, "Update ") {
			lack(object, objects[inner], inner)
		}
	}
	slices.Sort(problems)
	if problems = slices.Compact(problems); len(problems) > 0 {
		return "", errors.New(strings.Join(problems, "; "))
	}
	var told []string
	for _, kind := range slices.Sorted(maps.Keys(seen)) {
		told = append(told, fmt.Sprintf("%s %d", kind, seen[kind]))
	}
	return strings.Join(told, ", "), nil
}
