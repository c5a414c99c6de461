package user

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Sizes of secrets, in bytes; they are sent as hex.
const (
	tokenBytes  = 20 // 40 characters, as PeerTube's tokens
	secretBytes = 32 // what goes by mail
	clientBytes = 16
)

// Random makes secrets from a source of randomness; nil is the system's.
type Random struct{ Source io.Reader }

func (r Random) hex(n int) string { return hex.EncodeToString(r.bytes(n)) }

func (r Random) bytes(n int) []byte {
	src := r.Source
	if src == nil {
		src = rand.Reader
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(src, b); err != nil {
		panic("no randomness: " + err.Error()) // crypto/rand never fails; a test's source is too short
	}
	return b
}

// uuid returns a random UUID (version 4).
func (r Random) uuid() string {
	b := r.bytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Hash is how secrets are kept and found: they are long and random, so a fast
// hash does.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
