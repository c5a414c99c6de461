package tracker

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var (
	errUnknownNow = errors.New("try again later")
	errPort       = errors.New("invalid port")
	errQuery      = errors.New("invalid query")
)

// maxHTTPPeers is how many peers an announce over HTTP is answered with.
const maxHTTPPeers = 50

// request is an announce over HTTP.
type request struct {
	hash  Hash
	id    PeerID
	port  uint16
	event string
	want  int
	whole bool
}

// rawQuery splits a query without taking "+" for a space: hashes are bytes.
func rawQuery(query string) (url.Values, error) {
	out := url.Values{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, err := url.PathUnescape(name)
		if err != nil {
			return nil, errQuery
		}
		v, err := url.PathUnescape(value)
		if err != nil {
			return nil, errQuery
		}
		out.Add(n, v)
	}
	return out, nil
}

func parseRequest(query string) (q request, err error) {
	const maxQuery = 2000
	if len(query) > maxQuery {
		return q, errQuery
	}
	v, err := rawQuery(query)
	if err != nil {
		return q, err
	}
	if len(v.Get("info_hash")) != len(q.hash) {
		return q, errInfoHash
	}
	if len(v.Get("peer_id")) != len(q.id) {
		return q, errPeerID
	}
	copy(q.hash[:], v.Get("info_hash"))
	copy(q.id[:], v.Get("peer_id"))
	port, err := strconv.ParseUint(v.Get("port"), 10, 16)
	if err != nil || port == 0 {
		return q, errPort
	}
	q.port, q.event, q.whole, q.want = uint16(port), v.Get("event"), v.Get("left") == "0", maxHTTPPeers
	if n, err := strconv.Atoi(v.Get("numwant")); err == nil && n >= 0 {
		q.want = min(n, maxHTTPPeers)
	}
	return q, nil
}

// announceHTTP serves GET /tracker/announce. Mistakes are told in the answer,
// with status 200, as clients want it (BEP 3).
func (t *Tracker) announceHTTP(w http.ResponseWriter, r *http.Request) error {
	t.start()
	ip, now := t.ClientIP(r), t.Now()
	if t.refused.is(ip, now) {
		t.stats.Refused.Add(1)
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return nil
	}
	q, err := parseRequest(r.URL.RawQuery)
	if err == nil && !t.Options().Enabled {
		err = errOff
	}
	if err == nil {
		err = t.check(r.Context(), t.Options(), q.hash)
	}
	if err == nil {
		err = t.address.of(ip).announce(now, t.Options().RejectTooMany)
	}
	if err != nil {
		if errors.Is(err, errUnknown) {
			t.refused.put(ip, now)
		}
		t.stats.Bad.Add(1)
		return writeBencoded(w, failed(err))
	}
	t.stats.Announces.Add(1)
	return writeBencoded(w, t.enter(q, netip.AddrPortFrom(ip.Unmap(), q.port), now))
}

// enter keeps the peer and chooses others for it.
func (t *Tracker) enter(q request, addr netip.AddrPort, now time.Time) []byte {
	var n tally
	var v4, v6 []byte
	t.in(q.hash, q.event != "stopped", func(s *swarm) {
		if q.event == "stopped" {
			if p := s.http[q.id]; p != nil && p.addr.Addr() == addr.Addr() {
				s.removeHTTP(q.id)
				t.changed(q.hash)
			}
			n = s.tally()
			return
		}
		s.putHTTP(q, addr, now)
		t.changed(q.hash)
		n = s.tally()
		left := q.want
		for id, p := range s.http { // the order of maps is random
			if left == 0 {
				break
			}
			if id == q.id || now.Sub(p.seen) > 2*httpInterval {
				continue
			}
			left--
			port := []byte{byte(p.addr.Port() >> 8), byte(p.addr.Port())}
			if p.addr.Addr().Is4() {
				a := p.addr.Addr().As4()
				v4 = append(append(v4, a[:]...), port...)
			} else {
				a := p.addr.Addr().As16()
				v6 = append(append(v6, a[:]...), port...)
			}
		}
	})
	return announcedHTTP(n, v4, v6)
}

func (s *swarm) putHTTP(q request, addr netip.AddrPort, now time.Time) {
	p := s.http[q.id]
	if p == nil {
		if len(s.http) >= maxPerSwarm {
			return
		}
		if s.http == nil {
			s.http = map[PeerID]*httpPeer{}
		}
		p = &httpPeer{addr: addr}
		s.http[q.id] = p
	}
	if p.addr.Addr() != addr.Addr() && now.Sub(p.seen) < httpInterval {
		return // the name of another
	}
	p.addr, p.seen = addr, now
	if q.whole && !p.whole {
		p.whole = true
		s.complete++
		if q.event == "completed" {
			s.completed++
		}
	}
}

func (s *swarm) removeHTTP(id PeerID) {
	if p := s.http[id]; p != nil {
		delete(s.http, id)
		if p.whole {
			s.complete--
		}
	}
}

// scrapeHTTP serves GET /tracker/scrape (BEP 48).
func (t *Tracker) scrapeHTTP(w http.ResponseWriter, r *http.Request) error {
	t.start()
	const maxQuery = 4000
	v, err := rawQuery(r.URL.RawQuery[:min(len(r.URL.RawQuery), maxQuery)])
	if err != nil {
		return writeBencoded(w, failed(err))
	}
	var list []Hash
	for _, s := range v["info_hash"] {
		var h Hash
		if len(s) != len(h) {
			return writeBencoded(w, failed(errInfoHash))
		}
		copy(h[:], s)
		list = append(list, h)
	}
	if len(list) == 0 { // nobody is told of all swarms: that is what people watch
		return writeBencoded(w, failed(errInfoHash))
	}
	return writeBencoded(w, scrapedHTTP(t.scraped(list)))
}

// scraped counts the peers of swarms.
func (t *Tracker) scraped(list []Hash) []scrape {
	out := make([]scrape, len(list))
	for i, h := range list {
		out[i].hash = h
		t.in(h, false, func(s *swarm) { out[i].tally, out[i].completed = s.tally(), s.completed })
	}
	return out
}

type scrape struct {
	hash Hash
	tally
	completed int64
}
