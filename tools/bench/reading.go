package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store/filltest"
)

// measureRequests drives the reading requests one kind after the other.
func measureRequests(ctx context.Context, s *site, o options, uuids, own []string, r *report) error {
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	loads := readingLoads(s.url, uuids, own)
	if o.crowd.People > 0 {
		loads = append(loads, personalLoads(s.url, o.crowd.People)...)
	}
	if o.comments > 0 {
		loads = append(loads, commentLoads(s.url, uuids)...)
	}
	loads = append(loads, searchLoads(s.url, o.videos)...)
	if o.local > 0 {
		loads = append(loads, remoteLoads(s.url, o.local)...)
	}
	// Last: what is counted of them is written down, and told to other sites,
	// for a while after they are answered.
	loads = append(loads, reports(s.url, uuids))
	stop := make(chan struct{})
	top := peak(s.pid(), stop)
	for _, l := range loads {
		if !wanted.MatchString(l.name) {
			continue
		}
		res, err := drive(ctx, []int{s.pid()}, l, o.seconds, o.parallel)
		if err != nil {
			return err
		}
		r.add(l.name, fmt.Sprintf("%.3f ms CPU, %.0f requests/s, 99 of 100 under %.1f ms",
			res.cpuMillis(), res.perSecond(), float64(res.under().Microseconds())/1000))
	}
	close(stop)
	r.add("peak memory under this load (PSS)", mib(<-top))
	return nil
}

// readingLoads are what anybody asks for, and the rows of DESIGN section 7. Of
// the videos only the own ones have a document here: the others' is at their
// origin.
func readingLoads(base string, uuids, own []string) []load {
	pick := func(n int) string { return uuids[n*7919%len(uuids)] }
	return []load{
		{name: "`/api/v1/videos?count=15`", url: func(n int) string {
			return fmt.Sprintf("%s/api/v1/videos?count=15&start=%d", base, n%20*15)
		}},
		{name: "`/api/v1/videos?count=15&sort=-views`", url: func(n int) string {
			return fmt.Sprintf("%s/api/v1/videos?count=15&sort=-views&start=%d", base, n%20*15)
		}},
		{name: "`/api/v1/videos/{uuid}`", url: func(n int) string { return base + "/api/v1/videos/" + pick(n) }},
		{name: "watch page HTML, videos in turn", url: func(n int) string { return base + "/w/" + video.ShortUUID(pick(n)) }},
		{name: "watch page HTML, some videos again", url: func(n int) string { return base + "/w/" + video.ShortUUID(pick(n%100)) }},
		{name: "home page HTML", url: func(int) string { return base + "/" }},
		{name: "`/feeds/videos.xml`", url: func(int) string { return base + "/feeds/videos.xml" }},
		{
			name: "ActivityPub video", url: func(n int) string { return base + "/videos/watch/" + own[n*7919%len(own)] },
			header: http.Header{"Accept": {"application/activity+json"}},
		},
		{name: "`/api/v1/config`", url: func(int) string { return base + "/api/v1/config" }},
		{
			name: "wrong token", url: func(int) string { return base + "/api/v1/users/me" },
			header: http.Header{"Authorization": {"Bearer 0123456789012345678901234567890123456789"}}, status: http.StatusUnauthorized,
		},
	}
}

// personalLoads are asked by the people of a crowd. "In turn" asks for another
// person each time, of whom nothing is known any more when their turn comes
// again; "some" are a hundred people who look again and again.
func personalLoads(base string, people int) []load {
	inTurn := func(n int) string { return filltest.Token(1 + n*7919%people) }
	some := func(n int) string { return filltest.Token(1 + n%min(people, 100)) }
	var loads []load
	for _, l := range []struct{ name, path string }{
		{"subscriptions' feed", "/api/v1/users/me/subscriptions/videos?count=15"},
		{"notifications", "/api/v1/users/me/notifications?count=15"},
		{"history", "/api/v1/users/me/history/videos?count=15"},
	} {
		at := func(int) string { return base + l.path }
		loads = append(loads,
			load{name: l.name + ", people in turn", url: at, token: inTurn},
			load{name: l.name + ", some people again", url: at, token: some})
	}
	return loads
}

func commentLoads(base string, uuids []string) []load {
	threads := func(uuid string) string { return base + "/api/v1/videos/" + uuid + "/comment-threads?count=15" }
	return []load{
		{name: "comment threads, videos in turn", url: func(n int) string { return threads(uuids[n*7919%len(uuids)]) }},
		{name: "comment threads, the busiest video", url: func(n int) string {
			return fmt.Sprintf("%s&start=%d", threads(filltest.UUID(filltest.BusyVideo)), n%20*15)
		}},
	}
}

// searchLoads ask for other words each time, so that little is remembered.
func searchLoads(base string, videos int) []load {
	about := []string{"boats", "the sea", "squid", "lighthouses", "weather"} // as filltest names video n about n%5
	typo := []string{"baots", "the sae", "sqiud", "lighthuoses", "wheather"}
	id := func(n int) int { return 1 + n*7919%videos }
	find := func(format string, a ...any) string {
		return base + "/api/v1/search/videos?count=15&search=" + url.QueryEscape(fmt.Sprintf(format, a...))
	}
	return []load{
		{name: "search, one video's words", url: func(n int) string { return find("number %d about %s", id(n), about[id(n)%5]) }},
		{name: "search, the same with a typing error or two", url: func(n int) string { return find("numbr %d about %s", id(n), typo[id(n)%5]) }},
		{name: "search, words that no video has together", url: func(n int) string { return find("number %d about %s", id(n), about[(id(n)+1)%5]) }},
		{name: "search, a mistyped word of 20,000 videos, by category", url: func(n int) string {
			return find("%s", typo[n%5]) + fmt.Sprintf("&categoryOneOf=%d&start=%d", 1+n%18, n/90%10*15)
		}},
	}
}

// reports are what the players of 5,000 people say, each from an address of
// its own. Each answer waits for its commit, so many are under way at once.
func reports(base string, uuids []string) load {
	const people = 5000
	return load{
		name: "report of a player, 64 at once", method: http.MethodPost, status: http.StatusNoContent, parallel: 64,
		url: func(n int) string { return base + "/api/v1/videos/" + uuids[n%people*7919%len(uuids)] + "/views" },
		body: func(n int) string {
			return fmt.Sprintf(`{"currentTime":%d,"sessionId":"person%d"}`, n/people%2*10, n%people)
		},
		from: func(n int) string { return fmt.Sprintf("10.%d.%d.1", n%people/250, n%people%250) },
	}
}
