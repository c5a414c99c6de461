// Package nodebus carries short messages between the nodes of a site that share
// a PostgreSQL, by its LISTEN and NOTIFY: nothing is written to a table, and
// nothing is kept for who does not listen.
//
// NOTIFY takes 8,000 bytes of text, and its commits wait for each other. So what
// a node sends is gathered for some milliseconds, put together for each receiver,
// compressed (offers of WebRTC are much alike), and written as Base64. Messages
// may get lost: when the queue is full, when the database is away, or when one is
// too long. Who uses the bus must live with that.
package nodebus

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"sepiola/internal/storage/sqldb"
)

const (
	// gather is how long messages wait for others.
	gather = 30 * time.Millisecond
	// maxPayload is what one NOTIFY takes, in bytes; PostgreSQL's bound is 7,999.
	maxPayload = 7900
	// maxQueue is how many bytes may wait to be sent. More is dropped.
	maxQueue = 1 << 20
	// maxUnpacked bounds what a payload may be when it is decompressed.
	maxUnpacked = 1 << 20
	// maxRaw is how much is put into one payload at first: it is compressed to
	// some fifth. What turns out too long is halved.
	maxRaw = 24 << 10
	// sendTimeout is how long a send may take until its messages are lost.
	sendTimeout = 5 * time.Second
	retry       = 2 * time.Second
)

// Bus is the bus of one purpose, at one node. New makes it.
type Bus struct {
	db      *sqldb.DB
	dsn     string
	purpose string
	node    string
	log     *slog.Logger

	mu     sync.Mutex
	queue  map[string][][]byte // messages by receiver; "" is all
	queued int                 // bytes
	wake   chan struct{}
}

// New returns the bus of a purpose, which is a word of letters: those of one
// purpose hear each other. dsn is the URL of the database of db.
func New(db *sqldb.DB, dsn, purpose string, log *slog.Logger) *Bus {
	return &Bus{db: db, dsn: dsn, purpose: purpose, node: strings.ToLower(rand.Text()[:16]), log: log, queue: map[string][][]byte{}, wake: make(chan struct{}, 1)}
}

// Send queues a message for a node, or for all others when to is "". It never
// waits; it reports false when there was no room.
func (b *Bus) Send(to string, message []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.queued+len(message) > maxQueue {
		return false
	}
	b.queue[to] = append(b.queue[to], bytes.Clone(message))
	b.queued += len(message)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// Run sends what is queued, and calls receive with what other nodes send, from
// one goroutine, until ctx ends. When the database is away it tries again and
// again.
func (b *Bus) Run(ctx context.Context, receive func(from string, message []byte)) {
	var wg sync.WaitGroup
	wg.Go(func() { b.sendAll(ctx) })
	defer wg.Wait()
	away := false
	for ctx.Err() == nil {
		err := b.listen(ctx, receive, func() { away = false })
		if ctx.Err() != nil {
			return
		}
		if !away {
			b.log.WarnContext(ctx, "nodes of the site cannot hear each other for now", "bus", b.purpose, "err", err)
			away = true
		}
		pause(ctx, retry)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// channel is the name that a node, or all, listens to.
func (b *Bus) channel(node string) string {
	if node == "" {
		node = "all"
	}
	return "sepiola_" + b.purpose + "_" + node
}

func (b *Bus) listen(ctx context.Context, receive func(from string, message []byte), ready func()) error {
	conn, err := pgx.Connect(ctx, b.dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// Its own name first: a node that hears what all are told hears what it is told.
	for _, node := range []string{b.node, ""} {
		if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{b.channel(node)}.Sanitize()); err != nil {
			return err
		}
	}
	ready()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		from, messages, err := unpack(n.Payload)
		if err != nil {
			b.log.WarnContext(ctx, "a message of another node cannot be read", "bus", b.purpose, "err", err)
			continue
		}
		if from == b.node {
			continue
		}
		for _, m := range messages {
			receive(from, m)
		}
	}
}

// sendAll sends what is queued, and once more when ctx has ended.
func (b *Bus) sendAll(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-b.wake:
			pause(ctx, gather)
		}
		b.mu.Lock()
		queue := b.queue
		b.queue, b.queued = map[string][][]byte{}, 0
		b.mu.Unlock()
		b.flush(context.WithoutCancel(ctx), queue)
	}
}

func (b *Bus) flush(ctx context.Context, queue map[string][][]byte) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	for to, messages := range queue {
		for len(messages) > 0 {
			n, size := 0, 0
			for n < len(messages) && (n == 0 || size+len(messages[n]) <= maxRaw) {
				size += len(messages[n])
				n++
			}
			b.notify(ctx, to, messages[:n])
			messages = messages[n:]
		}
	}
}

// notify sends messages to a node, in more than one piece when they are too long
// for one.
func (b *Bus) notify(ctx context.Context, to string, messages [][]byte) {
	payload := pack(b.node, messages)
	if len(payload) > maxPayload {
		if len(messages) == 1 {
			b.log.DebugContext(ctx, "a message for another node is too long", "bus", b.purpose, "bytes", len(messages[0]))
			return
		}
		half := len(messages) / 2
		b.notify(ctx, to, messages[:half])
		b.notify(ctx, to, messages[half:])
		return
	}
	if _, err := b.db.Exec(ctx, `SELECT pg_notify($1, $2)`, b.channel(to), payload); err != nil {
		b.log.DebugContext(ctx, "messages for another node are lost", "bus", b.purpose, "messages", len(messages), "err", err)
	}
}

// pack writes messages as a payload: the sender's name, a space, and lengths and
// messages, compressed, as Base64.
func pack(node string, messages [][]byte) string {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is one that there is
	}
	for _, m := range messages {
		_, _ = w.Write(binary.AppendUvarint(nil, uint64(len(m)))) // writing to memory does not fail
		_, _ = w.Write(m)
	}
	_ = w.Close()
	return node + " " + base64.StdEncoding.EncodeToString(out.Bytes())
}

var errPayload = errors.New("the payload is broken")

func unpack(payload string) (node string, messages [][]byte, err error) {
	node, text, ok := strings.Cut(payload, " ")
	if !ok || node == "" {
		return "", nil, errPayload
	}
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", nil, errPayload
	}
	all, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxUnpacked))
	if err != nil {
		return "", nil, errPayload
	}
	for len(all) > 0 {
		size, n := binary.Uvarint(all)
		if n <= 0 || size > uint64(len(all)-n) {
			return "", nil, errPayload
		}
		messages = append(messages, all[n:n+int(size)])
		all = all[n+int(size):]
	}
	return node, messages, nil
}
