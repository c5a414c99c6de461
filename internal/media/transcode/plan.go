package transcode

import (
	"fmt"
	"slices"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
)

// NewPlan decides what to make of a file. It fails with errs.Unprocessable
// when the file has neither usable picture nor sound.
func NewPlan(info *ffmpeg.Info, o Options) (*Plan, error) {
	p := &Plan{Info: info, Audio: defaultAudio(info.Audio), options: o}
	if info.Video == nil && p.Audio < 0 {
		return nil, errs.New(errs.Unprocessable, "the file has neither a picture nor sound").Because("nothing")
	}
	if len(info.Audio) > 1 {
		p.note("of %d sound tracks number %d is used", len(info.Audio), p.Audio+1)
	}
	if info.Video == nil {
		p.planSound()
	} else {
		p.planPicture()
	}
	return p, nil
}

// readyFrom is the resolution from which a picture is good enough to be watched
// while better ones are made.
const readyFrom = 360

// First splits rungs, which come highest first, into those to encode alone so
// that there is something to watch soon, and the rest. Alone is the lowest
// picture that is good enough, with the sound if pictures have none. Where that
// is the highest one there is nothing to win, and all are the rest.
func First(rungs []Rung) (first, rest []Rung) {
	pick, top := -1, -1
	for i, r := range rungs {
		if !r.HasVideo {
			continue
		}
		if top < 0 {
			top = i
		}
		if r.Resolution >= readyFrom {
			pick = i
		}
	}
	if pick < 0 || pick == top {
		return nil, rungs
	}
	for i, r := range rungs {
		if i == pick || !r.HasVideo && !rungs[pick].HasAudio {
			first = append(first, r)
		} else {
			rest = append(rest, r)
		}
	}
	return first, rest
}

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// planSound makes one picture rendition of a file without picture: more of a
// still picture would be a waste.
func (p *Plan) planSound() {
	p.StillPicture = true
	p.note("sound only: a still picture is shown at %dp", stillResolution)
	const width = 854
	r := Rung{
		Resolution: stillResolution, Width: width, Height: stillResolution, FPS: stillFPS,
		VideoBitrate: TargetBitrate(width, stillResolution, stillFPS, 0),
		HasVideo:     true, Original: true,
	}
	p.Ladder = []Rung{p.withSound(r)}
	p.addAudioOnly(&p.Ladder)
}

func (p *Plan) planPicture() {
	v := p.Info.Video
	p.noteConversions()
	source := Resolution(v)
	top := topResolution(source, p.options)
	copyable, reason := CanRemux(p.Info, p.options)
	if copyable && top != source {
		copyable, reason = false, "the resolution is to change"
	}
	if copyable {
		r := Rung{
			Resolution: source, Width: v.Width, Height: v.Height, FPS: v.FPS, VideoBitrate: v.Bitrate,
			HasVideo: true, CopyVideo: true, Original: true,
		}
		p.Remux = []Rung{p.withSound(r)}
		p.addAudioOnly(&p.Remux)
	} else {
		p.note("encoded anew: %s", reason)
		p.Ladder = append(p.Ladder, p.rung(top, top == even(source)))
	}
	for _, r := range lowerResolutions(top, p.options) {
		p.Ladder = append(p.Ladder, p.rung(r, false))
	}
	if !copyable {
		p.addAudioOnly(&p.Ladder)
	}
}

func (p *Plan) noteConversions() {
	v := p.Info.Video
	if v.HDR {
		p.ToneMap = p.options.Capabilities.CanToneMap()
		if p.ToneMap {
			p.note("HDR is mapped to SDR")
		} else {
			p.note("HDR is only reduced to 8 bits: this ffmpeg has no zscale and tonemap filters")
		}
	}
	if v.Variable {
		p.note("frames are uneven: made even at %g a second", v.FPS)
	}
	if p.Info.DurationCorrected {
		p.note("the header claims another duration than the %s that are there", p.Info.Duration)
	}
}

// rung is an encoded rendition of the picture.
func (p *Plan) rung(resolution int, original bool) Rung {
	v := p.Info.Video
	w, h := fit(v.Width, v.Height, resolution)
	fps := OutputFPS(v.FPS, resolution, original, p.options.MaxFPS)
	return p.withSound(Rung{
		Resolution: resolution, Width: w, Height: h, FPS: fps,
		VideoBitrate: TargetBitrate(w, h, fps, v.Bitrate),
		HasVideo:     true, Original: original,
	})
}

// withSound adds the sound to a picture, unless it is kept apart.
func (p *Plan) withSound(r Rung) Rung {
	if p.Audio < 0 || p.options.SplitAudio {
		return r
	}
	track := p.Info.Audio[p.Audio]
	r.HasAudio = true
	r.CopyAudio = canCopyAudio(track)
	r.AudioBitrate = audioBitrate(track)
	return r
}

// addAudioOnly adds the rendition without picture where one is wanted.
func (p *Plan) addAudioOnly(list *[]Rung) {
	o := p.options
	if p.Audio < 0 || !o.SplitAudio && !o.PodcastAudio && !slices.Contains(o.Resolutions, AudioOnly) {
		return
	}
	track := p.Info.Audio[p.Audio]
	*list = append(*list, Rung{
		Resolution: AudioOnly, HasAudio: true, CopyAudio: canCopyAudio(track), AudioBitrate: audioBitrate(track),
	})
}
