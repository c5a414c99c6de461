package video

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"sepiola/internal/errs"
)

// TokenLife is how long a file token opens a video's files; PeerTube's.
const TokenLife = 8 * time.Hour

// A file token is 36 characters: five bytes of expiry (Unix seconds) and the
// first 22 bytes of an HMAC of the video and the expiry. Nothing is stored,
// so every node that has the key accepts it.
const (
	tokenExpiry = 5
	tokenMAC    = 22
)

// Token returns a token that opens the files of one video for TokenLife to
// whoever has it, for players that cannot send headers. Who may not see the
// video gets none, nor does anybody who is not logged in, unless they know
// the video's password.
func (s *Service) Token(ctx context.Context, a Access, ref Ref) (token string, expires time.Time, err error) {
	v, err := s.See(ctx, a, ref)
	if err != nil {
		return "", time.Time{}, err
	}
	if a.Viewer == nil && v.Privacy != PasswordProtected {
		return "", time.Time{}, notAuthenticated()
	}
	expires = s.Now().Add(TokenLife)
	return s.sign(v.UUID, expires), expires, nil
}

func (s *Service) sign(uuid string, expires time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))[8-tokenExpiry:]
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac(uuid, b)...))
}

func (s *Service) mac(uuid string, expiry []byte) []byte {
	h := hmac.New(sha256.New, s.TokenKey)
	h.Write([]byte("video-file-token\x00" + uuid + "\x00"))
	h.Write(expiry)
	return h.Sum(nil)[:tokenMAC]
}

func (s *Service) validToken(token, uuid string) bool {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != tokenExpiry+tokenMAC {
		return false
	}
	expiry, mac := b[:tokenExpiry], b[tokenExpiry:]
	if !hmac.Equal(mac, s.mac(uuid, expiry)) {
		return false
	}
	seconds := binary.BigEndian.Uint64(append(make([]byte, 8-tokenExpiry, 8), expiry...))
	return s.Now().Unix() < int64(seconds)
}

// CheckToken reports whether token opens the files of a video: nil, or an
// errs.Forbidden error.
func (s *Service) CheckToken(token, uuid string) error {
	if s.validToken(token, uuid) {
		return nil
	}
	return errs.New(errs.Forbidden, "The video file token is not valid or has expired")
}
