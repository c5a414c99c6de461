package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

const (
	// fedHosts are the other sites; each has the site itself and fedPeople.
	fedHosts, fedPeople = 6, 25
	// fedVideos are what others talk about; fedHidden are published while the
	// server is killed.
	fedVideos, fedHidden = 3, 2
	// fedSenders send at once, fedMost activities in all: more would take long
	// to do on a busy machine.
	fedSenders, fedMost = 4, 2000
)

// TestFederationLosesNothingWhenKilled kills the server at 50 random moments
// while others send it likes, comments and views, and people here comment and
// publish. What it answered with 202 is done, once; what it acknowledged to
// people here, all followers hear of, under one id.
func TestFederationLosesNothingWhenKilled(t *testing.T) {
	t.Parallel()
	p := newPeers(t, fedHosts)
	v := newVictim(t, append(p.env(), "SEPIOLA_TRANSCODING_ENABLED=false")...)
	f := talkAndKill(t, v, p, 50, 250*time.Millisecond)
	f.check(t, oneDatabase(t, v))
}

// TestFederationLosesNothingOnPostgreSQLWhenKilled does the same where what a
// dead node was about to do is done once its lease has run out.
func TestFederationLosesNothingOnPostgreSQLWhenKilled(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.PostgresURL(t)
	p := newPeers(t, fedHosts)
	v := newVictim(t, append(p.env(), "SEPIOLA_TRANSCODING_ENABLED=false", "SEPIOLA_DATABASE_URL="+dsn)...)
	f := talkAndKill(t, v, p, 12, 800*time.Millisecond)
	f.check(t, dsn)
}

// talk is what is said on both sides while a server is killed.
type talk struct {
	*peers
	uploader
	site   string
	videos []string // uuids that others talk about
	hidden []string // uuids that are published meanwhile

	number   atomic.Int64 // of the activity that is sent next
	sending  sync.WaitGroup
	over     chan struct{}
	mu       sync.Mutex
	likes    map[string]int // by the URL of the video
	views    int
	notes    map[string]bool // URLs of comments of others
	resent   int             // activities of which it was not known whether they had been taken
	said     []string        // URLs of comments of this site that were acknowledged
	appeared []string        // URLs of videos whose publication was acknowledged
}

// talkAndKill kills a server so many times, each time after it has lived for a
// while of at most most.
func talkAndKill(t *testing.T, v *victim, p *peers, kills int, most time.Duration) *talk {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	v.start()
	v.ready()
	f := &talk{peers: p, likes: map[string]int{}, notes: map[string]bool{}, over: make(chan struct{})}
	f.site = "http://localhost" + v.addr[strings.LastIndexByte(v.addr, ':'):]
	f.uploader = uploader{api: api{base: f.site, client: &http.Client{}}, clip: testClip(t)}
	f.prepare(t)
	for range fedSenders {
		f.sending.Go(func() { f.send(t) })
	}
	f.sending.Go(func() { f.live(t) })
	for n := range kills {
		if n%10 != 9 { // some die while they start
			v.ready()
		}
		time.Sleep(time.Duration(random.Int64N(int64(most)))) // the moment is what is tested
		v.kill()
		v.start()
	}
	v.ready()
	close(f.over)
	f.sending.Wait()
	f.heard(t, v)
	v.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Logf("%d kills: %d activities taken, of which %d had to be sent again; here %d comments written and %d videos published",
		kills, f.number.Load(), f.resent, len(f.said), len(f.appeared))
	if len(f.notes) == 0 || len(f.said) == 0 || len(f.appeared) == 0 || f.views == 0 {
		t.Error("not enough was said: the test tested nothing")
	}
	return f
}

// prepare makes videos, and everybody follow the site, the channel and its
// owner.
func (f *talk) prepare(t *testing.T) {
	t.Helper()
	f.login(t)
	for range fedVideos + fedHidden {
		f.upload(t)
	}
	for i, uuid := range f.done {
		privacy := 1
		if i >= fedVideos {
			privacy = 3
		}
		f.ready(t, uuid, privacy)
	}
	f.videos, f.hidden = f.done[:fedVideos], f.done[fedVideos:]
	for _, host := range f.hosts {
		by := "http://" + host + "/accounts/peertube"
		for i, whom := range []string{"/accounts/peertube", "/accounts/root", "/video-channels/root_channel"} {
			f.deliver(t, by, map[string]any{"type": "Follow", "id": fmt.Sprintf("%s/follows/%d", by, i), "actor": by, "object": f.site + whom})
		}
	}
	f.until(t, 60*time.Second, "everybody to be a follower", func() string {
		for _, host := range f.hosts {
			if n := f.count(host, "Accept"); n < 3 {
				return fmt.Sprintf("%s was accepted %d times", host, n)
			}
		}
		return ""
	})
}

// upload sends a clip.
func (f *talk) upload(t *testing.T) {
	t.Helper()
	f.most, f.location = f.begun+1, ""
	for before := len(f.done); len(f.done) == before; {
		if err := f.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// ready waits until a video is published, and gives it a privacy.
func (f *talk) ready(t *testing.T, uuid string, privacy int) {
	t.Helper()
	f.until(t, 90*time.Second, uuid+" to be ready", func() string {
		var d struct{ State struct{ ID int } }
		f.json(t, http.MethodGet, "/api/v1/videos/"+uuid, nil, &d)
		if d.State.ID != 1 {
			return fmt.Sprintf("its state is %d", d.State.ID)
		}
		return ""
	})
	body := fmt.Sprintf(`{"privacy":%d,"commentsPolicy":1}`, privacy)
	if status, _, b, err := f.update(t.Context(), uuid, body); err != nil || status != http.StatusNoContent {
		t.Fatalf("update of %s: %v, %d %s", uuid, err, status, b)
	}
}

func (f *talk) update(ctx context.Context, uuid, body string) (int, http.Header, []byte, error) {
	return f.do(ctx, http.MethodPut, "/api/v1/videos/"+uuid, strings.NewReader(body), http.Header{"Content-Type": {"application/json"}})
}

// until polls: what is waited for happens in another process.
func (f *talk) until(t *testing.T, most time.Duration, what string, missing func() string) {
	t.Helper()
	for deadline := time.Now().Add(most); ; time.Sleep(20 * time.Millisecond) {
		why := missing()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s in vain: %s", what, why)
		}
	}
}

// deliver sends an activity until the server says that it has it.
func (f *talk) deliver(t *testing.T, by string, doc map[string]any) {
	doc["@context"] = "https://www.w3.org/ns/activitystreams"
	doc["to"] = []any{"https://www.w3.org/ns/activitystreams#Public"}
	body, err := json.Marshal(doc)
	if err != nil {
		t.Error(err)
		return
	}
	for tries := 0; t.Context().Err() == nil; tries++ {
		switch status, err := f.post(f.site+"/inbox", by, body); {
		case err == nil && status == http.StatusAccepted:
			return
		case err == nil && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable:
			t.Errorf("%d for %s", status, body)
			return
		case tries == 0:
			f.mu.Lock()
			f.resent++
			f.mu.Unlock()
		}
		time.Sleep(10 * time.Millisecond) // until another process is back
	}
}

// send sends activities of others until it is over.
func (f *talk) send(t *testing.T) {
	for {
		select {
		case <-f.over:
			return
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
		}
		n := int(f.number.Add(1))
		if n > fedMost {
			f.number.Add(-1)
			return
		}
		by, doc := f.activity(n)
		f.deliver(t, by, doc)
	}
}

// activity is the n-th that others send: likes, each of somebody who did not
// like the video yet, views, and comments.
func (f *talk) activity(n int) (by string, doc map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	const people = fedHosts * fedPeople
	person := n / 4 % people
	by = fmt.Sprintf("http://%s/accounts/a%d", f.hosts[person%fedHosts], person/fedHosts)
	about := f.site + "/videos/watch/" + f.videos[n/4/people%fedVideos]
	switch {
	case n%4 == 0 && n/4 < people*fedVideos:
		f.likes[about]++
		return by, map[string]any{"type": "Like", "id": fmt.Sprintf("%s/likes/%d", by, n), "actor": by, "object": about}
	case n%4 == 1:
		f.views++
		by = "http://" + f.hosts[n/4%fedHosts] + "/accounts/peertube"
		return by, map[string]any{"type": "View", "id": fmt.Sprintf("%s/views/%d", by, n), "actor": by, "object": about}
	}
	url := fmt.Sprintf("%s/comments/%d", by, n)
	f.notes[url] = true
	return by, map[string]any{"type": "Create", "id": url + "/activity", "actor": by, "object": map[string]any{
		"type": "Note", "id": url, "attributedTo": by, "inReplyTo": about, "content": fmt.Sprintf("<p>From afar %d</p>", n),
		"published": time.Now().UTC().Format(time.RFC3339), "to": []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{},
	}}
}

// live writes comments and publishes videos here until it is over. What is not
// acknowledged is not tried again: it happened or did not.
func (f *talk) live(t *testing.T) {
	for n := 0; ; n++ {
		select {
		case <-f.over:
			return
		case <-time.After(time.Duration(rand.IntN(100)) * time.Millisecond):
		}
		if n%20 == 19 && n/20 < len(f.hidden) {
			f.publish(t, f.hidden[n/20])
			continue
		}
		text := fmt.Sprintf(`{"text":"From here %d"}`, n)
		status, _, b, err := f.do(t.Context(), http.MethodPost, "/api/v1/videos/"+f.videos[n%fedVideos]+"/comment-threads", strings.NewReader(text),
			http.Header{"Content-Type": {"application/json"}})
		if err != nil {
			continue
		}
		var answer struct{ Comment struct{ URL string } }
		if err := json.Unmarshal(b, &answer); err != nil || status != http.StatusOK {
			t.Errorf("a comment: %d %s", status, b)
			continue
		}
		f.mu.Lock()
		f.said = append(f.said, answer.Comment.URL)
		f.mu.Unlock()
	}
}

// publish makes a private video public, again if it is not known whether it
// is.
func (f *talk) publish(t *testing.T, uuid string) {
	for t.Context().Err() == nil {
		status, _, b, err := f.update(t.Context(), uuid, `{"privacy":1}`)
		if err == nil && status != http.StatusNoContent {
			t.Errorf("publishing %s: %d %s", uuid, status, b)
			return
		}
		if err == nil {
			f.mu.Lock()
			f.appeared = append(f.appeared, f.site+"/videos/watch/"+uuid)
			f.mu.Unlock()
			return
		}
		time.Sleep(10 * time.Millisecond) // until another process is back
	}
}

// heard waits until everybody has heard of what was acknowledged, and what was
// taken is done as far as the API tells.
func (f *talk) heard(t *testing.T, v *victim) {
	t.Helper()
	begin, own := time.Now(), f.own(t)
	f.until(t, 4*time.Minute, "all to be done and told", func() string {
		for _, host := range f.hosts {
			for _, url := range append(own, f.appeared...) {
				if len(f.ids(host, "Create "+url)) == 0 {
					return host + " was not told of " + url + "\n" + v.tail()
				}
			}
			for _, url := range f.appeared { // by the site and by the channel
				if len(f.ids(host, "Announce "+url)) < 2 {
					return host + " was not announced " + url + "\n" + v.tail()
				}
			}
		}
		comments := 0
		for _, uuid := range f.videos {
			var d struct{ Likes, Comments int }
			f.json(t, http.MethodGet, "/api/v1/videos/"+uuid, nil, &d)
			if want := f.likes[f.site+"/videos/watch/"+uuid]; d.Likes != want {
				return fmt.Sprintf("%s has %d likes, want %d\n%s", uuid, d.Likes, want, v.tail())
			}
			comments += d.Comments
		}
		if want := len(f.notes) + len(own); comments != want {
			return fmt.Sprintf("%d comments of %d\n%s", comments, want, v.tail())
		}
		return ""
	})
	t.Logf("all was done and told %v after the last kill", time.Since(begin).Round(time.Millisecond))
}

// own are the comments of this site that are there, acknowledged or not.
func (f *talk) own(t *testing.T) (list []string) {
	t.Helper()
	for _, uuid := range f.videos {
		for start := 0; ; start += 100 {
			var page struct{ Data []struct{ URL string } }
			f.json(t, http.MethodGet, fmt.Sprintf("/api/v1/videos/%s/comment-threads?count=100&start=%d&sort=createdAt", uuid, start), nil, &page)
			if len(page.Data) == 0 {
				break
			}
			for _, c := range page.Data {
				if strings.HasPrefix(c.URL, f.site) {
					list = append(list, c.URL)
				}
			}
		}
	}
	return list
}

// check looks into the database of the server that has stopped.
func (f *talk) check(t *testing.T, dsn string) {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	number := func(query string, args ...any) int {
		n, err := sqldb.One(t.Context(), db, sqldb.Value[int], query, args...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for what, n := range map[string]int{
		"activities that wait":    number(`SELECT COUNT(*) FROM inbox_activities`),
		"comments that are twice": number(`SELECT COUNT(*) FROM (SELECT text FROM comments GROUP BY text HAVING COUNT(*) > 1) t`),
		"wrong counts of comments": number(`SELECT COUNT(*) FROM videos v WHERE v.comments <> (SELECT COUNT(*) FROM comments c WHERE c.video_id = v.id)
			OR v.likes <> (SELECT COUNT(*) FROM video_rates r WHERE r.video_id = v.id AND r.type = 'like')`),
	} {
		if n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	likes := 0
	for _, n := range f.likes {
		likes += n
	}
	if n := number(`SELECT COUNT(*) FROM video_rates`); n != likes {
		t.Errorf("%d likes, want %d", n, likes)
	}
	if n := number(`SELECT COUNT(*) FROM comments WHERE remote = TRUE`); n != len(f.notes) {
		t.Errorf("%d comments of others, want %d", n, len(f.notes))
	}
	buffered := number(`SELECT COALESCE(SUM(views), 0) FROM view_buffer`)
	if n := buffered + number(`SELECT COALESCE(SUM(views), 0) FROM videos`); n != f.views {
		t.Errorf("%d views, want %d", n, f.views)
	}
	f.checkTold(t, db)
	if db.Dialect == sqldb.SQLite {
		if err := integrity(t, db); err != nil {
			t.Error(err)
		}
	}
}

// checkTold checks that everybody was told of everything that is there, whether
// it was acknowledged or not, under one id that is the same for all.
func (f *talk) checkTold(t *testing.T, db *sqldb.DB) {
	t.Helper()
	own, err := sqldb.All(t.Context(), db, sqldb.Value[string], `SELECT url FROM comments WHERE remote = FALSE`)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, url := range own {
		all = append(all, "Create "+url)
	}
	for _, url := range f.appeared {
		all = append(all, "Create "+url)
	}
	for _, url := range f.said {
		if !slices.Contains(own, url) {
			t.Errorf("%s was acknowledged and is lost", url)
		}
	}
	again := 0
	for _, what := range all {
		ids := map[string]bool{}
		for _, host := range f.hosts {
			list := f.ids(host, what)
			if len(list) != 1 {
				t.Errorf("%s was told %s under %d ids: %v", host, what, len(list), list)
			}
			for _, id := range list {
				ids[id] = true
				f.peers.mu.Lock()
				again += f.got[host][id] - 1
				f.peers.mu.Unlock()
			}
		}
		if len(ids) > 1 {
			t.Errorf("%s has several ids: %v", what, ids)
		}
	}
	for status, what := range f.other {
		if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
			t.Errorf("%d for %s", status, what)
		}
	}
	t.Logf("%d things told to %d sites; %d times a second time, after a kill", len(all), len(f.hosts), again)
}
