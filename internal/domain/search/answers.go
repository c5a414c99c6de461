package search

import (
	"sync"
	"time"
)

// What was found is remembered for a moment: many ask the same, and page on.
const (
	answerLife = time.Second
	maxAnswers = 200 // of at most MaxResults ids
)

// answers keeps values for answerLife by key; when it is full it begins anew.
type answers[T any] struct {
	mu sync.Mutex
	m  map[string]answer[T]
}

type answer[T any] struct {
	it    T
	until time.Time
}

func (a *answers[T]) get(key string, now time.Time) (it T, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.m[key]
	return k.it, ok && now.Before(k.until)
}

func (a *answers[T]) put(key string, it T, now time.Time) { a.putFor(key, it, now, answerLife) }

func (a *answers[T]) putFor(key string, it T, now time.Time, life time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.m == nil || len(a.m) >= maxAnswers {
		a.m = make(map[string]answer[T])
	}
	a.m[key] = answer[T]{it, now.Add(life)}
}
