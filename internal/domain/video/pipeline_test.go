package video

import "testing"

func TestAfterWork(t *testing.T) {
	t.Parallel()
	file := []File{{Resolution: 720, HasVideo: true}}
	step := func(required bool, s TranscodeState) Transcode { return Transcode{Required: required, State: s} }
	for _, tt := range []struct {
		name  string
		v     Video
		steps []Transcode
		want  State
	}{
		{"playable is published at once", Video{State: ToTranscode, Files: file}, []Transcode{step(false, TranscodePending)}, Published},
		{"nothing to play yet", Video{State: ToTranscode}, []Transcode{step(true, TranscodeRunning)}, ToTranscode},
		{"it waits for what is required", Video{State: ToTranscode, WaitTranscoding: true, Files: file}, []Transcode{step(true, TranscodePending)}, ToTranscode},
		{"it does not wait for the rest", Video{State: ToTranscode, WaitTranscoding: true, Files: file}, []Transcode{step(true, TranscodeDone), step(false, TranscodePending)}, Published},
		{"what is required failed", Video{State: ToTranscode, WaitTranscoding: true, Files: file}, []Transcode{step(true, TranscodeFailed)}, TranscodingFailed},
		{"all failed", Video{State: ToTranscode}, []Transcode{step(true, TranscodeFailed)}, TranscodingFailed},
		{"nothing was planned", Video{State: ToTranscode}, nil, TranscodingFailed},
		{"published stays published", Video{State: Published, Files: file}, []Transcode{step(true, TranscodeFailed)}, Published},
		{"a failed one is made playable", Video{State: TranscodingFailed, Files: file}, nil, Published},
		{"a live is left alone", Video{State: WaitingForLive}, nil, WaitingForLive},
	} {
		if got := tt.v.AfterWork(tt.steps); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestNextStage(t *testing.T) {
	t.Parallel()
	left := []Transcode{{State: TranscodeDone}, {State: TranscodePending}}
	for _, tt := range []struct {
		done  Stage
		steps []Transcode
		want  Stage
	}{
		{StagePrepare, left, StageEncode},
		{StagePrepare, left[:1], StageFinish},
		{StageEncode, left, StageFinish},
		{StageFinish, nil, ""},
	} {
		if got := NextStage(tt.done, tt.steps); got != tt.want {
			t.Errorf("after %s: got %q, want %q", tt.done, got, tt.want)
		}
	}
}

func TestBest(t *testing.T) {
	t.Parallel()
	picture, low, sound := File{ID: 1, Resolution: 720, HasVideo: true}, File{ID: 2, Resolution: 240, HasVideo: true}, File{ID: 3, HasAudio: true}
	both := File{ID: 4, Resolution: 480, HasVideo: true, HasAudio: true}
	for _, tt := range []struct {
		name        string
		files       []File
		best, audio FileID
	}{
		{"none", nil, 0, 0},
		{"split", []File{sound, low, picture}, 1, 3},
		{"with sound", []File{both}, 4, 0},
		{"sound only", []File{sound}, 3, 0},
		{"sound in a lower one", []File{picture, both}, 1, 4},
	} {
		v := Video{Files: tt.files}
		best, audio := v.Best()
		if idOf(best) != tt.best || idOf(audio) != tt.audio {
			t.Errorf("%s: got %d and %d, want %d and %d", tt.name, idOf(best), idOf(audio), tt.best, tt.audio)
		}
	}
}

func idOf(f *File) FileID {
	if f == nil {
		return 0
	}
	return f.ID
}
