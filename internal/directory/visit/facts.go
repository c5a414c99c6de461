package visit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"sepiola/internal/directory"
)

// Bounds of what is kept of a site: characters, entries, and figures.
const (
	maxName        = 120
	maxShort       = 250 // PeerTube's; an index holds it
	maxDescription = 10_000
	maxVersion     = 64
	maxURL         = 1000
	maxPath        = 500
	maxLanguages   = 100
	maxCategories  = 50
	maxCategory    = 1000
	maxImages      = 10
	maxWidth       = 20_000
	maxFigure      = int64(1_000_000_000_000)
	maxQuota       = int64(1) << 62
)

// image is an ActorImage. Older sites have only path, newer ones url or
// fileUrl too.
type image struct {
	Width   int    `json:"width"`
	Path    string `json:"path"`
	URL     string `json:"url"`
	FileURL string `json:"fileUrl"`
}

// config is what we read of GET /api/v1/config.
type config struct {
	ServerVersion string `json:"serverVersion"`
	Instance      struct {
		Name              string  `json:"name"`
		ShortDescription  string  `json:"shortDescription"`
		IsNSFW            bool    `json:"isNSFW"`
		DefaultNSFWPolicy string  `json:"defaultNSFWPolicy"`
		Avatars           []image `json:"avatars"`
		Banners           []image `json:"banners"`
		Customizations    struct {
			JavaScript string `json:"javascript"`
			CSS        string `json:"css"`
		} `json:"customizations"`
	} `json:"instance"`
	Plugin struct {
		Registered []struct{} `json:"registered"`
	} `json:"plugin"`
	Theme struct {
		Default string `json:"default"`
	} `json:"theme"`
	Signup struct {
		Allowed          bool `json:"allowed"`
		RequiresApproval bool `json:"requiresApproval"`
	} `json:"signup"`
	User struct {
		VideoQuota int64 `json:"videoQuota"`
	} `json:"user"`
	Live struct {
		Enabled bool `json:"enabled"`
	} `json:"live"`
	AutoBlacklist struct {
		Videos struct {
			OfUsers struct {
				Enabled bool `json:"enabled"`
			} `json:"ofUsers"`
		} `json:"videos"`
	} `json:"autoBlacklist"`
}

func (v *Visitor) config(ctx context.Context, host string, f *directory.Facts) error {
	var c config
	if err := v.read(ctx, host, v.url(host, "/api/v1/config"), maxConfig, &c); err != nil {
		return err
	}
	if f.Version = cmp.Or(text(c.ServerVersion, maxVersion), f.Version); c.ServerVersion == "" {
		return noSite(host, errors.New("its configuration has no version"))
	}
	f.Name = cmp.Or(text(c.Instance.Name, maxName), host)
	f.ShortDescription = text(c.Instance.ShortDescription, maxShort)
	f.IsNSFW, f.NSFWPolicy = c.Instance.IsNSFW, directory.DefaultPolicy
	if slices.Contains(directory.Policies(), c.Instance.DefaultNSFWPolicy) {
		f.NSFWPolicy = c.Instance.DefaultNSFWPolicy
	}
	f.SignupAllowed = c.Signup.Allowed
	f.SignupRequiresApproval = c.Signup.Allowed && c.Signup.RequiresApproval
	f.UserVideoQuota = min(max(c.User.VideoQuota, -1), maxQuota)
	f.LiveEnabled = c.Live.Enabled
	f.AutoBlacklist = c.AutoBlacklist.Videos.OfUsers.Enabled
	f.Customizations = c.customizations()
	f.Avatars, f.Banners = v.images(host, c.Instance.Avatars), v.images(host, c.Instance.Banners)
	return nil
}

func (c config) customizations() int {
	switch {
	case len(c.Plugin.Registered) > 0, strings.TrimSpace(c.Instance.Customizations.JavaScript) != "":
		return directory.OtherFeatures
	case c.Theme.Default != "" && c.Theme.Default != "default" && !strings.HasPrefix(c.Theme.Default, "peertube-core-"),
		strings.TrimSpace(c.Instance.Customizations.CSS) != "":
		return directory.OtherLook
	}
	return directory.NotCustomized
}

// images returns pictures with their whole address, which is one of the site's
// scheme.
func (v *Visitor) images(host string, list []image) []directory.Image {
	out := []directory.Image{}
	for _, in := range list[:min(len(list), maxImages)] {
		address := cmp.Or(in.FileURL, in.URL)
		if address == "" && strings.HasPrefix(in.Path, "/") && !strings.HasPrefix(in.Path, "//") {
			address = v.url(host, in.Path)
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != v.Scheme || u.Host == "" || u.User != nil || len(address) > maxURL {
			continue
		}
		out = append(out, directory.Image{Width: min(max(in.Width, 0), maxWidth), URL: u.String(), Path: text(in.Path, maxPath)})
	}
	return out
}

func (v *Visitor) about(ctx context.Context, host string, f *directory.Facts) error {
	var a struct {
		Instance struct {
			Description string   `json:"description"`
			Languages   []string `json:"languages"`
			Categories  []int    `json:"categories"`
		} `json:"instance"`
	}
	if err := v.read(ctx, host, v.url(host, "/api/v1/config/about"), maxConfig, &a); err != nil {
		return err
	}
	f.Description = lines(a.Instance.Description, maxDescription)
	f.Languages, f.Categories = []string{}, []int{}
	for _, l := range a.Instance.Languages {
		if isLanguage(l) && !slices.Contains(f.Languages, l) && len(f.Languages) < maxLanguages {
			f.Languages = append(f.Languages, l)
		}
	}
	for _, c := range a.Instance.Categories {
		if c > 0 && c <= maxCategory && !slices.Contains(f.Categories, c) && len(f.Categories) < maxCategories {
			f.Categories = append(f.Categories, c)
		}
	}
	return nil
}

// isLanguage reports whether s has the form of a tag such as "fr" or "zh-Hant".
func isLanguage(s string) bool {
	if len(s) < 2 || len(s) > 20 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func (v *Visitor) stats(ctx context.Context, host string, f *directory.Facts) error {
	var s struct {
		TotalUsers             int64           `json:"totalUsers"`
		TotalVideos            json.RawMessage `json:"totalVideos"`
		TotalLocalVideos       int64           `json:"totalLocalVideos"`
		TotalInstanceFollowers int64           `json:"totalInstanceFollowers"`
		TotalInstanceFollowing int64           `json:"totalInstanceFollowing"`
	}
	if err := v.read(ctx, host, v.url(host, "/api/v1/server/stats"), maxConfig, &s); err != nil {
		return err
	}
	var videos int64
	if json.Unmarshal(s.TotalVideos, &videos) != nil || string(s.TotalVideos) == "null" {
		return noSite(host, errors.New("its figures have no number of videos"))
	}
	for _, n := range []struct {
		to   *int64
		from int64
	}{
		{&f.TotalUsers, s.TotalUsers},
		{&f.TotalVideos, videos},
		{&f.TotalLocalVideos, s.TotalLocalVideos},
		{&f.TotalFollowers, s.TotalInstanceFollowers},
		{&f.TotalFollowing, s.TotalInstanceFollowing},
	} {
		*n.to = min(max(n.from, 0), maxFigure)
	}
	return nil
}

// text is one line of at most n characters, without what changes how others
// are read: control and formatting characters (bidirectional overrides,
// invisible joiners) are left out, spaces made one.
func text(s string, n int) string {
	words := strings.Fields(clean(s, false))
	return strings.TrimSpace(cut(strings.Join(words, " "), n))
}

// lines is text that may have several lines.
func lines(s string, n int) string {
	return strings.TrimSpace(cut(clean(s, true), n))
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// clean leaves out characters that are not seen. breaks keeps ends of lines.
func clean(s string, breaks bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r' && breaks:
			return -1 // the end of the line follows
		case r == '\n' && breaks:
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != zeroWidthJoiner && r != zeroWidthNonJoiner:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// Emoji and several scripts need these to be written right.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)
