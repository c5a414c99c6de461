package activity

import (
	"time"

	"sepiola/internal/errs"
)

// CacheFile is what another site says of a video that it mirrors.
type CacheFile struct {
	URL, VideoURL string
	// BaseURL is the directory with the files of the video's HLS playlist.
	BaseURL string
	// Expires is zero for what is kept until its site says otherwise.
	Expires time.Time
}

// ReadCacheFile reads one. Those of single files, which PeerTube made before
// 7.1, are errs.NotSupported.
func ReadCacheFile(d Doc) (*CacheFile, error) {
	c := &CacheFile{URL: d.ID(), VideoURL: d.Ref("object")}
	if !d.Is("CacheFile") || c.URL == "" || c.VideoURL == "" {
		return nil, errs.New(errs.Invalid, "no mirror with a valid id of a video")
	}
	if d["expires"] != nil {
		if c.Expires = d.Time("expires"); c.Expires.IsZero() {
			return nil, errs.New(errs.Invalid, "the mirror %s ends at no time", c.URL)
		}
	}
	for _, l := range d.Docs("url") {
		if href := l.Text("href"); l.Text("mediaType") == hlsType && ValidURL(href) {
			c.BaseURL = href
			return c, nil
		}
	}
	return nil, errs.New(errs.NotSupported, "the mirror %s has no HLS playlist", c.URL)
}
