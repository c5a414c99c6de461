package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"testing"
	"time"
)

// Sweep is what Run does now and then.
func (t *Tracker) Sweep() { t.sweep() }

// ForgetLost is what Run does every few seconds.
func (t *Tracker) ForgetLost() { t.forgetLost(t.Now()) }

func FuzzBus(f *testing.F) {
	f.Add([]byte("ckkkkkkkkkkkkkkkkkkkk\x01\x00\x01"))
	f.Add([]byte("okkkkkkkkkkkkkkkkkkkkpppppppppppppppppppp\x02{}\x03\"x\""))
	f.Add([]byte("a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := &Tracker{Now: time.Now, Bus: nobody{}}
		tr.hear("node", b)
		tr.forgetLost(time.Now().Add(time.Hour))
		if n := tr.stats.Swarms.Load(); n != 0 {
			t.Errorf("%d swarms of a node that is gone", n)
		}
	})
}

// nobody is a bus without others.
type nobody struct{}

func (nobody) Send(string, []byte) bool                  { return true }
func (nobody) Run(context.Context, func(string, []byte)) {}

func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		`{"action":"announce","info_hash":"kkkkkkkkkkkkkkkkkkkk","peer_id":"pppppppppppppppppppp","offers":[{"offer":{},"offer_id":"x"}],"left":0}`,
		`{"action":"scrape","info_hash":["kkkkkkkkkkkkkkkkkkkk"]}`, `{"action":"announce","answer":null}`, "{", "\x00", `{"offers":[null]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := parse(in)
		if err != nil {
			return
		}
		if h, err := m.hash(); err == nil {
			again, ok := twenty(unquoted(t, appendBinary(nil, h[:])))
			if !ok || again != h {
				t.Errorf("%x is written so that %x is read", h, again)
			}
		}
		s := newSwarm(Hash{})
		for _, o := range m.Offers {
			if len(o.Offer) > 0 && len(o.OfferID) > 0 {
				if b := appendPassed(nil, s, "offer", appendBinary(nil, make([]byte, 20)), o.Offer, o.OfferID); !json.Valid(b) {
					t.Errorf("passed on: %s", b)
				}
			}
		}
		if b := failure(&m, errInfoHash); !json.Valid(b) {
			t.Errorf("failure: %s", b)
		}
		_, _ = m.hashes()
	})
}

func unquoted(t *testing.T, b []byte) (s string) {
	t.Helper()
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func FuzzRequest(f *testing.F) {
	f.Add("info_hash=kkkkkkkkkkkkkkkkkkkk&peer_id=pppppppppppppppppppp&port=1&left=0&event=completed&numwant=3")
	f.Add("a=%zz")
	f.Add("info_hash=%00%01&&=&")
	f.Fuzz(func(t *testing.T, in string) {
		q, err := parseRequest(in)
		if err != nil {
			if b := failed(err); !bytes.HasPrefix(b, []byte("d14:failure reason")) {
				t.Errorf("%s", b)
			}
			return
		}
		if q.port == 0 || q.want < 0 || q.want > maxHTTPPeers {
			t.Errorf("%+v", q)
		}
		tr := &Tracker{Now: time.Now}
		b := tr.enter(q, netip.MustParseAddrPort("192.0.2.1:5"), time.Now())
		if b[0] != 'd' || b[len(b)-1] != 'e' {
			t.Errorf("%q", b)
		}
	})
}

func TestChosenPeersAreAllDifferent(t *testing.T) {
	t.Parallel()
	for size := 1; size < 40; size++ {
		s := newSwarm(Hash{})
		for i := range size {
			s.add(&peer{id: PeerID{byte(i)}, conn: new(conn)})
		}
		for range 20 {
			seen := map[*peer]bool{}
			me := s.peers[0]
			s.some(size, me, func(p *peer) {
				if seen[p] || p == me {
					t.Fatalf("of %d: one came twice, or met itself", size)
				}
				seen[p] = true
			})
			if len(seen) != size-1 {
				t.Fatalf("of %d: met %d", size, len(seen))
			}
		}
	}
}
