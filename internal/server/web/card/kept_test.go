package card

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/i18n"
	"sepiola/internal/server/web/assets"
	"sepiola/internal/server/web/ui"
)

func page(t *testing.T) *ui.Page {
	t.Helper()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	set, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &ui.Page{Locale: words.Locale("en"), Assets: set, Now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
}

func sample(p *ui.Page) *video.Video {
	return &video.Video{
		ID: 1, UUID: "4a4f5a6c-0000-4000-8000-000000000001", Name: "Squid & <co>", Duration: 61, Privacy: video.Public, Views: 5,
		PublishedAt: p.Now.Add(-time.Hour), Remote: true,
		Channel:    &actor.Channel{Actor: actor.Actor{Username: "al", Host: "far.example", Avatars: []actor.Image{{Filename: "s.jpg", Width: 48}, {Filename: "l.jpg", Width: 120}}}, DisplayName: "Albert"},
		Thumbnails: []video.Thumbnail{{Filename: "t.jpg", Width: 280, Height: 157, AspectRatio: "16:9"}, {Filename: "u.jpg", Width: 850, Height: 480, AspectRatio: "16:9"}},
	}
}

func drawn(t *testing.T, p *ui.Page, v *video.Video, shown string, first bool) string {
	t.Helper()
	var b strings.Builder
	if err := card(p, v, shown, first).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// each calls do after each change of one thing below v, and undoes it.
func each(v reflect.Value, path string, do func(path string)) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	change := func(to any) {
		v.Set(reflect.ValueOf(to).Convert(v.Type()))
		do(path)
		v.Set(old)
	}
	switch v.Kind() {
	case reflect.String:
		change(v.String() + "1:1")
		change("")
	case reflect.Int, reflect.Int64:
		change(v.Int() + 1)
		change(0)
	case reflect.Bool:
		change(!v.Bool())
	case reflect.Pointer:
		if !v.IsNil() {
			each(v.Elem(), path, do)
			v.SetZero()
			do(path)
			v.Set(old)
		}
	case reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), path+"[]", do)
		}
		v.SetZero()
		do(path)
		v.Set(old)
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			change(at.Add(2 * time.Hour))
			change(at.Add(-2 * time.Hour))
			return
		}
		for i := range v.NumField() {
			each(v.Field(i), path+"."+v.Type().Field(i).Name, do)
		}
	}
}

// A card is kept under what content says of it: whatever makes it look another
// way must say something else.
func TestAnotherCardIsNotTakenForTheSame(t *testing.T) {
	t.Parallel()
	p := page(t)
	p.CardAvatars = true
	v := sample(p)
	html, sum, differ := drawn(t, p, v, "", false), content(p, v, "", false), 0
	each(reflect.ValueOf(v).Elem(), "Video", func(path string) {
		if strings.HasSuffix(path, "WatchedTo") || drawn(t, p, v, "", false) == html {
			return
		}
		if differ++; content(p, v, "", false) == sum {
			t.Errorf("%s changes the card and not its key", path)
		}
	})
	if differ < 20 {
		t.Errorf("only %d changes were seen", differ)
	}
	for _, shown := range []string{Warn, Blur} {
		if content(p, v, shown, false) == sum {
			t.Errorf("%s is taken for nothing", shown)
		}
	}
	if content(p, v, "", true) == sum {
		t.Error("the first one is taken for another")
	}
	p.CardNames = true
	if drawn(t, p, v, "", false) == html || content(p, v, "", false) == sum {
		t.Error("the card with what a channel calls itself is that with its handle")
	}
	p.CardAvatars, p.CardNames = false, false
	if got := drawn(t, p, v, "", false); got == html || content(p, v, "", false) == sum || strings.Contains(got, "avatar") {
		t.Error("the card without the channel's picture is that with it")
	}
	p.CardAvatars = true
	p.User = &user.User{}
	if drawn(t, p, v, "", false) == html || content(p, v, "", false) == sum {
		t.Error("the card of somebody who is logged in is that of nobody")
	}
	p.Later = map[video.ID]bool{}
	html, sum = drawn(t, p, v, "", false), content(p, v, "", false)
	if strings.Contains(html, "csrf") {
		t.Error("a card that is kept for many holds what is one reader's")
	}
	p.Later[v.ID] = true
	if drawn(t, p, v, "", false) == html || content(p, v, "", false) == sum {
		t.Error("the card of a video that is kept for later is that of one that is not")
	}
}

func TestCardsAreKept(t *testing.T) {
	t.Parallel()
	p := page(t)
	v := sample(p)
	render := func() string {
		var b strings.Builder
		if err := Card(p, v, "", false).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	plain := render()
	p.Fragments = new(ui.Fragments)
	for _, when := range []string{"first", "again"} {
		if got := render(); got != plain {
			t.Errorf("%s: got %s, want %s", when, got, plain)
		}
	}
	p.Now = p.Now.Add(time.Hour)
	if got := render(); !strings.Contains(got, "2 hours ago") {
		t.Errorf("an hour later: %s", got)
	}
	to := 30
	v.WatchedTo = &to
	if got := render(); !strings.Contains(got, "<progress") {
		t.Errorf("what somebody has watched: %s", got)
	}
	v.WatchedTo = nil
	if got := render(); strings.Contains(got, "<progress") {
		t.Errorf("nobody is shown what another has watched: %s", got)
	}
}
