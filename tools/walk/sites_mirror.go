package main

import (
	"context"
	"fmt"
	"path"
	"strings"
)

// mirror lets b.test mirror alice's video: all sites say where its files are,
// too, and pages of c.test may read there what a.test gives. Once it is removed
// nobody is sent there.
func mirror(ctx context.Context, w *world) (string, error) {
	root := w.roots[w.b]
	if err := root.call(ctx, "POST", "/server/redundancy/videos", map[string]any{"videoId": w.video}, nil); err != nil {
		return "", err
	}
	base := w.b.url + "/static/redundancy/hls/" + w.video + "/"
	got, err := w.mirrored(ctx, w.video, base)
	if err != nil {
		return "", err
	}
	v, err := w.carol.video(ctx, w.video)
	if err != nil {
		return "", err
	}
	const piece = "bytes=100-4099"
	for _, f := range v.Playlists[0].Files {
		origin, err := w.cross(ctx, w.c, f.FileURL, piece)
		if err != nil {
			return "", err
		}
		copied, err := w.cross(ctx, w.c, base+path.Base(f.FileURL), piece)
		if err != nil {
			return "", err
		}
		if copied != origin || len(copied) != 4000 {
			return "", fmt.Errorf("%s is another file at b.test", path.Base(f.FileURL))
		}
	}
	var held struct {
		Data []struct {
			Redundancies struct {
				StreamingPlaylists []struct {
					ID       int64
					Strategy string
				}
			}
		}
	}
	if err := root.call(ctx, "GET", "/server/redundancy/videos?target=remote-videos", nil, &held); err != nil {
		return "", err
	}
	if len(held.Data) != 1 || len(held.Data[0].Redundancies.StreamingPlaylists) != 1 {
		return "", fmt.Errorf("b.test mirrors %+v", held)
	}
	one := held.Data[0].Redundancies.StreamingPlaylists[0]
	if err := root.call(ctx, "DELETE", fmt.Sprint("/server/redundancy/videos/", one.ID), nil, nil); err != nil {
		return "", err
	}
	if _, err := w.mirrored(ctx, w.video, ""); err != nil {
		return "", fmt.Errorf("removed: %w", err)
	}
	if err := w.nobodyRefused("Undo", w.b.url); err != nil {
		return "", err
	}
	return strings.TrimSuffix(got, base) + fmt.Sprintf("b.test's (%s) beside %d files, which are the same; removed, none does", one.Strategy, len(v.Playlists[0].Files)), nil
}
