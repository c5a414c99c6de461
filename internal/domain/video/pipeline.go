package video

import "slices"

// The work on an uploaded file, after PeerTube's rules. Nothing waits for
// anything: each part reads how far the video is and the next one follows from
// that, so the work can be cut off anywhere and begun again.

// Stage is a part of the work on a video, done by one job.
type Stage string

// The stages, in their order.
const (
	// StagePrepare examines the file, makes its pictures, and publishes what
	// can be played without encoding.
	StagePrepare Stage = "prepare"
	// StageEncode makes the renditions that need encoding.
	StageEncode Stage = "encode"
	// StageFinish removes what is not needed any more.
	StageFinish Stage = "finish"
)

// Playable reports whether the video has a file that was made to be played.
// What was uploaded may be anything.
func (v *Video) Playable() bool {
	return slices.ContainsFunc(v.Files, func(f File) bool { return !f.IsInput() })
}

// BeginsWork returns the state of a video when work on its file begins. One
// that people can watch stays as it is; one that failed has another chance.
func (v *Video) BeginsWork() State {
	if v.State == TranscodingFailed {
		return ToTranscode
	}
	return v.State
}

// AfterWork returns the state that follows from what was made of a video so
// far (v.Files) and from its steps:
//
//   - what is published stays published, whatever fails;
//   - without waitTranscoding a video is published as soon as it can be
//     played, with it when all that is required is made;
//   - one that cannot be published and on which nobody works any more has
//     failed.
func (v *Video) AfterWork(steps []Transcode) State {
	if v.State != ToTranscode && v.State != TranscodingFailed {
		return v.State
	}
	switch {
	case v.Playable() && !(v.WaitTranscoding && RequiredMissing(steps)):
		return Published
	case BeingTranscoded(steps):
		return ToTranscode
	}
	return TranscodingFailed
}

// RequiredMissing reports whether something is not made of what a video is
// not complete without.
func RequiredMissing(steps []Transcode) bool {
	return slices.ContainsFunc(steps, func(t Transcode) bool { return t.Required && t.State != TranscodeDone })
}

// NextStage returns what to do when a stage is over, or "" when nothing is
// left.
func NextStage(done Stage, steps []Transcode) Stage {
	switch done {
	case StagePrepare:
		for _, t := range steps {
			if t.State == TranscodePending || t.State == TranscodeRunning {
				return StageEncode
			}
		}
		return StageFinish
	case StageEncode:
		return StageFinish
	}
	return ""
}

// Missing reports whether a step must still be made.
func Missing(steps []Transcode, kind TranscodeKind, resolution int) bool {
	for _, t := range steps {
		if t.Kind == kind && t.Resolution == resolution {
			return t.State != TranscodeDone
		}
	}
	return false
}

// BeingTranscoded reports whether work on a video is under way or waits.
func BeingTranscoded(steps []Transcode) bool {
	for _, t := range steps {
		if t.State == TranscodePending || t.State == TranscodeRunning {
			return true
		}
	}
	return false
}

// Best returns the file with the best picture (or sound, when there is no
// picture) and, when that has none itself, the file with the sound.
func (v *Video) Best() (best, audio *File) {
	for i := range v.Files {
		f := &v.Files[i]
		switch {
		case best == nil, f.HasVideo && !best.HasVideo,
			f.HasVideo == best.HasVideo && f.Resolution > best.Resolution:
			best = f
		}
	}
	if best == nil || best.HasAudio {
		return best, nil
	}
	for i := range v.Files {
		if f := &v.Files[i]; f.HasAudio && (audio == nil || !f.HasVideo) {
			audio = f
		}
	}
	return best, audio
}

// FilePlace is where the file of a row should lie.
type FilePlace struct {
	File     FileID
	VideoID  ID
	UUID     string
	Privacy  Privacy
	Filename string
	HLS      bool
}

// DueUpdate is a scheduled change whose time has come. Privacy 0 keeps it.
type DueUpdate struct {
	VideoID ID
	Privacy Privacy
}

// NotMade returns the files that no step has made, or not this time.
func (v *Video) NotMade(steps []Transcode) []File {
	made := func(f *File) bool {
		kind := WebVideo
		if f.PlaylistID != 0 {
			kind = HLS
		}
		return !f.IsInput() && slices.ContainsFunc(steps, func(t Transcode) bool {
			return t.Kind == kind && t.Resolution == f.Resolution && t.State == TranscodeDone
		})
	}
	var list []File
	for i := range v.Files {
		if f := &v.Files[i]; !made(f) {
			list = append(list, *f)
		}
	}
	return list
}

// SomethingMade reports whether a step is done.
func SomethingMade(steps []Transcode) bool {
	return slices.ContainsFunc(steps, func(t Transcode) bool { return t.State == TranscodeDone })
}

// Stale returns the files that no step has made: they are of an earlier
// upload. While steps are missing, and when none would be left, there are
// none.
func (v *Video) Stale(steps []Transcode) []File {
	for _, t := range steps {
		if t.State != TranscodeDone {
			return nil
		}
	}
	stale := v.NotMade(steps)
	if len(stale) == len(v.Files) {
		return nil
	}
	return stale
}
