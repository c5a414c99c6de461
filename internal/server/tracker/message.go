package tracker

import (
	"encoding/json"
	"errors"
	"strconv"
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

// raw is JSON as it came. It is part of the message's bytes, not a copy: it
// holds only while the message is handled.
type raw []byte

// UnmarshalJSON keeps where the value is.
func (r *raw) UnmarshalJSON(b []byte) error {
	*r = b
	return nil
}

// message is what peers send over a socket.
type message struct {
	Action   string  `json:"action"`
	InfoHash raw     `json:"info_hash"` // a text, or a list of them to scrape
	PeerID   string  `json:"peer_id"`
	ToPeerID string  `json:"to_peer_id"`
	Event    string  `json:"event"`
	Left     raw     `json:"left"`
	Offers   []offer `json:"offers"`
	Answer   raw     `json:"answer"`
	OfferID  raw     `json:"offer_id"`
}

// offer is one end of a connection to be.
type offer struct {
	Offer   raw `json:"offer"`
	OfferID raw `json:"offer_id"`
}

// parse reads a message. What is raw in it is valid JSON.
func parse(b []byte) (m message, err error) {
	if err := json.Unmarshal(b, &m); err != nil {
		return m, errNotJSON
	}
	if m.Action != "announce" && m.Action != "scrape" {
		return m, errAction
	}
	return m, nil
}

// twenty reads 20 bytes that are written as a text of 20 characters.
func twenty(s string) (out [20]byte, ok bool) {
	i := 0
	for _, r := range s {
		if i == len(out) || r > 0xFF {
			return out, false
		}
		out[i] = byte(r)
		i++
	}
	return out, i == len(out)
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

// hashes reads one info hash, or a list of them.
func (m *message) hashes() ([]Hash, error) {
	if len(m.InfoHash) == 0 || m.InfoHash[0] != '[' {
		h, err := m.hash()
		return []Hash{h}, err
	}
	var many []string
	if json.Unmarshal(m.InfoHash, &many) != nil || len(many) > maxSwarms {
		return nil, errInfoHash
	}
	out := make([]Hash, len(many))
	for i, s := range many {
		h, ok := twenty(s)
		if !ok {
			return nil, errInfoHash
		}
		out[i] = h
	}
	return out, nil
}

func (m *message) hash() (Hash, error) {
	var s string
	if json.Unmarshal(m.InfoHash, &s) != nil {
		return Hash{}, errInfoHash
	}
	h, ok := twenty(s)
	if !ok {
		return h, errInfoHash
	}
	return h, nil
}

// whole reports whether the peer has everything.
func (m *message) whole() bool { return string(m.Left) == "0" }

// announced is the answer to an announce.
func announced(s *swarm, n tally) []byte {
	b := make([]byte, 0, 160)
	b = append(b, `{"action":"announce","interval":`...)
	b = strconv.AppendInt(b, int64(socketInterval.Seconds()), 10)
	b = append(b, `,"info_hash":`...)
	b = append(b, s.quoted...)
	b = append(b, `,"complete":`...)
	b = strconv.AppendInt(b, int64(n.complete), 10)
	b = append(b, `,"incomplete":`...)
	b = strconv.AppendInt(b, int64(n.incomplete), 10)
	return append(b, '}')
}

// appendPassed writes an offer or an answer as the other peer gets it. kind is
// "offer" or "answer".
func appendPassed(b []byte, s *swarm, kind string, from []byte, what, offerID raw) []byte {
	b = append(b, `{"action":"announce","`...)
	b = append(b, kind...)
	b = append(b, `":`...)
	b = append(b, what...)
	b = append(b, `,"offer_id":`...)
	b = append(b, offerID...)
	b = append(b, `,"peer_id":`...)
	b = append(b, from...)
	b = append(b, `,"info_hash":`...)
	b = append(b, s.quoted...)
	return append(b, '}')
}

// failure tells why a message was not taken.
func failure(m *message, err error) []byte {
	b := []byte(`{"action":`)
	b = strconv.AppendQuote(b, map[bool]string{true: "scrape", false: "announce"}[m.Action == "scrape"])
	b = append(b, `,"failure reason":`...)
	b = strconv.AppendQuote(b, err.Error())
	if len(m.InfoHash) > 0 && len(m.InfoHash) < 200 {
		b = append(b, `,"info_hash":`...)
		b = append(b, m.InfoHash...)
	}
	return append(b, '}')
}
