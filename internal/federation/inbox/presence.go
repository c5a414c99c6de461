package inbox

import (
	"sync"
	"time"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

func hostOf(c *origin.Copy) string { return activity.Host(c.URL) }

const (
	// longestPresence is for how long somebody watches, whatever an activity
	// says.
	longestPresence = 10 * time.Minute
	// maxPresent bounds what is kept.
	maxPresent = 20_000
	// maxViewers is the most viewers that are believed of one activity.
	maxViewers = 1_000_000
)

// Presence is how many people watch on other sites: of videos of this site
// what each of those tells, of theirs what their own site counts. It is kept
// in memory: who watches says so again soon.
type Presence struct {
	mu sync.Mutex
	// viewers are of this site's videos, by the id of the viewing.
	viewers map[video.ID]map[string]present
	totals  map[video.ID]present
	n       int
}

type present struct {
	n     int
	until time.Time
}

func until(expires, now time.Time) time.Time {
	most := now.Add(longestPresence)
	if expires.IsZero() || expires.After(most) {
		return most
	}
	return expires
}

// viewer notes a viewing on another site.
func (p *Presence) viewer(id video.ID, host, url string, n int, expires, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.viewers == nil {
		p.viewers = map[video.ID]map[string]present{}
	}
	if p.n >= maxPresent {
		p.clean(now)
	}
	m := p.viewers[id]
	if m == nil {
		m = map[string]present{}
		p.viewers[id] = m
	}
	key := host + " " + url
	if _, there := m[key]; !there {
		if p.n >= maxPresent {
			return
		}
		p.n++
	}
	m[key] = present{min(max(n, 0), maxViewers), until(expires, now)}
}

// total notes how many watch a video of another site.
func (p *Presence) total(id video.ID, n int, expires, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.totals == nil {
		p.totals = map[video.ID]present{}
	}
	if len(p.totals) >= maxPresent {
		p.clean(now)
	}
	if len(p.totals) < maxPresent {
		p.totals[id] = present{min(max(n, 0), maxViewers), until(expires, now)}
	}
}

// clean removes what is over.
func (p *Presence) clean(now time.Time) {
	for id, t := range p.totals {
		if now.After(t.until) {
			delete(p.totals, id)
		}
	}
	for id, m := range p.viewers {
		for key, v := range m {
			if now.After(v.until) {
				delete(m, key)
				p.n--
			}
		}
		if len(m) == 0 {
			delete(p.viewers, id)
		}
	}
}

// Elsewhere returns how many people watch each video on other sites now, of
// videos of other sites those who watch here too: total tells them apart.
func (p *Presence) Elsewhere(now time.Time) (viewers, totals map[video.ID]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clean(now)
	viewers, totals = map[video.ID]int64{}, map[video.ID]int64{}
	for id, m := range p.viewers {
		for _, v := range m {
			viewers[id] += int64(v.n)
		}
	}
	for id, t := range p.totals {
		totals[id] = int64(t.n)
	}
	return viewers, totals
}
