package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/user"
	"sepiola/internal/server/api"
	"sepiola/internal/server/push"
	"sepiola/internal/server/rest"
)

// mountedRoutes are the routes of every resource, as "GET /path".
func mountedRoutes(t *testing.T) []string {
	t.Helper()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	for _, resource := range []interface{ Mount(*rest.Router) }{
		api.Ping{},
		api.Constants{},
		&api.Accounts{}, &api.Channels{}, &api.MyAvatar{}, &api.Stats{}, &api.Config{}, &api.OpenAPI{}, &api.Contact{}, &api.ClientLogs{}, &api.ClientLanguage{}, &api.EmbedPrivacy{}, &api.PlayerSettings{},
		&api.OAuth{}, &api.Users{}, &api.Me{}, &api.Sessions{}, &api.TwoFactor{}, &api.Registrations{Users: (*user.Service)(nil)},
		&api.Uploads{}, &api.Views{}, &api.Metrics{}, &api.History{}, &api.VideoStats{}, &api.Videos{}, &api.Transcoding{}, &api.Jobs{Jobs: noJobs{}},
		&api.Playlists{}, &api.Search{}, &api.Overviews{},
		&api.Comments{}, &api.Rates{}, &api.Blocklist{}, &api.Abuses{},
		&api.Subscriptions{}, &api.Followers{}, &api.SiteFollows{Follows: (*follow.Sites)(nil)}, &api.FederationLog{}, &api.Redundancies{}, &api.Notifications{}, &api.PushDevices{}, &push.Stream{},
	} {
		resource.Mount(r)
	}
	var routes []string
	if err := r.Routes(func(method, path string) {
		if method != "HEAD" { // comes with GET
			routes = append(routes, method+" "+path)
		}
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(routes)
	return routes
}

// noJobs only has methods.
type noJobs struct{ api.JobsService }

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&api.OpenAPI{Title: "Sepiola", Version: "8.2.0"}).Mount(r)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	var d struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Summary   string         `json:"summary"`
			Responses map[string]any `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || d.OpenAPI != "3.1.0" {
		t.Fatalf("%v: %d %.300s", err, w.Code, w.Body)
	}
	var described []string
	for path, methods := range d.Paths {
		for method, operation := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			if operation.Summary == "" || len(operation.Responses) != 2 {
				t.Errorf("%s %s: neither a summary nor answers", method, path)
			}
		}
	}
	slices.Sort(described)
	mounted := mountedRoutes(t)
	for _, route := range mounted {
		if !slices.Contains(described, route) {
			t.Errorf("%s is served but not described: add it to openapi/", route)
		}
	}
	for _, route := range described {
		if !slices.Contains(mounted, route) {
			t.Errorf("%s is described but not served", route)
		}
	}
	for _, ref := range strings.Split(w.Body.String(), `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if _, ok := d.Components.Schemas[name]; !ok {
			t.Errorf("there is no schema %s", name)
		}
	}
}

func TestOpenAPICanBeRead(t *testing.T) {
	t.Parallel()
	r := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&api.OpenAPI{Title: "Sepiola", Version: "8.2.0"}).Mount(r)
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.html", nil))
	for _, want := range []string{"<h1>Sepiola 8.2.0</h1>", "<code>POST /video-channels</code> (login)", "<code>displayName</code>* string"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %q", want)
		}
	}
}
