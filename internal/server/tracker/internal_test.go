package tracker

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"testing"
	"time"
	"unicode/utf8"
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
		var m message
		if err := m.parse(in); err != nil {
			return
		}
		if h, err := m.hash(); err == nil {
			again, ok := twenty(appendBinary(nil, h[:]))
			if !ok || again != h {
				t.Errorf("%x is written so that %x is read", h, again)
			}
		}
		s := newSwarm(Hash{})
		for _, o := range m.list[:m.offers] {
			if len(o.offer) > 0 && len(o.id) > 0 {
				p := &pass{"offer", s.quoted, appendBinary(nil, make([]byte, 20)), o.offer, o.id}
				if b := p.append(nil); !json.Valid(b) || !utf8.Valid(b) || len(b) != p.size() {
					t.Errorf("passed on: %s", b)
				}
				_ = keyOf(Hash{}, o.id)
			}
		}
		if b := failure(&m, errInfoHash); !json.Valid(b) {
			t.Errorf("failure: %s", b)
		}
		_, _ = m.hashes()
	})
}

// FuzzScanner compares what is taken for JSON with encoding/json.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"\u00e9\n\"",{}],"b":"a long text \\ of more than eight characters"}`, `[1,]`, `{"a"}`, `{,}`, `[1 2]`, `01`, `-`, `1.`, `1e`,
		`"\x"`, `"\u12g4"`, "\"\x1f\"", `"`, `"abc`, `"abcdefgh\`, ` {} x`, `nul`, `{"a":1,}`, `"12345678"`, "[\"\\ud800\"]", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := scanner{b: in}
		got := s.value(maxDepth)
		s.end()
		want := json.Valid(in)
		if !s.bad && !want {
			t.Fatalf("%q is taken for JSON", in)
		}
		if s.bad && want && bytes.Count(in, []byte("["))+bytes.Count(in, []byte("{")) <= maxDepth {
			t.Fatalf("%q is not taken for JSON", in)
		}
		var text string
		if s.bad || got[0] != '"' || !utf8.Valid(in) || json.Unmarshal(got, &text) != nil {
			return
		}
		if string(unescaped(got)) != text || is(got, "announce") != (text == "announce") {
			t.Errorf("%q is read as %q", text, unescaped(got))
		}
		b, ok := latin(make([]byte, 0, len(in)), got)
		var narrow []byte
		for _, r := range text {
			if r > 0xFF {
				if ok {
					t.Errorf("%q is read as %q", text, b)
				}
				return
			}
			narrow = append(narrow, byte(r))
		}
		if !ok || !bytes.Equal(b, narrow) {
			t.Errorf("%q is read as %q", text, b)
		}
	})
}

// FuzzFrames cuts what comes in two at any place: the same frames are found.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x81\x82\x00\x00\x00\x00{}\x89\x80\x00\x00\x00\x00"), 3)
	f.Add([]byte("\x01\x82\x00\x00\x00\x00{}\x80\xfe\x00\x01\x00\x00\x00\x00x\x88\x80\x00\x00\x00\x00"), 9)
	f.Add([]byte("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00x"), 1)
	f.Fuzz(func(t *testing.T, in []byte, at int) {
		feed := func(parts ...[]byte) (out []byte, err error) {
			tr := &Tracker{Now: time.Now, Options: func() Options { return Options{Enabled: true, MaxRate: 1e9} }}
			c := &conn{t: tr, address: new(address)}
			var r round
			r.begin(tr)
			for _, p := range parts {
				if err = c.feed(&r, bytes.Clone(p)); err != nil {
					break
				}
			}
			if len(c.partial) > maxMessage+14 || len(c.parts) > maxMessage {
				t.Errorf("%d and %d bytes are kept", len(c.partial), len(c.parts))
			}
			if c.out != nil {
				out = c.out.b
			}
			return out, err
		}
		one, err1 := feed(in)
		at = min(max(at, 0), len(in))
		two, err2 := feed(in[:at], in[at:])
		if !bytes.Equal(one, two) || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q %v, cut at %d %q %v", one, err1, at, two, err2)
		}
	})
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
