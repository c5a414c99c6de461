package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sepiola/internal/federation/httpsig"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/store/filltest"
)

const (
	// fedVideos are in the database, fedName is the site's host.
	fedVideos = 400
	fedName   = "bench.example"
	// fedActivities are sent, by fedAtOnce at once; half are likes, half
	// comments.
	fedActivities = 8000
	fedAtOnce     = 64
	// Follower hosts: a third is dead or does not answer.
	fedLiving, fedDead, fedSlow = 1334, 333, 333
)

// runFederation measures what other sites cost: what they send, what they
// fetch, and telling many of them of a video.
func runFederation(ctx context.Context, s *site, o options, kind string) error {
	p, err := newPeers(o.dir)
	if err != nil {
		return err
	}
	defer p.close()
	s.more = p.env()
	if err := s.fillFederation(ctx, p); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	fmt.Printf("## Federation, %s\n\n", kind)
	r := &report{}
	defer r.print()
	for _, part := range []struct {
		name string
		do   func(context.Context, *site, options, *peers, *report) error
	}{{"inbox", measureInbox}, {"announce", measureAnnounce}} {
		if !wanted.MatchString(part.name) {
			continue
		}
		if part.name == "announce" {
			if err := s.followed(ctx, p); err != nil {
				return fmt.Errorf("followers: %w", err)
			}
		}
		if err := measurePart(ctx, s, func() error { return part.do(ctx, s, o, p, r) }); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if !wanted.MatchString("parts") {
		return nil
	}
	return measureCrypto(r)
}

// measurePart starts a site for a part of the measurement.
func measurePart(ctx context.Context, s *site, do func() error) error {
	if _, err := s.start(ctx); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer s.stop()
	if err := s.settle(ctx); err != nil {
		return err
	}
	return do()
}

// fillFederation makes videos whose owners have keys.
func (s *site) fillFederation(ctx context.Context, p *peers) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: s.dsn()})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := filltest.Fill(ctx, db, fedVideos); err != nil {
		return err
	}
	return p.prepare(ctx, db)
}

// followed makes sites follow the first channel, while the site is stopped.
func (s *site) followed(ctx context.Context, p *peers) error {
	db, err := sqldb.Open(ctx, sqldb.Options{DSN: s.dsn()})
	if err != nil {
		return err
	}
	defer db.Close()
	return p.follow(ctx, db)
}

func (s *site) dsn() string { return cmp.Or(s.database, filepath.Join(s.data, "sepiola.db")) }

// counter counts what waits.
type counter func(ctx context.Context) (int, error)

// waiting opens the site's database beside it and returns what counts the
// activities that wait there, and the deliveries.
func (s *site) waiting() (inbox, outbox counter, closer io.Closer, err error) {
	driver, dsn := "pgx", s.database
	if dsn == "" {
		driver, dsn = "sqlite", "file:"+s.dsn()+"?mode=ro&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, nil, err
	}
	of := func(table string) counter {
		return func(ctx context.Context) (n int, err error) {
			return n, db.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n)
		}
	}
	return of(`inbox_activities`), of(`deliveries`), db, nil
}

// measureInbox measures what is refused and what is fetched; then it sends
// signed activities, until they are accepted and until they are done.
func measureInbox(ctx context.Context, s *site, o options, p *peers, r *report) error {
	if err := measureFedRequests(ctx, s, o, r); err != nil {
		return err
	}
	waiting, telling, closer, err := s.waiting()
	if err != nil {
		return err
	}
	defer closer.Close()
	known, list, err := p.activities()
	if err != nil {
		return err
	}
	if err := sendAll(ctx, s.url, known); err != nil { // people that are not known yet
		return err
	}
	if _, err := drained(ctx, waiting); err != nil {
		return err
	}
	stop := make(chan struct{})
	top := peak(s.pid(), stop)
	before, err := ran(s.pid())
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := sendAll(ctx, s.url, list); err != nil {
		return err
	}
	took := time.Since(begin)
	left, err := waiting(ctx)
	if err != nil {
		return err
	}
	rest, err := drained(ctx, waiting)
	if err != nil {
		return err
	}
	if _, err := drained(ctx, telling); err != nil {
		return fmt.Errorf("tell: %w", err)
	}
	told := time.Since(begin)
	after, err := ran(s.pid())
	if err != nil {
		return err
	}
	close(stop)
	n := float64(len(list))
	r.add(fmt.Sprintf("signed activities accepted (202, durable), %d at once, while others are done", fedAtOnce), fmt.Sprintf("%.0f/s", n/took.Seconds()))
	r.add("accepted and done, half likes and half comments", fmt.Sprintf("%.0f/s", n/(took+rest).Seconds()))
	r.add("and answered: each comment's ApproveReply has arrived", fmt.Sprintf("%.0f/s, %.2f ms CPU each in all", n/told.Seconds(), (after-before).Seconds()*1000/n))
	if left > 0 {
		r.add(fmt.Sprintf("the %d that were left done alone", left), fmt.Sprintf("%.0f/s", float64(left)/rest.Seconds()))
	}
	r.add("peak memory meanwhile (PSS)", mib(<-top))
	return nil
}

func measureFedRequests(ctx context.Context, s *site, o options, r *report) error {
	for _, l := range []load{
		{
			name: "unsigned POST to the inbox, refused", method: http.MethodPost, status: http.StatusForbidden, url: func(int) string { return s.url + "/inbox" },
			body: func(n int) string { return fmt.Sprintf(`{"type":"Like","id":"https://x.example/%d"}`, n) },
		},
		{
			name: "ActivityPub video, 399 different ones", header: http.Header{"Accept": {"application/activity+json"}},
			url: func(n int) string { return s.url + "/videos/watch/" + filltest.UUID(2+n%(fedVideos-1)) },
		},
		{
			name: "actor of a channel", header: http.Header{"Accept": {"application/activity+json"}},
			url: func(n int) string { return fmt.Sprintf("%s/video-channels/person%d_channel", s.url, 1+n%2) },
		},
		{name: "WebFinger", url: func(int) string {
			return s.url + "/.well-known/webfinger?resource=acct:person1_channel@" + fedName
		}},
	} {
		res, err := drive(ctx, []int{s.pid()}, l, o.seconds, o.parallel)
		if err != nil {
			return err
		}
		r.add(l.name, fmt.Sprintf("%.3f ms CPU, %.0f requests/s", res.cpuMillis(), res.perSecond()))
	}
	return nil
}

// drained waits until nothing waits.
func drained(ctx context.Context, waiting counter) (time.Duration, error) {
	const most = 2 * time.Minute
	begin := time.Now()
	for {
		n, err := waiting(ctx)
		if err != nil || n == 0 {
			return time.Since(begin), err
		}
		if time.Since(begin) > most {
			return 0, fmt.Errorf("%d activities are not done after %v", n, most)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// signed is a request as it goes out.
type signed struct {
	header http.Header
	body   []byte
}

// sign signs an activity of an actor.
func (p *peers) sign(by string, doc map[string]any) (signed, error) {
	doc["@context"], doc["actor"] = "https://www.w3.org/ns/activitystreams", by
	body, err := json.Marshal(doc)
	if err != nil {
		return signed{}, err
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://"+fedName+"/inbox", bytes.NewReader(body))
	if err != nil {
		return signed{}, err
	}
	r.Header.Set("Content-Type", "application/activity+json")
	err = httpsig.Signer{KeyID: by + "#main-key", Key: p.key}.Sign(r, body, httpsig.Cavage, time.Now())
	return signed{r.Header, body}, err
}

// activities are signed beforehand: one view of each person, and what is
// measured.
func (p *peers) activities() (known, list []signed, err error) {
	const public = "https://www.w3.org/ns/activitystreams#Public"
	video := func(i int) string { return "https://" + fedName + "/videos/watch/" + filltest.UUID(2+i%(fedVideos-1)) }
	people := p.people()
	nth := func(i int) (signed, error) {
		switch n := i - len(people); {
		case n < 0:
			by := people[i]
			return p.sign(by, map[string]any{"type": "View", "id": by + "/views/1", "object": video(i)})
		case n%2 == 0:
			by := people[n/2%len(people)]
			return p.sign(by, map[string]any{"type": "Like", "id": fmt.Sprintf("%s/likes/%d", by, n), "object": video(n / 2 * 7)})
		default:
			by := people[n/2%len(people)]
			url := fmt.Sprintf("%s/comments/%d", by, n)
			return p.sign(by, map[string]any{"type": "Create", "id": url + "/activity", "to": []any{public}, "object": map[string]any{
				"type": "Note", "id": url, "attributedTo": by, "inReplyTo": video(n * 11), "content": "<p>Very nice, I will watch it again</p>",
				"published": time.Now().UTC().Format(time.RFC3339), "to": []any{public}, "cc": []any{by + "/followers"},
			}})
		}
	}
	all := make([]signed, len(people)+fedActivities)
	var g sync.WaitGroup
	var next atomic.Int64
	errs := [2]error{}
	for w := range errs {
		g.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all) && errs[w] == nil; i = int(next.Add(1)) - 1 {
				all[i], errs[w] = nth(i)
			}
		})
	}
	g.Wait()
	return all[:len(people)], all[len(people):], cmp.Or(errs[0], errs[1])
}

// sendAll sends requests, many at once, each until it is accepted.
func sendAll(ctx context.Context, base string, list []signed) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: fedAtOnce, DisableCompression: true}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var g sync.WaitGroup
	for range fedAtOnce {
		g.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(list) && failed.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := send(ctx, client, base, list[i]); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	g.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func send(ctx context.Context, client *http.Client, base string, s signed) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/inbox", bytes.NewReader(s.body))
	if err != nil {
		return err
	}
	req.Header, req.Host = s.header, fedName
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("the inbox answered %s: %s", res.Status, answer)
	}
	return err
}

// measureAnnounce publishes a video that many sites follow.
func measureAnnounce(ctx context.Context, s *site, _ options, p *peers, r *report) error {
	c := &client{base: s.url, host: fedName}
	if err := c.login(ctx, "root", rootPassword); err != nil {
		return err
	}
	before, err := ran(s.pid())
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	top := peak(s.pid(), stop)
	begin := time.Now()
	if err := c.call(ctx, http.MethodPut, "/api/v1/videos/"+filltest.UUID(1), "application/json", strings.NewReader(`{"privacy":1}`), nil); err != nil {
		return err
	}
	const most = 3 * time.Minute
	for p.reached() < fedLiving {
		if time.Since(begin) > most {
			return fmt.Errorf("only %d of %d sites have the video after %v", p.reached(), fedLiving, most)
		}
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(begin)
	after, err := ran(s.pid())
	if err != nil {
		return err
	}
	close(stop)
	r.add(fmt.Sprintf("a video announced to %d sites, of which %d are dead and %d never answer: all living have it after", fedLiving+fedDead+fedSlow, fedDead, fedSlow),
		fmt.Sprintf("%.1f s, half of them after %.1f s", took.Seconds(), p.half().Sub(begin).Seconds()))
	r.add("CPU of the site for it", fmt.Sprintf("%.1f s", (after-before).Seconds()))
	r.add("peak memory meanwhile (PSS)", mib(<-top))
	return nil
}

// remoteLoads are lists of a site that knows many videos of others beside the
// local ones.
func remoteLoads(base string, local int) []load {
	list := func(query string) func(n int) string {
		return func(n int) string { return fmt.Sprintf("%s/api/v1/videos?count=15&start=%d&%s", base, n%20*15, query) }
	}
	return []load{
		{name: "list, this site's own, newest", url: list("isLocal=true")},
		{name: "list, this site's own, trending", url: list("isLocal=true&sort=-trending")},
		{name: "list, trending", url: list("sort=-trending")},
		{name: "list, hot", url: list("sort=-hot")},
		{name: "list, of a category", url: func(n int) string { return list(fmt.Sprintf("categoryOneOf=%d", 1+n%18))(n / 18) }},
		{name: "list, of a channel of another site", url: func(n int) string {
			return fmt.Sprintf("%s/api/v1/video-channels/person%d_channel@far.example/videos?count=15", base, local/200+2+n%2000)
		}},
	}
}
