package app_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/federation/httpsig"
)

// peers are other sites, all on one address of this process: they have people,
// whose activities they send, and remember what they are sent.
type peers struct {
	t       *testing.T
	key     *rsa.PrivateKey
	pem     string
	address string
	hosts   []string
	client  *http.Client

	mu sync.Mutex
	// got is how often each host was sent each activity, by its id, and about
	// which ids it was sent for what it says ("Create http://...").
	got   map[string]map[string]int
	about map[string]map[string]map[string]bool
	// other are the answers to activities but 202, and what they were.
	other map[int]string
}

func newPeers(t *testing.T, hosts int) *peers {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	p := &peers{
		t: t, key: key, pem: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), client: &http.Client{Timeout: 30 * time.Second},
		got: map[string]map[string]int{}, about: map[string]map[string]map[string]bool{}, other: map[int]string{},
	}
	for i := range hosts {
		host := fmt.Sprintf("p%d.test", i)
		p.hosts = append(p.hosts, host)
		p.got[host], p.about[host] = map[string]int{}, map[string]map[string]bool{}
	}
	s := httptest.NewUnstartedServer(p)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	p.address = s.Listener.Addr().String()
	return p
}

// env makes a server find them.
func (p *peers) env() []string {
	var list []string
	for _, host := range p.hosts {
		list = append(list, fmt.Sprintf("%q", host+"="+p.address))
	}
	return []string{
		"SEPIOLA_FEDERATION_ENABLED=true", "SEPIOLA_FEDERATION_HOSTS=[" + strings.Join(list, ", ") + "]",
		"SEPIOLA_FEDERATION_ALLOWED_NETWORKS=[127.0.0.0/8]", "SEPIOLA_RATES_LIMIT_ACTIVITY_PUB_MAX=1000000", "SEPIOLA_RATES_LIMIT_COMMENTS_MAX=1000000",
	}
}

// ServeHTTP implements http.Handler.
func (p *peers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/inbox") {
		p.receive(w, r)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/accounts/")
	if !ok || strings.Contains(name, "/") || p.got[r.Host] == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/activity+json")
	_ = json.NewEncoder(w).Encode(p.actor(r.Host, name))
}

// actor is an account, or the site itself.
func (p *peers) actor(host, name string) map[string]any {
	url, kind := "http://"+host+"/accounts/"+name, "Person"
	if name == "peertube" {
		kind = "Application"
	}
	return map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       url, "type": kind, "preferredUsername": name, "name": name, "inbox": url + "/inbox", "outbox": url + "/outbox",
		"followers": url + "/followers", "following": url + "/following", "endpoints": map[string]any{"sharedInbox": "http://" + host + "/inbox"},
		"publicKey": map[string]any{"id": url + "#main-key", "owner": url, "publicKeyPem": p.pem},
	}
}

// receive takes its time, so that a server can die meanwhile.
func (p *peers) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var doc struct {
		ID, Type string
		Object   json.RawMessage
	}
	if err != nil || json.Unmarshal(body, &doc) != nil || p.got[r.Host] == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var object struct{ ID string }
	if json.Unmarshal(doc.Object, &object) != nil {
		_ = json.Unmarshal(doc.Object, &object.ID)
	}
	p.mu.Lock()
	p.got[r.Host][doc.ID]++
	what := doc.Type + " " + object.ID
	if p.about[r.Host][what] == nil {
		p.about[r.Host][what] = map[string]bool{}
	}
	p.about[r.Host][what][doc.ID] = true
	slow := len(p.got[r.Host]) % 4
	p.mu.Unlock()
	time.Sleep(time.Duration(slow) * 3 * time.Millisecond) // a site that is not quick
	w.WriteHeader(http.StatusAccepted)
}

// ids are the activities that a host was sent that say something of an object.
func (p *peers) ids(host, what string) (list []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.about[host][what] {
		list = append(list, id)
	}
	return list
}

// count is how many activities of a kind a host was sent.
func (p *peers) count(host, kind string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for what, ids := range p.about[host] {
		if strings.HasPrefix(what, kind+" ") {
			n += len(ids)
		}
	}
	return n
}

// post signs an activity of an actor and sends it. An error is of a server that
// does not answer.
func (p *peers) post(inbox, by string, body []byte) (status int, err error) {
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/activity+json")
	if err := (httpsig.Signer{KeyID: by + "#main-key", Key: p.key}).Sign(r, body, httpsig.Cavage, time.Now()); err != nil {
		return 0, err
	}
	res, err := p.client.Do(r)
	if err != nil {
		return 0, errGone
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, errGone // the answer was cut off: what it was is not known
	}
	if res.StatusCode != http.StatusAccepted {
		p.mu.Lock()
		p.other[res.StatusCode] = string(body) + ": " + string(text)
		p.mu.Unlock()
	}
	return res.StatusCode, nil
}
