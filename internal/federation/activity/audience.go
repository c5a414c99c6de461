package activity

import (
	"slices"

	"sepiola/internal/domain/video"
)

// Audience is whom something is for.
type Audience struct {
	To, Cc []string
	// Group is the channel in whose community it is (FEP-1b12), "" none.
	Group string
}

// ForEverybody is public, and told to the followers of an actor.
func ForEverybody(followersURL string) Audience {
	return Audience{To: []string{Public}, Cc: some(followersURL)}
}

// ForActor is for one actor only.
func ForActor(url string) Audience { return Audience{To: some(url)} }

// OfVideo is the audience of a video with Channel and Owner.
func OfVideo(v *video.Video) Audience {
	if v.Channel == nil || v.Channel.Owner == nil {
		return Audience{}
	}
	return of(v.Privacy == video.Public, v.Privacy == video.Unlisted, v.Channel.URL, v.Channel.Owner.FollowersURL)
}

func of(public, unlisted bool, channel, followers string) Audience {
	switch {
	case public:
		return Audience{To: append([]string{Public}, some(channel)...), Cc: some(followers), Group: channel}
	case unlisted:
		return Audience{Cc: []string{Public}, Group: channel}
	}
	return Audience{}
}

func some(url string) []string {
	if url == "" {
		return nil
	}
	return []string{url}
}

// on writes the audience onto a document.
func (a Audience) on(d Doc) Doc {
	d["to"], d["cc"] = list(a.To), list(a.Cc)
	if a.Group != "" {
		d["audience"] = a.Group
	}
	return d
}

// For is a document for an audience.
func (d Doc) For(a Audience) Doc { return a.on(d) }

// like copies the audience of another document.
func (d Doc) like(o Doc) Doc {
	for _, key := range []string{"to", "cc", "audience"} {
		if v, ok := o[key]; ok {
			d[key] = v
		}
	}
	return d
}

// list is strings as JSON has them, never nil.
func list(urls []string) []any {
	out := make([]any, 0, len(urls))
	for i, s := range urls {
		if s != "" && !slices.Contains(urls[:i], s) {
			out = append(out, s)
		}
	}
	return out
}
