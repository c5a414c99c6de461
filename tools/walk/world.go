package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// world is all servers of a walk and what the steps remember.
type world struct {
	options options
	net     *network
	a, b, c *site
	index   *site   // the list of sites; nil until a step needs it
	alice   *person // publishes on a.test
	bob     *person // on b.test
	carol   *person // on c.test
	roots   map[*site]*person
	peer    *peer
	arrived activities
	told    int // entries of the peer's log that were told
	said    int // what the peer's actors said by world.say

	clip    string
	picture string // a JPEG, and another one
	other   string
	video   string    // uuid of the video that the walk is about
	lists   [2]string // uuids of playlists of bob and of alice
	early   string    // of one that was there before anybody followed
	held    string    // of one whose comments wait for approval
	asleep  string    // of one that is published while c.test is down
	began   time.Time // when c.test was started again
	second  string    // uuid of the one that the peer sees
	ids     map[string]string
}

// newWorld starts all servers.
func newWorld(ctx context.Context, o options) (w *world, err error) {
	w = &world{options: o, roots: map[*site]*person{}, ids: map[string]string{}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	at := block()
	names := map[string]string{"a.test": at + "2", "b.test": at + "3", "c.test": at + "4", peerName: at + "5", indexName: at + "6"}
	if o.port == 0 {
		o.port = freePort(at + "2")
	}
	if w.net, err = newNetwork(o.dir, o.port, names); err != nil {
		return w, err
	}
	if err := w.startSites(ctx, o); err != nil {
		return w, err
	}
	for _, p := range []struct {
		at   *site
		name string
		who  **person
	}{{w.a, "alice", &w.alice}, {w.b, "bob", &w.bob}, {w.c, "carol", &w.carol}} {
		if *p.who, err = w.roots[p.at].admit(ctx, p.name); err != nil {
			return w, err
		}
	}
	if o.peer != "" {
		if w.peer, err = startPeer(ctx, w.net, o); err != nil {
			return w, err
		}
	}
	for at, source := range map[*string]string{&w.picture: "smptebars", &w.other: "rgbtestsrc"} {
		*at = filepath.Join(o.dir, source+".jpg")
		if out, ffmpegErr := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
			"-f", "lavfi", "-i", source+"=size=640x360", "-frames:v", "1", *at).CombinedOutput(); ffmpegErr != nil {
			return w, fmt.Errorf("make a picture: %w: %s", ffmpegErr, out)
		}
	}
	w.clip = filepath.Join(o.dir, "clip.mp4")
	if out, ffmpegErr := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-f", "lavfi", "-i", "sine=frequency=440:duration=4",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", w.clip).CombinedOutput(); ffmpegErr != nil {
		return w, fmt.Errorf("make a clip: %w: %s", ffmpegErr, out)
	}
	return w, nil
}

// startSites starts the three at once.
func (w *world) startSites(ctx context.Context, o options) error {
	server := os.Getenv("TEST_POSTGRES_URL")
	starts := []struct {
		at           **site
		name, server string
	}{{&w.a, "a.test", ""}, {&w.b, "b.test", server}, {&w.c, "c.test", ""}}
	failed := make(chan error, len(starts))
	for _, s := range starts {
		go func() {
			var err error
			*s.at, err = newSite(ctx, w.net, o, s.name, s.server, w.arrived.saw)
			failed <- err
		}()
	}
	var all error
	for range starts {
		all = errors.Join(all, <-failed)
	}
	if all != nil {
		return all
	}
	for _, s := range w.sites() {
		root := &person{site: s, net: w.net, name: "root"}
		if err := root.login(ctx, rootPassword); err != nil {
			return err
		}
		w.roots[s] = root
	}
	return nil
}

func (w *world) close() {
	if w.peer != nil {
		w.peer.close()
	}
	for _, s := range []*site{w.index, w.a, w.b, w.c} {
		if s != nil {
			s.close()
		}
	}
}

func (w *world) sites() []*site { return []*site{w.a, w.b, w.c} }

// tellActivities prints what went between the servers since the last time.
func (w *world) tellActivities() {
	for _, a := range w.arrived.take() {
		fmt.Printf("    %s → %s  %s %s  %d, %d ms\n", a.from, a.to, a.kind, a.object, a.status, a.took.Milliseconds())
	}
	if w.peer == nil {
		return
	}
	entries, err := w.peer.news()
	if err != nil {
		return
	}
	for _, e := range entries[w.told:] {
		switch e.Kind {
		case "received":
			fmt.Printf("    → %s  %s %s %s  %s\n", peerName, e.Type, e.ObjectType, e.Object, e.verdict())
		case "fetched":
			fmt.Printf("    %s was asked for %s: %d, signed: %t\n", peerName, e.Path, e.Status, e.Signed)
		case "timeline":
			fmt.Printf("    the timeline of %s shows %s %q, page %s, card %q\n", peerName, e.Type, e.Name, e.Page, e.Card.Title)
		}
	}
	w.told = len(entries)
}
