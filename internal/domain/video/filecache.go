package video

import (
	"sync"
	"time"

	"sepiola/internal/domain/user"
)

// maxFileAnswers bounds the memory that strangers can fill by asking.
const maxFileAnswers = 10_000

type fileKey struct {
	user            user.ID
	password, token string
	file            FileRef
}

type fileAnswer struct {
	err   error
	until time.Time
}

// fileAnswers remembers who may read which file, for a short time. When it is
// full it begins anew: an answer is cheap to find again.
type fileAnswers struct {
	mu sync.Mutex
	m  map[fileKey]fileAnswer
}

func (c *fileAnswers) get(k fileKey, now time.Time) (err error, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.m[k]
	// An answer of the future was given before the clock was set back.
	return a.err, ok && now.Before(a.until) && a.until.Sub(now) <= fileAnswerLife
}

func (c *fileAnswers) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m = nil
}

func (c *fileAnswers) put(k fileKey, err error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= maxFileAnswers {
		c.m = make(map[fileKey]fileAnswer)
	}
	c.m[k] = fileAnswer{err, now.Add(fileAnswerLife)}
}
