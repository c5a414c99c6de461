package store

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
)

// filled gives each field of a value something of its own, so that one which
// is not packed is missed.
func filled(v reflect.Value, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 11, 21, 0, *n%60, *n%60, 1000**n, time.UTC)))
	case v.Type() == leftOut:
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			filled(v.Index(i), n)
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 3 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			filled(key, n)
			filled(value, n)
			v.SetMapIndex(key, value)
		}
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Float64:
		v.SetFloat(float64(*n) / 7)
	case v.Kind() == reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	default:
		v.SetInt(int64((*n%2*2 - 1) * *n * 1001))
	}
}

func TestWholeVideosArePacked(t *testing.T) {
	t.Parallel()
	whole, n := video.Video{}, 0
	filled(reflect.ValueOf(&whole).Elem(), &n)
	for name, v := range map[string]video.Video{
		"a whole one":                    whole,
		"one of which nothing is known":  {},
		"lists that are empty, not none": {Tags: []string{}, Files: []video.File{}, Playlist: &video.StreamingPlaylist{Trackers: []string{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got video.Video
			packed := videoPacker.pack(&v)
			if err := videoPacker.unpack(packed, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, got); diff != "" {
				t.Errorf("not as before (-want +got):\n%s", diff)
			}
			for n := range len(packed) { // whatever is missing, it is noticed
				if err := videoPacker.unpack(packed[:n], new(video.Video)); err == nil {
					t.Fatalf("the first %d of %d bytes: got no error", n, len(packed))
				}
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	whole, n := video.Video{}, 0
	filled(reflect.ValueOf(&whole).Elem(), &n)
	f.Add(videoPacker.pack(&whole))
	f.Add("")
	f.Fuzz(func(t *testing.T, packed string) {
		var v video.Video
		if err := videoPacker.unpack(packed, &v); err != nil {
			return
		}
		if again := videoPacker.pack(&v); len(again) > 2*len(packed)+16 {
			t.Errorf("%d bytes became %d", len(packed), len(again))
		}
	})
}

func BenchmarkUnpackVideo(b *testing.B) {
	v := video.Video{UUID: "36605a39-0000-4000-8000-000000000309", Tags: []string{"a", "b", "c"}, Files: make([]video.File, 4), Thumbnails: make([]video.Thumbnail, 4), Details: new(video.Details)}
	packed := videoPacker.pack(&v)
	b.ReportAllocs()
	for b.Loop() {
		if err := videoPacker.unpack(packed, new(video.Video)); err != nil {
			b.Fatal(err)
		}
	}
}
