package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
)

// TestTwoSitesWalk lets two sites do what they are for: one follows the other,
// a video appears, a comment and a like go back, a change and the end arrive.
// The long walk, with a third site, TLS and a browser, is tools/walk.
func TestTwoSitesWalk(t *testing.T) {
	t.Parallel()
	a, b := newNeighbour(t, "a.test"), newNeighbour(t, "b.test")
	a.v.env = append(a.v.env, "SEPIOLA_TRANSCODING_ENABLED=true") // for HLS, which b mirrors
	b.v.env = append(b.v.env, `SEPIOLA_REDUNDANCY_VIDEOS_STRATEGIES=[{strategy: most-views, size: 1GB, min_lifetime: 2 days}]`)
	for _, n := range []*neighbour{a, b} {
		n.v.env = append(n.v.env, fmt.Sprintf("SEPIOLA_FEDERATION_HOSTS=[%q, %q]", "a.test="+a.v.addr, "b.test="+b.v.addr), "SEPIOLA_REMOTE_REDUNDANCY_VIDEOS_ACCEPT_FROM=anybody")
		n.v.start()
	}
	for _, n := range []*neighbour{a, b} {
		n.v.ready()
		n.login(t)
	}
	b.call(t, "POST", "/server/following", `{"hosts":["a.test"],"handles":[]}`, nil)
	b.wait(t, "the follow to be accepted", func() bool {
		var page struct{ Total int }
		return b.call(t, "GET", "/server/following?state=accepted", "", &page) && page.Total == 1
	})

	a.clip, a.most = testClip(t), 1
	for len(a.done) == 0 {
		if err := a.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	path := "/videos/" + a.done[0]
	var v struct {
		Name    string
		IsLocal bool
		Likes   int
		Account struct{ Host string }
	}
	b.wait(t, "the video", func() bool { return b.call(t, "GET", path, "", &v) && !v.IsLocal && v.Account.Host == "a.test" })

	b.call(t, "POST", path+"/comment-threads", `{"text":"greetings from b"}`, nil)
	b.call(t, "PUT", path+"/rate", `{"rating":"like"}`, nil)
	var threads struct {
		Data []struct {
			ID      int64
			URL     string
			Text    string
			Account struct{ Host string }
		}
	}
	a.wait(t, "the comment", func() bool {
		return a.call(t, "GET", path+"/comment-threads", "", &threads) && len(threads.Data) == 1
	})
	if c := threads.Data[0]; c.Account.Host != "b.test" || !strings.Contains(c.Text, "greetings from b") || !strings.HasPrefix(c.URL, "http://b.test/") {
		t.Errorf("the comment is %+v", c)
	}
	a.wait(t, "the like", func() bool { return a.call(t, "GET", path, "", &v) && v.Likes == 1 })
	a.choosesLooks(t, b, a.done[0])
	a.call(t, "POST", fmt.Sprintf("%s/comments/%d", path, threads.Data[0].ID), `{"text":"greetings from a"}`, nil)
	b.wait(t, "the answer", func() bool {
		if !b.call(t, "GET", path+"/comment-threads", "", &threads) || len(threads.Data) != 1 {
			return false
		}
		var tree struct {
			Children []struct{ Comment struct{ Text string } }
		}
		return b.call(t, "GET", fmt.Sprintf("%s/comment-threads/%d", path, threads.Data[0].ID), "", &tree) &&
			len(tree.Children) == 1 && strings.Contains(tree.Children[0].Comment.Text, "greetings from a")
	})

	walkReports(t, a, b)
	walkViewings(t, a, b)
	walkMirrors(t, a, b)
	a.call(t, "PUT", path, `{"name":"Another name"}`, nil)
	b.wait(t, "the new name", func() bool { return b.call(t, "GET", path, "", &v) && v.Name == "Another name" })
	for _, privacy := range []int{3, 1} { // hidden, and back
		a.call(t, "PUT", path, fmt.Sprintf(`{"privacy":%d}`, privacy), nil)
		b.wait(t, fmt.Sprintf("the video with the privacy %d", privacy), func() bool { return b.call(t, "GET", path, "", &v) == (privacy == 1) })
	}
	a.call(t, "DELETE", path, "", nil)
	b.wait(t, "the end of the video", func() bool { return !b.call(t, "GET", path, "", &v) })
	for _, n := range []*neighbour{a, b} { // what was reported is still known
		list := n.reports(t)
		if len(list) != 1 || list[0].Video == nil || list[0].Video.UUID != a.done[0] || !list[0].Video.Deleted {
			t.Errorf("the reports at %s are %+v", n.base, list)
		}
	}
}

// walkReports lets somebody of b report the video of a: the moderators of both
// are told, those of a without a name.
func walkReports(t *testing.T, a, b *neighbour) {
	t.Helper()
	b.call(t, "POST", "/abuses", fmt.Sprintf(`{"reason":"not what it says","predefinedReasons":["spamOrMisleading"],"video":{"id":%q,"startAt":1}}`, a.done[0]), nil)
	var list []abuseSeen
	a.wait(t, "the report", func() bool { list = a.reports(t); return len(list) > 0 })
	r := list[0]
	if len(list) != 1 || r.Reason != "not what it says" || fmt.Sprint(r.PredefinedReasons) != "[spamOrMisleading]" || r.Video == nil ||
		r.Video.UUID != a.done[0] || r.Video.StartAt == nil || *r.Video.StartAt != 1 || r.ReporterAccount != nil {
		t.Errorf("the report at a is %+v", list)
	}
	if own := b.reports(t); len(own) != 1 || own[0].ReporterAccount == nil || own[0].FlaggedAccount.Host != "a.test" {
		t.Errorf("the report at b is %+v", own)
	}
	a.wait(t, "the notification", func() bool {
		var page struct {
			Data []struct {
				Type  int
				Abuse struct{ Video struct{ UUID string } }
			}
		}
		a.call(t, "GET", "/users/me/notifications", "", &page)
		for _, n := range page.Data {
			if n.Type == 3 && n.Abuse.Video.UUID == a.done[0] {
				return true
			}
		}
		return false
	})
}

// walkViewings lets somebody watch the video of a at b. An hour later, for which
// b's clock is put forward in what it has written, the viewing is over, and in
// the statistics of a.
func walkViewings(t *testing.T, a, b *neighbour) {
	t.Helper()
	path := "/videos/" + a.done[0]
	for _, at := range []int{0, 1} {
		b.call(t, "POST", path+"/views", fmt.Sprintf(`{"currentTime":%d}`, at), nil)
	}
	b.runAgain(t, "end-viewing-sessions", `UPDATE video_sessions SET started_at = started_at - 3700, seen_at = seen_at - 3600`)
	var of struct{ TotalViewers, TotalWatchTime int }
	a.wait(t, "the viewing", func() bool {
		return a.call(t, "GET", path+"/stats/overall", "", &of) && of.TotalViewers > 0
	})
	if of.TotalViewers != 1 || of.TotalWatchTime != 1 {
		t.Errorf("the statistics at a are %+v", of)
	}
}

// walkMirrors lets b mirror the video of a: a says where its files are, too, they
// are the same, and when b removes them a does not send anybody there any more.
func walkMirrors(t *testing.T, a, b *neighbour) {
	t.Helper()
	path := "/videos/" + a.done[0]
	b.wait(t, "the video as HLS", func() bool {
		var v struct {
			StreamingPlaylists []struct{ Files []struct{ ID int64 } }
		}
		return b.call(t, "GET", path, "", &v) && len(v.StreamingPlaylists) == 1 && len(v.StreamingPlaylists[0].Files) > 0
	})
	b.call(t, "POST", "/server/redundancy/videos", fmt.Sprintf(`{"videoId":%q}`, a.done[0]), nil)
	type details struct {
		StreamingPlaylists []struct {
			Files        []struct{ FileURL string }
			Redundancies []struct{ BaseURL string }
		}
	}
	bases := func(n *neighbour) (list []string) {
		var v details
		n.call(t, "GET", path, "", &v)
		for _, p := range v.StreamingPlaylists {
			for _, r := range p.Redundancies {
				list = append(list, r.BaseURL)
			}
		}
		return list
	}
	want := "http://b.test/static/redundancy/hls/" + a.done[0] + "/"
	for _, n := range []*neighbour{b, a} {
		n.wait(t, "the mirror", func() bool { return slices.Equal(bases(n), []string{want}) })
	}
	var v details
	a.call(t, "GET", path, "", &v)
	file := v.StreamingPlaylists[0].Files[0].FileURL
	get := func(n *neighbour, url, accept string) (int, []byte) {
		status, _, body, err := n.do(t.Context(), "GET", strings.TrimPrefix(url, n.base), nil, http.Header{"Accept": {accept}})
		if err != nil {
			t.Fatal(err)
		}
		return status, body
	}
	_, origin := get(a, file, "*/*")
	mirrored := want + file[strings.LastIndexByte(file, '/')+1:]
	if status, body := get(b, mirrored, "*/*"); status != http.StatusOK || len(body) == 0 || !bytes.Equal(body, origin) {
		t.Errorf("%s: %d, %d bytes instead of %d", mirrored, status, len(body), len(origin))
	}
	id := "http://b.test/redundancy/streaming-playlists/hls/" + a.done[0]
	if status, body := get(b, id, "application/activity+json"); status != http.StatusOK || !bytes.Contains(body, []byte(want)) {
		t.Errorf("%s: %d %s", id, status, body)
	}
	var page struct {
		Data []struct {
			Redundancies struct {
				StreamingPlaylists []struct{ ID int64 }
			}
		}
	}
	b.call(t, "GET", "/server/redundancy/videos?target=remote-videos", "", &page)
	if len(page.Data) != 1 || len(page.Data[0].Redundancies.StreamingPlaylists) != 1 {
		t.Fatalf("mirrored at b: %+v", page)
	}
	b.call(t, "DELETE", fmt.Sprint("/server/redundancy/videos/", page.Data[0].Redundancies.StreamingPlaylists[0].ID), "", nil)
	a.wait(t, "the end of the mirror", func() bool { return len(bases(a)) == 0 })
	// By itself, once videos of a may be chosen, and not any more then.
	b.call(t, "PUT", "/server/redundancy/a.test", `{"redundancyAllowed":true}`, nil)
	b.runAgain(t, "choose-mirrors", `UPDATE videos SET views = 7 WHERE remote`)
	a.wait(t, "the mirror by a strategy", func() bool { return slices.Equal(bases(a), []string{want}) })
	b.call(t, "PUT", "/server/redundancy/a.test", `{"redundancyAllowed":false}`, nil)
	a.wait(t, "the end of the mirror by a strategy", func() bool { return len(bases(a)) == 0 })
	for url, accept := range map[string]string{mirrored: "*/*", id: "application/activity+json"} {
		if status, _ := get(b, url, accept); status != http.StatusNotFound {
			t.Errorf("%s of what was removed: %d", url, status)
		}
	}
}

// runAgain starts a site anew, so that it does a task that it has done in this
// period already; while it is stopped, a statement changes one row.
func (n *neighbour) runAgain(t *testing.T, task, change string) {
	t.Helper()
	n.v.stop()
	db, err := sqldb.Open(context.Background(), sqldb.Options{DSN: filepath.Join(n.v.dir, "data", "sepiola.db")})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Exec(t.Context(), change)
	_, forgotten := db.Exec(t.Context(), `DELETE FROM river_job WHERE CAST(args AS TEXT) LIKE '%"`+task+`"%'`)
	if err := errors.Join(err, forgotten, db.Close()); err != nil || rows != 1 {
		t.Fatalf("%d rows changed, %v", rows, err)
	}
	n.v.start()
	n.v.ready()
}

// abuseSeen is a report as moderators see it.
type abuseSeen struct {
	Reason            string
	PredefinedReasons []string
	Video             *struct {
		UUID    string
		Deleted bool
		StartAt *int
	}
	ReporterAccount, FlaggedAccount *struct{ Host string }
}

func (n *neighbour) reports(t *testing.T) []abuseSeen {
	t.Helper()
	var page struct{ Data []abuseSeen }
	n.call(t, "GET", "/abuses", "", &page)
	return page.Data
}

// neighbour is a site that knows another one by its name.
type neighbour struct {
	uploader
	v *victim
}

func newNeighbour(t *testing.T, name string) *neighbour {
	t.Helper()
	v := newVictim(t, "SEPIOLA_FEDERATION_ENABLED=true", "SEPIOLA_FEDERATION_ALLOWED_NETWORKS=[127.0.0.0/8]", "SEPIOLA_TRANSCODING_ENABLED=false",
		"SEPIOLA_WEBSERVER_HTTPS=false", "SEPIOLA_WEBSERVER_HOSTNAME="+name, "SEPIOLA_WEBSERVER_PORT=80")
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, v.addr)
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dial}}
	t.Cleanup(client.CloseIdleConnections)
	return &neighbour{uploader{api: api{base: "http://" + name, client: client}}, v}
}

// call asks the API and reports whether it answers 2xx. What it does not find
// is an answer, everything else is not.
func (n *neighbour) call(t *testing.T, method, path, body string, out any) bool {
	t.Helper()
	header := http.Header{}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	status, _, text, err := n.do(t.Context(), method, "/api/v1"+path, strings.NewReader(body), header)
	switch {
	case err != nil:
		t.Fatal(err)
	case status == http.StatusNotFound && method == http.MethodGet:
		return false
	case status/100 != 2:
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatal(err)
		}
	}
	return true
}

// wait looks until something has come, as long as a busy machine may need.
func (n *neighbour) wait(t *testing.T, what string, there func() bool) {
	t.Helper()
	began := time.Now()
	for ; !there(); time.Sleep(50 * time.Millisecond) { // other processes work
		if time.Since(began) > time.Minute {
			t.Fatalf("%s did not come to %s\n%s", what, n.base, n.v.tail())
		}
	}
	t.Logf("%s came to %s after %v", what, n.base, time.Since(began).Round(time.Millisecond))
}

// choosesLooks chooses how the player of a video and those of its channel look,
// which other has by itself soon.
func (n *neighbour) choosesLooks(t *testing.T, other *neighbour, uuid string) {
	t.Helper()
	var v struct{ Channel struct{ Name string } }
	n.call(t, "GET", "/videos/"+uuid, "", &v)
	ofVideo := "/player-settings/videos/" + uuid
	for _, c := range []struct{ path, theme, want string }{
		{ofVideo, "galaxy", "galaxy"},
		{ofVideo, "instance-default", "lucide"},
		{"/player-settings/video-channels/" + v.Channel.Name, "galaxy", "lucide"},
		{ofVideo, "channel-default", "galaxy"},
	} {
		n.call(t, "PUT", c.path, `{"theme":"`+c.theme+`"}`, nil)
		other.wait(t, c.theme+" of "+c.path, func() bool {
			var of struct{ Theme string }
			return other.call(t, "GET", ofVideo, "", &of) && of.Theme == c.want
		})
	}
}
