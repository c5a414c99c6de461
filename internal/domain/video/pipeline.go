package video

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
