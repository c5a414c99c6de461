package api

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
)

// filled gives every field below v a value of its own, or none where that is
// possible: half of the pointers are nil, lists hold none to two.
func filled(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.CanSet() || r.IntN(2) == 0 { // an embedded pointer cannot be
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		filled(r, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[isoTime]() {
			v.Set(reflect.ValueOf(isoTime(time.Unix(r.Int64N(4e9), r.Int64N(1e9)))))
			return
		}
		for _, f := range v.Fields() {
			filled(r, f)
		}
	case reflect.Slice:
		n := r.IntN(3)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		if v.Type().Elem() == reflect.TypeFor[struct{}]() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			filled(r, v.Index(i))
		}
	case reflect.String:
		v.SetString([]string{"", "plain", "<b>\"é\n🦑", "https://tube.example/w/1?a=b&c=d"}[r.IntN(4)])
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64N(1000) - 100)
	case reflect.Float64:
		v.SetFloat(r.Float64() * 3)
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	default:
		panic("no value for " + v.Type().String())
	}
}

func TestVideosAreWrittenAsTheirStructsSay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var details videoDetailsJSON
		filled(r, reflect.ValueOf(&details).Elem())
		same(t, details, details.append(nil))

		var listed videoJSON
		filled(r, reflect.ValueOf(&listed).Elem())
		// What is only written of lists that ask for more.
		listed.State, listed.WaitTranscoding, listed.ScheduledUpdate, listed.videoBlockedJSON = nil, nil, nil, nil
		listed.videoMutedJSON, listed.videoSourceJSON, listed.AutomaticTags = nil, nil, nil
		listed.StreamingPlaylist, listed.Files, listed.Tags, listed.Transcoding = nil, nil, nil, nil
		same(t, listed, listed.append(nil))
	}
}

func same(t *testing.T, v any, got []byte) {
	t.Helper()
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("not what encoding/json writes:\n%s", cmp.Diff(string(want), string(got)))
	}
}

func BenchmarkVideoOfAList(b *testing.B) {
	site := instance.Site{Scheme: "https", Host: "a.example"}
	v, buf := listed(), []byte(nil)
	b.Run("appended", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out := presentVideo(site, v, 0)
			buf = out.append(buf[:0])
		}
	})
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		h := &Videos{Site: site}
		for b.Loop() {
			buf = h.fragment(buf[:0], v)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(presentVideo(site, v, 0)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
