package directory_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
)

func TestParseHost(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"videos.example.org":                     "videos.example.org",
		" Videos.Example.ORG. ":                  "videos.example.org",
		"https://videos.example.org/w/abc?x=1#y": "videos.example.org",
		"http://videos.example.org/":             "videos.example.org",
		"videos.example.org:443":                 "videos.example.org",
		"http://videos.example.org:80":           "videos.example.org",
		"vidéos.example.fr":                      "xn--vidos-dsa.example.fr",
		"xn--r8jz45g.xn--zckzah":                 "xn--r8jz45g.xn--zckzah",
		"a-b.c1.example.org":                     "a-b.c1.example.org",
		"":                                       "",
		"localhost":                              "",
		"tube":                                   "",
		"127.0.0.1":                              "",
		"127.1":                                  "",
		"0x7f.0.0.1":                             "",
		"2130706433":                             "",
		"[::1]":                                  "",
		"[::ffff:10.0.0.1]":                      "",
		"10.0.0.1.":                              "",
		"videos.example.org:8443":                "",
		"https://videos.example.org:22":          "",
		"user@videos.example.org":                "",
		"https://user:pass@videos.example.org":   "",
		"videos.example.org@evil.org":            "",
		"ftp://videos.example.org":               "",
		"javascript://videos.example.org/%0aalert": "",
		"file:///etc/passwd":                       "",
		"videos..example.org":                      "",
		"-videos.example.org":                      "",
		"videos_x.example.org":                     "",
		"videos.example.org\x00.evil":              "",
		"videos example.org":                       "",
		"videos.example.org\\@evil.org":            "",
		"printer.local":                            "",
		"db.internal":                              "",
		"hidden.onion":                             "",
		"router.home.arpa":                         "",
		"a.test":                                   "",
		strings.Repeat("a", 64) + ".example.org":   "",
		strings.Repeat("a.", 130) + "example.org":  "",
		strings.Repeat("x", 1000):                  "",
		"\xff\xfe.example.org":                     "",

		"例え.テスト": "xn--r8jz45g.xn--zckzah",

		"①②⑦.⓪.⓪.①": "", // becomes 127.0.0.1
	} {
		got, err := directory.ParseHost(in, false)
		if got != want || (err == nil) != (want != "") || err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParseHostOfALocalNetwork(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"localhost:9000":  "localhost:9000",
		"127.0.0.1:9000":  "127.0.0.1:9000",
		"[::1]:9000":      "[::1]:9000",
		"::1":             "",
		"a.test":          "a.test",
		"tube":            "tube",
		"localhost:0":     "",
		"localhost:99999": "",
		"[fe80::1%eth0]":  "",
		"user@localhost":  "",
	} {
		if got, err := directory.ParseHost(in, true); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"videos.example.org", "https://a.b/c", "[::1]", "127.1", "vidéos.fr", "a@b", "x:443"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host, err := directory.ParseHost(s, false)
		if err != nil {
			if e := errs.As(err); e == nil || len(e.Params) != 1 || !utf8.ValidString(e.Params[0].Value.(string)) { //nolint:forcetypeassert // it is what was sent
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := directory.ParseHost(host, false)
		if err != nil || again != host {
			t.Errorf("%q is %q, and that is %q, %v", s, host, again, err)
		}
		if strings.ContainsAny(host, ":/@?#[]\\ \x00") || !strings.Contains(host, ".") || strings.ToLower(host) != host {
			t.Errorf("%q is %q, which is no public name", s, host)
		}
	})
}
