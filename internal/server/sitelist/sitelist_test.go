package sitelist_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/directory"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
	"sepiola/internal/i18n"
	"sepiola/internal/server/listen"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/sitelist"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/storage/sites"
	"sepiola/internal/storage/sqldb"
)

var update = flag.Bool("update", false, "write the golden files anew")

// visits answers what a host says of itself: sites whose name has "bad" in it
// end with the code after it.
type visits struct{}

func (visits) Visit(_ context.Context, host string, _ *directory.Facts) (*directory.Found, error) {
	if code, bad := strings.CutSuffix(host, ".bad.org"); bad {
		return nil, errs.New(errs.Conflict, "Instance %s did not work.", host).WithCode(strings.ReplaceAll(code, "-", "_"))
	}
	return &directory.Found{Facts: directory.Facts{Name: "Tube of " + host, Version: "1", NSFWPolicy: "blur", Customizations: 1}}, nil
}

var began = time.Date(2026, 5, 1, 12, 0, 0, 123_000_000, time.UTC)

// house is a directory with its server, on SQLite.
type house struct {
	http.Handler
	store sites.Sites
}

func newHouse(t *testing.T) house {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: filepath.Join(t.TempDir(), "index.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := sites.Migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	set, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	store := sites.Sites{DB: db}
	now := func() time.Time { return began }
	limits := &listen.Limits{Counter: listen.NewMemory(), Now: now}
	r := rest.NewRouter(log)
	(&sitelist.Server{
		Directory: &directory.Service{
			Store: store, Visitor: visits{}, Every: time.Hour, Now: now, Log: log,
			MayTry: func(context.Context, string) bool { return true },
		},
		Site: instance.Site{Scheme: "https", Host: "sites.example.org"}, Scheme: "https", Words: words, Assets: set,
		LimitAdd: limits.Middleware(listen.Rule{Scope: "add", Limit: listen.Limit{Window: time.Hour, Max: 15}}), Now: now, Log: log,
	}).Mount(r)
	return house{r, store}
}

// fill adds three sites: two that are shown and one that is not.
func (h house) fill(t *testing.T) {
	t.Helper()
	pixel := new(bytes.Buffer)
	if err := png.Encode(pixel, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	for i, f := range []directory.Facts{
		{
			Software: "peertube", Version: "7.1.0", Name: "Films <b>&</b> more", ShortDescription: "For \"films\"", Description: "Long **text**",
			Languages: []string{"fr", "en"}, Categories: []int{2, 15}, SignupAllowed: true, SignupRequiresApproval: true, UserVideoQuota: 1 << 30,
			LiveEnabled: true, AutoBlacklist: true, NSFWPolicy: "blur", Customizations: directory.OtherFeatures,
			Avatars: []directory.Image{{Width: 48, URL: "https://a.example.org/lazy-static/avatars/a.png", Path: "/lazy-static/avatars/a.png"}},
			LogoURL: "https://a.example.org/lazy-static/avatars/a.png", LogoHash: "0123456789abcdef",
			TotalUsers: 4, TotalVideos: 1000, TotalLocalVideos: 10, TotalFollowers: 5, TotalFollowing: 6, SupportsIPv6: true,
		},
		{Software: "sepiola", Version: "1.0.0", Name: "محل", NSFWPolicy: "do_not_list", IsNSFW: true, UserVideoQuota: -1, Customizations: 1, TotalLocalVideos: 1},
		{Name: "Hidden", NSFWPolicy: "blur", Customizations: 1},
	} {
		s := &directory.Site{Host: string(rune('a'+i)) + ".example.org", CreatedAt: began.Add(time.Duration(i) * time.Hour)}
		s.Visited(f, began, time.Hour)
		var logo []byte
		if f.LogoHash != "" {
			logo = pixel.Bytes()
		}
		for range i / 2 * directory.HideAfter {
			s.Failed(began, time.Hour)
		}
		if err := h.store.Add(t.Context(), s, logo); err != nil {
			t.Fatal(err)
		}
	}
}

func (h house) do(method, path, kind, body string, header ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	h.ServeHTTP(w, r)
	return w
}

func (h house) get(path string, header ...string) *httptest.ResponseRecorder {
	return h.do(http.MethodGet, path, "", "", header...)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, got, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	pretty.WriteByte('\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if diff := cmp.Diff(string(want), pretty.String()); err != nil || diff != "" {
		t.Errorf("%s: %v\n%s", name, err, diff)
	}
}

func TestTheShapesOfTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t)
	for name, path := range map[string]string{
		"instances": "/api/v1/instances?sort=id&start=0&count=10",
		"hosts":     "/api/v1/instances/hosts?count=1000&since=2026-05-01T12:00:00.000Z",
		"wrong":     "/api/v1/instances?sort=secret&nsfwPolicy[]=none&minUserQuota=-1",
		"misread":   "/api/v1/instances?start=-1&signup=maybe&since=yesterday&categoriesOr[]=x&minUserQuota=lots",
	} {
		w := h.get(path)
		if want := map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[name == "wrong" || name == "misread"]; w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
		golden(t, name, w.Body.Bytes())
	}
}

func TestTheFiltersOfTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t)
	for query, want := range map[string]string{
		"":                                      "b a",
		"sort=host":                             "a b",
		"count=1":                               "b",
		"start=1&count=1":                       "a",
		"count=9999":                            "b a",
		"signup=true":                           "a",
		"signup=false":                          "b",
		"healthy=true":                          "b a",
		"healthy=false":                         "",
		"liveEnabled=true":                      "a",
		"nsfwPolicy[]=blur&nsfwPolicy[]=warn":   "a",
		"nsfwPolicy[0]=do_not_list":             "b",
		"languagesOr[]=de&languagesOr[]=fr":     "a",
		"languagesOr=de":                        "",
		"categoriesOr[]=15&categoriesOr[]=3":    "a",
		"customizations=3":                      "a",
		"minUserQuota=2000000000":               "b",
		"minUserQuota=1000":                     "b a",
		"search=FILMS":                          "a",
		"search=b.example":                      "b",
		"since=2026-05-01T13:00:00.000Z":        "b",
		"since=2026-05-02":                      "",
		"unknown=1&sort=-totalLocalVideos":      "a b",
		"languagesOr[]=fr&signup=true&search=<": "a",
	} {
		for _, path := range []string{"/api/v1/instances", "/api/v1/instances/hosts", "/api/v1/instances/"} {
			w := h.get(path + "?" + query)
			var out struct {
				Total int
				Data  []struct{ Host string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
				t.Errorf("%s?%s: %d, %v", path, query, w.Code, err)
			}
			var got []string
			for _, one := range out.Data {
				got = append(got, one.Host[:1])
			}
			if strings.Join(got, " ") != want || out.Data == nil {
				t.Errorf("%s?%s: got %v, want %q", path, query, got, want)
			}
		}
	}
}

const jsonType = "application/json"

func TestAddingByTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t)
	add := func(host string) *httptest.ResponseRecorder {
		return h.do(http.MethodPost, "/api/v1/instances", jsonType, `{"host":"`+host+`"}`)
	}
	w := add("New.example.org")
	if w.Code != http.StatusOK {
		t.Fatalf("got %d: %s", w.Code, w.Body)
	}
	golden(t, "added", w.Body.Bytes())
	for host, status := range map[string]int{
		"new.example.org": http.StatusConflict, "unreachable.bad.org": http.StatusConflict, "not-a-site.bad.org": http.StatusConflict,
		"127.0.0.1": http.StatusBadRequest, "": http.StatusBadRequest,
	} {
		w := add(host)
		var problem map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != status || problem["error"] == "" || problem["code"] != nil {
			t.Errorf("%s: got %d, %v: %s, want %d and no code", host, w.Code, err, w.Body, status)
		}
	}
	if w := h.do(http.MethodPost, "/api/v1/instances", jsonType, `{"host":7}`); w.Code != http.StatusBadRequest {
		t.Errorf("a number: got %d, want 400", w.Code)
	}
	if w := add("c.example.org"); w.Code != http.StatusOK || !strings.Contains(h.get("/api/v1/instances/hosts").Body.String(), "c.example.org") {
		t.Errorf("a hidden site again: got %d: %s", w.Code, w.Body)
	}
	refused := false
	for range 15 {
		refused = refused || add("a.example.org").Code == http.StatusTooManyRequests
	}
	if !refused {
		t.Error("one address may add without end")
	}
	if w := h.get("/api/v1/nothing"); w.Code != http.StatusNotFound || !strings.Contains(w.Header().Get("Content-Type"), "problem+json") {
		t.Errorf("an unknown path: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
}

func TestThePageToChooseFrom(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t)
	for path, want := range map[string][2]string{
		"/":                               {"a b", `href="https://a.example.org/signup"`},
		"/?language=fr&live=true":         {"a", `<option value="fr" selected>`},
		"/?signup=approval":               {"a", "Somebody looks at requests"},
		"/?signup=open":                   {"", "No site is like this"},
		"/?signup=closed&sort=-createdAt": {"b", `dir="auto">محل</a>`},
		"/?sensitive=blur&category=2":     {"a", "Films"},
		"/?search=%3Cscript%3E":           {"", `value="&lt;script&gt;"`},
		"/?sensitive=nonsense":            {"a b", "2 sites"},
		"/?page=-4&category=x&sort=x":     {"a b", "2 sites"},
		"/?page=9":                        {"", "2 sites"},
	} {
		w := h.get(path, "Accept-Language", "en")
		text := w.Body.String()
		got := ""
		for _, m := range regexp.MustCompile(`<p class="soft small" dir="ltr">(\w)\.example`).FindAllStringSubmatch(text, -1) {
			got += " " + m[1]
		}
		if w.Code != http.StatusOK || strings.TrimSpace(got) != want[0] || !strings.Contains(text, want[1]) {
			t.Errorf("%s: got %d with sites %q, want %q and %q", path, w.Code, got, want[0], want[1])
		}
		for _, never := range []string{"<script", "style=", "onclick", "<b>&</b>", "web.", "index.", "c.example.org"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: the page has %q", path, never)
			}
		}
	}
	w := h.get("/logos/1/0123456789abcdef.png")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("logo: %d %v", w.Code, w.Header())
	}
	for _, path := range []string{"/logos/1/other.png", "/logos/2/0123456789abcdef.png", "/logos/1/0123456789abcdef", "/logos/x/y.png", "/nothing"} {
		if w := h.get(path); w.Code != http.StatusNotFound && path != "/logos/x/y.png" {
			t.Errorf("%s: got %d, want 404", path, w.Code)
		}
	}
}

func TestEveryLanguageHasThePages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(t)
	for _, tag := range []string{"en", "fr", "de", "es", "ar", "ja"} {
		for _, path := range []string{"/", "/add", "/add?done=a.example.org", "/nothing", "/?search=nothing-like-it"} {
			text := h.get(path, "Accept-Language", tag).Body.String()
			if !strings.Contains(text, `<html lang="`+tag+`"`) || strings.Contains(text, ">index.") || strings.Contains(text, ">web.") || strings.Contains(text, "{n}") {
				t.Errorf("%s in %s: a text is missing", path, tag)
			}
		}
	}
}

const formType = "application/x-www-form-urlencoded"

func TestAddingByTheForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.do(http.MethodPost, "/add", formType, "host=https%3A%2F%2Fnew.example.org%2F")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/add?done=new.example.org" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if text := h.get("/add?done=new.example.org").Body.String(); !strings.Contains(text, "new.example.org is on the list.") {
		t.Error("the page does not say that it is done")
	}
	if text := h.get("/add?done=%3Cb%3E").Body.String(); strings.Contains(text, `role="status"`) {
		t.Error("the page says what others wrote into its address")
	}
	for host, words := range map[string]string{
		"new.example.org": "is on the list already", "127.0.0.1": "not the address of a public site", "other-name.bad.org": "calls itself by another address",
		"not-a-site.bad.org": "There is no PeerTube or Sepiola", "unreachable.bad.org": "does not answer", "opted-out.bad.org": "does not want to be listed",
		"blocked.bad.org": "not taken on here", "too-many.bad.org": "a moment ago", "full.bad.org": "The list is full",
	} {
		w := h.do(http.MethodPost, "/add", formType, url.Values{"host": {host}}.Encode())
		if text := w.Body.String(); w.Code < 400 || w.Code >= 500 || !strings.Contains(text, words) || !strings.Contains(text, `value="`+host+`"`) || !strings.Contains(text, `aria-invalid="true"`) {
			t.Errorf("%s: got %d without %q", host, w.Code, words)
		}
	}
}

func TestFormsOfOtherSitesDoNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/add", "/language"} {
		w := h.do(http.MethodPost, path, formType, "host=new.example.org&language=fr", "Sec-Fetch-Site", "cross-site")
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: got %d, want 403", path, w.Code)
		}
	}
}

func TestChoosingALanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for to, want := range map[string]string{
		"/?search=a%26b&page=2": "/?search=a%26b&page=2", "/add": "/add", "": "/", "https://evil.example.org/": "/", "//evil.example.org": "/",
		"/\\evil.example.org": "/", "add": "/", "/\r\nX: y": "/",
	} {
		w := h.do(http.MethodPost, "/language", formType, url.Values{"language": {"fr"}, "to": {to}}.Encode())
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%q: got %d to %q, want %q", to, w.Code, w.Header().Get("Location"), want)
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Value != "fr" || !cookies[0].Secure || !cookies[0].HttpOnly {
			t.Errorf("%q: cookies %v", to, cookies)
		}
	}
	if w := h.do(http.MethodPost, "/language", formType, "language=xx&to=/"); len(w.Result().Cookies()) != 0 {
		t.Error("a language that there is not is kept")
	}
}
