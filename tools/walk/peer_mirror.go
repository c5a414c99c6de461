package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// peerMirror says, as PeerTube does, that the peer's site mirrors a film, and
// takes it back. The document is signed by itself, so that a.test can pass it
// on to the others. Nobody fetches anything there: that is up to viewers.
func peerMirror(ctx context.Context, w *world) (string, error) {
	const site = "peertube"
	base := w.peer.origin + "/static/redundancy/hls/" + w.second + "/"
	create := w.say(site, "Create", map[string]any{
		"id": w.peer.origin + "/redundancy/streaming-playlists/hls/" + w.second, "type": "CacheFile", "object": w.ids["video"],
		"expires": "2100-01-01T00:00:00.000Z",
		"url":     map[string]any{"type": "Link", "mediaType": "application/x-mpegURL", "href": base},
	})
	words := []any{
		"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", map[string]any{
			"RsaSignature2017": "https://w3id.org/security#RsaSignature2017",
			"pt":               "https://joinpeertube.org/ns#", "sc": "http://schema.org/", "CacheFile": "pt:CacheFile", "expires": "sc:expires",
		},
	}
	create["@context"] = words
	proved := map[string]any{"ld": true}
	if _, err := w.post(site, create, proved); err != nil {
		return "", err
	}
	got, err := w.mirrored(ctx, w.second, base)
	if err != nil {
		return "", err
	}
	delete(create, "@context")
	undo := w.say(site, "Undo", create)
	undo["@context"] = words
	if _, err := w.post(site, undo, proved); err != nil {
		return "", err
	}
	if _, err := w.mirrored(ctx, w.second, ""); err != nil {
		return "", fmt.Errorf("taken back: %w", err)
	}
	return got + "; taken back, none does", errors.Join(w.nobodyRefused("Create", "/redundancy/"), w.nobodyRefused("Undo", w.peer.origin))
}

// mirrored waits until all sites name an address, and nothing else, beside a
// video; "" for none.
func (w *world) mirrored(ctx context.Context, uuid, base string) (string, error) {
	var said []string
	for _, who := range []*person{w.alice, w.bob, w.carol} {
		_, err := w.eventually(ctx, func() (string, error) {
			v, err := who.video(ctx, uuid)
			if err != nil {
				return "", err
			}
			var there []string
			for _, p := range v.Playlists {
				for _, r := range p.Redundancies {
					there = append(there, r.BaseURL)
				}
			}
			if got := strings.Join(there, " "); got != base {
				return "", fmt.Errorf("%w: %s names %q", errNotYet, who.site.name, got)
			}
			return "", nil
		})
		if err != nil {
			return "", err
		}
		said = append(said, who.site.name)
	}
	return strings.Join(said, ", ") + " name " + base, nil
}
