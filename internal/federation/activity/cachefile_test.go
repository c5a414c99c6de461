package activity_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/federation/activity"
)

func TestMirrorsTravel(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]time.Time{"for ever": {}, "for a while": at} {
		c := activity.CacheFile{
			URL: "https://video.example/redundancy/streaming-playlists/hls/" + uuid, VideoURL: "https://b.example/v",
			BaseURL: "https://video.example/static/redundancy/hls/" + uuid + "/", Expires: ends,
		}
		a, err := activity.ReadActivity(travel(t, activity.Create(alice().URL, activity.WriteCacheFile(c, activity.ForActor("https://b.example/u/1")))))
		if err != nil {
			t.Fatal(err)
		}
		if a.ObjectURL != c.URL || a.ObjectType != "CacheFile" {
			t.Errorf("%s: the object is %s %s", name, a.ObjectType, a.ObjectURL)
		}
		got, err := activity.ReadCacheFile(a.Object)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c, *got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
