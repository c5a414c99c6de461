package transcode

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/media/ffmpeg"
)

const (
	segmentLength = 4 // seconds
	// keyframeEvery seconds: rungs are cut at the same moments.
	keyframeEvery = 2
)

// mediaFile and playlistFile are names inside a job's directory.
func mediaFile(resolution int) string    { return strconv.Itoa(resolution) + "-fragmented.mp4" }
func playlistFile(resolution int) string { return strconv.Itoa(resolution) + ".m3u8" }

// hlsOutput ends one output: single-file fragmented MP4 with a media playlist.
func hlsOutput(resolution int) []string {
	return []string{
		"-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn",
		"-max_muxing_queue_size", "1024",
		"-f", "hls", "-hls_time", strconv.Itoa(segmentLength), "-hls_list_size", "0",
		"-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
		"-hls_segment_filename", mediaFile(resolution), playlistFile(resolution),
	}
}

// remuxArgs copies the streams of a file; nothing is encoded.
func remuxArgs(p *Plan, input string, rungs []Rung, maxArea int) []string {
	args := ffmpeg.Input(input, maxArea)
	for _, r := range rungs {
		if r.HasVideo {
			args = append(args, "-map", stream(p.Info.Video.Index), "-c:v", "copy")
		}
		if r.HasAudio {
			args = append(args, "-map", stream(p.Info.Audio[p.Audio].Index))
			args = append(args, audioArgs(p, r)...)
		}
		args = append(args, hlsOutput(r.Resolution)...)
	}
	return args
}

// ladderArgs encodes all rungs in one process with one decode.
func ladderArgs(p *Plan, input, picture string, rungs []Rung, maxArea, threads int) []string {
	var args []string
	sound := 0 // number of the input with the sound
	if p.StillPicture {
		args = append(args, ffmpeg.Picture(picture)...)
		sound = 1
	}
	decode := threadArgs(threads)
	args = append(args, ffmpeg.Input(input, maxArea, decode...)...)
	if graph := p.graph(rungs); graph != "" {
		args = append(args, "-filter_complex", graph)
	}
	for i, r := range rungs {
		if r.HasVideo {
			args = append(args, "-map", label(i))
			args = append(args, videoArgs(r, p.StillPicture, threads)...)
		}
		if r.HasAudio {
			args = append(args, "-map", fmt.Sprintf("%d:%d", sound, p.Info.Audio[p.Audio].Index))
			args = append(args, audioArgs(p, r)...)
		}
		args = append(args, "-t", timeLimit(p))
		args = append(args, hlsOutput(r.Resolution)...)
	}
	return args
}

// timeLimit stops outputs that would run on far behind the end: a still
// picture, and time stamps that jump.
func timeLimit(p *Plan) string {
	d := p.Info.Duration
	if !p.StillPicture {
		d += d/50 + time.Second
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}

func stream(index int) string { return "0:" + strconv.Itoa(index) }
func label(rung int) string   { return "[v" + strconv.Itoa(rung) + "]" }

func threadArgs(n int) []string {
	if n <= 0 {
		return nil
	}
	return []string{"-threads", strconv.Itoa(n)}
}

// videoArgs are the encoder's for one rung.
func videoArgs(r Rung, still bool, threads int) []string {
	rate := strconv.FormatInt(r.VideoBitrate, 10)
	args := []string{
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
		"-maxrate", rate, "-bufsize", strconv.FormatInt(2*r.VideoBitrate, 10),
		"-b_strategy", "1", "-bf", "16",
		"-g", strconv.Itoa(int(math.Round(2 * r.FPS))),
		"-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", keyframeEvery),
	}
	if still {
		args = append(args, "-tune", "stillimage")
	}
	return append(args, threadArgs(threads)...)
}

// audioArgs copy or encode the sound of one rung.
func audioArgs(p *Plan, r Rung) []string {
	if r.CopyAudio {
		args := []string{"-c:a", "copy"}
		if p.Info.Container == "mpegts" || p.Info.Container == "mpeg" || p.Info.Container == "aac" {
			args = append(args, "-bsf:a", "aac_adtstoasc") // frames with headers of their own
		}
		return args
	}
	// Gaps in the time stamps become silence, so that sound and picture stay
	// together.
	args := []string{"-af", "aresample=async=1:first_pts=0", "-ac", "2"}
	encoder := p.options.Capabilities.AACEncoder()
	if encoder == "libfdk_aac" {
		return append(args, "-c:a", encoder, "-vbr", "5")
	}
	return append(args, "-c:a", encoder, "-b:a", strconv.FormatInt(r.AudioBitrate, 10))
}

// graph is the filter graph of all pictures: the source is prepared once
// (fields, colours, even frames), then each rung is scaled from the one above
// it, which costs less than scaling each from the source. It is empty without
// pictures.
func (p *Plan) graph(rungs []Rung) string {
	var pictures []int
	for i, r := range rungs {
		if r.HasVideo {
			pictures = append(pictures, i)
		}
	}
	if len(pictures) == 0 {
		return ""
	}
	var chains []string
	source := "[0:v:0]"
	if !p.StillPicture {
		source = "[" + stream(p.Info.Video.Index) + "]"
		if prepare := p.prepare(); prepare != "" {
			chains = append(chains, source+prepare+"[src]")
			source = "[src]"
		}
	}
	for n, i := range pictures {
		chain := source + p.rungFilter(rungs, pictures[:n], i)
		if n == len(pictures)-1 {
			chains = append(chains, chain+label(i))
			continue
		}
		source = fmt.Sprintf("[n%d]", i)
		chains = append(chains, chain+",split=2"+label(i)+source)
	}
	return strings.Join(chains, ";")
}

// prepare are the filters that all rungs share.
func (p *Plan) prepare() string {
	var filters []string
	v := p.Info.Video
	if v.FieldOrder != "" && v.FieldOrder != "progressive" {
		filters = append(filters, "yadif=deint=interlaced")
	}
	if v.HDR {
		filters = append(filters, p.options.Capabilities.ToneMapFilter(v))
	}
	return strings.Join(filters, ",")
}

// rungFilter makes the picture of rung i out of that of the last of above, or
// of the source. The order of rungs is the highest first, so that frames are
// only ever left out on the way; where a lower rung has a rate that the one
// above cannot give, the steps are still right, only less even.
func (p *Plan) rungFilter(rungs []Rung, above []int, i int) string {
	r := rungs[i]
	scale := fmt.Sprintf("scale=%d:%d", r.Width, r.Height)
	if p.StillPicture {
		scale += ":force_original_aspect_ratio=decrease"
		pad := fmt.Sprintf("pad=%d:%d:-1:-1", r.Width, r.Height)
		frames := fmt.Sprintf("loop=loop=-1:size=1:start=0,setpts=N/%s/TB,fps=%s", rate(r.FPS), rate(r.FPS))
		return strings.Join([]string{scale, pad, "setsar=1,format=yuv420p", frames}, ",")
	}
	tail := scale + ",setsar=1,format=yuv420p"
	if len(above) > 0 && rungs[above[len(above)-1]].FPS == r.FPS {
		return tail
	}
	if len(above) > 0 {
		return "fps=" + rate(r.FPS) + "," + tail
	}
	return "fps=" + rate(r.FPS) + ":start_time=0," + tail
}

// rate writes a frame rate so that the rates of NTSC stay exact.
func rate(fps float64) string {
	if ntsc := fps * 1001 / 1000; math.Abs(ntsc-math.Round(ntsc)) < 0.0005 && math.Abs(fps-math.Round(fps)) > 0.0005 {
		return fmt.Sprintf("%d/1001", int(math.Round(ntsc))*1000)
	}
	return strconv.FormatFloat(math.Round(fps*1000)/1000, 'f', -1, 64)
}

// webVideoArgs copies finished renditions into a progressive MP4.
func webVideoArgs(v Rendition, audio *Rendition, dst string, maxArea int) []string {
	args := ffmpeg.Input(v.Media, maxArea)
	if audio != nil {
		args = append(args, ffmpeg.Input(audio.Media, 0)...)
	}
	if v.HasVideo {
		args = append(args, "-map", "0:v:0")
	}
	switch {
	case audio != nil:
		args = append(args, "-map", "1:a:0")
	case v.HasAudio:
		args = append(args, "-map", "0:a:0")
	}
	return append(args, "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1",
		"-movflags", "+faststart", "-f", "mp4", ffmpeg.FileURL(dst))
}
