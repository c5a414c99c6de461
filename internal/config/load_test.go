package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
)

// load writes text to a file called site.yaml and loads it.
func load(t *testing.T, text string, env ...string) (*Config, []Note, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("site.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Options{File: "site.yaml", DataDir: "/srv/videos", Env: env})
}

func TestNoFileIsNeeded(t *testing.T) {
	c, notes, err := Load(Options{DataDir: "/srv/videos"})
	if err != nil || len(notes) > 0 {
		t.Fatalf("got notes %v and error %v, want none", notes, err)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"public address", c.PublicURL(), "http://localhost:9000"},
		{"listening address", c.ListenAddr(), "127.0.0.1:9000"},
		{"database", c.Database.URL, "/srv/videos/sepiola.db"},
		{"storage", c.Storage.StreamingPlaylists, "/srv/videos/storage/streaming-playlists"},
		{"certificates", c.TLS.ACME.Cache, "/srv/videos/acme"},
		{"qualities", fmt.Sprint(c.Transcoding.Resolutions.Heights()), "[240 480 720 1080]"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
	if c.Secure() || c.MailEnabled() || c.Database.Postgres() {
		t.Error("without settings the site must be http, without mail and on SQLite")
	}
}

func TestPeerTubesProductionFileStartsTheSite(t *testing.T) {
	c, notes, err := Load(Options{File: "testdata/production.yaml", DataDir: "/srv/videos"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"public address", c.PublicURL(), "https://video.example.org"},
		{"host", c.Host(), "video.example.org"},
		{"database", c.Database.URL, "postgres://peertube:p%40ss%2Fword@127.0.0.1:5432/peertube_prod?sslmode=disable"},
		{"old name of a directory", c.Storage.WebVideos, "/var/www/peertube/storage/videos/"},
		{"old name of a section", c.Transcoding.WebVideos.Enabled, true},
		{"quota", c.User.VideoQuota, 5 * GB},
		{"no limit", c.User.VideoQuotaDaily, Bytes(-1)},
		{"forever", c.History.Videos.MaxAge, Forever},
		{"days", c.Views.Videos.Remote.MaxAge, 30 * Day},
		{"thumbnails", c.Thumbnails.Sizes, []ThumbnailSize{{280, 157, "16:9"}, {850, 480, "16:9"}}},
		{"categories", c.Instance.Categories, []string{"1", "2"}},
		{"robots", c.Instance.Robots, "User-agent: *\nDisallow:\n"},
		{"qualities", c.Transcoding.Resolutions.Heights(), []int{240, 480, 720}},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	var noted []string
	for _, n := range notes {
		noted = append(noted, n.Key)
	}
	want := []string{
		"redis", "storage.bin", "storage.videos", "storage.logs", "storage.plugins", "log.rotation", "plugins",
		"cache", "transcoding.webtorrent", "live.enabled", "import.videos.http.youtube_dl_release",
	}
	if diff := cmp.Diff(want, noted); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestMistakesNameTheLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a misspelt key", "transcoding:\n  treads: 2", "site.yaml:2: transcoding.treads: there is no such key; did you mean transcoding.threads?"},
		{"a misspelt section", "\ntranscodng:\n  threads: 2", "site.yaml:2: transcodng: there is no such key; did you mean transcoding?"},
		{"a key in the wrong section", "video_quota: 3", "site.yaml:1: video_quota: there is no such key; did you mean user.video_quota?"},
		{"a key like nothing", "qwertyuiop: 3", "site.yaml:1: qwertyuiop: there is no such key"},
		{"text for a number", "listen:\n  port: nine", `site.yaml:2: listen.port: expected a whole number, found "nine"`},
		{"a number out of range", "listen:\n  port: 70000", "site.yaml:2: listen.port: expected 0 to 65535, found 70000"},
		{"text for a switch", "signup:\n  enabled: yes please", `site.yaml:2: signup.enabled: expected true or false, found "yes please"`},
		{"a list for a text", "instance:\n  name: [a]", "site.yaml:2: instance.name: expected text, found a list"},
		{"a text for a list", "roles: web", `site.yaml:1: roles: expected a list, found "web"`},
		{"a wrong item", "roles: [web, sleep]", `site.yaml:1: roles: item 2: expected one of web, jobs, found "sleep"`},
		{"a text for a section", "signup: open", `site.yaml:1: signup: expected a section with keys of its own, found "open"`},
		{"nonsense for a duration", "http_timeouts:\n  request: soon", `site.yaml:2: http_timeouts.request: expected a duration such as "10 seconds" or a number of milliseconds, found "soon"`},
		{"a negative duration", "http_timeouts:\n  request: -1", "site.yaml:2: http_timeouts.request: cannot be negative"},
		{"nonsense for a size", "limits:\n  image_size: big", `site.yaml:2: limits.image_size: expected a size such as "100MB" or a number of bytes, found "big"`},
		{"a word that is not allowed", "log:\n  level: loud", `site.yaml:2: log.level: expected one of debug, info, warn, warning, error, found "loud"`},
		{"a key twice", "admin:\n  email: a@b.c\nadmin:\n  email: b@b.c", "site.yaml:3: admin: written twice, first in line 1"},
		{"an address for a name", "webserver:\n  hostname: https://example.org", `site.yaml:2: webserver.hostname: expected a name such as video.example.org, without https:// and port, found "https://example.org"`},
		{"a wrong proxy", "trust_proxy: [everybody]", `site.yaml:1: trust_proxy: expected an address, a network, loopback, linklocal or uniquelocal, found "everybody"`},
		{"another database", "database:\n  url: mysql://u:secret@h/d", `site.yaml:2: database.url: expected postgres://… or the path of an SQLite file, found "mysql://…"`},
		{"not YAML", "a: [", "site.yaml: line 1: did not find expected node content"},
		{"not a mapping", "- a", "site.yaml:1: the file: expected a section with keys of its own, found a list"},
		{"two documents", "admin:\n---\nadmin:", "site.yaml: only one YAML document may be in the file"},
		{"an item with a wrong key", "thumbnails:\n  sizes: [{wide: 3}]", `site.yaml:2: thumbnails.sizes: item 1: there is no key "wide" in such an item`},
		{"two mistakes at once", "a1: 1\nb1: 2", "site.yaml:1: a1: there is no such key\nsite.yaml:2: b1: there is no such key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := load(t, tt.text)
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("got %v, want an errs.Invalid", err)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
		})
	}
}

func TestNoSuchFile(t *testing.T) {
	if _, _, err := Load(Options{File: filepath.Join(t.TempDir(), "none.yaml")}); !errs.Is(err, errs.Invalid) {
		t.Errorf("got %v, want an errs.Invalid", err)
	}
}

func TestEmptyFilesAndSectionsChangeNothing(t *testing.T) {
	for _, text := range []string{"", "# a comment\n", "transcoding:\n", "{}"} {
		c, _, err := load(t, text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if !c.Transcoding.Enabled {
			t.Errorf("%q changed a default", text)
		}
	}
}

func TestLayers(t *testing.T) {
	text := "listen: {port: 1}\nwebserver: {hostname: file.example}\nadmin: {email: file@example.org}\ninstance: {name: File}"
	t.Chdir(t.TempDir())
	if err := os.WriteFile("site.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, notes, err := Load(Options{File: "site.yaml", Listen: "0.0.0.0:4", Env: []string{
		"PEERTUBE_WEBSERVER_HOSTNAME=peertube.example", "PEERTUBE_ADMIN_EMAIL=peertube@example.org",
		"SEPIOLA_ADMIN_EMAIL=sepiola@example.org", "SEPIOLA_LISTEN_PORT=3", "PEERTUBE_LISTEN_PORT=2",
		"SEPIOLA_DATA=/srv/env", "PEERTUBE_DB_HOSTNAME=db", "PEERTUBE_DB_PASSWORD=123", "PEERTUBE_TRUST_PROXY=[\"10.0.0.1\", \"loopback\"]",
		"PEERTUBE_TRANSCODING_480P=false", "PEERTUBE_SMTP_FROM=from@example.org", "PEERTUBE_SMTP_HOSTNAME=", "PEERTUBE_VERSION=8",
		"SEPIOLA_SIGNUP_ENABELD=true", "PEERTUBE_SECRET=very secret", "PATH=/bin",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key        string
		got        any
		want       any
		wantOrigin Origin
	}{
		{"instance.name", c.Instance.Name, "File", "site.yaml:4"},
		{"webserver.hostname", c.Webserver.Hostname, "peertube.example", "PEERTUBE_WEBSERVER_HOSTNAME"},
		{"admin.email", c.Admin.Email, "sepiola@example.org", "SEPIOLA_ADMIN_EMAIL"},
		{"listen.port", c.Listen.Port, 4, "--listen"},
		{"data", c.DataDir, "/srv/env", "SEPIOLA_DATA"},
		{"database.password", c.Database.Password, "123", "PEERTUBE_DB_PASSWORD"},
		{"trust_proxy", c.TrustProxy, []string{"10.0.0.1", "loopback"}, "PEERTUBE_TRUST_PROXY"},
		{"transcoding.resolutions.480p", c.Transcoding.Resolutions.P480, false, "PEERTUBE_TRANSCODING_480P"},
		{"smtp.from_address", c.SMTP.FromAddress, "from@example.org", "PEERTUBE_SMTP_FROM"},
		{"secrets.peertube", c.Secrets.Peertube, "very secret", "PEERTUBE_SECRET"},
		{"user.video_quota", c.User.VideoQuota, Bytes(-1), "default"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.key, diff)
		}
		if got := c.Origin(tt.key); got != tt.wantOrigin {
			t.Errorf("%s: got origin %s, want %s", tt.key, got, tt.wantOrigin)
		}
	}
	if !c.Database.Postgres() {
		t.Errorf("database.hostname is set, but the database is %s", c.Database.URL)
	}
	var lines []string
	for _, n := range notes {
		lines = append(lines, n.String())
	}
	want := []string{
		"PEERTUBE_VERSION: environment: is not a setting of this site; ignored",
		"SEPIOLA_SIGNUP_ENABELD: environment: is not a setting; did you mean SEPIOLA_SIGNUP_ENABLED?",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

func TestWrongEnvironmentAndFlags(t *testing.T) {
	_, _, err := Load(Options{Listen: "nine", Env: []string{"SEPIOLA_TRANSCODING_THREADS=many"}})
	want := "SEPIOLA_TRANSCODING_THREADS: transcoding.threads: expected a whole number, found \"many\"\n" +
		"--listen: listen: expected HOST:PORT, found \"nine\""
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestDatabaseChoice(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a path below the data directory", "database: {url: other.db}", "/srv/videos/other.db"},
		{"an absolute path", "database: {url: /x/y.db}", "/x/y.db"},
		{"a URL", "database: {url: 'postgres://u:p@h/d'}", "postgres://u:p@h/d"},
		{"a socket", "database: {hostname: /run/postgresql, name: videos}", "postgres://peertube:peertube@/videos?host=%2Frun%2Fpostgresql&port=5432&sslmode=disable"},
		{"TLS", "database: {hostname: h, ssl: true, ssl_settings: {reject_unauthorized: true, ca: /ca.pem}}", "postgres://peertube:peertube@h:5432/peertube?sslmode=verify-full&sslrootcert=%2Fca.pem"},
		{"the pool alone does not choose", "database: {pool: {max: 3}}", "/srv/videos/sepiola.db"},
	} {
		c, _, err := load(t, tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if c.Database.URL != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, c.Database.URL, tt.want)
		}
	}
}

func TestPublicAddress(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"behind a proxy", "webserver: {https: true, hostname: v.example}", "https://v.example"},
		{"plain on port 80", "webserver: {hostname: v.example, port: 80}", "http://v.example"},
		{"certificates by ACME", "tls: {acme: {enabled: true}}\nwebserver: {hostname: v.example}", "https://v.example"},
		{"another port", "webserver: {https: true, hostname: v.example, port: 8443}", "https://v.example:8443"},
	} {
		c, _, err := load(t, tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got := c.PublicURL(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestDurationsAndSizes(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10 seconds": 10 * time.Second, "1 hour": time.Hour, "2 days": 2 * Day, "1500": 1500 * time.Millisecond,
		"1 hour 30 minutes": 90 * time.Minute, "1h30m": 90 * time.Minute, "4 weeks": 28 * Day, "-1": Forever, "0.5 s": 500 * time.Millisecond,
	} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "soon", "1 fortnight", "10 seconds ago", "999999999999 years", "99999999999999999"} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q was read as %v, want a refusal", text, got)
		}
	}
	for text, want := range map[string]Bytes{"100MB": 100 * MB, "1.5 GB": 3 * GB / 2, "12": 12, "-1": -1, "2tb": 2 * TB} {
		if got, ok := parseBytes(text); !ok || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "MB", "1 mib", "9999999999 TB"} {
		if got, ok := parseBytes(text); ok {
			t.Errorf("%q was read as %v, want a refusal", text, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: b", "listen: {port: 1}", "&a [*a]", "x: &x {y: *x}", "thumbnails: {sizes: [{width: 1}]}"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		c := Default()
		c.origins = map[string]Origin{}
		l := &loader{cfg: c, root: tree(c)}
		if l.parse("fuzz.yaml", []byte(text)) == nil {
			l.finish()
			l.validate()
		}
	})
}

func TestTrustedProxies(t *testing.T) {
	c := &Config{TrustProxy: []string{"loopback", "10.1.2.3", "2001:db8::/32"}}
	if got, want := strings.Trim(fmt.Sprint(c.TrustedProxies()), "[]"), "127.0.0.0/8 ::1/128 10.1.2.3/32 2001:db8::/32"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
