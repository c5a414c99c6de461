package fetch

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// manyFail is how many addresses have to fail in a row before their host is
	// taken for unwell: one page that breaks a program does not keep all others
	// of the host from being read. The same address counts again after countAgain:
	// of some hosts no other is asked for.
	manyFail   = 3
	countAgain = time.Hour
	// restUsual is how long a host rests that is asked too much and does not say
	// for how long, and an address that its host cannot give; restMost is as
	// much as a host may ask for.
	restUsual = time.Minute
	restMost  = time.Hour
)

// unwell reports whether an answer says that what answers for the host does not
// work. 500 is one page's.
func unwell(status int) bool { return status >= http.StatusBadGateway }

// troubles are hosts that answered badly, in this process. That nobody answered
// is a matter of peer.Servers.
type troubles struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*trouble
}

type trouble struct {
	// failed are addresses that did, and when; nothing was answered since.
	failed []failedURL
	// until is when the host may be asked again; it said so.
	until time.Time
	last  time.Time
}

type failedURL struct {
	url string
	at  time.Time
}

func newTroubles(now func() time.Time) *troubles {
	return &troubles{now: now, all: map[string]*trouble{}}
}

// failed records that an address of a host failed and reports whether the host
// is to be taken for unwell.
func (t *troubles) failed(host, url string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, now := t.of(host), t.now()
	counted := slices.ContainsFunc(one.failed, func(f failedURL) bool { return f.url == url && now.Sub(f.at) < countAgain })
	if len(one.failed) < manyFail && !counted {
		one.failed = append(one.failed, failedURL{url, now})
	}
	return len(one.failed) >= manyFail
}

// well forgets what failed: the host answered.
func (t *troubles) well(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.all[host]; one != nil {
		one.failed = nil
	}
}

// rest leaves a host alone for a while.
func (t *troubles) rest(host string, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(host).until = t.now().Add(wait)
}

func (t *troubles) resting(host string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.all[host]
	return one != nil && t.now().Before(one.until)
}

// of makes room when there are many: of those of which nothing was heard for
// long, or, if there are none, of any.
func (t *troubles) of(host string) *trouble {
	now := t.now()
	one := t.all[host]
	if one == nil {
		if len(t.all) >= maxHosts {
			for name, other := range t.all {
				if now.Sub(other.last) > countAgain {
					delete(t.all, name)
				}
			}
		}
		for name := range t.all {
			if len(t.all) < maxHosts {
				break
			}
			delete(t.all, name)
		}
		one = new(trouble)
		t.all[host] = one
	}
	one.last = now
	return one
}

// retryAfter is for how long what was refused is not to be asked for: as the
// host says, in seconds, or usually. It is 0 for what is no refusal of a moment.
func retryAfter(err error) time.Duration {
	said, ok := errors.AsType[*saying](err)
	if !ok || !said.later {
		return 0
	}
	wait := restUsual
	if seconds, err := strconv.Atoi(strings.TrimSpace(said.retry)); err == nil && seconds >= 0 {
		wait = max(time.Second, time.Duration(min(seconds, int(restMost/time.Second)))*time.Second)
	} else if at, err := http.ParseTime(said.retry); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, time.Second), restMost)
}
