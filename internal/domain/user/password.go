package user

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Parameters of argon2id, after OWASP's password storage cheat sheet: 19 MiB,
// two passes, one lane. One hash at a time needs that much memory, which a
// Raspberry Pi has to spare.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
	argonMaxKiB  = 1 << 20
)

// Passwords hashes and checks passwords, few at a time.
type Passwords struct {
	slots chan struct{}
	dummy string // checked when there is no user, so that it takes as long
}

// NewPasswords returns a Passwords that hashes at most parallel passwords at
// once; the others wait. Each takes 19 MiB.
func NewPasswords(parallel int) *Passwords {
	return &Passwords{slots: make(chan struct{}, max(parallel, 1)), dummy: encode(make([]byte, argonSalt), make([]byte, argonKey))}
}

// Hash returns the argon2id hash of a password in PHC's format. It fails only
// when ctx ends while waiting for its turn.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt)
	var key []byte
	err := p.turn(ctx, func() {
		key = argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	})
	return encode(salt, key), err
}

// Verify reports whether password is the one of hash, and whether the hash
// should be renewed because it is bcrypt's (of a PeerTube that was taken over)
// or has other parameters than Hash gives. An empty hash is that of nobody:
// it takes as long and is never right.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (ok, renew bool, err error) {
	known := hash != ""
	if !known {
		hash = p.dummy
	}
	err = p.turn(ctx, func() {
		if strings.HasPrefix(hash, "$2") {
			ok, renew = bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil, true
			return
		}
		ok, renew = verifyArgon(hash, password)
	})
	return ok && known && err == nil, renew, err
}

func (p *Passwords) turn(ctx context.Context, fn func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
		fn()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func encode(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// verifyArgon reads the parameters from the hash, within bounds.
func verifyArgon(hash, password string) (ok, renew bool) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil ||
		memory > argonMaxKiB || time < 1 || time > 16 || threads < 1 {
		return false, false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 || len(key) > 128 {
		return false, false
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(key)))
	renew = memory != argonMemory || time != argonTime || threads != argonThreads || len(key) != argonKey
	return subtle.ConstantTimeCompare(got, key) == 1, renew
}
