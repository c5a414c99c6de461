package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"sepiola/internal/errs"
)

const (
	// tail is how much of a file's end is read to verify its duration.
	tailLength = 10 * time.Second
	// longestFrame is how much a last packet may claim to last.
	longestFrame = 10 * time.Second
	// fullScan bounds reading all packets of a file, without decoding.
	fullScan = 30 * time.Minute
)

// packets gathers what is needed of ffprobe's list of packets.
type packets struct {
	streams map[int]bool // those that count
	video   int          // stream number of the picture, -1 for none

	tracks      map[int]amount // by stream
	count       int
	first, last float64 // seconds, over all streams
	keys        int
	lastKey     float64
	maxGOP      float64
	videoEnd    float64
	stopGOP     float64 // stop reading beyond this GOP; 0 never
	line        []byte
	longGOP     bool
	frame       float64 // shortest positive packet duration of the picture
}

func newPackets(info *Info) *packets {
	p := &packets{streams: map[int]bool{}, tracks: map[int]amount{}, video: -1, first: math.Inf(1), last: math.Inf(-1), lastKey: math.NaN(), videoEnd: math.Inf(-1)}
	if info.Video != nil {
		p.video = info.Video.Index
		p.streams[p.video] = true
	}
	for _, a := range info.Audio {
		p.streams[a.Index] = true
	}
	return p
}

// amount is how many bytes of a track were read, from when to when.
type amount struct{ bytes, from, to float64 }

func (a amount) add(from, to, size float64) amount {
	if a.bytes == 0 {
		a.from = from
	}
	return amount{a.bytes + size, min(a.from, from), max(a.to, to)}
}

// bitrate in bits/s, 0 when too little was read to tell.
func (a amount) bitrate() int64 {
	if length := a.to - a.from; length >= 0.2 {
		return int64(a.bytes * 8 / length)
	}
	return 0
}

var errEnough = errors.New("enough read")

// Write takes ffprobe's CSV, line by line: stream, pts, dts, duration,
// size, flags.
func (p *packets) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		p.add(append(p.line, b[:i]...))
		p.line, b = p.line[:0], b[i+1:]
	}
	if p.line = append(p.line, b...); len(p.line) > 4096 {
		p.line = p.line[:0]
	}
	if p.longGOP {
		return n, errEnough
	}
	return n, nil
}

func (p *packets) add(line []byte) {
	f := bytes.Split(line, []byte{','})
	if len(f) < 6 {
		return
	}
	stream, err := strconv.Atoi(string(f[0]))
	if err != nil || !p.streams[stream] {
		return
	}
	at, ok := stamp(f[1])
	if !ok {
		if at, ok = stamp(f[2]); !ok {
			return
		}
	}
	length, _ := stamp(f[3])
	length = max(0, min(length, longestFrame.Seconds()))
	p.count++
	p.first = min(p.first, at)
	p.last = max(p.last, at+length)
	size, _ := stamp(f[4])
	p.tracks[stream] = p.tracks[stream].add(at, at+length, size)
	if stream == p.video {
		p.addVideo(at, length, bytes.ContainsRune(f[5], 'K'))
	}
}

func (p *packets) addVideo(at, length float64, key bool) {
	p.videoEnd = max(p.videoEnd, at+length)
	if length > 0 && (p.frame == 0 || length < p.frame) {
		p.frame = length
	}
	if !key {
		if !math.IsNaN(p.lastKey) {
			p.gop(at - p.lastKey)
		}
		return
	}
	if p.keys > 0 {
		p.gop(at - p.lastKey)
	}
	p.keys++
	p.lastKey = at
}

func (p *packets) gop(length float64) {
	p.maxGOP = max(p.maxGOP, length)
	p.longGOP = p.stopGOP > 0 && p.maxGOP > p.stopGOP
}

func stamp(b []byte) (float64, bool) {
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// scan lists the packets of a file from the given time on.
func (t *Tools) scan(ctx context.Context, path string, p *packets, from time.Duration) error {
	args := []string{"-print_format", "csv=print_section=0", "-show_entries", "packet=stream_index,pts_time,dts_time,duration_time,size,flags"}
	if from > 0 {
		args = append(args, "-read_intervals", strconv.FormatFloat(from.Seconds(), 'f', 3, 64)+"%")
	}
	full := *t.probeTools(from == 0)
	err := full.ffprobe(ctx, path, args, p)
	if p.longGOP || ctx.Err() == nil && p.count > 0 && errs.Is(err, errs.Unprocessable) {
		return nil // what could be read counts
	}
	return err
}

// probeTools is t with a longer time limit for reading whole files.
func (t *Tools) probeTools(whole bool) *Tools {
	c := &Tools{FFprobe: t.FFprobe, MaxMemory: t.MaxMemory, ProbeTimeout: t.ProbeTimeout, Log: t.Log}
	if whole {
		c.ProbeTimeout = fullScan
	}
	return c
}

// measureDuration sets info.Duration to what the file really has. Headers are
// believed when packets lie where they say the end is.
func (t *Tools) measureDuration(ctx context.Context, path string, info *Info, p *probed) error {
	claimed, start := p.claimed(), max(0, float64(p.Format.Start))
	if claimed > 0 && claimed <= maxDuration.Seconds() {
		end := newPackets(info)
		from := seconds(start+claimed) - tailLength
		if from <= 0 {
			from = time.Millisecond
		}
		// A file that cannot be read from the middle is read in whole.
		err := t.scan(ctx, path, end, from)
		if err != nil && !errs.Is(err, errs.Unprocessable) {
			return err
		}
		if err == nil && end.count > 0 && near(end.last-start, claimed) {
			info.Duration = seconds(claimed)
			info.finish(claimed, end)
			return nil
		}
	}
	all := newPackets(info)
	if err := t.scan(ctx, path, all, 0); err != nil {
		return err
	}
	if all.count == 0 {
		return errs.New(errs.Unprocessable, "the file has a header but no picture or sound in it").Because("header_only")
	}
	real := all.length(info)
	if real > maxDuration.Seconds() {
		return errs.New(errs.Unprocessable, "the file claims to last longer than %d days", int(maxDuration.Hours()/24)).
			Because("too_long", "days", int(maxDuration.Hours()/24))
	}
	info.Duration = seconds(real)
	if info.DurationCorrected = claimed > 0 && !near(real, claimed); info.DurationCorrected {
		info.Claimed = seconds(min(claimed, maxDuration.Seconds()))
	}
	info.finish(real, all)
	return nil
}

// length is the play time of all that was read: at least one frame.
func (p *packets) length(info *Info) float64 {
	if d := p.last - p.first; d > 0 {
		return d
	}
	if info.Video != nil && info.Video.FPS >= 1 {
		return 1 / info.Video.FPS
	}
	return 0.04
}

// claimed is the duration in the header, in seconds: that of the format or of
// the longest track.
func (p *probed) claimed() float64 {
	d := float64(p.Format.Duration)
	if d <= 0 {
		for _, s := range p.Streams {
			d = max(d, float64(s.Duration))
		}
	}
	return d
}

// near allows a second or two per cent between a header and reality.
func near(real, claimed float64) bool {
	return math.Abs(real-claimed) <= max(1, claimed*0.02)
}

// finish fills what follows from the duration and from the packets read.
// Matroska and others do not say the bitrates of tracks.
func (i *Info) finish(length float64, p *packets) {
	for n, a := range i.Audio {
		if a.Bitrate <= 0 {
			i.Audio[n].Bitrate = p.tracks[a.Index].bitrate()
		}
	}
	total := int64(float64(i.Size) * 8 / length)
	if i.Bitrate <= 0 || i.DurationCorrected {
		i.Bitrate = total
	}
	v := i.Video
	if v == nil {
		return
	}
	if v.FPS == 0 && v.Frames > 0 {
		v.FPS = math.Min(maxRate, float64(v.Frames)/length)
	}
	if v.Bitrate <= 0 || i.DurationCorrected {
		v.Bitrate = i.Bitrate
		for _, a := range i.Audio {
			v.Bitrate -= a.Bitrate
		}
		if v.Bitrate <= 0 {
			v.Bitrate = i.Bitrate
		}
	}
}

// MaxGOP returns the longest distance between two keyframes of the main
// picture, read without decoding. It is the length of the longest HLS segment
// that a stream copy would give; reading stops when it is beyond use (over 30
// s). A file without picture has none: 0.
func (t *Tools) MaxGOP(ctx context.Context, path string, info *Info) (time.Duration, error) {
	if info.Video == nil {
		return 0, nil
	}
	file, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	known, ok := t.recall(file)
	if ok && known.gop >= 0 {
		return known.gop, nil
	}
	gop, err := t.measureGOP(ctx, path, info)
	if err == nil && ok {
		known.gop = gop
		t.remember(known)
	}
	return gop, err
}

func (t *Tools) measureGOP(ctx context.Context, path string, info *Info) (time.Duration, error) {
	p := newPackets(&Info{Video: info.Video})
	p.stopGOP = 30
	if err := t.scan(ctx, path, p, 0); err != nil {
		return 0, fmt.Errorf("keyframes: %w", err)
	}
	if p.keys == 0 {
		return info.Duration, nil
	}
	frame := p.frame
	if info.Video.FPS > 0 {
		frame = max(frame, 1/info.Video.FPS)
	}
	return seconds(max(p.maxGOP, p.videoEnd-p.lastKey, frame)), nil
}
