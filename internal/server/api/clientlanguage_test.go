package api

import (
	"log/slog"
	"net/http"
	"testing"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/i18n"
	"sepiola/internal/server/rest"
)

func TestTheLanguageOfADeviceIsKeptByACookie(t *testing.T) {
	t.Parallel()
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&ClientLanguage{Site: instance.Site{Scheme: "https", Host: "example.com"}}).Mount(rt)
	for _, path := range []string{"/client-config/update-interface-language", "/client-config/update-language"} {
		for _, tt := range []struct {
			body   string
			status int
			value  string
			age    int
		}{
			{`{"language":"fr-FR"}`, 204, "fr-FR", 365 * 24 * 3600},
			{`{"language":"ar"}`, 204, "ar", 365 * 24 * 3600},
			{`{"language":null}`, 204, "", -1},
			{`{"language":"tlh"}`, 400, "", 0},
			{`{"language":""}`, 400, "", 0},
			{`{"language":42}`, 400, "", 0},
			{`{}`, 400, "", 0},
		} {
			w := post(rt, path, tt.body)
			if w.Code != tt.status {
				t.Errorf("%s %s: status %d, want %d: %s", path, tt.body, w.Code, tt.status, w.Body)
			}
			cookies := w.Result().Cookies()
			if tt.status != http.StatusNoContent {
				if len(cookies) > 0 {
					t.Errorf("%s: a cookie though it was refused", tt.body)
				}
				continue
			}
			if len(cookies) != 1 || cookies[0].Name != "clientLanguage" || cookies[0].Value != tt.value || cookies[0].MaxAge != tt.age || !cookies[0].HttpOnly || !cookies[0].Secure {
				t.Errorf("%s: cookies %v", tt.body, cookies)
			}
		}
	}
}

func TestEveryLanguageOfTheSiteMayBeChosen(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range words.Tags() {
		if !user.ValidLocale(tag) {
			t.Errorf("%s may not be chosen", tag)
		}
	}
}
