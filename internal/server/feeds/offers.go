package feeds

import (
	"fmt"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// offer is something that a reader can fetch to play a video: a file, or the
// picture of one with the sound of another, put together as it is fetched.
type offer struct {
	file   *video.File
	url    string
	size   int64 // bytes; nearly so when joined
	joined bool
	sounds bool
}

// offers lists what can be fetched of a video. Where HLS keeps the sound
// apart, a file with a picture alone would play silently.
func offers(site instance.Site, v *video.Video) []offer {
	files := playable(v)
	var sound *video.File
	for _, f := range files {
		if f.HasAudio && !f.HasVideo && f.FileURL == "" {
			sound = f
			break
		}
	}
	list := make([]offer, len(files))
	for i, f := range files {
		list[i] = offer{file: f, url: fileURL(site, v, f), size: f.Size, sounds: f.HasAudio}
		if sound != nil && !f.HasAudio && f.FileURL == "" {
			list[i] = offer{file: f, size: f.Size + sound.Size, joined: true, sounds: true, url: site.URL(
				fmt.Sprintf("/download/videos/generate/%s?videoFileIds=%d&videoFileIds=%d", v.UUID, f.ID, sound.ID))}
		}
	}
	return list
}

// enclosed is what a reader fetches when it fetches one: of what has sound the
// largest picture that a phone shows well. Of a silent film it is the picture.
func enclosed(list []offer) *offer {
	const most = 720
	var best *offer
	for i := range list {
		o := &list[i]
		if best == nil || o.sounds && !best.sounds || o.sounds == best.sounds && better(o.file, best.file, most) {
			best = o
		}
	}
	return best
}

// better prefers the largest picture up to most lines, then the smallest.
func better(f, than *video.File, most int) bool {
	if (f.Resolution <= most) != (than.Resolution <= most) {
		return f.Resolution <= most
	}
	if f.Resolution > most {
		return f.Resolution < than.Resolution
	}
	return f.Resolution > than.Resolution || f.Resolution == than.Resolution && f.PlaylistID == 0 && than.PlaylistID != 0
}
