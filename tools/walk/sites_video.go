package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// published uploads and waits until the video can be watched at its origin.
func published(ctx context.Context, w *world, name string) (string, error) {
	return w.publishedWith(ctx, w.alice, name, nil, nil)
}

// publishedWith is published of somebody, with more fields and files.
func (w *world) publishedWith(ctx context.Context, who *person, name string, more, files map[string]string) (string, error) {
	uuid, err := who.upload(ctx, w.clip, name, more, files)
	if err != nil {
		return "", err
	}
	_, err = w.within(ctx, 2*time.Minute, func() (string, error) {
		v, err := who.video(ctx, uuid)
		if err == nil && (v.State.ID != 1 || len(v.Playlists) == 0) {
			err = fmt.Errorf("%w: its state is %d", errNotYet, v.State.ID)
		}
		return "", err
	})
	return uuid, err
}

// elsewhere waits until b.test and c.test show a video that fits.
func (w *world) elsewhere(ctx context.Context, uuid string, fits func(videoView) error) (string, error) {
	return w.on(ctx, uuid, fits, w.bob, w.carol)
}

// on waits until some sites show a video that fits.
func (w *world) on(ctx context.Context, uuid string, fits func(videoView) error, people ...*person) (string, error) {
	begin := time.Now()
	var seen []string
	for _, who := range people {
		_, err := w.eventually(ctx, func() (string, error) {
			v, err := who.video(ctx, uuid)
			if err == nil {
				err = fits(v)
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

// gone waits until nobody on some sites finds a video.
func (w *world) gone(ctx context.Context, uuid string, from ...*person) (string, error) {
	var seen []string
	for _, who := range from {
		if err := w.missing(ctx, who, "/videos/"+uuid); err != nil {
			return "", err
		}
		seen = append(seen, who.site.name)
	}
	return "gone from " + strings.Join(seen, " and "), nil
}

// missing waits until somebody is told that something is not there.
func (w *world) missing(ctx context.Context, who *person, path string) error {
	_, err := w.eventually(ctx, func() (string, error) {
		err := who.call(ctx, "GET", path, nil, nil)
		if p := (*problem)(nil); errors.As(err, &p) && (p.status == http.StatusNotFound || p.status == http.StatusGone) {
			return "", nil
		}
		return "", errors.Join(fmt.Errorf("%w: %s is still on %s", errNotYet, path, who.site.name), err)
	})
	return err
}

// What the video of the walk says.
const (
	walkTitle   = "A walk by the sea"
	walkText    = "Along the *northern* coast.\n\n00:00 The harbour\n00:02 The lighthouse"
	walkSupport = "Buy me a coffee"
	captionText = "WEBVTT\n\n00:00.000 --> 00:02.000\nThe harbour\n"
)

var walkTags = []string{"coast", "walking"}

func publish(ctx context.Context, w *world) (string, error) {
	var err error
	more := map[string]string{
		"description": walkText, "support": walkSupport, "tags[0]": walkTags[0], "tags[1]": walkTags[1],
		"category": "6", "licence": "2", "language": "fr", "nsfw": "false", "commentsPolicy": "1",
		"originallyPublishedAt": "2020-02-03T04:05:06.000Z",
	}
	files := map[string]string{"thumbnailfile": w.picture, "previewfile": w.picture}
	if w.video, err = w.publishedWith(ctx, w.alice, walkTitle, more, files); err != nil {
		return "", err
	}
	seen, err := w.elsewhere(ctx, w.video, func(v videoView) error {
		if v.IsLocal || v.Account.Host != w.net.host("a.test") || v.Name != walkTitle {
			return fmt.Errorf("it is %q of %s, local: %t", v.Name, v.Account.Host, v.IsLocal)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	// The rest of what it has comes after it was published.
	if err := w.caption(ctx, "fr"); err != nil {
		return "", err
	}
	chapters := map[string]any{"chapters": []any{map[string]any{"timecode": 0, "title": "The harbour"}, map[string]any{"timecode": 2, "title": "The lighthouse"}}}
	return seen, w.alice.call(ctx, "PUT", "/videos/"+w.video+"/chapters", chapters, nil)
}

// caption gives alice's video a caption.
func (w *world) caption(ctx context.Context, language string) error {
	path := filepath.Join(w.options.dir, "caption.vtt")
	if err := os.WriteFile(path, []byte(captionText), 0o600); err != nil {
		return err
	}
	f, err := newForm(nil, map[string]string{"captionfile": path})
	if err != nil {
		return err
	}
	return w.alice.call(ctx, "PUT", "/videos/"+w.video+"/captions/"+language, f, nil)
}

// captionView is the part of VideoCaption that the walk looks at.
type captionView struct {
	Language struct{ ID string }
	Path     string `json:"captionPath"`
	FileURL  string `json:"fileUrl"`
}

func allItHas(ctx context.Context, w *world) (string, error) {
	for _, who := range []*person{w.bob, w.carol} {
		// Files are told of once a minute.
		if _, err := w.within(ctx, w.options.patience+90*time.Second, func() (string, error) { return "", w.hasAll(ctx, who) }); err != nil {
			return "", fmt.Errorf("%s: %w", who.site.name, err)
		}
	}
	return "description, support, tags, category, licence, language, policy, files, captions, chapters, thumbnail; lists, lists of the channel and search", nil
}

func (w *world) hasAll(ctx context.Context, who *person) error {
	first, err := w.alice.video(ctx, w.video) // whose files come one after the other
	if err != nil {
		return err
	}
	v, err := who.video(ctx, w.video)
	if err != nil {
		return err
	}
	slices.Sort(v.Tags)
	switch {
	case v.Description != walkText || v.Support != walkSupport || !slices.Equal(v.Tags, walkTags):
		return fmt.Errorf("%w: the texts are %q, %q and %v", errNotYet, v.Description, v.Support, v.Tags)
	case v.Category.ID != 6 || v.Licence.ID != 2 || v.Language.ID != "fr" || v.CommentsPolicy.ID != 1 || v.NSFW:
		return fmt.Errorf("category %d, licence %d, language %q, policy %d", v.Category.ID, v.Licence.ID, v.Language.ID, v.CommentsPolicy.ID)
	case len(v.Playlists) != 1 || len(v.Playlists[0].Files) != len(first.Playlists[0].Files):
		return fmt.Errorf("%w: %d files of %d", errNotYet, len(v.Playlists[0].Files), len(first.Playlists[0].Files))
	}
	var captions struct{ Data []captionView }
	if err := who.call(ctx, "GET", "/videos/"+w.video+"/captions", nil, &captions); err != nil {
		return err
	}
	if len(captions.Data) != 1 || captions.Data[0].Language.ID != "fr" {
		return fmt.Errorf("%w: captions %+v", errNotYet, captions.Data)
	}
	if text, err := w.get(ctx, who.site.url+captions.Data[0].Path, "*/*"); err != nil || !strings.HasPrefix(text, "WEBVTT") || !strings.Contains(text, "The harbour") {
		return fmt.Errorf("the caption is %q (%w)", text, err)
	}
	var chapters struct {
		Chapters []struct {
			Timecode int
			Title    string
		}
	}
	if err := who.call(ctx, "GET", "/videos/"+w.video+"/chapters", nil, &chapters); err != nil {
		return err
	}
	if len(chapters.Chapters) != 2 || chapters.Chapters[1].Title != "The lighthouse" {
		return fmt.Errorf("%w: chapters %+v", errNotYet, chapters.Chapters)
	}
	for _, path := range []string{v.ThumbnailPath, v.PreviewPath} {
		if text, err := w.get(ctx, who.site.url+path, "*/*"); err != nil || !strings.HasPrefix(text, "\xff\xd8") {
			return fmt.Errorf("the picture %s is not there: %w", path, err)
		}
	}
	return w.listed(ctx, who, w.video, "")
}

// listed reports where somebody does not find a video that they should, or
// with not of which they should not.
func (w *world) listed(ctx context.Context, who *person, uuid, not string) error {
	for _, list := range []string{
		"/videos?sort=-publishedAt&count=50", "/videos?isLocal=false&count=50", "/search/videos?count=50&search=" + url.QueryEscape("walk sea"),
		"/video-channels/alice_channel@" + w.net.host("a.test") + "/videos?count=50", "/accounts/alice@" + w.net.host("a.test") + "/videos?count=50",
	} {
		var page struct{ Data []videoView }
		if err := who.call(ctx, "GET", list, nil, &page); err != nil {
			return err
		}
		if there := slices.ContainsFunc(page.Data, func(v videoView) bool { return v.UUID == uuid }); there == (not != "") {
			return fmt.Errorf("%w: %s%s: found: %t", errNotYet, not, list, there)
		}
	}
	return nil
}

func play(ctx context.Context, w *world) (string, error) {
	bytesRead := 0
	for _, who := range []*person{w.bob, w.carol} {
		v, err := who.video(ctx, w.video)
		if err != nil {
			return "", err
		}
		if len(v.Playlists) == 0 || !strings.HasPrefix(v.Playlists[0].PlaylistURL, w.a.url) {
			return "", fmt.Errorf("%s knows no stream of a.test: %+v", who.site.name, v.Playlists)
		}
		n, err := w.stream(ctx, who.site, v.Playlists[0].PlaylistURL, 0)
		if err != nil {
			return "", err
		}
		bytesRead += n
	}
	return fmt.Sprintf("%d bytes of playlists and segments", bytesRead), nil
}

// stream reads a playlist and the first thing that each of its lines names, as
// a page of another site does, and returns how much it was.
func (w *world) stream(ctx context.Context, from *site, address string, depth int) (int, error) {
	text, err := w.cross(ctx, from, address, "")
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(text, "#EXTM3U") {
		return 0, fmt.Errorf("%s is no playlist: %.100s", address, text)
	}
	base, err := url.Parse(address)
	if err != nil {
		return 0, err
	}
	total := len(text)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		next, err := base.Parse(line)
		if err != nil {
			return 0, err
		}
		if strings.HasSuffix(next.Path, ".m3u8") && depth < 2 {
			n, err := w.stream(ctx, from, next.String(), depth+1)
			if err != nil {
				return 0, err
			}
			total += n
			continue
		}
		part, err := w.cross(ctx, from, next.String(), "bytes=0-65535")
		if err != nil {
			return 0, err
		}
		return total + len(part), nil
	}
	return total, nil
}

// cross fetches what a page of one site wants of another, which has to allow
// it.
func (w *world) cross(ctx context.Context, from *site, address, part string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Origin", from.url)
	if part != "" {
		req.Header.Set("Range", part)
	}
	res, err := w.net.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if allowed := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode/100 != 2 || allowed != "*" && allowed != from.url {
		return "", fmt.Errorf("%s: %s, for pages of %q", address, res.Status, allowed)
	}
	return string(text), nil
}

// browse lets a real browser watch on the page of b.test; see web/e2e/walk.mjs.
func browse(ctx context.Context, w *world) (string, error) {
	shot := filepath.Join(w.options.dir, "watch.png")
	args := []string{"walk.mjs", "--page", w.b.url + "/w/" + w.video, "--shot", shot}
	for name, ip := range w.net.addresses {
		args = append(args, "--name", name+"="+ip)
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = w.options.e2e
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s%s", err, out, problems.String())
	}
	var saw struct {
		Time     float64
		Frames   int
		From     []string
		Refused  []string
		Problems []string
	}
	if err := json.Unmarshal(out, &saw); err != nil {
		return "", err
	}
	if saw.Time < 1 || saw.Frames < 10 || len(saw.Refused)+len(saw.Problems) > 0 || !slices.Contains(saw.From, w.net.host("a.test")) {
		return "", fmt.Errorf("at %.1f s after %d frames, media from %v; refused %v, problems %v", saw.Time, saw.Frames, saw.From, saw.Refused, saw.Problems)
	}
	return fmt.Sprintf("at %.1f s after %d frames, media from %v; %s", saw.Time, saw.Frames, saw.From, shot), nil
}

func edit(ctx context.Context, w *world) (string, error) {
	f, err := newForm(map[string]string{"name": "A walk by the northern sea", "tags[0]": "north", "support": "", "licence": "1"}, map[string]string{"thumbnailfile": w.other})
	if err != nil {
		return "", err
	}
	before, err := w.bob.video(ctx, w.video)
	if err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.video, f, nil); err != nil {
		return "", err
	}
	if err := w.caption(ctx, "en"); err != nil {
		return "", err
	}
	if err := w.alice.call(ctx, "DELETE", "/videos/"+w.video+"/captions/fr", nil, nil); err != nil {
		return "", err
	}
	seen, err := w.elsewhere(ctx, w.video, func(v videoView) error {
		if v.Name != "A walk by the northern sea" || !slices.Equal(v.Tags, []string{"north"}) || v.Licence.ID != 1 || v.ThumbnailPath == before.ThumbnailPath {
			return fmt.Errorf("%w: it is called %q, tags %v, licence %d, picture %s", errNotYet, v.Name, v.Tags, v.Licence.ID, v.ThumbnailPath)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	_, err = w.eventually(ctx, func() (string, error) {
		var captions struct{ Data []captionView }
		if err := w.bob.call(ctx, "GET", "/videos/"+w.video+"/captions", nil, &captions); err != nil {
			return "", err
		}
		if len(captions.Data) != 1 || captions.Data[0].Language.ID != "en" {
			return "", fmt.Errorf("%w: captions %+v", errNotYet, captions.Data)
		}
		return "", nil
	})
	return seen, err
}

// hide changes the privacy of a video; elsewhere it has to go. readable says
// whether its document is still to be had.
func hide(of func(w *world) string, privacy int, readable bool) func(ctx context.Context, w *world) (string, error) {
	return func(ctx context.Context, w *world) (string, error) {
		uuid := of(w)
		if err := w.alice.call(ctx, "PUT", "/videos/"+uuid, map[string]any{"privacy": privacy}, nil); err != nil {
			return "", err
		}
		seen, err := w.gone(ctx, uuid, w.bob)
		if err != nil {
			return "", err
		}
		if err := w.listed(ctx, w.bob, uuid, "still in "); err != nil {
			return "", err
		}
		status, _, err := w.document(ctx, w.a.url+"/videos/watch/"+uuid)
		if err == nil && (status == http.StatusOK) != readable {
			err = fmt.Errorf("its id answers %d", status)
		}
		return fmt.Sprintf("%s; its id answers %d", seen, status), err
	}
}

// document asks for an id as another server does, and returns the type of the
// answer.
func (w *world) document(ctx context.Context, id string) (status int, kind string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Accept", activityType)
	res, err := w.net.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	var doc struct{ Type string }
	_ = json.NewDecoder(res.Body).Decode(&doc)
	return res.StatusCode, doc.Type, nil
}

func publicAgain(ctx context.Context, w *world) (string, error) {
	if err := w.alice.call(ctx, "PUT", "/videos/"+w.video, map[string]any{"privacy": 1}, nil); err != nil {
		return "", err
	}
	return w.on(ctx, w.video, func(videoView) error { return w.listed(ctx, w.bob, w.video, "") }, w.bob)
}

func deleteVideo(ctx context.Context, w *world) (string, error) {
	uuid := w.asleep
	if err := w.alice.call(ctx, "DELETE", "/videos/"+uuid, nil, nil); err != nil {
		return "", err
	}
	seen, err := w.gone(ctx, uuid, w.alice, w.bob, w.carol)
	if err != nil {
		return "", err
	}
	status, kind, err := w.document(ctx, w.a.url+"/videos/watch/"+uuid)
	if err == nil && (status != http.StatusGone || kind != "Tombstone") {
		err = fmt.Errorf("its id answers %d %s", status, kind)
	}
	return fmt.Sprintf("%s; its id answers %d %s", seen, status, kind), err
}
