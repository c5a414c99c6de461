package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
)

// The page behind the link of a letter speaks the language of the letter; who
// chose one on this device, that one.
func TestThePageThatStopsLettersSpeaksTheirLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	link := s.letterLink(t)
	ask := func(method, link, accept, chosen string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+link, strings.NewReader(url.Values{"List-Unsubscribe": {"One-Click"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", accept)
		if chosen != "" {
			r.Header.Set("X-Peertube-Language", chosen)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	letters := func(language string) {
		t.Helper()
		b, err := json.Marshal(user.Preferences{Language: language})
		if err == nil {
			_, err = s.db.Exec(t.Context(), `UPDATE users SET preferences = $1 WHERE id = 1`, string(b))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	said := map[string]string{
		"en": "No more letters", "de": "Keine Mails mehr", "es": "No más correos", "fr": "Plus de courriels", "ja": "メールの停止", "ar": "لا رسائل بعد الآن",
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for language, title := range said {
			letters("")
			if status, body := ask(method, link, language, ""); status != 200 || !strings.Contains(body, title) {
				t.Errorf("%s by Accept-Language %s: %d without %q", method, language, status, title)
			}
			letters(language)
			if status, body := ask(method, link, "nl, en;q=0.5", ""); status != 200 || !strings.Contains(body, title) {
				t.Errorf("%s to who reads letters in %s: %d without %q", method, language, status, title)
			}
			if status, body := ask(method, link, "en", "fr"); status != 200 || !strings.Contains(body, said["fr"]) {
				t.Errorf("%s on a device that is to speak French: %d", method, status)
			}
		}
	}
}
