package config

import (
	"time"
)

// Day is 24 hours.
const Day = 24 * time.Hour

// Forever is a time limit that is never reached; "-1" in a file. Any negative
// duration means the same.
const Forever time.Duration = -1

// Bytes is a size or a quota in bytes. Where a key allows it, -1 means no
// limit.
type Bytes int64

// Sizes, as PeerTube counts them.
const (
	KB Bytes = 1 << 10
	MB Bytes = 1 << 20
	GB Bytes = 1 << 30
	TB Bytes = 1 << 40
)

// Switch is a section that only turns something on or off.
type Switch struct {
	Enabled bool `key:"enabled" doc:"turns this on"`
}

// RateLimit is how many requests one address may make in a window of time.
type RateLimit struct {
	Window time.Duration `key:"window" doc:"length of the window"`
	Max    int           `key:"max" doc:"requests of one address in a window" min:"1"`
}

// Bucket is where one kind of object lies in object storage.
type Bucket struct {
	BucketName string `key:"bucket_name" doc:"name of the bucket"`
	Prefix     string `key:"prefix" doc:"what the objects' keys begin with"`
	BaseURL    string `key:"base_url" doc:"public address of the bucket when it differs from the endpoint's, as with a CDN"`
}

// ThumbnailSize is one size in which thumbnails are made, in pixels.
type ThumbnailSize struct {
	Width       int    `key:"width" doc:"pixels" min:"1" max:"8192"`
	Height      int    `key:"height" doc:"pixels" min:"1" max:"8192"`
	AspectRatio string `key:"aspect_ratio" doc:"16:9 or 1:1" oneof:"16:9 1:1"`
}

// RedundancyStrategy says which remote videos are mirrored.
type RedundancyStrategy struct {
	Strategy    string        `key:"strategy" doc:"most-views, trending or recently-added" oneof:"most-views trending recently-added"`
	Size        Bytes         `key:"size" doc:"space for this strategy"`
	MinLifetime time.Duration `key:"min_lifetime" doc:"a mirrored video is kept at least this long"`
	MinViews    int           `key:"min_views" doc:"for recently-added: views a video needs" min:"0"`
}

// Resolutions are the qualities that are made of a video. P0 is sound alone.
type Resolutions struct {
	P0    bool `key:"0p" doc:"sound alone"`
	P144  bool `key:"144p" doc:"make 144p"`
	P240  bool `key:"240p" doc:"make 240p"`
	P360  bool `key:"360p" doc:"make 360p"`
	P480  bool `key:"480p" doc:"make 480p"`
	P720  bool `key:"720p" doc:"make 720p"`
	P1080 bool `key:"1080p" doc:"make 1080p"`
	P1440 bool `key:"1440p" doc:"make 1440p"`
	P2160 bool `key:"2160p" doc:"make 2160p"`
}

// Heights returns the enabled qualities as heights in pixels, lowest first. 0
// is sound alone.
func (r Resolutions) Heights() []int {
	var heights []int
	for _, q := range []struct {
		on     bool
		height int
	}{
		{r.P0, 0},
		{r.P144, 144},
		{r.P240, 240},
		{r.P360, 360},
		{r.P480, 480},
		{r.P720, 720},
		{r.P1080, 1080},
		{r.P1440, 1440},
		{r.P2160, 2160},
	} {
		if q.on {
			heights = append(heights, q.height)
		}
	}
	return heights
}
