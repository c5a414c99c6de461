package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

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

// feed publishes the next video, whose comments wait for approval.
func feed(ctx context.Context, w *world) (string, error) {
	var err error
	const name = "What I think of gulls"
	if w.held, err = w.publishedWith(ctx, w.alice, name, map[string]string{"commentsPolicy": "3"}, nil); err != nil {
		return "", err
	}
	return w.eventually(ctx, func() (string, error) {
		var feed struct{ Data []videoView }
		if err := w.bob.call(ctx, "GET", "/users/me/subscriptions/videos", nil, &feed); err != nil {
			return "", err
		}
		if len(feed.Data) == 0 || feed.Data[0].UUID != w.held {
			return "", fmt.Errorf("%w: the feed has %+v", errNotYet, feed.Data)
		}
		var told struct {
			Data []struct {
				Type  int
				Video struct{ UUID string }
			}
		}
		if err := w.bob.call(ctx, "GET", "/users/me/notifications", nil, &told); err != nil {
			return "", err
		}
		for _, n := range told.Data {
			if n.Type == 1 && n.Video.UUID == w.held {
				return "first in the feed; a notification", nil
			}
		}
		return "", fmt.Errorf("%w: bob was told of %+v", errNotYet, told.Data)
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

func deleteComment(ctx context.Context, w *world) (string, error) {
	c, err := w.bob.comment(ctx, w.video, "Where is this?")
	if err != nil {
		return "", err
	}
	if err := w.unsay(ctx, w.bob, w.video, c.ID); err != nil {
		return "", err
	}
	for _, who := range []*person{w.alice, w.carol} {
		if err := w.commentGone(ctx, who, w.video, "Where is this?"); err != nil {
			return "", err
		}
		if _, err := who.comment(ctx, w.video, "It looks cold."); err != nil {
			return "", fmt.Errorf("the answers: %w", err)
		}
	}
	status, kind, err := w.document(ctx, c.URL)
	if err == nil && (status != http.StatusGone && status != http.StatusOK || kind != "Tombstone") { // 200 while answers stand
		err = fmt.Errorf("%s answers %d %s", c.URL, status, kind)
	}
	return fmt.Sprintf("gone from a.test and c.test, where the answers stand; its id answers %d %s", status, kind), err
}

func (w *world) unsay(ctx context.Context, who *person, uuid string, id int64) error {
	return who.call(ctx, "DELETE", fmt.Sprintf("/videos/%s/comments/%d", uuid, id), nil, nil)
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

// stranger looks at a site without an account.
func (w *world) stranger(s *site) *person { return &person{site: s, net: w.net, name: "somebody"} }

func holdComment(ctx context.Context, w *world) (string, error) {
	if err := w.bob.say(ctx, w.held, 0, "They steal chips."); err != nil {
		return "", err
	}
	if _, err := w.everywhere(ctx, w.held, "They steal chips.", "b.test", w.alice, w.bob); err != nil {
		return "", err
	}
	for _, s := range w.sites() {
		if _, err := w.stranger(s).comment(ctx, w.held, "They steal chips."); !errors.Is(err, errNotYet) {
			return "", fmt.Errorf("everybody sees it on %s (%w)", s.name, err)
		}
	}
	return "alice and bob see it, nobody else", nil
}

// judge approves or deletes what waits under alice's video.
func (w *world) waiting(ctx context.Context, text string) (int64, error) {
	c, err := w.alice.comment(ctx, w.held, text)
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

func approveComment(ctx context.Context, w *world) (string, error) {
	id, err := w.waiting(ctx, "They steal chips.")
	if err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "POST", fmt.Sprintf("/videos/%s/comments/%d/approve", w.held, id), nil, nil); err != nil {
		return "", err
	}
	return w.everywhere(ctx, w.held, "They steal chips.", "b.test", w.stranger(w.a), w.stranger(w.b), w.stranger(w.c))
}

func refuseComment(ctx context.Context, w *world) (string, error) {
	if err := w.carol.say(ctx, w.held, 0, "Gulls are rats."); err != nil {
		return "", err
	}
	if err := w.bob.say(ctx, w.held, 0, "I take this back."); err != nil {
		return "", err
	}
	for text, host := range map[string]string{"Gulls are rats.": "c.test", "I take this back.": "b.test"} {
		if _, err := w.everywhere(ctx, w.held, text, host, w.alice); err != nil {
			return "", err
		}
	}
	id, err := w.waiting(ctx, "Gulls are rats.")
	if err != nil {
		return "", err
	}
	if err := w.unsay(ctx, w.alice, w.held, id); err != nil {
		return "", err
	}
	if err := w.commentGone(ctx, w.carol, w.held, "Gulls are rats."); err != nil {
		return "", err
	}
	c, err := w.bob.comment(ctx, w.held, "I take this back.")
	if err != nil {
		return "", err
	}
	if err := w.unsay(ctx, w.bob, w.held, c.ID); err != nil {
		return "", err
	}
	return "gone from c.test; gone from a.test", w.commentGone(ctx, w.alice, w.held, "I take this back.")
}

func like(ctx context.Context, w *world) (string, error) {
	if err := w.bob.rate(ctx, w.video, "like"); err != nil {
		return "", err
	}
	if err := w.carol.rate(ctx, w.video, "dislike"); err != nil {
		return "", err
	}
	return w.counted(ctx, w.alice, 1, 1, 0)
}

// counted waits until a video has totals on a site. Views may be more.
func (w *world) counted(ctx context.Context, who *person, likes, dislikes, views int) (string, error) {
	begin := time.Now()
	return w.within(ctx, w.options.patience+90*time.Second, func() (string, error) { // they are gathered
		v, err := who.video(ctx, w.video)
		if err == nil && (v.Likes != likes || v.Dislikes != dislikes || v.Views < views) {
			err = fmt.Errorf("%w: on %s %d likes, %d dislikes, %d views", errNotYet, who.site.name, v.Likes, v.Dislikes, v.Views)
		}
		return fmt.Sprintf("%s after %.1f s", who.site.name, time.Since(begin).Seconds()), err
	})
}

func (w *world) countedOn(ctx context.Context, likes, dislikes, views int, people ...*person) (string, error) {
	var seen []string
	for _, who := range people {
		one, err := w.counted(ctx, who, likes, dislikes, views)
		if err != nil {
			return "", err
		}
		seen = append(seen, one)
	}
	return strings.Join(seen, ", "), nil
}

// watchOnB reports as a player does.
func watchOnB(ctx context.Context, w *world) (string, error) {
	for at := range 4 {
		if err := w.bob.call(ctx, "POST", "/videos/"+w.video+"/views", map[string]any{"currentTime": at}, nil); err != nil {
			return "", err
		}
		time.Sleep(time.Second)
	}
	return w.counted(ctx, w.alice, 1, 1, 1)
}

func totals(ctx context.Context, w *world) (string, error) {
	return w.countedOn(ctx, 1, 1, 1, w.alice, w.bob, w.carol)
}

func undoLikes(ctx context.Context, w *world) (string, error) {
	if err := w.bob.rate(ctx, w.video, "none"); err != nil {
		return "", err
	}
	if err := w.carol.rate(ctx, w.video, "like"); err != nil {
		return "", err
	}
	return w.counted(ctx, w.alice, 1, 0, 0)
}

func totalsAgain(ctx context.Context, w *world) (string, error) {
	return w.countedOn(ctx, 1, 0, 0, w.alice, w.bob, w.carol)
}
