package tracker

import (
	"errors"
	"hash/maphash"
	"strconv"
	"time"
	"unicode/utf8"
)

// What clients are told when a message is wrong, in the words of npm
// bittorrent-tracker.
var (
	errNotJSON  = errors.New("the message is not JSON")
	errAction   = errors.New("invalid action in WS request")
	errInfoHash = errors.New("invalid info_hash")
	errPeerID   = errors.New("invalid peer_id")
	errToPeer   = errors.New("invalid `to_peer_id` (required with `answer`)")
	errUnknown  = errors.New("disallowed info_hash")
	errTaken    = errors.New("peer_id is taken")
	errSwarms   = errors.New("too many info hashes on one connection")
	errFull     = errors.New("the swarm is full")
	errTooMany  = errors.New("too many announces")
	errOff      = errors.New("tracker is disabled on this instance")
)

// message is what peers send over a socket. What is raw in it is valid JSON in
// valid UTF-8, so that whom it is passed to can read it.
type message struct {
	action   raw
	infoHash raw // a text, or a list of them to scrape
	peerID   raw
	toPeerID raw
	event    raw
	left     raw
	answer   raw
	offerID  raw
	list     [maxOffers]offer
	offers   int // of list; more are left out
}

// offer is one end of a connection to be.
type offer struct{ offer, id raw }

// parse reads a message. After an error the message says nothing that is not
// valid.
func (m *message) parse(b []byte) error {
	*m = message{}
	if !utf8.Valid(b) {
		return errNotJSON
	}
	s := scanner{b: b}
	if s.peek() == 'n' {
		s.word("null")
	} else {
		s.begin('{')
		for first := true; ; first = false {
			name := s.key(first)
			if name == nil {
				break
			}
			m.member(&s, name)
		}
	}
	if s.end(); s.bad {
		*m = message{}
		return errNotJSON
	}
	if !is(m.action, "announce") && !is(m.action, "scrape") {
		return errAction
	}
	return nil
}

// member reads one member of a message.
func (m *message) member(s *scanner, name raw) {
	switch string(unescaped(name)) {
	case "action":
		m.action = s.textOrNull()
	case "info_hash":
		m.infoHash = s.value(maxDepth)
	case "peer_id":
		m.peerID = s.textOrNull()
	case "to_peer_id":
		m.toPeerID = s.textOrNull()
	case "event":
		m.event = s.textOrNull()
	case "left":
		m.left = s.value(maxDepth)
	case "answer":
		m.answer = s.value(maxDepth)
	case "offer_id":
		m.offerID = s.value(maxDepth)
	case "offers":
		m.readOffers(s)
	default:
		s.value(maxDepth)
	}
}

func (m *message) readOffers(s *scanner) {
	m.offers = 0
	if s.peek() == 'n' {
		s.word("null")
		return
	}
	s.begin('[')
	for first := true; s.more(first, ']'); first = false {
		var o offer
		o.read(s)
		if m.offers < len(m.list) {
			m.list[m.offers] = o
			m.offers++
		}
	}
}

func (o *offer) read(s *scanner) {
	if s.peek() == 'n' {
		s.word("null")
		return
	}
	s.begin('{')
	for first := true; ; first = false {
		name := s.key(first)
		switch {
		case name == nil:
			return
		case is(name, "offer"):
			o.offer = s.value(maxDepth)
		case is(name, "offer_id"):
			o.id = s.value(maxDepth)
		default:
			s.value(maxDepth)
		}
	}
}

// hashes reads one info hash, or a list of them.
func (m *message) hashes() ([]Hash, error) {
	if len(m.infoHash) == 0 || m.infoHash[0] != '[' {
		h, err := m.hash()
		return []Hash{h}, err
	}
	s := scanner{b: m.infoHash}
	s.begin('[')
	var out []Hash
	for first := true; s.more(first, ']'); first = false {
		h, ok := twenty(s.value(maxDepth))
		if !ok || len(out) == maxSwarms {
			return nil, errInfoHash
		}
		out = append(out, h)
	}
	return out, nil
}

func (m *message) hash() (Hash, error) {
	h, ok := twenty(m.infoHash)
	if !ok {
		return h, errInfoHash
	}
	return h, nil
}

// whole reports whether the peer has everything.
func (m *message) whole() bool { return string(m.left) == "0" }

// answers reports whether the message answers an offer.
func (m *message) answers() bool { return len(m.answer) > 0 && string(m.answer) != "null" }

// askedKey names an offer that was given to a peer: its swarm and its id, hashed.
type askedKey uint64

var offerSeed = maphash.MakeSeed()

// keyOf names an offer by what its id means: who answers may write the same
// characters otherwise than who offered.
func keyOf(h Hash, offerID raw) askedKey {
	const ids = 64 // clients have 20 characters
	var b [len(h) + ids]byte
	copy(b[:], h[:])
	if id, ok := latin(b[:len(h)], offerID); ok {
		return askedKey(maphash.Bytes(offerSeed, id))
	}
	rest := []byte(offerID)
	if len(offerID) > 0 && offerID[0] == '"' {
		rest = unescaped(offerID)
	}
	return askedKey(maphash.Bytes(offerSeed, append(b[:len(h)], rest...)))
}

// appendBinary writes bytes as a JSON text of one character each.
func appendBinary(b, bytes []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range bytes {
		switch {
		case c < 0x20 || c == '"' || c == '\\' || c == 0x7F:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = utf8.AppendRune(b, rune(c))
		}
	}
	return append(b, '"')
}

// maxQuoted is the most bytes that twenty take when they are written by
// appendBinary.
const maxQuoted = 20*len(`\u0000`) + 2

// appendAnnounced writes the answer to an announce.
func appendAnnounced(b []byte, s *swarm, n tally) []byte {
	b = append(b, `{"action":"announce","interval":`...)
	b = strconv.AppendInt(b, int64(socketInterval/time.Second), 10)
	b = append(b, `,"info_hash":`...)
	b = append(b, s.quoted...)
	b = append(b, `,"complete":`...)
	b = strconv.AppendInt(b, int64(n.complete), 10)
	b = append(b, `,"incomplete":`...)
	b = strconv.AppendInt(b, int64(n.incomplete), 10)
	return append(b, '}')
}

// maxAnnounced is the longest answer to an announce.
const maxAnnounced = 3*20 + maxQuoted + len(`{"action":"announce","interval":,"info_hash":,"complete":,"incomplete":}`)

// pass is an offer or an answer on its way to the other peer.
type pass struct {
	kind     string // "offer" or "answer"
	hash     string // of the swarm, as JSON
	from     []byte // the peer's id as JSON
	what, id raw
}

// size is how many bytes append writes.
func (p *pass) size() int {
	const rest = len(`{"action":"announce","":,"offer_id":,"peer_id":,"info_hash":}`)
	return rest + len(p.kind) + len(p.what) + len(p.id) + len(p.from) + len(p.hash)
}

// append writes it as the other peer gets it.
func (p *pass) append(b []byte) []byte {
	b = append(b, `{"action":"announce","`...)
	b = append(b, p.kind...)
	b = append(b, `":`...)
	b = append(b, p.what...)
	b = append(b, `,"offer_id":`...)
	b = append(b, p.id...)
	b = append(b, `,"peer_id":`...)
	b = append(b, p.from...)
	b = append(b, `,"info_hash":`...)
	b = append(b, p.hash...)
	return append(b, '}')
}

// failure tells why a message was not taken.
func failure(m *message, err error) []byte {
	b := []byte(`{"action":`)
	b = strconv.AppendQuote(b, map[bool]string{true: "scrape", false: "announce"}[is(m.action, "scrape")])
	b = append(b, `,"failure reason":`...)
	b = strconv.AppendQuote(b, err.Error())
	if len(m.infoHash) > 0 && len(m.infoHash) < 200 {
		b = append(b, `,"info_hash":`...)
		b = append(b, m.infoHash...)
	}
	return append(b, '}')
}
