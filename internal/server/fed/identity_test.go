package fed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
)

func TestWebFingerFindsActorsByAllTheirNames(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for resource, want := range map[string]string{
			"acct:person1@" + host: accountURL, "person1@" + host: accountURL, "@person1@" + host: accountURL, "acct:@person1@" + host: accountURL,
			"acct:person1@BENCH.example": accountURL, "ACCT:Person1@" + host: accountURL, "https://BENCH.example/@Person1": accountURL,
			"Acct:PERSON1_Channel@" + host: channelURL, "HTTPS://" + host + "/c/Person1_Channel/": channelURL, accountURL: accountURL, origin + "/a/person1": accountURL, origin + "/@person1": accountURL,
			origin + "/a/person1/videos": accountURL, "acct:person1_channel@" + host: channelURL, channelURL: channelURL, origin + "/c/person1_channel": channelURL,
			accountURL + "#main-key": accountURL, origin + "/@person1@" + host: accountURL, origin + "/c/Person1_channel@BENCH.example/videos?sort=name": channelURL,
			"acct:person1@" + host + ":443": accountURL, origin + ":443/a/person1": accountURL, "http://" + host + "/a/per%73on1": accountURL,
			origin + "/@person1_channel": channelURL, "acct:peertube@" + host: origin + "/accounts/peertube",
		} {
			w := s.get("/.well-known/webfinger?resource=" + url.QueryEscape(resource))
			var d struct {
				Subject string
				Aliases []string
				Links   []struct{ Rel, Type, Href, Template string }
			}
			s.must(json.Unmarshal(w.Body.Bytes(), &d))
			if w.Code != http.StatusOK || len(d.Links) == 0 || d.Links[0].Rel != "self" || d.Links[0].Type != document || d.Links[0].Href != want {
				t.Errorf("%s: %d %s", resource, w.Code, w.Body)
				continue
			}
			if name := want[strings.LastIndexByte(want, '/')+1:]; d.Subject != "acct:"+name+"@"+host {
				t.Errorf("%s is said to be %s", resource, d.Subject)
			}
		}
		for resource, status := range map[string]int{
			"acct:nobody@" + host: 404, origin + "/a/nobody": 404, "acct:person1@far.test": 400, "https://far.test/a/person1": 400, "": 400, "acct:": 400,
			"acct:@" + host: 400, origin + "/w/1": 400, "acct:person1@" + host + "@far.test": 400, origin + "/accounts/": 400,
			origin + "/a/person1@far.test": 400, "acct:person1@" + host + ":444": 400, "https://me@" + host + "/a/person1": 400, "ftp://" + host + "/a/person1": 400,
		} {
			if w := s.get("/.well-known/webfinger?resource=" + url.QueryEscape(resource)); w.Code != status {
				t.Errorf("%q: %d %s, want %d", resource, w.Code, w.Body, status)
			}
		}
	})
}

// Where WebFinger is, is said in XML and in JSON.
func TestHostMeta(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		const at = origin + "/.well-known/webfinger?resource={uri}"
		for _, tt := range []struct{ path, accept, kind string }{
			{"", "", "xml"},
			{"", "*/*", "xml"},
			{"", "application/xrd+xml", "xml"},
			{"", "application/json", "json"},
			{"", "application/jrd+json, */*;q=0.1", "json"},
			{"", "application/xrd+xml, application/json;q=0.5", "xml"},
			{"", "application/json;q=0", "xml"},
			{".json", "", "json"},
			{".json", "application/xml", "json"},
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/.well-known/host-meta"+tt.path, nil)
			r.Header.Set("Accept", tt.accept)
			w := s.post(r)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/"+tt.kind+"; charset=utf-8" || !strings.Contains(w.Body.String(), at) {
				t.Errorf("%q to %q: %d %s %s", tt.path, tt.accept, w.Code, w.Header(), w.Body)
			}
			var d struct {
				Links []struct{ Rel, Template string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &d); tt.kind == "json" && (err != nil || len(d.Links) != 1 || d.Links[0].Rel != "lrdd" || d.Links[0].Template != at) {
				t.Errorf("%q to %q: %s", tt.path, tt.accept, w.Body)
			}
		}
	})
}

// The site's own actor is asked for by who checks our signatures: nothing may
// ask for a signature before that.
func TestActorsNeedNoSignatureToBeRead(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for _, path := range []string{"/accounts/peertube", accountURL, channelURL} {
			key, _ := s.object(path)["publicKey"].(map[string]any)
			pem, _ := key["publicKeyPem"].(string)
			if _, err := httpsig.ParsePublicKey(pem); err != nil {
				t.Errorf("%s has no key: %v", path, err)
			}
		}
	})
}

// signed is a POST to an inbox as others sign it.
func (s *site) signed(path, body string) *http.Request {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, origin+path, strings.NewReader(body))
	r.Header.Set("Content-Type", document)
	key, err := httpsig.ParsePrivateKey(keys().Private)
	s.must(err)
	signer := httpsig.Signer{KeyID: "https://far.test/u/1#main-key", Key: key}
	s.must(signer.Sign(r, []byte(body), httpsig.Cavage, at))
	return r
}

func (s *site) post(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.server.Router.ServeHTTP(w, r)
	return w
}

func TestInboxesTakeWhatIsSigned(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		const body = `{"type":"Follow"}`
		for path, target := range map[string]string{"/inbox": "", "/accounts/person1/inbox": accountURL, "/video-channels/person1_channel/inbox": channelURL, "/accounts/peertube/inbox": origin + "/accounts/peertube"} {
			s.received = nil
			if w := s.post(s.signed(path, body)); w.Code != http.StatusAccepted || w.Body.Len() > 0 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if len(s.received) != 1 || s.received[0].TargetURL != target || string(s.received[0].Body) != body {
				t.Errorf("%s: %+v", path, s.received)
			}
		}
		s.refuse = errs.New(errs.TooMany, "not so fast")
		if w := s.post(s.signed("/inbox", body)); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
			t.Errorf("too much: %d %v", w.Code, w.Header())
		}
	})
}

func TestInboxesRefuseTheRest(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		unsigned := httptest.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/inbox", strings.NewReader(`{"type":"Follow"}`))
		changed := s.signed("/inbox", `{"a":1}`)
		changed.Body = http.NoBody
		undigested := s.signed("/inbox", `{}`)
		undigested.Header.Del("Digest")
		sum := sha256.Sum256([]byte("{ }"))
		wrong := s.signed("/inbox", `{}`)
		wrong.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
		huge := s.signed("/inbox", `{"a":"`+string(bytes.Repeat([]byte("a"), activity.MaxBytes))+`"}`)
		for name, tt := range map[string]struct {
			r      *http.Request
			status int
		}{
			"unsigned": {unsigned, 403}, "a body that was changed": {changed, 403}, "without a digest": {undigested, 403},
			"another digest": {wrong, 403}, "too long": {huge, 413}, "to nobody": {s.signed("/accounts/nobody/inbox", `{}`), 404},
		} {
			if w := s.post(tt.r); w.Code != tt.status {
				t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, tt.status)
			}
		}
		if len(s.received) > 0 {
			t.Errorf("%d were taken", len(s.received))
		}
		s.server.Receiver = nil
		if w := s.post(s.signed("/inbox", `{}`)); w.Code != http.StatusNotImplemented {
			t.Errorf("who receives nothing: %d", w.Code)
		}
	})
}
