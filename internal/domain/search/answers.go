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
type answers[T any] struct{ answersBy[string, T] }

func (a *answers[T]) put(key string, it T, now time.Time) {
	a.putFor(key, it, now, answerLife, maxAnswers)
}

// answersBy keeps values by key, each for a time that is told.
type answersBy[K comparable, T any] struct {
	mu sync.RWMutex
	m  map[K]answer[T]
}

type answer[T any] struct {
	it    T
	until time.Time
}

func (a *answersBy[K, T]) get(key K, now time.Time) (it T, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	k, ok := a.m[key]
	return k.it, ok && now.Before(k.until)
}

// putFor keeps a value. With most values there it lets go of those that are
// past their time, and if there are none, of all.
func (a *answersBy[K, T]) putFor(key K, it T, now time.Time, life time.Duration, most int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.m == nil {
		a.m = make(map[K]answer[T])
	}
	if len(a.m) >= most {
		for k, have := range a.m {
			if !now.Before(have.until) {
				delete(a.m, k)
			}
		}
		if len(a.m) >= most {
			clear(a.m)
		}
	}
	a.m[key] = answer[T]{it, now.Add(life)}
}
