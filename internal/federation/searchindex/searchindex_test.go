package searchindex

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// recorded is a video as SepiaSearch has it, with fields that nobody here
// knows.
const recorded = `{"uuid":"9c9de5e8-0a1e-484a-b099-e80766180a6d","score":3.2,"name":"A  name\nin lines","url":"https://far.example/w/kkGMgK9ZtnKfYAgnEtQxbv",
	"category":{"id":15,"label":"Science & Technology"},"licence":{"id":null,"label":"Unknown"},"language":{"id":"fr","label":"French"},
	"privacy":{"id":4,"label":"Private"},"nsfw":true,"description":"About <script>","duration":61,"views":1e30,"likes":-3,"isLocal":true,
	"thumbnailPath":"/lazy-static/thumbnails/1.jpg","thumbnailUrl":"https://tracker.example/1.gif","embedUrl":"https://far.example/videos/embed/1",
	"createdAt":"2026-01-02T03:04:05.000Z","publishedAt":"2026-01-02T03:04:05.000Z","originallyPublishedAt":null,"isLive":"no",
	"account":{"name":"eve","displayName":"Eve","url":"https://far.example/accounts/eve","host":"far.example"},
	"channel":{"name":"eves","displayName":"Eve’s","url":"https://far.example/video-channels/eves","host":"far.example",
		"avatars":[{"width":48,"fileUrl":"https://far.example/48.png"},{"width":120,"fileUrl":"https://far.example/120.png"},{"width":1500,"fileUrl":"https://far.example/1500.png"}]}}`

type fake struct {
	answer string
	err    error
	asked  map[string]any
	at     string
}

func (f *fake) Question(_ context.Context, raw string, body []byte, _ int64) (*fetch.Response, error) {
	f.at, f.asked = raw, nil
	if err := json.Unmarshal(body, &f.asked); err != nil {
		return nil, err
	}
	return &fetch.Response{Body: []byte(f.answer)}, f.err
}

func TestVideosAreAskedForAndRead(t *testing.T) {
	t.Parallel()
	f := &fake{answer: `{"total":7,"data":[` + recorded + `,{"name":5},null,[]]}`}
	after, no := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), false
	list, total, err := (&Client{Fetch: f}).Videos(t.Context(), "https://index.example/", search.Asked{
		Params: search.Params{
			Text: "a name", Start: 5, Count: 10, Sort: "-match",
			Filter: video.Filter{NSFW: &no, Categories: []int{15}, Languages: []string{"fr"}, PublishedAfter: &after, Host: "far.example"},
		},
		BlockedHosts: []string{"bad.example"}, BlockedAccounts: []string{"x@other.example"},
	})
	if err != nil || total != 7 || len(list) != 1 {
		t.Fatalf("got %d of %d, %v; want 1 of 7", len(list), total, err)
	}
	if f.at != "https://index.example/api/v1/search/videos" || f.asked["search"] != "a name" || f.asked["nsfw"] != "false" ||
		f.asked["start"] != 5.0 || f.asked["host"] != "far.example" || f.asked["startDate"] != "2026-01-01T00:00:00Z" ||
		len(f.asked["blockedHosts"].([]any)) != 1 || len(f.asked["categoryOneOf"].([]any)) != 1 {
		t.Errorf("asked %s %v", f.at, f.asked)
	}
	v := list[0]
	if v.Name != "A name in lines" || v.Category != 15 || v.Licence != 0 || v.Language != "fr" || v.Privacy != video.Public || !v.NSFW || v.Duration != 61 ||
		v.Views != maxNumber || v.Likes != 0 || !v.Remote || v.IsLive || v.ID != 0 || v.Channel.Host != "far.example" || v.Channel.Owner.Username != "eve" {
		t.Errorf("read %+v", v.Video)
	}
	if v.Picture != "https://far.example/lazy-static/thumbnails/1.jpg" {
		t.Errorf("the picture is %q: not of the video's own site", v.Picture)
	}
	if v.Avatar != "https://far.example/120.png" {
		t.Errorf("the avatar is %q", v.Avatar)
	}
}

func TestWhatAnIndexMakesUpIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"an address that runs":        {"https://far.example/w/kk", "javascript:alert(1)//"},
		"an address without TLS":      {"https://far.example/w/kk", "http://far.example/w/kk"},
		"credentials":                 {"https://far.example/w/kk", "https://u:p@far.example/w/kk"},
		"a video of one site":         {"https://far.example/w/kk", "https://near.example/w/kk"},
		"a channel of another":        {"https://far.example/video-channels/eves", "https://near.example/c/eves"},
		"an account of another":       {"https://far.example/accounts/eve", "https://near.example/a/eve"},
		"no UUID":                     {"9c9de5e8-0a1e-484a-b099-e80766180a6d", "../../x"},
		"no name":                     {`A  name\nin lines`, ` \u0000`},
		"a name that leads elsewhere": {`"name":"eves"`, `"name":"../admin"`},
		"no time":                     {`"publishedAt":"2026-01-02T03:04:05.000Z"`, `"publishedAt":1`},
	} {
		if _, ok := (reader{}).video([]byte(strings.Replace(recorded, change[0], change[1], 1))); ok {
			t.Errorf("%s: it is shown", name)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "<html>", "[]", "null", `{"data":[]}`, `{"total":1,"data":{}}`} {
		if _, _, err := (&Client{Fetch: &fake{answer: answer}}).Channels(t.Context(), "https://index.example", search.Asked{}); err == nil {
			t.Errorf("%q is taken for an answer", answer)
		}
	}
	f := &fake{err: errs.New(errs.Unavailable, "no")}
	if _, _, err := (&Client{Fetch: f}).Playlists(t.Context(), "https://index.example", search.Asked{}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v, want Unavailable", err)
	}
	f = &fake{answer: `{"total":2,"data":[` + recorded + "," + recorded + `]}`}
	if list, _, err := (&Client{Fetch: f}).Videos(t.Context(), "https://index.example", search.Asked{Params: search.Params{Count: 1}}); err != nil || len(list) != 1 {
		t.Errorf("of an answer with more than was asked for: %d, %v", len(list), err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"total":1,"data":[` + recorded + `]}`))
	f.Add([]byte(`{"total":1,"data":[{"uuid":"9c9de5e8-0a1e-484a-b099-e80766180a6d","displayName":"L","url":"https://a.example/w/p/x","ownerAccount":{"name":"a","url":"https://a.example/a"},"videoChannel":null}]}`))
	f.Add([]byte(`{"total":1e400,"data":[{"name":"c","url":"https://a.example/c","ownerAccount":{"name":"a","url":"https://a.example/a"},"avatar":{"url":"https://a.example/p"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := reader{}
		videos, total, err := parse(b, 100, r.video)
		if err == nil && (total < 0 || len(videos) > 100) {
			t.Errorf("%d of %d", len(videos), total)
		}
		for _, v := range videos {
			if !strings.HasPrefix(v.URL, "https://") || v.Channel == nil || v.Channel.Owner == nil || v.Channel.Host != fetch.HostOf(v.URL) ||
				v.Picture != "" && fetch.HostOf(v.Picture) != v.Channel.Host || strings.ContainsAny(v.Name, "\n\x00") {
				t.Errorf("%+v", v)
			}
		}
		_, _, _ = parse(b, 100, r.channel)
		_, _, _ = parse(b, 100, r.playlist)
	})
}
