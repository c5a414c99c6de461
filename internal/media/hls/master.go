package hls

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/errs"
)

// Rendition is one file as the master playlist describes it.
type Rendition struct {
	// Playlist is the file name of the media playlist.
	Playlist   string
	Resolution int // 0 is audio only
	// Width, Height and FPS are 0 without a picture.
	Width, Height      int
	FPS                float64
	Size               int64 // bytes of the media file
	Duration           time.Duration
	Codecs             Codecs
	HasVideo, HasAudio bool
}

// Caption is one subtitle track of the master playlist.
type Caption struct {
	Label    string // of the language, for people
	Language string // code
	Playlist string // file name
}

// Master writes the master playlist. Renditions are listed by ascending
// resolution; one that is only sound is a variant of its own when it is alone
// or all others have sound themselves, and the shared sound of the others when these have
// none.
func Master(renditions []Rendition, captions []Caption) ([]byte, error) {
	if len(renditions) == 0 {
		return nil, errs.New(errs.Invalid, "a master playlist needs a rendition")
	}
	renditions = slices.Clone(renditions)
	slices.SortStableFunc(renditions, func(a, b Rendition) int { return cmp.Compare(a.Resolution, b.Resolution) })
	sound := sharedSound(renditions)
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:3\n")
	for _, c := range captions {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"%s\",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,LANGUAGE=\"%s\",URI=\"%s\"\n",
			quoted(c.Label), quoted(c.Language), quoted(c.Playlist))
	}
	if sound != nil {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",AUTOSELECT=YES,DEFAULT=YES,URI=\"%s\"\n", quoted(sound.Playlist))
	}
	b.WriteString("\n\n")
	for _, r := range renditions {
		if !r.HasVideo && len(renditions) > 1 {
			continue
		}
		line, err := r.streamInf(sound, len(captions) > 0)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s\n%s\n", line, r.Playlist)
	}
	return b.Bytes(), nil
}

// sharedSound is the rendition with the sound of those that have only a
// picture, or nil.
func sharedSound(renditions []Rendition) *Rendition {
	var sound *Rendition
	mute := false
	for i, r := range renditions {
		if !r.HasVideo && r.HasAudio {
			sound = &renditions[i]
		}
		mute = mute || r.HasVideo && !r.HasAudio
	}
	if !mute {
		return nil
	}
	return sound
}

// streamInf is the EXT-X-STREAM-INF line of r.
func (r Rendition) streamInf(sound *Rendition, captions bool) (string, error) {
	seconds := r.Duration.Seconds()
	if seconds <= 0 || r.Size <= 0 {
		return "", errs.New(errs.Invalid, "rendition %s has no duration or size", r.Playlist)
	}
	if _, err := localName(r.Playlist); err != nil {
		return "", errs.Wrap(errs.Invalid, err, "rendition %q", r.Playlist)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%.0f", math.Ceil(float64(r.Size)*8/seconds))
	if r.HasVideo {
		fmt.Fprintf(&b, ",RESOLUTION=%dx%d", r.Width, r.Height)
		if r.FPS > 0 {
			b.WriteString(",FRAME-RATE=" + formatFPS(r.FPS))
		}
	}
	grouped := sound != nil && r.HasVideo && !r.HasAudio
	codecs := r.Codecs
	if grouped {
		codecs.Audio = sound.Codecs.Audio
	}
	if s := codecs.String(); s != "" {
		fmt.Fprintf(&b, ",CODECS=\"%s\"", s)
	}
	if grouped {
		b.WriteString(`,AUDIO="audio"`)
	}
	if captions {
		b.WriteString(`,SUBTITLES="subtitles"`)
	}
	return b.String(), nil
}

// formatFPS writes at most three decimals, and none where there are none.
func formatFPS(fps float64) string {
	return strconv.FormatFloat(math.Round(fps*1000)/1000, 'f', -1, 64)
}

// quoted makes s fit between quotes in a playlist.
func quoted(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, s)
}

// CaptionPlaylist writes the playlist of a VTT file at url, for a video of
// length d.
func CaptionPlaylist(url string, d time.Duration) []byte {
	seconds := d.Seconds()
	var b bytes.Buffer
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n", int(math.Ceil(seconds)))
	fmt.Fprintf(&b, "#EXTINF:%s,\n%s\n#EXT-X-ENDLIST\n", strconv.FormatFloat(seconds, 'f', -1, 64), strings.Map(dropControl, url))
	return b.Bytes()
}

func dropControl(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}
