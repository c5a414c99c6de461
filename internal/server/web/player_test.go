package web

import (
	"testing"

	"sepiola/internal/domain/video"
)

func TestSplit(t *testing.T) {
	file := func(picture, sound bool) video.File {
		return video.File{PlaylistID: 1, HasVideo: picture, HasAudio: sound}
	}
	progressive := video.File{HasVideo: true, HasAudio: true}
	for name, c := range map[string]struct {
		files []video.File
		want  bool
	}{
		"complete files are not split":                         {[]video.File{file(true, true), file(true, true)}, false},
		"a sound file for podcasts beside them splits nothing": {[]video.File{file(true, true), file(false, true)}, false},
		"pictures and their sound apart are split":             {[]video.File{file(true, false), file(false, true)}, true},
		"a video without any sound is not split":               {[]video.File{file(true, false)}, false},
		"sound alone is not split":                             {[]video.File{file(false, true)}, false},
		"progressive files do not count":                       {[]video.File{progressive, file(false, true)}, false},
	} {
		if got := split(c.files); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
