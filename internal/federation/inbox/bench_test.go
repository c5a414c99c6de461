package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store/filltest"
)

// BenchmarkAccept is how many signed activities are accepted: verified and
// durable. Signing is not counted.
func BenchmarkAccept(b *testing.B) {
	eachBench(b, func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		w.know(alice)
		type arrival struct {
			sig  *httpsig.Signature
			body []byte
		}
		list := make([]arrival, b.N)
		for i := range list {
			body := encode(b, act("Like", fmt.Sprintf("%s/likes/%d", alice, i), alice, mine()))
			sig, err := httpsig.Parse(w.request(alice, body), httpsig.Options{Now: w.now, Host: here, Scheme: "https"})
			if err != nil {
				b.Fatal(err)
			}
			list[i] = arrival{sig, body}
		}
		next := make(chan arrival)
		b.ResetTimer()
		var g sync.WaitGroup
		for range 64 {
			g.Go(func() {
				for a := range next {
					if err := w.receiver.Receive(b.Context(), inbox.Request{Body: a.body, Signature: a.sig}); err != nil && !errs.Is(err, errs.TooMany) {
						b.Error(err)
					}
				}
			})
		}
		for _, a := range list {
			next <- a
		}
		close(next)
		g.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepted/s")
	})
}

// BenchmarkProcess is how many activities are done: half of them likes by
// different people, half comments.
func BenchmarkProcess(b *testing.B) {
	eachBench(b, func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		const people = 200
		for i := range people {
			url := fmt.Sprintf("https://far.test/accounts/p%d", i)
			w.put(person(url, fmt.Sprintf("p%d", i)))
			w.know(url)
		}
		var rows []*peer.Received
		for i := range b.N {
			by := fmt.Sprintf("https://far.test/accounts/p%d", i/2%people)
			d := act("Like", fmt.Sprintf("%s/likes/%d", by, i), by, "https://bench.example/videos/watch/"+filltest.UUID(1+i/2/people%3))
			if i%2 == 1 {
				id := fmt.Sprintf("https://far.test/n/%d", i)
				d = act("Create", id+"/activity", by, note(id, by, mine(), "Very nice"))
			}
			rows = append(rows, &peer.Received{ActivityURL: d["id"].(string), Lane: "far.test", ActorURL: by, Body: encode(b, d), ReceivedAt: w.now})
		}
		if _, err := w.inbox.Add(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		if err := w.processor.Lane(b.Context(), "far.test"); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if n := w.left(); n != 0 {
			b.Fatalf("%d left", n)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "done/s")
	})
}

// BenchmarkUnsigned is what it costs to refuse a request without a signature.
func BenchmarkUnsigned(b *testing.B) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://"+here+"/inbox", strings.NewReader(`{}`))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := httpsig.Parse(r, httpsig.Options{Now: time.Now(), Host: here, Scheme: "https"}); inbox.Refuse(err) == nil {
			b.Fatal("accepted")
		}
	}
}

// BenchmarkVerify is the part of it that is RSA, BenchmarkDecode that is JSON.
func BenchmarkVerify(b *testing.B) {
	w := &world{t: b, now: time.Now()}
	body := encode(b, act("Like", alice+"/likes/1", alice, mine()))
	sig, err := httpsig.Parse(w.request(alice, body), httpsig.Options{Now: w.now, Host: here, Scheme: "https"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := sig.Verify(&keyOf(alice).PublicKey); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	body, err := json.Marshal(act("Like", alice+"/likes/1", alice, mine()))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d, err := activity.Decode(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := activity.ReadActivity(d); err != nil {
			b.Fatal(err)
		}
	}
}

func eachBench(b *testing.B, bench func(b *testing.B, db *sqldb.DB)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, sqldbtest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, sqldbtest.Postgres(b)) })
}
