package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// list makes a public playlist with videos and returns its uuid.
func (w *world) list(ctx context.Context, who *person, name string, uuids ...string) (string, error) {
	var me struct {
		Channels []struct{ ID int64 } `json:"videoChannels"`
	}
	if err := who.call(ctx, "GET", "/users/me", nil, &me); err != nil {
		return "", err
	}
	var made struct {
		Playlist struct {
			ID   int64
			UUID string
		} `json:"videoPlaylist"`
	}
	if err := who.call(ctx, "POST", "/video-playlists", map[string]any{"displayName": name, "privacy": 1, "videoChannelId": me.Channels[0].ID}, &made); err != nil {
		return "", err
	}
	for _, uuid := range uuids {
		v, err := who.video(ctx, uuid)
		if err != nil {
			return "", err
		}
		if err := who.call(ctx, "POST", "/video-playlists/"+made.Playlist.UUID+"/videos", map[string]any{"videoId": v.ID}, nil); err != nil {
			return "", err
		}
	}
	return made.Playlist.UUID, nil
}

func makePlaylists(ctx context.Context, w *world) (string, error) {
	var err error
	if w.lists[0], err = w.list(ctx, w.bob, "Seas", w.video); err != nil {
		return "", err
	}
	if w.lists[1], err = w.list(ctx, w.alice, "Walks", w.video, w.early); err != nil {
		return "", err
	}
	for _, there := range []struct {
		who  *person
		list string
	}{{w.alice, w.lists[0]}, {w.carol, w.lists[0]}, {w.bob, w.lists[1]}, {w.carol, w.lists[1]}} {
		if _, err := w.eventually(ctx, func() (string, error) {
			return "", there.who.call(ctx, "GET", "/video-playlists/"+there.list, nil, nil)
		}); err != nil {
			return "", err
		}
	}
	if err := w.alice.call(ctx, "PUT", "/video-playlists/"+w.lists[1], map[string]any{"displayName": "Long walks"}, nil); err != nil {
		return "", err
	}
	return "on a.test, b.test and c.test", nil
}

// holds waits until a playlist has a name and videos on a site.
func (w *world) holds(ctx context.Context, who *person, list, name string, uuids ...string) error {
	// What is done to a playlist is gathered before the others are told.
	_, err := w.within(ctx, 3*w.options.patience, func() (string, error) {
		var p struct{ DisplayName string }
		if err := who.call(ctx, "GET", "/video-playlists/"+list, nil, &p); err != nil {
			return "", err
		}
		var elements struct {
			Data []struct{ Video struct{ UUID string } }
		}
		if err := who.call(ctx, "GET", "/video-playlists/"+list+"/videos", nil, &elements); err != nil {
			return "", err
		}
		var have []string
		for _, e := range elements.Data {
			have = append(have, e.Video.UUID)
		}
		if p.DisplayName != name || strings.Join(have, " ") != strings.Join(uuids, " ") {
			return "", fmt.Errorf("%w: %q on %s holds %v", errNotYet, p.DisplayName, who.site.name, have)
		}
		return "", nil
	})
	return err
}

func playlists(ctx context.Context, w *world) (string, error) {
	err := errors.Join(
		w.holds(ctx, w.alice, w.lists[0], "Seas", w.video), w.holds(ctx, w.carol, w.lists[0], "Seas", w.video),
		w.holds(ctx, w.bob, w.lists[1], "Long walks", w.video, w.early), w.holds(ctx, w.carol, w.lists[1], "Long walks", w.video, w.early),
	)
	return "bob's on a.test and c.test with 1, alice's on b.test and c.test with 2", err
}

func deletePlaylists(ctx context.Context, w *world) (string, error) {
	if err := w.bob.call(ctx, "DELETE", "/video-playlists/"+w.lists[0], nil, nil); err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "PUT", "/video-playlists/"+w.lists[1], map[string]any{"privacy": 3}, nil); err != nil {
		return "", err
	}
	return "bob's from a.test, alice's from b.test", errors.Join(w.missing(ctx, w.alice, "/video-playlists/"+w.lists[0]), w.missing(ctx, w.bob, "/video-playlists/"+w.lists[1]))
}

// actorView is the part of VideoChannel and of Account that the walk looks at.
type actorView struct {
	DisplayName string
	Description string
	Avatars     []struct {
		Path    string
		FileURL string `json:"fileUrl"`
	}
}

func editActors(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/video-channels/alice_channel", map[string]any{"displayName": "Alice outdoors", "description": "Out there", "support": "Boots"}, nil); err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "PUT", "/users/me", map[string]any{"displayName": "Alice of the coast", "description": "I walk"}, nil); err != nil {
		return "", err
	}
	for _, path := range []string{"/video-channels/alice_channel/avatar/pick", "/users/me/avatar/pick"} {
		f, err := newForm(nil, map[string]string{"avatarfile": w.other})
		if err != nil {
			return "", err
		}
		if err := w.alice.call(ctx, "POST", path, f, nil); err != nil {
			return "", err
		}
	}
	for _, who := range []*person{w.bob, w.carol} {
		for path, name := range map[string]string{"/video-channels/alice_channel@": "Alice outdoors", "/accounts/alice@": "Alice of the coast"} {
			if _, err := w.eventually(ctx, func() (string, error) {
				var a actorView
				if err := who.call(ctx, "GET", path+w.net.host("a.test"), nil, &a); err != nil {
					return "", err
				}
				if a.DisplayName != name || len(a.Avatars) == 0 {
					return "", fmt.Errorf("%w: %s is %+v on %s", errNotYet, path, a, who.site.name)
				}
				if a.Avatars[0].Path == "" {
					return "", fmt.Errorf("%s has no picture on %s", path, who.site.name)
				}
				text, err := w.get(ctx, who.site.url+a.Avatars[0].Path, "*/*")
				if err == nil && len(text) < 100 {
					err = fmt.Errorf("the picture is %d bytes", len(text))
				}
				return "", err
			}); err != nil {
				return "", err
			}
		}
	}
	return "names and pictures of channel and account", nil
}
