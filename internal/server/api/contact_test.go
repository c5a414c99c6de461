package api

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/rest"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

func post(h http.Handler, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPeopleWriteToTheAdministrators(t *testing.T) {
	t.Parallel()
	db := sqldbtest.SQLite(t)
	policy := user.Policy{Contact: true, AdminEmail: "boss@example.org"}
	box := new(letterBox)
	s := &user.Service{
		Limits: &user.Limiter{Store: store.RateLimits{DB: db}, Rates: user.DefaultRates(), Now: sqldb.Now},
		Mailer: box, Policy: func() user.Policy { return policy }, InTx: db.InTx,
	}
	ip := "192.0.2.1"
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&Contact{Messages: s, ClientIP: func(*http.Request) string { return ip }}).Mount(rt)
	const good = `{"fromName":"toto","fromEmail":"toto@example.com","subject":"hello","body":"hello there"}`
	expect := func(name, body string, status int, words string) {
		t.Helper()
		if w := post(rt, "/server/contact", body); w.Code != status || !strings.Contains(w.Body.String(), words) {
			t.Errorf("%s: %d %s, want %d %q", name, w.Code, w.Body, status, words)
		}
	}
	expect("no mail is sent here", good, 409, "SMTP is not configured on this instance.")
	policy.Mail, policy.Contact = true, false
	expect("the form is off", `{}`, 409, "Contact form is not enabled on this instance.")
	policy.Contact, policy.AdminEmail = true, "admin@example.com"
	expect("nobody reads that address", good, 409, "is not configured")
	policy.AdminEmail = "boss@example.org"
	expect("nothing", `{}`, 400, "fromName, fromEmail, body")
	expect("two addresses", strings.Replace(good, "toto@", "x@example.org,toto@", 1), 400, "fromEmail")
	expect("too long", strings.Replace(good, "hello there", strings.Repeat("x", user.MaxContactBody+1), 1), 400, "body")
	expect("a message", good, 204, "")
	expect("a second one within the hour", good, 403, "You already sent a contact form recently.")
	ip = "192.0.2.2"
	expect("of somebody else", good, 204, "")
	if len(box.mails) != 2 {
		t.Fatalf("%d mails, want 2", len(box.mails))
	}
	if m := box.mails[0]; m.To != "boss@example.org" || m.ReplyTo != "toto@example.com" || m.Kind != user.MailContact ||
		!strings.Contains(m.Text, "toto <toto@example.com>\nhello\n\nhello there") {
		t.Errorf("got %+v", m)
	}
}

func TestClientsReport(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	accept := true
	rt := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&ClientLogs{Accept: func() bool { return accept }, Log: slog.New(slog.NewJSONHandler(&log, nil))}).Mount(rt)
	w := post(rt, "/server/logs/client", `{"message":"boom"}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "Incorrect request parameters: url, level") {
		t.Errorf("without address and level: %d %s", w.Code, w.Body)
	}
	w = post(rt, "/server/logs/client", `{"message":"boom\n{}","url":"http://localhost:9000/","level":"error","stackTrace":"at x"}`)
	if w.Code != 204 || !strings.Contains(log.String(), `"level":"ERROR","msg":"a client reports","message":"boom\n{}","url":"http://localhost:9000/","stack":"at x"`) ||
		strings.Count(log.String(), "\n") != 1 {
		t.Errorf("%d %s; log %q", w.Code, w.Body, log.String())
	}
	w = post(rt, "/server/logs/client", `{"message":"`+strings.Repeat("x", maxLogMessage+1)+`","url":"javascript:x","level":"audit","userAgent":""}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "Incorrect request parameters: message, url, level, userAgent") {
		t.Errorf("nonsense: %d %s", w.Code, w.Body)
	}
	accept = false
	if w := post(rt, "/server/logs/client", `{"message":"boom","url":"http://localhost:9000/","level":"warn"}`); w.Code != 403 {
		t.Errorf("turned off: %d", w.Code)
	}
}
