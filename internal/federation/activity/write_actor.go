package activity

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// WritePerson returns the document of a local account.
func WritePerson(a *actor.Account, site instance.Site) Doc {
	d := base(&a.Actor, a.DisplayName, a.Description, site)
	d["url"] = []any{page(site.URL("/a/" + a.Username)), page(site.URL("/accounts/" + a.Username))}
	return d
}

// WriteGroup returns the document of a local channel with its Owner.
func WriteGroup(c *actor.Channel, site instance.Site) Doc {
	d := base(&c.Actor, c.DisplayName, c.Description, site)
	d["url"] = []any{page(site.URL("/c/" + c.Username + "/videos")), page(site.URL("/video-channels/" + c.Username))}
	d["support"] = null(c.Support)
	d["postingRestrictedToMods"] = true
	d["playerSettings"] = playerURL(c.URL)
	if c.Owner != nil {
		d["attributedTo"] = []any{c.Owner.URL}
	}
	if len(c.Banners) > 0 {
		d["image"] = images(c.Banners, site, "/lazy-static/banners/")
	}
	return d
}

// WriteApplication returns the document of the site itself, with its name and what it
// says of itself.
func WriteApplication(a *actor.Actor, name, summary string, site instance.Site) Doc {
	d := base(a, cmp.Or(name, a.Username), summary, site)
	d["url"] = []any{page(site.URL("/")), page(a.URL)}
	return d
}

func base(a *actor.Actor, name, summary string, site instance.Site) Doc {
	d := Doc{
		"type": string(a.Type), "id": a.URL, "preferredUsername": a.Username, "name": name, "summary": null(summary),
		"following": a.FollowingURL, "followers": a.FollowersURL, "playlists": a.URL + "/playlists",
		"inbox": a.InboxURL, "outbox": a.OutboxURL, "endpoints": map[string]any{"sharedInbox": a.SharedInboxURL},
		"publicKey":    map[string]any{"id": a.URL + "#main-key", "owner": a.URL, "publicKeyPem": a.PublicKey},
		"published":    iso(a.CreatedAt),
		"indexable":    true,
		"discoverable": true,
	}
	if len(a.Avatars) > 0 {
		d["icon"] = images(a.Avatars, site, "/lazy-static/avatars/")
	}
	return d.in(actorKind)
}

// preferred is the width of the picture that stands first: the others take
// the first, and this is enough for them.
const preferred = 120

func images(list []actor.Image, site instance.Site, directory string) []any {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b actor.Image) int {
		if a.Width == preferred || b.Width == preferred {
			return cmp.Compare(b2i(a.Width != preferred), b2i(b.Width != preferred))
		}
		return cmp.Compare(a.Width, b.Width)
	})
	out := make([]any, len(list))
	for i, img := range list {
		out[i] = image(site.URL(directory+img.Filename), img.Width, img.Height)
	}
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func image(url string, width, height int) map[string]any {
	m := map[string]any{"type": "Image", "url": url}
	if kind := imageType(url); kind != "" {
		m["mediaType"] = kind
	}
	if width > 0 && height > 0 {
		m["width"], m["height"] = num(width), num(height)
	}
	return m
}

func imageType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".gif":
		return "image/gif"
	case ".avif":
		return "image/avif"
	}
	return ""
}

// pictureOf is a thumbnail as an image.
func pictureOf(t *video.Thumbnail, site instance.Site) map[string]any {
	return image(cmp.Or(t.FileURL, site.URL("/lazy-static/thumbnails/"+t.Filename)), t.Width, t.Height)
}

func page(href string) map[string]any {
	return map[string]any{"type": "Link", "mediaType": "text/html", "href": href}
}

// null is nil for "".
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// num is a number as JSON has it.
func num[N int | int64](n N) float64 { return float64(n) }

// iso writes a time as PeerTube does.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
