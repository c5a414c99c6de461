package visit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/directory"
	"sepiola/internal/directory/visit"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// getter is the guarded client, as the program has it.
type getter struct{ client *fetch.Client }

func (g getter) Get(ctx context.Context, url string, limit int64) ([]byte, error) {
	res, err := g.client.Raw(ctx, url, limit)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// visitor reaches the loopback network, or only public addresses.
func visitor(local bool) *visit.Visitor {
	c := &fetch.Client{Plain: true, UserAgent: visit.Agent}
	if local {
		c.Allowed = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	return &visit.Visitor{Get: getter{c}, Scheme: "http"}
}

// tube is a site in a test: paths and what they answer. HOST in a text is its
// host.
type tube struct {
	host  string
	paths map[string]http.HandlerFunc
	asked atomic.Int64
}

func (s *tube) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	if h := s.paths[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	http.NotFound(w, r)
}

func (s *tube) text(path, text string) {
	s.paths[path] = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.ReplaceAll(text, "HOST", s.host)))
	}
}

const (
	nodeInfoLinks = `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"http://HOST/nodeinfo/2.0.json"},
		{"rel":"https://www.w3.org/ns/activitystreams#Application","href":"http://HOST/accounts/peertube"}]}`
	nodeInfo = `{"version":"2.0","software":{"name":"peertube","version":"6.3.2"},"metadata":{"taxonomy":{"postsName":"Videos"}}}`
	config   = `{"instance":{"name":"PeerTube","shortDescription":"A site.","isNSFW":false,"defaultNSFWPolicy":"blur",
		"customizations":{"javascript":"","css":"body{}"},"avatars":[{"width":48,"path":"/small.png"},{"width":120,"path":"/lazy-static/avatars/a.png"},{"width":1500,"path":"/large.png"}],"banners":[]},
		"plugin":{"registered":[]},"theme":{"registered":[],"default":"default"},"serverVersion":"6.3.2","live":{"enabled":true},
		"autoBlacklist":{"videos":{"ofUsers":{"enabled":true}}},"user":{"videoQuota":5368709120,"videoQuotaDaily":-1},
		"signup":{"allowed":true,"allowedForCurrentIP":true,"requiresApproval":true}}`
	about = `{"instance":{"name":"PeerTube","description":"Welcome to this PeerTube instance!","languages":["fr","pt-PT","fr"],"categories":[1,15]}}`
	stats = `{"totalUsers":4,"totalVideos":100,"totalLocalVideos":9,"totalInstanceFollowers":2,"totalInstanceFollowing":3}`
)

// newTube starts a good site.
func newTube(t *testing.T) *tube {
	t.Helper()
	s := &tube{paths: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.host = strings.TrimPrefix(server.URL, "http://")
	s.text("/.well-known/nodeinfo", nodeInfoLinks)
	s.text("/nodeinfo/2.0.json", nodeInfo)
	s.text("/api/v1/config", config)
	s.text("/api/v1/config/about", about)
	s.text("/api/v1/server/stats", stats)
	s.paths["/lazy-static/avatars/a.png"] = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(t, 120, 80)) }
	return s
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
	}
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestASiteIsRead(t *testing.T) {
	t.Parallel()
	s := newTube(t)
	v := visitor(true)
	v.Addresses = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, nil
	}
	got, err := v.Visit(t.Context(), s.host, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := "http://" + s.host
	want := directory.Facts{
		Software: "peertube", Version: "6.3.2", Name: "PeerTube", ShortDescription: "A site.", Description: "Welcome to this PeerTube instance!",
		Languages: []string{"fr", "pt-PT"}, Categories: []int{1, 15}, SignupAllowed: true, SignupRequiresApproval: true, UserVideoQuota: 5368709120,
		LiveEnabled: true, AutoBlacklist: true, NSFWPolicy: "blur", Customizations: directory.OtherLook,
		Avatars: []directory.Image{{Width: 48, URL: at + "/small.png", Path: "/small.png"}, {Width: 120, URL: at + "/lazy-static/avatars/a.png", Path: "/lazy-static/avatars/a.png"}, {Width: 1500, URL: at + "/large.png", Path: "/large.png"}},
		Banners: []directory.Image{}, LogoURL: at + "/lazy-static/avatars/a.png", LogoHash: got.LogoHash,
		TotalUsers: 4, TotalVideos: 100, TotalLocalVideos: 9, TotalFollowers: 2, TotalFollowing: 3, SupportsIPv6: true,
	}
	if diff := cmp.Diff(want, got.Facts); diff != "" {
		t.Error(diff)
	}
	logo, err := png.Decode(bytes.NewReader(got.Logo))
	if err != nil || logo.Bounds().Dx() != 96 || logo.Bounds().Dy() != 96 || len(got.LogoHash) != 16 {
		t.Errorf("logo: %v, hash %q", err, got.LogoHash)
	}
	asked := s.asked.Load()
	again, err := v.Visit(t.Context(), s.host, &got.Facts)
	if err != nil || again.Logo != nil || again.LogoHash != got.LogoHash || s.asked.Load() != asked+6 {
		t.Errorf("the second visit: %v, hash %q, %d requests, want 6: the avatar is known", err, again.LogoHash, s.asked.Load()-asked)
	}
}

func TestHostileSites(t *testing.T) {
	t.Parallel()
	const big = 200 << 20
	for name, tt := range map[string]struct {
		change func(s *tube)
		code   string
	}{
		"HTML instead of JSON": {func(s *tube) { s.text("/api/v1/config", "<!doctype html><title>Login</title>") }, directory.CodeNoSite},
		"HTML everywhere": {func(s *tube) {
			for path := range s.paths {
				s.text(path, "<html>")
			}
		}, directory.CodeNoSite},
		"nothing but 404":      {func(s *tube) { clear(s.paths) }, directory.CodeNoSite},
		"half a document":      {func(s *tube) { s.text("/api/v1/config", config[:100]) }, directory.CodeNoSite},
		"a list for an object": {func(s *tube) { s.text("/api/v1/server/stats", "[1]") }, directory.CodeNoSite},
		"null":                 {func(s *tube) { s.text("/api/v1/server/stats", "null") }, directory.CodeNoSite},
		"deep nesting": {func(s *tube) {
			s.text("/api/v1/config", strings.Repeat(`{"instance":`, 100_000)+strings.Repeat("}", 100_000))
		}, directory.CodeNoSite},
		"no version":    {func(s *tube) { s.text("/api/v1/config", `{"instance":{"name":"x"}}`) }, directory.CodeNoSite},
		"no figures":    {func(s *tube) { s.text("/api/v1/server/stats", `{"totalVideos":"many"}`) }, directory.CodeNoSite},
		"Mastodon":      {func(s *tube) { s.text("/nodeinfo/2.0.json", `{"software":{"name":"mastodon","version":"4.3"}}`) }, directory.CodeNoSite},
		"no NodeInfo 2": {func(s *tube) { s.text("/.well-known/nodeinfo", `{"links":[{"rel":"x","href":"http://HOST/"}]}`) }, directory.CodeNoSite},
		"another's NodeInfo": {func(s *tube) {
			s.text("/.well-known/nodeinfo", strings.ReplaceAll(nodeInfoLinks, "HOST", "big.example.org"))
		}, directory.CodeOtherName},
		"credentials": {func(s *tube) { s.text("/.well-known/nodeinfo", strings.ReplaceAll(nodeInfoLinks, "HOST", "me@HOST")) }, directory.CodeOtherName},
		"a NodeInfo on disk": {func(s *tube) {
			s.text("/.well-known/nodeinfo", strings.ReplaceAll(nodeInfoLinks, "http://HOST", "file:///etc"))
		}, directory.CodeOtherName},
		"a NodeInfo elsewhere": {func(s *tube) { s.text("/.well-known/nodeinfo", strings.ReplaceAll(nodeInfoLinks, "HOST", "HOST:81")) }, directory.CodeOtherName},
		"100 MB": {func(s *tube) {
			s.paths["/api/v1/config"] = func(w http.ResponseWriter, _ *http.Request) {
				line := bytes.Repeat([]byte(" "), 1<<20)
				for range big / len(line) {
					if _, err := w.Write(line); err != nil {
						return
					}
				}
			}
		}, directory.CodeUnreachable},
		"100 MB announced": {func(s *tube) {
			s.paths["/api/v1/config"] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", fmt.Sprint(big))
				_, _ = w.Write([]byte("{"))
			}
		}, directory.CodeUnreachable},
		"redirects without end": {func(s *tube) {
			s.paths["/api/v1/config"] = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/api/v1/config?"+r.URL.RawQuery+"x", http.StatusFound)
			}
		}, directory.CodeUnreachable},
		"a redirect to a private address": {func(s *tube) {
			s.paths["/api/v1/config"] = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://10.0.0.1/latest/meta-data", http.StatusFound)
			}
		}, directory.CodeUnreachable},
		"a redirect to a file": {func(s *tube) {
			s.paths["/api/v1/config"] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "file:///etc/passwd")
				w.WriteHeader(http.StatusFound)
			}
		}, directory.CodeUnreachable},
		"a cut connection": {func(s *tube) {
			s.paths["/api/v1/config"] = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, directory.CodeUnreachable},
		"an error": {func(s *tube) {
			s.paths["/api/v1/server/stats"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, directory.CodeUnreachable},
		"robots are kept out": {func(s *tube) { s.text("/robots.txt", "User-agent: *\nDisallow: /\n") }, directory.CodeOptedOut},
		"we are kept out": {func(s *tube) {
			s.text("/robots.txt", "User-agent: *\nDisallow:\n\nUser-Agent: Sepiola-Index\nDisallow: / # no\n")
		}, directory.CodeOptedOut},
		"it is private": {func(s *tube) {
			s.text("/nodeinfo/2.0.json", `{"software":{"name":"peertube","version":"7"},"metadata":{"private":true}}`)
		}, directory.CodeOptedOut},
		"a good site":         {func(*tube) {}, ""},
		"robots may come":     {func(s *tube) { s.text("/robots.txt", "User-agent: *\nDisallow: /admin\nDisallow: /\nAllow: /\n") }, ""},
		"others are kept out": {func(s *tube) { s.text("/robots.txt", "User-agent: bad\nDisallow: /\n\nUser-agent: *\nDisallow:\n") }, ""},
		"we alone may come": {func(s *tube) {
			s.text("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: sepiola-index\nAllow: /\n")
		}, ""},
		"metadata is a list": {func(s *tube) {
			s.text("/nodeinfo/2.0.json", `{"software":{"name":"Sepiola","version":"1"},"metadata":[]}`)
		}, ""},
		"a picture of nothing": {func(s *tube) { s.text("/lazy-static/avatars/a.png", "<svg onload=alert(1)>") }, ""},
		"a picture like a bomb": {func(s *tube) {
			s.paths["/lazy-static/avatars/a.png"] = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb()) }
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTube(t)
			tt.change(s)
			began := time.Now()
			got, err := visitor(true).Visit(t.Context(), s.host, nil)
			code := ""
			if e := errs.As(err); e != nil {
				code = e.Code
			}
			if code != tt.code || (err == nil) != (tt.code == "") {
				t.Errorf("got %v with code %q, want %q", err, code, tt.code)
			}
			if err == nil && strings.HasPrefix(name, "a picture") && (got.Logo != nil || got.LogoHash != "") {
				t.Error("it has a logo")
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// bomb is a PNG that says it is 60,000 pixels wide and high.
func bomb() []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x02\x00\x00\x00")
	return append(b, 0, 0, 0, 0)
}

func TestADrippingSiteIsLeft(t *testing.T) {
	t.Parallel()
	s := newTube(t)
	s.paths["/api/v1/config"] = func(w http.ResponseWriter, r *http.Request) {
		for range 1000 {
			_, _ = w.Write([]byte(" "))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := visitor(true).Visit(ctx, s.host, nil); err == nil || time.Since(began) > 3*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestPrivateAddressesAreNotReached(t *testing.T) {
	t.Parallel()
	s := newTube(t)
	port := s.host[strings.LastIndexByte(s.host, ':'):]
	for _, host := range []string{s.host, "localhost" + port, "[::1]" + port, "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::ffff:127.0.0.1]" + port, "[fd00::1]", "0.0.0.0" + port} {
		_, err := visitor(false).Visit(t.Context(), host, nil)
		if e := errs.As(err); e == nil || e.Code != directory.CodeUnreachable {
			t.Errorf("%s: got %v, want %s", host, err, directory.CodeUnreachable)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("a private address got %d requests", n)
	}
}

func TestTextsAndFiguresAreKeptInBounds(t *testing.T) {
	t.Parallel()
	s := newTube(t)
	long := strings.Repeat("é", 20_000)
	instance := map[string]any{
		"name": " \u202eevil\u202c\x00\tname\u2066\n ", "shortDescription": long, "defaultNSFWPolicy": "everything", "isNSFW": "yes",
		"avatars": []any{
			map[string]any{"width": 96, "path": "//evil.example.org/a.png"},
			map[string]any{"width": 96, "fileUrl": "javascript:alert(1)"},
			map[string]any{"width": 96, "url": "http://user:pass@HOST/x"},
			map[string]any{"width": -5, "fileUrl": "http://cdn.example.org/a.png", "path": 7},
			"no picture", nil,
		},
		"customizations": map[string]any{"javascript": "alert(1)"},
	}
	b, err := json.Marshal(map[string]any{"serverVersion": strings.Repeat("9", 500), "instance": instance, "user": map[string]any{"videoQuota": -99}})
	if err != nil {
		t.Fatal(err)
	}
	s.text("/api/v1/config", string(b))
	s.text("/api/v1/config/about", `{"instance":{"description":"a\r\nb\u0000c","languages":["fr",7,null,"`+long+`","<b>","en"],"categories":[1,"2",-3,4000,5,5,2.5]}}`)
	s.text("/api/v1/server/stats", `{"totalUsers":-4,"totalVideos":9e300,"totalVideos":9000000000000000000,"totalLocalVideos":"9"}`)
	got, err := visitor(true).Visit(t.Context(), s.host, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := got.Facts
	if f.Name != "evil name" || len([]rune(f.ShortDescription)) != 250 || len(f.Version) != 64 || f.Description != "a\nbc" {
		t.Errorf("texts: %q, %d, %d, %q", f.Name, len([]rune(f.ShortDescription)), len(f.Version), f.Description)
	}
	if f.NSFWPolicy != directory.DefaultPolicy || f.IsNSFW || f.UserVideoQuota != -1 || f.Customizations != directory.OtherFeatures {
		t.Errorf("policies: %q, %v, %d, %d", f.NSFWPolicy, f.IsNSFW, f.UserVideoQuota, f.Customizations)
	}
	if diff := cmp.Diff([]directory.Image{{URL: "http://cdn.example.org/a.png"}}, f.Avatars); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"fr", "en"}, f.Languages); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{1, 5}, f.Categories); diff != "" {
		t.Error(diff)
	}
	if f.TotalUsers != 0 || f.TotalVideos != 1_000_000_000_000 || f.TotalLocalVideos != 0 {
		t.Errorf("figures: %d, %d, %d", f.TotalUsers, f.TotalVideos, f.TotalLocalVideos)
	}
}

// answers is a Getter that has them.
type answers map[string]string

func (a answers) Get(_ context.Context, url string, _ int64) ([]byte, error) {
	if text, ok := a[strings.TrimPrefix(url, "https://a.example.org")]; ok {
		return []byte(text), nil
	}
	return nil, errors.New("no answer")
}

func FuzzVisit(f *testing.F) {
	f.Add("", nodeInfo, config, about, stats)
	f.Add("User-agent: *\nDisallow: /", nodeInfo, config, about, stats)
	f.Add("", nodeInfo, `{"serverVersion":"1","instance":{"avatars":[{"path":"//x"}]}}`, `{"instance":{"languages":[1],"categories":["x"]}}`, `{"totalVideos":1}`)
	f.Fuzz(func(t *testing.T, robots, info, config, about, stats string) {
		v := &visit.Visitor{Scheme: "https", Get: answers{
			"/robots.txt": robots, "/.well-known/nodeinfo": `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"https://a.example.org/n"}]}`,
			"/n": info, "/api/v1/config": config, "/api/v1/config/about": about, "/api/v1/server/stats": stats,
		}}
		got, err := v.Visit(t.Context(), "a.example.org", nil)
		if err != nil {
			if e := errs.As(err); e == nil || e.Code == "" {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if got.Name == "" || got.Version == "" || strings.ContainsRune(got.Name+got.Description, 0) || got.TotalVideos < 0 || len(got.Languages) > 100 {
			t.Errorf("got %+v", got.Facts)
		}
		for _, a := range got.Avatars {
			if !strings.HasPrefix(a.URL, "https://") {
				t.Errorf("a picture at %q", a.URL)
			}
		}
	})
}
