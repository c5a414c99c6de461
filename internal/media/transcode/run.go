package transcode

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/hls"
)

// Remux copies j.Input into HLS renditions (j.Rungs, by default Plan.Remux).
// Nothing is left in j.Dir on failure that matters: the caller removes it.
func (t *Transcoder) Remux(ctx context.Context, j Job) ([]Rendition, error) {
	if j.Rungs == nil {
		j.Rungs = j.Plan.Remux
	}
	for _, r := range j.Rungs {
		if r.HasVideo && !r.CopyVideo {
			return nil, errs.New(errs.Invalid, "resolution %d has to be encoded, not copied", r.Resolution)
		}
	}
	args := remuxArgs(j.Plan, j.Input, j.Rungs, t.Tools.Area())
	return t.run(ctx, j, args, 2*j.Plan.Info.Size+spare)
}

// Ladder encodes j.Rungs (by default Plan.Ladder) in one process with one
// decode of the input. Rungs come highest first.
func (t *Transcoder) Ladder(ctx context.Context, j Job) ([]Rendition, error) {
	if j.Rungs == nil {
		j.Rungs = j.Plan.Ladder
	}
	var limit int64
	for _, r := range j.Rungs {
		if r.CopyVideo {
			return nil, errs.New(errs.Invalid, "resolution %d is to be copied, not encoded", r.Resolution)
		}
		limit = max(limit, r.VideoBitrate+r.AudioBitrate+maxCopyAudio)
	}
	if j.Plan.StillPicture && j.Picture == "" {
		return nil, errs.New(errs.Invalid, "sound without a picture to show")
	}
	args := ladderArgs(j.Plan, j.Input, j.Picture, j.Rungs, t.Tools.Area(), t.Tools.Threads)
	// Twice what the rates allow: small pictures have overhead of their own.
	return t.run(ctx, j, args, limit/8*2*int64(j.Plan.Info.Duration.Seconds()+10)+spare)
}

// spare is what any output may have beyond its estimate.
const spare = 64 << 20

// run executes ffmpeg in the job's directory and checks what it made.
func (t *Transcoder) run(ctx context.Context, j Job, args []string, maxOutput int64) ([]Rendition, error) {
	if len(j.Rungs) == 0 {
		return nil, nil
	}
	input, err := filepath.Abs(j.Input)
	if err != nil {
		return nil, err
	}
	if input != j.Input {
		return nil, errs.New(errs.Invalid, "the input's path must be absolute")
	}
	total := j.Plan.Info.Duration
	started := time.Now()
	err = t.Tools.Run(ctx, ffmpeg.Command{
		Args: args, Dir: j.Dir, MaxOutput: maxOutput, Timeout: timeLimitOf(total), Copies: j.Rungs[0].CopyVideo,
		Progress: func(p ffmpeg.Progress) {
			if j.Progress != nil {
				j.Progress(part(p, total), p)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	list := make([]Rendition, 0, len(j.Rungs))
	for _, r := range j.Rungs {
		rendition, err := check(j, r)
		if err != nil {
			return nil, err
		}
		list = append(list, rendition)
	}
	t.log().InfoContext(ctx, "renditions made", "count", len(list), "copied", j.Rungs[0].CopyVideo, "took", time.Since(started), "length", total)
	return list, nil
}

func (t *Transcoder) log() *slog.Logger {
	if t.Log == nil {
		return slog.Default()
	}
	return t.Log
}

// timeLimitOf bounds a run: a slow machine may need a hundred times the play time.
func timeLimitOf(d time.Duration) time.Duration { return time.Hour + 100*d }

func part(p ffmpeg.Progress, total time.Duration) float64 {
	if p.Done {
		return 1
	}
	return max(0, min(1, p.OutTime.Seconds()/max(total.Seconds(), 0.001)))
}

// check reads back a rendition: ffmpeg's success alone does not mean that all
// was written.
func check(j Job, r Rung) (Rendition, error) {
	out := Rendition{
		Rung: r, Width: r.Width, Height: r.Height, FPS: r.FPS, HasVideo: r.HasVideo, HasAudio: r.HasAudio,
		Media:    filepath.Join(j.Dir, mediaFile(r.Resolution)),
		Playlist: filepath.Join(j.Dir, playlistFile(r.Resolution)),
	}
	file, err := os.Open(out.Playlist)
	if err != nil {
		return out, incomplete(j, r, err)
	}
	defer file.Close()
	list, err := hls.ParseMedia(file)
	if err != nil {
		return out, incomplete(j, r, err)
	}
	stat, err := os.Stat(out.Media)
	if err != nil {
		return out, incomplete(j, r, err)
	}
	out.Size, out.Duration = stat.Size(), list.Duration()
	if out.Size < list.MediaSize() {
		return out, incomplete(j, r, fmt.Errorf("%d bytes instead of %d", out.Size, list.MediaSize()))
	}
	if want := j.Plan.Info.Duration; r.HasVideo && out.Duration < want/2 && want-out.Duration > 5*time.Second && !videoIsShorter(j.Plan, out.Duration) {
		return out, incomplete(j, r, fmt.Errorf("%s long instead of %s", out.Duration, want))
	}
	return out, nil
}

// videoIsShorter reports whether the source's own picture ends about there.
func videoIsShorter(p *Plan, d time.Duration) bool {
	v := p.Info.Video
	return v != nil && v.Duration > 0 && math.Abs((v.Duration-d).Seconds()) < 5
}

// incomplete is retryable: the usual cause is a disk that filled up or failed.
func incomplete(j Job, r Rung, cause error) error {
	if full(j.Dir) {
		return errs.Wrap(errs.Unavailable, fmt.Errorf("%w: %w", ffmpeg.ErrDiskFull, cause), "disk full: there is no space left for the converted files").
			Because("disk_full")
	}
	return errs.Wrap(errs.Unavailable, cause, "the converted file at %dp was not written completely", r.Resolution).Because("unwritten", "height", r.Resolution)
}

// full reports whether dir takes no more bytes. ffmpeg's HLS muxer does not
// always say so.
func full(dir string) bool {
	f, err := os.CreateTemp(dir, "space-")
	if err != nil {
		return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// WebVideo writes rendition v, with the sound of audio unless it is nil, as a
// progressive MP4 with its index in front to dst, which must not exist. Nothing
// is encoded. It returns the size in bytes.
func (t *Transcoder) WebVideo(ctx context.Context, v Rendition, audio *Rendition, dst string) (int64, error) {
	if _, err := os.Lstat(dst); !errors.Is(err, fs.ErrNotExist) {
		return 0, errs.New(errs.Conflict, "the file exists already")
	}
	limit := 2*v.Size + spare
	if audio != nil {
		limit += audio.Size
	}
	err := t.Tools.Run(ctx, ffmpeg.Command{
		Args:      webVideoArgs(v, audio, dst, t.Tools.Area()),
		MaxOutput: limit,
		Timeout:   timeLimitOf(v.Duration),
	})
	if err != nil {
		return 0, err
	}
	stat, err := os.Stat(dst)
	if err != nil {
		return 0, err
	}
	return stat.Size(), nil
}
