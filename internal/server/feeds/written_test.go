package feeds

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

func sample() *Feed {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	v := &video.Video{
		ID: 1, UUID: "4a4f5a6c-0000-4000-8000-000000000001", Name: "Squid", Description: "about squid", Language: "en", Duration: 60,
		Channel: &actor.Channel{}, PublishedAt: at, Tags: []string{"sea"},
		Thumbnails: []video.Thumbnail{{Filename: "t.jpg", Width: 280, Height: 157, AspectRatio: "16:9"}},
		Files: []video.File{
			{ID: 1, PlaylistID: 1, Resolution: 720, Height: 720, FPS: 30, Size: 9, Extname: ".mp4", Filename: "a.mp4", TorrentFilename: "a.torrent", HasAudio: true, HasVideo: true},
			{ID: 2, Resolution: 1080, Height: 1080, FPS: 30, Size: 19, Extname: ".mp4", Filename: "b.mp4", HasAudio: true, HasVideo: true},
		},
	}
	return &Feed{
		Title: "Feed", Description: "of squid", Link: "https://x.example", Self: "https://x.example/feeds", Icon: "i.png", Generator: "Sepiola",
		Language: "en", Rights: "all", Updated: at,
		Items: []Item{{
			Title: "Squid", URL: "https://x.example/w/1", Summary: "about squid", HTML: "<p>about squid</p>", Author: "Al", AuthorURL: "https://x.example/c/al",
			Category: "Animals", Published: at, Updated: at, Tags: v.Tags, Video: v, Thumbnail: &v.Thumbnails[0], EmbedURL: "https://x.example/e/1",
		}},
	}
}

// changes calls do after each change of one thing below v, and undoes it.
func changes(v reflect.Value, path string, do func(path string)) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	change := func(to any) {
		v.Set(reflect.ValueOf(to).Convert(v.Type()))
		do(path)
		v.Set(old)
	}
	switch v.Kind() {
	case reflect.String:
		change(v.String() + ".webm") // an ending that writers know
		change("")
	case reflect.Int, reflect.Int64:
		change(v.Int() + 1)
		change(0)
	case reflect.Float64:
		change(v.Float() + 1)
	case reflect.Bool:
		change(!v.Bool())
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Type().Elem() != reflect.TypeFor[actor.Channel]() {
			changes(v.Elem(), path, do)
		}
		if v.Type().Elem() != reflect.TypeFor[actor.Channel]() {
			v.SetZero()
			do(path + " without")
			v.Set(old)
		}
	case reflect.Slice:
		for i := range v.Len() {
			changes(v.Index(i), path+"[]", do)
		}
		v.Set(v.Slice(0, 0))
		do(path + " empty")
		v.Set(old)
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			change(at.Add(time.Hour))
			change(time.Time{})
			return
		}
		for i := range v.NumField() {
			changes(v.Field(i), path+"."+v.Type().Field(i).Name, do)
		}
	}
}

// What is kept may be sent only for the same feed: whatever makes a writer
// write something else must make another key.
func TestAnotherFeedHasAnotherKey(t *testing.T) {
	t.Parallel()
	f, site := sample(), instance.Site{Scheme: "https", Host: "x.example"}
	write := func(w writer) string {
		var b bytes.Buffer
		if err := w.write(&b, site, f); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	key, before := f.content(), map[string]string{}
	for name, w := range writers {
		before[name] = write(w)
	}
	looked, differ := 0, 0
	changes(reflect.ValueOf(f).Elem(), "Feed", func(path string) {
		looked++
		for name, w := range writers {
			if write(w) == before[name] {
				continue
			}
			if differ++; f.content() == key {
				t.Errorf("%s changes %s and not the key", path, name)
			}
		}
	})
	if f.content() != key {
		t.Error("the key depends on more than the feed")
	}
	if looked < 80 || differ < 150 {
		t.Errorf("looked at %d changes, of which writers wrote %d differently", looked, differ)
	}
}

func TestWrittenFeedsAreBounded(t *testing.T) {
	t.Parallel()
	var k writtenFeeds
	body := make([]byte, 100<<10)
	for i := range 200 {
		k.put(feedKey{"rss", "", uint64(i)}, asWritten(body))
		if size := k.Len() * len(body); size > maxWritten {
			t.Fatalf("%d bytes are kept", size)
		}
	}
	if w, ok := k.Get(feedKey{"rss", "", 199}); !ok || len(w.body) != len(body) || w.tag == "" {
		t.Error("the last one is not kept")
	}
	k.put(feedKey{"rss", "", 1000}, asWritten(make([]byte, maxWritten)))
	if _, ok := k.Get(feedKey{"rss", "", 1000}); ok {
		t.Error("a feed that fills it all is kept")
	}
}
