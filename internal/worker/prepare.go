package worker

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/media/ffmpeg"
	"sepiola/internal/media/transcode"
)

// source is the file that a video is made of, opened for work.
type source struct {
	path string
	info *ffmpeg.Info
	plan *transcode.Plan
	done func()
}

// open finds the input, examines it and plans what to make of it.
func (w *Transcode) open(ctx context.Context, v *video.Video, args TranscodeArgs, dir string) (*source, error) {
	path, done, err := w.input(ctx, v, args, dir)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, done: done}
	if err := w.examine(ctx, s, args); err != nil {
		done()
		return nil, err
	}
	return s, nil
}

func (w *Transcode) examine(ctx context.Context, s *source, args TranscodeArgs) (err error) {
	if s.info, err = w.Tools.Probe(ctx, s.path); err != nil {
		return err
	}
	var gop time.Duration
	if s.info.Video != nil {
		if gop, err = w.Tools.MaxGOP(ctx, s.path, s.info); err != nil {
			return err
		}
	}
	s.plan, err = w.plan(ctx, s.info, args, gop)
	return err
}

// plan decides what to make of a file. With a gop of 0, which is unknown,
// nothing is copied.
func (w *Transcode) plan(ctx context.Context, info *ffmpeg.Info, args TranscodeArgs, gop time.Duration) (_ *transcode.Plan, err error) {
	settings := w.Settings(ctx)
	o := settings.Options
	o.MaxGOP = gop
	if !slices.Contains(kinds(settings, args), video.HLS) {
		o.SplitAudio = false // progressive files are played alone
	}
	if o.Capabilities == nil {
		if o.Capabilities, err = w.Tools.Capabilities(ctx); err != nil {
			return nil, err
		}
	}
	return transcode.NewPlan(info, o)
}

// input gives the path of the uploaded file, of the one that was kept, or of
// the best that there is of the video.
func (w *Transcode) input(ctx context.Context, v *video.Video, args TranscodeArgs, dir string) (string, func(), error) {
	name := args.Input
	if name == "" {
		var err error
		if name, err = w.Rows.KeptSource(ctx, v.ID); err != nil {
			return "", nil, err
		}
	}
	if name != "" {
		return w.Files.Local(ctx, originals, name)
	}
	return w.bestFile(ctx, v, dir)
}

// bestFile gives the path of the best file, joined with its sound if that is
// apart.
func (m *Media) bestFile(ctx context.Context, v *video.Video, dir string) (string, func(), error) {
	best, sound := v.Best()
	if best == nil {
		return "", nil, errs.New(errs.NotFound, "there is no file of this video left to work with")
	}
	path, done, err := m.localFile(ctx, v, best)
	if err != nil || sound == nil {
		return path, done, err
	}
	defer done()
	soundPath, doneSound, err := m.localFile(ctx, v, sound)
	if err != nil {
		return "", nil, err
	}
	defer doneSound()
	joined := filepath.Join(dir, "joined.mp4")
	_, err = m.transcoder().WebVideo(ctx, stored(best, path), new(stored(sound, soundPath)), joined)
	return joined, func() {}, err
}

func (m *Media) localFile(ctx context.Context, v *video.Video, f *video.File) (string, func(), error) {
	section, name := place(v, f)
	return m.Files.Local(ctx, section, name)
}

// stored describes a file of the store as a rendition.
func stored(f *video.File, path string) transcode.Rendition {
	return transcode.Rendition{
		Rung:  transcode.Rung{Resolution: f.Resolution, HasVideo: f.HasVideo, HasAudio: f.HasAudio},
		Media: path, Size: f.Size, Width: f.Width, Height: f.Height, FPS: float64(f.FPS), HasVideo: f.HasVideo, HasAudio: f.HasAudio,
	}
}

// prepare is the stage that makes a video playable as soon as possible.
func (w *Transcode) prepare(ctx context.Context, j *river.Job[TranscodeArgs]) error {
	args, begun := j.Args, time.Now()
	v, err := w.Rows.ForWork(ctx, args.VideoID)
	if err != nil {
		return err
	}
	if v.Remote || v.IsLive {
		return errs.New(errs.NotSupported, "only uploaded videos are transcoded")
	}
	if args, err = w.again(ctx, v, args); err != nil {
		return err
	}
	if err := w.begin(ctx, v, args, j.CreatedAt); err != nil {
		return err
	}
	dir, remove, err := w.tempDir(ctx, v.ID)
	if err != nil {
		return err
	}
	defer remove()
	src, err := w.open(ctx, v, args, dir)
	if err != nil {
		return err
	}
	defer src.done()
	w.Log.InfoContext(ctx, "planned", "video", v.UUID, "copied", len(src.plan.Remux), "encoded", len(src.plan.Ladder), "notes", src.plan.Notes)
	if err := w.record(ctx, v, src, args); err != nil {
		return err
	}
	if err := w.makeFirst(ctx, v, src, args, dir); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "video prepared", "video", v.UUID, "took", time.Since(begun))
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.settle(ctx, v.ID); err != nil {
			return err
		}
		if args.Replace { // its storyboard comes last, when it is watched for sure
			if err := w.replaced(ctx, v.ID, src, args); err != nil {
				return err
			}
			return w.next(ctx, args)
		}
		if err := w.askStoryboard(ctx, v.ID, false); err != nil {
			return err
		}
		return w.next(ctx, args)
	})
}

// begin gives a video that failed another chance and forgets what is to be
// made anew: what was asked for, and after an upload everything.
func (w *Transcode) begin(ctx context.Context, v *video.Video, args TranscodeArgs, queued time.Time) error {
	return w.InTx(ctx, func(ctx context.Context) error {
		if err := w.setState(ctx, v, v.BeginsWork()); err != nil {
			return err
		}
		v.State = v.BeginsWork()
		anew := args.Kinds
		if args.Input != "" {
			anew = []video.TranscodeKind{video.HLS, video.WebVideo}
		}
		if err := w.Steps.Forget(ctx, v.ID, anew, queued.UTC()); err != nil || args.Input == "" {
			return err
		}
		return w.planFirst(ctx, v.ID) // until it is known what, that there is something
	})
}

// record writes what was found and planned.
func (w *Transcode) record(ctx context.Context, v *video.Video, src *source, args TranscodeArgs) error {
	s := w.Settings(ctx)
	return w.InTx(ctx, func(ctx context.Context) error {
		if !args.Replace { // then what is watched is still the old one
			if err := w.setMedia(ctx, v.ID, src, args); err != nil {
				return err
			}
		}
		plan := steps(src.plan, kinds(s, args))
		if servesInput(s, args) {
			plan = []video.Transcode{{Kind: video.WebVideo, Resolution: inputResolution(src.info), Required: true}}
		}
		return w.Steps.Plan(ctx, v.ID, plan)
	})
}

// setMedia writes what was found in the file that is watched from now on, and
// lets the chapters follow.
func (w *Transcode) setMedia(ctx context.Context, id video.ID, src *source, args TranscodeArgs) error {
	// Before anything is read: who sets chapters meanwhile has to wait.
	if err := w.Videos.Touch(ctx, id); err != nil {
		return err
	}
	v, err := w.Rows.ForWork(ctx, id)
	if err != nil {
		return err
	}
	have, err := w.Videos.Chapters(ctx, id)
	if err != nil {
		return err
	}
	follows := v.Describes(have)
	v.Duration = seconds(src.info.Duration)
	if err := w.Rows.SetMedia(ctx, id, v.Duration, ratio(src.info)); err != nil || !follows {
		return err
	}
	list := chaptersOf(v, src, args, have)
	if slices.Equal(list, have) {
		return nil
	}
	return w.Videos.SetChapters(ctx, id, list)
}

// chaptersOf are the chapters of a video for which nobody has set any: those
// of its description, or else, as PeerTube has it, of its first file. Work that
// is done again brings nothing back that people removed.
func chaptersOf(v *video.Video, src *source, args TranscodeArgs, have []video.Chapter) []video.Chapter {
	list := v.DescribedChapters()
	first := !args.Replace && (args.Input != "" || !v.Playable())
	if len(list) > 0 || !first && (!args.Replace || len(have) > 0) {
		return list
	}
	return containerChapters(src.info, v.Duration)
}

func containerChapters(info *ffmpeg.Info, duration int) []video.Chapter {
	list := make([]video.Chapter, len(info.Chapters))
	for i, c := range info.Chapters {
		list[i] = video.Chapter{Timecode: int(c.Start.Seconds()), Title: c.Title}
	}
	slices.SortStableFunc(list, func(a, b video.Chapter) int { return cmp.Compare(a.Timecode, b.Timecode) })
	return video.FitChapters(list, duration)
}

func seconds(d time.Duration) int { return max(1, int(math.Round(d.Seconds()))) }

func ratio(info *ffmpeg.Info) float64 {
	if info.Video == nil || info.Video.Height == 0 {
		return video.StillAspectRatio
	}
	return math.Round(float64(info.Video.Width)/float64(info.Video.Height)*1e4) / 1e4
}

// kinds of renditions to make.
func kinds(s Settings, args TranscodeArgs) []video.TranscodeKind {
	if len(args.Kinds) > 0 {
		return args.Kinds
	}
	var list []video.TranscodeKind
	if s.HLS || !s.WebVideos {
		list = append(list, video.HLS)
	}
	if s.WebVideos {
		list = append(list, video.WebVideo)
	}
	return list
}

// steps are the files that the renditions of a plan become. A progressive file
// without picture is only made when nothing else is.
func steps(p *transcode.Plan, kinds []video.TranscodeKind) []video.Transcode {
	var list []video.Transcode
	rungs := slices.Concat(p.Remux, p.Ladder)
	for i, r := range rungs {
		for _, kind := range kinds {
			if kind == video.WebVideo && !r.HasVideo && len(rungs) > 1 {
				continue
			}
			list = append(list, video.Transcode{
				Kind: kind, Resolution: r.Resolution, FPS: int(math.Round(r.FPS)),
				Required: i == 0 || r.Original || !r.HasVideo,
			})
		}
	}
	return list
}

// makeFirst makes pictures and what needs no encoding, beside each other.
func (w *Transcode) makeFirst(ctx context.Context, v *video.Video, src *source, args TranscodeArgs, dir string) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.makeThumbnails(gctx, v, src, args.Picture, dir) })
	g.Go(func() error { return w.inputTorrent(gctx, v, src) })
	g.Go(func() error {
		if servesInput(w.Settings(gctx), args) {
			return w.serveInput(gctx, v, src, args)
		}
		err := w.remux(gctx, v, src, args, dir)
		if errs.Is(err, errs.Unprocessable) {
			return w.encodeInstead(gctx, v, src, args, err)
		}
		return err
	})
	return g.Wait()
}

// inputTorrent makes the torrent of an uploaded file that was too large to be
// hashed when it came.
func (w *Transcode) inputTorrent(ctx context.Context, v *video.Video, src *source) error {
	for _, f := range v.Inputs() {
		if f.TorrentFilename != "" || !w.Settings(ctx).Torrents {
			continue
		}
		if err := w.addTorrent(ctx, v, &f, src.path); err != nil {
			return err
		}
		if err := w.Rows.SetTorrent(ctx, f.ID, f.TorrentFilename, f.InfoHash); err != nil {
			return err
		}
	}
	return nil
}

// encodeInstead plans anew for a file that cannot be copied although it
// looked fine: a decoder forgives damage that a muxer does not.
func (w *Transcode) encodeInstead(ctx context.Context, v *video.Video, src *source, args TranscodeArgs, cause error) error {
	w.Log.WarnContext(ctx, "the file cannot be copied into HLS and is encoded instead", "err", cause, "video", v.UUID)
	plan, err := w.plan(ctx, src.info, args, 0)
	if err != nil {
		return err
	}
	return w.Steps.Plan(ctx, v.ID, steps(plan, kinds(w.Settings(ctx), args)))
}

func (w *Transcode) remux(ctx context.Context, v *video.Video, src *source, args TranscodeArgs, dir string) error {
	left, err := w.missing(ctx, v.ID, src.plan.Remux)
	if err != nil || len(left) == 0 {
		return err
	}
	out, err := subdir(dir, "remux")
	if err != nil {
		return err
	}
	made, err := w.transcoder().Remux(ctx, transcode.Job{Plan: src.plan, Input: src.path, Dir: out, Rungs: left})
	if err != nil {
		return fmt.Errorf("copy into HLS: %w", err)
	}
	return w.commitAll(ctx, args, made, out)
}

// missing returns the rungs of which some kind is not made yet.
func (w *Transcode) missing(ctx context.Context, id video.ID, rungs []transcode.Rung) ([]transcode.Rung, error) {
	have, err := w.Steps.OfVideo(ctx, id)
	if err != nil {
		return nil, err
	}
	var left []transcode.Rung
	for _, r := range rungs {
		if video.Missing(have, video.HLS, r.Resolution) || video.Missing(have, video.WebVideo, r.Resolution) {
			left = append(left, r)
		}
	}
	return left, nil
}

// askStoryboard queues the storyboard once there is something to make it of.
// One that exists is made anew only for a file that took another's place:
// pages that are open show it by its name.
func (w *Transcode) askStoryboard(ctx context.Context, id video.ID, anew bool) error {
	v, err := w.Rows.ForWork(ctx, id)
	if err != nil || !v.Playable() || !w.Settings(ctx).Storyboards {
		return err
	}
	if !anew {
		if _, err := w.Videos.Storyboard(ctx, id); err == nil || !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return w.Queue.Storyboard(ctx, id)
}
