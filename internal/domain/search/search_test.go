package search

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// words of a store: what a vocabulary is read from.
type wordStore struct {
	Store
	list  []Word
	reads int
}

func (s *wordStore) Words(_ context.Context, after int64, limit int) ([]Word, error) {
	s.reads++
	var out []Word
	for _, w := range s.list {
		if w.ID > after && len(out) < limit {
			out = append(out, w)
		}
	}
	return out, nil
}

func (s *wordStore) add(docs int64, words ...string) {
	for _, w := range words {
		s.list = append(s.list, Word{int64(len(s.list) + 1), w, docs})
	}
}

func TestVocabularyKnowsWhatIsMeant(t *testing.T) {
	t.Parallel()
	s := &wordStore{}
	s.add(5, "internet", "interned", "boy", "boat", "boats", "own", "owner", "東京", "привет", "naïveté")
	s.add(50, "boating", "intern")
	var v vocabulary
	if err := v.refresh(t.Context(), s, time.Now()); err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{
		"iinternet": "internet interned", "intrenet": "internet interned", "internte": "internet intern interned", "byo": "boy", "bot": "boat boy", "xyz": "", "ow": "",
		"првет": "привет", "boats": "boat", "wnoer": "", "internnett": "internet", "owenr": "owner",
	} {
		if got := strings.Join(v.like(word, 5), " "); got != want {
			t.Errorf("like %q: %q, want %q", word, got, want)
		}
	}
	for prefix, want := range map[string]string{"boa": "boating boat boats", "o": "own owner", "intern": "interned internet", "東": "東京", "zz": ""} {
		if got := strings.Join(v.startingWith(prefix, 10, 5), " "); got != want {
			t.Errorf("starting with %q: %q, want %q", prefix, got, want)
		}
	}
	if !v.known("own") || v.known("owne") {
		t.Error("does not know its words")
	}
}

func TestVocabularyHearsOfNewWords(t *testing.T) {
	t.Parallel()
	s, now := &wordStore{}, time.Now()
	s.add(1, "first")
	var v vocabulary
	ask := func(later time.Duration) {
		t.Helper()
		now = now.Add(later)
		if err := v.refresh(t.Context(), s, now); err != nil {
			t.Fatal(err)
		}
	}
	ask(0)
	s.add(1, "second")
	ask(checkVocabulary / 2)
	if v.known("second") || s.reads != 1 {
		t.Errorf("asked too early, %d times", s.reads)
	}
	ask(checkVocabulary)
	if !v.known("second") || !v.known("first") || len(v.like("secnd", 3)) != 1 || len(v.startingWith("sec", 9, 3)) != 1 {
		t.Error("a new word is not known")
	}
	for i := range maxNewWords + 5 {
		s.add(1, fmt.Sprintf("word%d", i))
	}
	ask(checkVocabulary)
	if !v.known("word7") || len(v.fresh) != 0 {
		t.Errorf("%d words are not sorted in", len(v.fresh))
	}
	s.list = s.list[:1]
	ask(reloadVocabulary)
	if v.known("word7") || !v.known("first") {
		t.Error("words that are gone are still known")
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"boat", "boat", 0}, {"boat", "baot", 1}, {"boat", "bot", 1}, {"boat", "boats", 1}, {"boat", "coat", 1}, {"boat", "taob", 3}, {"", "a", 1}, {"東京塔", "東塔京", 1}} {
		if got := newMeter([]rune(c.a)).distance(c.b, 5); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	if got := newMeter([]rune("boat")).distance("xxxxxxxx", 2); got <= 2 {
		t.Errorf("far words are %d apart", got)
	}
}

func TestParseQuery(t *testing.T) {
	t.Parallel()
	const uuid, short = "341a84d2-f9c7-405d-bc93-39b503161273", "7raTpragnXqXVp6Ri5x7Gk"
	for text, want := range map[string]string{
		"Green  Tea":                      "green tea|open",
		"green ":                          "green|",
		"green green":                     "green|open",
		strings.ToUpper(uuid):             "video=" + uuid,
		short:                             "video=" + uuid + " words",
		"https://tube.example/w/" + short: "video=" + uuid + " url",
		"https://TUBE.example/videos/watch/" + uuid + "?start=3": "video=" + uuid + " url",
		"https://tube.example/w/p/" + short:                      "playlist=" + uuid + " url",
		"https://tube.example/videos/watch/playlist/" + uuid:     "playlist=" + uuid + " url",
		"https://other.example/w/" + short:                       " url",
		"https://tube.example/c/Anna/videos":                     "channel=anna@ url handle",
		"https://tube.example/video-channels/anna@other.example": "channel=anna@other.example url handle",
		"@anna":              "channel=anna@ words",
		"anna@tube.example":  "channel=anna@ handle words",
		"Anna@Other.example": "channel=Anna@other.example handle words",
		"@":                  "",
	} {
		q := ParseQuery(text, "tube.example")
		var got []string
		add := func(on bool, format string, args ...any) {
			if on {
				got = append(got, fmt.Sprintf(format, args...))
			}
		}
		if strings.Contains(want, "|") {
			open := ""
			if q.Open {
				open = "open"
			}
			add(true, "%s|%s", strings.Join(q.Words, " "), open)
		} else {
			add(q.Video.UUID != "", "video=%s", q.Video.UUID)
			add(q.Video.UUID == "" && q.Playlist != "", "playlist=%s", q.Playlist)
			add(q.Channel.Name != "", "channel=%s@%s", q.Channel.Name, q.Channel.Host)
			add(q.URL != "", "url")
			add(q.Handle, "handle")
			add(len(q.Words) > 0, "words")
		}
		if diff := cmp.Diff(strings.TrimSpace(want), strings.Join(got, " ")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	if q := ParseQuery(strings.Repeat("a b c d e f g ", 1000), ""); len(q.Words) > maxQueryWords || len(q.Text) > maxQuery {
		t.Errorf("%d words of %d bytes", len(q.Words), len(q.Text))
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	hits := []Hit{
		{ID: 1, Title: line("About tea"), Popularity: 900},
		{ID: 2, Title: line("Tea, and green too"), Popularity: 5},
		{ID: 3, Title: line("Green tea"), Popularity: 1},
		{ID: 4, Title: line("The green tea"), Popularity: 1},
		{ID: 5, Title: line("The green tea"), Popularity: 2},
		{ID: 6, Title: line("Cup"), Tags: line("green tea"), Popularity: 50},
		{ID: 7, Title: line("Tea"), Owner: line("Green Channel"), Popularity: 50},
		{ID: 8, Title: line("The greens tea"), Popularity: 70},
	}
	rank(hits, [][]string{{"green", "greens"}, {"tea"}})
	var order []int64
	for _, h := range hits {
		order = append(order, h.ID)
	}
	if diff := cmp.Diff([]int64{3, 5, 4, 8, 2, 6, 7, 1}, order); diff != "" {
		t.Error(diff)
	}
}

func TestPassages(t *testing.T) {
	t.Parallel()
	vtt := "WEBVTT\n\nNOTE nothing\n\n1\n00:00:01.000 --> 00:00:02.000 align:start\nHello <i>there</i>\n\n00:00:03.000 --> 00:00:04.000\n" +
		"my &lt;friend&gt;\n\n01:00:00.500 --> 01:00:02.000\nlate\n\nbroken --> times\nno\n\n00:01 --> x\n\n"
	got := Passages("en", vtt)
	want := []Passage{
		{"en", 1, "Hello there my <friend>", []Mark{{12, 3}}, []string{"friend", "hello", "my", "there"}},
		{"en", 3600, "late", nil, []string{"late"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var long strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&long, "\n%02d:%02d:%02d.000 --> 99:00:00.000\nword%d and so on and on and on and on and on and on and on\n", i*30/3600, i*30/60%60, i*30%60, i)
	}
	if n := len(Passages("en", long.String())); n > maxPassages {
		t.Errorf("%d passages", n)
	}
}

func FuzzPassages(f *testing.F) {
	f.Add("WEBVTT\n\n00:01.000 --> 00:02.000\n<v a>b\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range Passages("en", s) {
			if p.Second < 0 || p.Text == "" || len(p.Words) == 0 {
				t.Errorf("%q gives %+v", s, p)
			}
		}
	})
}

func BenchmarkLike(b *testing.B) {
	s := &wordStore{}
	for i := range 100_000 {
		s.add(1, fmt.Sprintf("%x%d", i*2654435761%(1<<28), i%10))
	}
	var v vocabulary
	if err := v.refresh(b.Context(), s, time.Now()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		v.like("intrenett", likeWords)
	}
}
