package nodebus

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

type heard struct {
	from string
	b    []byte
}

// start runs a node's bus until the test ends.
func start(t *testing.T, db *sqldb.DB, dsn string) (*Bus, chan heard) {
	t.Helper()
	b, c := New(db, dsn, "test", slog.New(slog.DiscardHandler)), make(chan heard, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx, func(from string, m []byte) { c <- heard{from, bytes.Clone(m)} })
	}()
	t.Cleanup(func() { cancel(); <-done })
	return b, c
}

// hear waits for a message; those who do not come fail the test, not its time.
func hear(t *testing.T, c chan heard) heard {
	t.Helper()
	select {
	case m := <-c:
		return m
	case <-time.After(time.Minute):
		t.Fatal("no message came")
		return heard{}
	}
}

func TestNodesHearEachOther(t *testing.T) {
	t.Parallel()
	dsn := sqldbtest.PostgresURL(t)
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, atA := start(t, db, dsn)
	b, atB := start(t, db, dsn)
	_, atC := start(t, db, dsn)
	// Nobody tells when a node listens: greetings are repeated until all have one.
	greeted := map[string]bool{}
	for len(greeted) < 3 {
		a.Send("", []byte("hello"))
		b.Send(a.node, []byte("hello"))
		select {
		case m := <-atA:
			greeted["a"] = string(m.b) == "hello" && m.from == b.node
		case m := <-atB:
			greeted["b"] = string(m.b) == "hello" && m.from == a.node
		case m := <-atC:
			greeted["c"] = string(m.b) == "hello" && m.from == a.node
		case <-time.After(50 * time.Millisecond):
		}
	}
	// Far more than one NOTIFY takes, to one node.
	noise := make([]byte, 4000)
	_, _ = rand.Read(noise)
	for i := range 20 {
		if !b.Send(a.node, append([]byte{byte(i)}, noise...)) {
			t.Fatal("there was no room")
		}
	}
	tooLong := make([]byte, 9000)
	_, _ = rand.Read(tooLong)
	b.Send(a.node, tooLong)
	b.Send(a.node, []byte("end"))
	for i := 0; ; i++ {
		m := hear(t, atA)
		for string(m.b) == "hello" {
			m = hear(t, atA)
		}
		if string(m.b) == "end" {
			if i != 20 {
				t.Errorf("%d messages came, want 20", i)
			}
			break
		}
		if m.from != b.node || int(m.b[0]) != i || !bytes.Equal(m.b[1:], noise) {
			t.Fatalf("message %d is another: %d bytes from %s", i, len(m.b), m.from)
		}
	}
	for len(atC) > 0 {
		if m := <-atC; string(m.b) != "hello" {
			t.Error("a node heard what was for another")
		}
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	b := New(nil, "", "test", slog.New(slog.DiscardHandler))
	message := make([]byte, 100_000)
	sent := 0
	for range 20 {
		if b.Send("x", message) {
			sent++
		}
	}
	if sent != 10 {
		t.Errorf("%d messages of 100 kB were queued, want 10", sent)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack("node", [][]byte{[]byte("one"), nil, []byte("three")}))
	f.Add("node !")
	f.Fuzz(func(t *testing.T, payload string) {
		node, messages, err := unpack(payload)
		if err != nil {
			return
		}
		again, got, err := unpack(pack(node, messages))
		if err != nil || again != node || fmt.Sprint(got) != fmt.Sprint(messages) {
			t.Errorf("%q: %v, %v, %v", payload, again, got, err)
		}
	})
}
