package video_test

import (
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Pairs seen in answers of PeerTube 6.3.2.
var shortUUIDs = map[string]string{
	"341a84d2-f9c7-405d-bc93-39b503161273": "7raTpragnXqXVp6Ri5x7Gk",
	"869a0a4b-ad0d-4b15-a345-1e436e5ecd70": "hC2GrojB5TSHFfUK8SHaSQ",
	"7e24aea8-71ff-45fc-90a7-c315341ee481": "gzs4hoAk9ee6Ezp7G5zUn8",
}

func TestShortUUIDsGoBothWays(t *testing.T) {
	t.Parallel()
	for uuid, short := range shortUUIDs {
		if got := video.ShortUUID(uuid); got != short {
			t.Errorf("ShortUUID(%s): got %s, want %s", uuid, got, short)
		}
		if got, ok := video.ExpandUUID(short); !ok || got != uuid {
			t.Errorf("there and back: got %s %v, want %s", got, ok, uuid)
		}
	}
	for _, uuid := range []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		if got, ok := video.ExpandUUID(video.ShortUUID(uuid)); !ok || got != uuid {
			t.Errorf("%s comes back as %s %v", uuid, got, ok)
		}
	}
	for range 100 {
		uuid := video.NewUUID()
		if got, ok := video.ExpandUUID(video.ShortUUID(uuid)); !ok || got != uuid || uuid[14] != '4' {
			t.Fatalf("%s comes back as %s %v", uuid, got, ok)
		}
	}
}

func TestParseRef(t *testing.T) {
	t.Parallel()
	const uuid = "341a84d2-f9c7-405d-bc93-39b503161273"
	for in, want := range map[string]video.Ref{
		"12":                                   {ID: 12},
		uuid:                                   {UUID: uuid},
		"341A84D2-F9C7-405D-BC93-39B503161273": {UUID: uuid},
		"7raTpragnXqXVp6Ri5x7Gk":               {UUID: uuid},
	} {
		if got, err := video.ParseRef(in); err != nil || got != want {
			t.Errorf("ParseRef(%q): got %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "-1", "hello x", "1.5", uuid + "0", "ZZZZZZZZZZZZZZZZZZZZZZ", "7raTpragnXqXVp6Ri5x7G0", "99999999999999999999"} {
		if _, err := video.ParseRef(in); !errs.Is(err, errs.Invalid) {
			t.Errorf("ParseRef(%q): got %v, want Invalid", in, err)
		}
	}
}

func TestPagesOfVideosAreRead(t *testing.T) {
	t.Parallel()
	const uuid = "341a84d2-f9c7-405d-bc93-39b503161273"
	for path, want := range map[string]video.Ref{
		"/w/" + uuid: video.ByUUID(uuid), "/w/" + video.ShortUUID(uuid): video.ByUUID(uuid), "/videos/watch/" + uuid + "/": video.ByUUID(uuid), "/videos/embed/12": video.ByID(12),
		"/w/" + uuid + "/comments": video.ByUUID(uuid),
		"/w/p/" + uuid:             {}, "/videos/watch/playlist/" + uuid: {}, "/w": {}, "/w/..": {}, "": {}, "/videos/watch": {}, "/c/" + uuid: {},
	} {
		if got, ok := video.ParsePage(path); got != want || ok != (want != video.Ref{}) {
			t.Errorf("%q: got %+v %v, want %+v", path, got, ok, want)
		}
	}
}
