package transcode

import (
	"math"
	"slices"
	"strings"

	"sepiola/internal/media/ffmpeg"
)

// AudioOnly is the resolution number of a rendition without picture.
const AudioOnly = 0

const (
	// keepFPSFrom is the resolution from which lower renditions keep the
	// source's frame rate.
	keepFPSFrom = 720
	averageFPS  = 30
	// stillFPS and stillResolution are those of sound with a still picture.
	stillFPS        = 25
	stillResolution = 480
	// maxCopyGOP is the longest segment that a copy may have.
	maxCopyGOP = 10.5 // seconds
	// maxCopyAudio is the highest bitrate at which AAC is taken over.
	maxCopyAudio = 384_000
)

// bitrate factors by resolution: bits/s are width x height x fps x factor.
type factors struct {
	resolution            int
	least, average, limit float64
}

var bitrateTable = []factors{
	{2160, .02, .08, .14},
	{1440, .02, .09, .16},
	{1080, .02, .10, .17},
	{720, .02, .11, .19},
	{480, .02, .12, .22},
	{360, .02, .15, .26},
	{240, .02, .17, .29},
	{144, .02, .19, .32},
}

// factorsFor is the row of the resolution or of the next lower one listed.
func factorsFor(resolution int) factors {
	for _, f := range bitrateTable {
		if resolution >= f.resolution {
			return f
		}
	}
	return bitrateTable[len(bitrateTable)-1]
}

func bits(width, height int, fps, factor float64) int64 {
	return int64(math.Round(float64(width) * float64(height) * fps * factor))
}

// MaxBitrate is the bitrate in bits/s up to which a picture is taken over
// unchanged.
func MaxBitrate(width, height int, fps float64) int64 {
	return bits(width, height, fps, factorsFor(min(width, height)).limit)
}

// TargetBitrate is the ceiling for encoding a picture, in bits/s. input is the
// source's bitrate, of which no more than 1.3 times is used; 0 means unknown.
func TargetBitrate(width, height int, fps float64, input int64) int64 {
	f := factorsFor(min(width, height))
	target := bits(width, height, fps, f.average)
	if input > 0 {
		target = min(target, input*13/10)
	}
	return max(target, bits(width, height, fps, f.least))
}

// OutputFPS is the frame rate of a rendition. original says that it has the
// input's own resolution; maxFPS caps the others, 0 or less is no cap.
//
// A source that is not evenly divisible in theory only (59.94) is divided as
// its rounded rate would be, so that frames stay evenly spaced.
func OutputFPS(source float64, resolution int, original bool, maxFPS int) float64 {
	fps := source
	if !original {
		if resolution < keepFPSFrom && math.Round(fps) > averageFPS {
			fps = closestFPS(fps, 30, 25, 24)
		}
		if maxFPS > 0 && math.Round(fps) > float64(maxFPS) {
			fps = closestFPS(fps, ratesUpTo(maxFPS)...)
		}
	}
	return max(1, fps)
}

func ratesUpTo(maxFPS int) []int {
	rates := slices.DeleteFunc([]int{60, 50}, func(r int) bool { return r > maxFPS })
	return append(rates, maxFPS)
}

// closestFPS is the biggest rate that divides fps, else the one with the
// smallest remainder.
func closestFPS(fps float64, rates ...int) float64 {
	whole := int(math.Round(fps))
	best := rates[0]
	for _, r := range rates[1:] {
		if whole%r < whole%best {
			best = r
		}
	}
	if whole%best == 0 {
		return fps / float64(whole/best)
	}
	return float64(best)
}

// Resolution is PeerTube's number for a picture: the shorter edge.
func Resolution(v *ffmpeg.VideoStream) int { return min(v.Width, v.Height) }

// topResolution is that of the best rendition: the source's own (even) one, or
// the highest enabled one that is not above it.
func topResolution(source int, o Options) int {
	if o.AlwaysOriginal {
		return even(source)
	}
	best := 0
	for _, r := range o.Resolutions {
		if r <= source && r > best {
			best = r
		}
	}
	if best == 0 {
		return even(source)
	}
	return best
}

// lowerResolutions are the enabled ones strictly below top, highest first.
func lowerResolutions(top int, o Options) []int {
	var list []int
	for _, r := range o.Resolutions {
		if r > AudioOnly && r < top {
			list = append(list, r)
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return slices.Compact(list)
}

// fit is the size of a picture of width x height whose shorter edge becomes
// resolution. Both edges are even, as yuv420p needs; the longer one is the
// nearest even number, as ffmpeg's scale=-2:R would choose.
func fit(width, height, resolution int) (w, h int) {
	short, long := min(width, height), max(width, height)
	short = max(short, 1)
	r := even(resolution)
	l := 2 * int(math.Round(float64(long)*float64(r)/float64(short)/2))
	l = max(2, min(l, maxEdge))
	if width >= height {
		return l, r
	}
	return r, l
}

// maxEdge is the longest edge x264 is given.
const maxEdge = 16384

// even rounds down to an even number, at least 2.
func even(n int) int { return max(2, n-n%2) }

// audioBitrate is the target for encoding a track as AAC.
func audioBitrate(a ffmpeg.AudioStream) int64 {
	switch {
	case a.Codec == "flac":
		return maxCopyAudio
	case a.Bitrate <= 0:
		return 256_000
	}
	return max(32_000, min(maxCopyAudio, a.Bitrate))
}

// canCopyAudio reports whether a track may be taken over: AAC that browsers
// play, not above 384 kbit/s, with a known layout that is not quad.
func canCopyAudio(a ffmpeg.AudioStream) bool {
	profile := a.Profile == "LC" || a.Profile == "HE-AAC" || a.Profile == "HE-AACv2"
	return a.Codec == "aac" && profile && a.Bitrate > 0 && a.Bitrate <= maxCopyAudio &&
		a.Layout != "" && a.Layout != "quad" && a.Channels <= 8
}

// defaultAudio is the track that is used, -1 for none: the default one, else the first.
func defaultAudio(tracks []ffmpeg.AudioStream) int {
	for i, a := range tracks {
		if a.Default {
			return i
		}
	}
	if len(tracks) > 0 {
		return 0
	}
	return -1
}

// CanRemux reports whether the file's streams may be published as they are,
// without encoding, and if not, why.
func CanRemux(info *ffmpeg.Info, o Options) (ok bool, reason string) {
	v := info.Video
	switch {
	case v == nil:
		return false, "no picture"
	case !strings.HasPrefix(info.Container, "mov,") && !strings.HasPrefix(info.Container, "matroska,") && info.Container != "flv" && info.Container != "mpegts":
		// AVI and others do not say when a frame is shown, only in which order
		// it was written.
		return false, "the container does not keep time stamps well"
	case v.Codec != "h264":
		return false, "the picture is " + v.Codec + ", not h264"
	case v.PixFmt != "yuv420p" && v.PixFmt != "yuvj420p":
		return false, "the pixels are " + v.PixFmt + ", not yuv420p"
	case v.Rotation != 0 || v.Flipped:
		return false, "the picture is rotated"
	case !v.SquarePixels:
		return false, "the pixels are not square"
	case v.HDR:
		return false, "the picture is HDR"
	case v.FieldOrder != "" && v.FieldOrder != "progressive":
		return false, "the picture is interlaced"
	case v.Width%2 != 0 || v.Height%2 != 0:
		return false, "an edge of the picture is odd"
	case v.FPS < 2 || o.MaxFPS > 0 && math.Round(v.FPS) > float64(o.MaxFPS):
		return false, "the frame rate is out of bounds"
	case v.Bitrate <= 0 || v.Bitrate > MaxBitrate(v.Width, v.Height, v.FPS):
		return false, "the bitrate is too high"
	case info.DurationCorrected:
		return false, "the file is damaged"
	case o.MaxGOP <= 0 || o.MaxGOP.Seconds() > maxCopyGOP:
		return false, "keyframes are too far apart"
	}
	if i := defaultAudio(info.Audio); i >= 0 && !canCopyAudio(info.Audio[i]) {
		return false, "the sound is not AAC within 384 kbit/s"
	}
	return true, ""
}
