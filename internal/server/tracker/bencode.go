package tracker

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"

	"github.com/gobwas/ws"
)

// Answers over HTTP are bencoded (BEP 3); keys are in order.

func appendString[T string | []byte](b []byte, s T) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	return append(append(b, ':'), s...)
}

func appendInt[T int | int64](b []byte, key string, n T) []byte {
	b = append(appendString(b, key), 'i')
	return append(strconv.AppendInt(b, int64(n), 10), 'e')
}

func failed(err error) []byte {
	b := appendString([]byte{'d'}, "failure reason")
	return append(appendString(b, err.Error()), 'e')
}

func announcedHTTP(n tally, v4, v6 []byte) []byte {
	b := appendInt([]byte{'d'}, "complete", n.complete)
	b = appendInt(b, "incomplete", n.incomplete)
	b = appendInt(b, "interval", int(httpInterval.Seconds()))
	b = appendString(appendString(b, "peers"), v4)
	if len(v6) > 0 {
		b = appendString(appendString(b, "peers6"), v6)
	}
	return append(b, 'e')
}

func scrapedHTTP(list []scrape) []byte {
	slices.SortFunc(list, func(a, b scrape) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	list = slices.CompactFunc(list, func(a, b scrape) bool { return a.hash == b.hash })
	b := append(appendString([]byte{'d'}, "files"), 'd')
	for _, s := range list {
		b = append(appendString(b, s.hash[:]), 'd')
		b = appendInt(b, "complete", s.complete)
		b = appendInt(b, "downloaded", s.completed)
		b = append(appendInt(b, "incomplete", s.incomplete), 'e')
	}
	b = append(b, 'e')
	b = append(appendString(b, "flags"), 'd')
	return append(appendInt(b, "min_request_interval", int(httpInterval.Seconds())), 'e', 'e')
}

func writeBencoded(w http.ResponseWriter, b []byte) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b)
	return err
}

// scrape answers a scrape over a socket.
func (c *conn) scrape(r *round, m *message) error {
	list, err := m.hashes()
	if err != nil {
		return err
	}
	b := []byte(`{"action":"scrape","files":{`)
	for i, s := range c.t.scraped(list) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendBinary(b, s.hash[:])
		b = append(b, `:{"complete":`...)
		b = strconv.AppendInt(b, int64(s.complete), 10)
		b = append(b, `,"incomplete":`...)
		b = strconv.AppendInt(b, int64(s.incomplete), 10)
		b = append(b, `,"downloaded":`...)
		b = append(strconv.AppendInt(b, s.completed, 10), '}')
	}
	b = append(b, `},"flags":{"min_request_interval":`...)
	b = strconv.AppendInt(b, int64(socketInterval.Seconds()), 10)
	r.answer(c, ws.OpText, append(b, '}', '}'))
	return nil
}
