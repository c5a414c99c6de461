package view

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"sync"
	"time"

	"sepiola/internal/domain/video"
)

// SaltStore keeps the salts of days, the same for all nodes.
type SaltStore interface {
	// Salt returns the salt of a day (2006-01-02), which is proposed unless
	// there is one; "" proposes none, and then the answer may be "".
	Salt(ctx context.Context, day, proposed string) (string, error)
}

// Keys makes the keys of sessions. Salts change at midnight UTC; yesterday's
// is used for as long as a viewing of yesterday may go on, and then deleted
// (Keeper), which makes keys that were written meaningless.
type Keys struct {
	Store SaltStore

	mu         sync.Mutex
	day        string
	now, early []byte // of today and yesterday; early may be empty
}

// of returns the key of who watches a video, and the one that it had
// yesterday, or "" when that does not matter any more.
func (k *Keys) of(ctx context.Context, id video.ID, who string, at time.Time, life time.Duration) (key, before string, err error) {
	now, early, err := k.salts(ctx, at.UTC())
	if err != nil {
		return "", "", err
	}
	key = keyOf(now, id, who)
	if len(early) > 0 && sinceMidnight(at) < life {
		before = keyOf(early, id, who)
	}
	return key, before, nil
}

func keyOf(salt []byte, id video.ID, who string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(strconv.FormatInt(int64(id), 10) + " " + who))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func sinceMidnight(at time.Time) time.Duration {
	return at.UTC().Sub(at.UTC().Truncate(24 * time.Hour))
}

func (k *Keys) salts(ctx context.Context, at time.Time) (now, early []byte, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	day := at.Format(time.DateOnly)
	if k.day != day {
		today, err := k.Store.Salt(ctx, day, rand.Text()+rand.Text())
		if err != nil {
			return nil, nil, err
		}
		yesterday, err := k.Store.Salt(ctx, at.AddDate(0, 0, -1).Format(time.DateOnly), "")
		if err != nil {
			return nil, nil, err
		}
		k.day, k.now, k.early = day, []byte(today), []byte(yesterday)
	}
	return k.now, k.early, nil
}
