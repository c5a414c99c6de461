package inbox

import (
	"context"
	"crypto/rsa"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
)

// hostOfKey is the host of a key's id, "" when it is no id: a URL, or
// acct:name@host.
func hostOfKey(id string) string {
	if handle, ok := strings.CutPrefix(id, "acct:"); ok {
		name, host := actor.ParseHandle(handle, "")
		if name == "" || !utf8.ValidString(name) || !actor.ValidHost(host) {
			return ""
		}
		return host
	}
	return activity.Host(id)
}

// stripKey is the URL of the actor in the id of its key, where that follows
// custom.
func stripKey(id string) string {
	id, _, _ = strings.Cut(id, "#")
	return strings.TrimSuffix(id, "/main-key")
}

// heldKey is a key that is known here.
type heldKey struct {
	key     *rsa.PublicKey
	actor   string // URL
	fetched time.Time
}

// keyring keeps keys in memory.
type keyring struct{ keys kept[*heldKey] }

// keyLife is for how long a key is kept: other nodes may have got a newer one.
const keyLife = 2 * time.Minute

// find returns the key of an id, nil when it is not known. anew does not take
// what is kept in memory.
func (k *keyring) find(ctx context.Context, store Keys, id string, now time.Time, anew bool) (*heldKey, error) {
	if h, ok := k.keys.get(id, now); ok && !anew {
		return h, nil
	}
	known, err := store.ByURL(ctx, stripKey(id))
	if errs.Is(err, errs.NotFound) {
		known, err = store.ByKey(ctx, id)
	}
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // see the comment
	}
	if err != nil {
		return nil, err
	}
	key, err := httpsig.ParsePublicKey(known.PublicKey)
	if err != nil || known.Local() {
		return nil, nil //nolint:nilnil,nilerr // as if it was not known: its site will say
	}
	h := &heldKey{key: key, actor: known.URL}
	if known.RefreshedAt != nil {
		h.fetched = *known.RefreshedAt
	}
	k.keys.put(id, h, now.Add(keyLife))
	return h, nil
}

// maxKept bounds what is kept in memory of each kind.
const maxKept = 1000

// kept keeps values for a while, some thousand at most.
type kept[T any] struct {
	mu sync.Mutex
	m  map[string]held[T]
}

type held[T any] struct {
	it    T
	until time.Time
}

func (k *kept[T]) get(id string, now time.Time) (it T, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.m[id]
	if !ok || now.After(h.until) {
		return it, false
	}
	return h.it, true
}

func (k *kept[T]) put(id string, it T, until time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.m == nil {
		k.m = map[string]held[T]{}
	}
	if _, there := k.m[id]; !there && len(k.m) >= maxKept {
		for other := range k.m { // whichever comes first
			delete(k.m, other)
			break
		}
	}
	k.m[id] = held[T]{it, until}
}

func (k *kept[T]) drop(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.m, id)
}
