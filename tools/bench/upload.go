package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"
)

// measureUpload uploads a clip and follows it until its whole ladder is there.
func measureUpload(ctx context.Context, s *site, o options, r *report) error {
	clip, err := clipFor(ctx, o)
	if err != nil {
		return err
	}
	c := &client{base: s.url}
	if err := c.login(ctx, "root", rootPassword); err != nil {
		return err
	}
	_, before, err := cpu(s.pid())
	if err != nil {
		return err
	}
	uuid, err := c.upload(ctx, clip, "Bench clip")
	if err != nil {
		return err
	}
	end := time.Now()
	if _, err := until(ctx, c, uuid, func(d details) bool { return d.State.ID == 1 && renditions(d) >= 1 }); err != nil {
		return err
	}
	r.add("end of upload to playable", fmt.Sprintf("%.2f s", time.Since(end).Seconds()))
	rungs := 0
	d, err := until(ctx, c, uuid, settled(&rungs))
	if err != nil {
		return err
	}
	_, after, err := cpu(s.pid())
	if err != nil {
		return err
	}
	r.add("end of upload to the whole ladder", fmt.Sprintf("%.1f s, %d renditions", time.Since(end).Seconds()-quiet.Seconds(), renditions(d)))
	r.add("ffmpeg CPU for all of it", fmt.Sprintf("%.1f s", (after-before).Seconds()))
	frag := d.Playlists[0].Files[0] // only now that ffmpeg has given the cores back
	if err := measureRange(ctx, s, o, r, frag.FileURL, frag.Size); err != nil {
		return err
	}
	return ladderBeside(ctx, o, clip, d, r)
}

// quiet is how long the number of renditions must stay the same.
const quiet = 15 * time.Second

// settled waits until no rendition has been added for a while.
func settled(rungs *int) func(details) bool {
	since := time.Now()
	return func(d details) bool {
		if n := renditions(d); n != *rungs {
			*rungs, since = n, time.Now()
		}
		return time.Since(since) > quiet
	}
}

func renditions(d details) int {
	if len(d.Playlists) == 0 {
		return 0
	}
	return len(d.Playlists[0].Files)
}

func until(ctx context.Context, c *client, uuid string, done func(details) bool) (details, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	for {
		d, err := c.video(ctx, uuid)
		if err == nil && done(d) {
			return d, nil
		}
		select {
		case <-ctx.Done():
			return d, errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// clipFor returns the clip to upload: 60 s of 720p H.264/AAC made here unless
// one is named.
func clipFor(ctx context.Context, o options) (string, error) {
	if o.clip != "" {
		return o.clip, nil
	}
	out := filepath.Join(o.dir, "clip.mp4")
	cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=60,noise=alls=8:allf=t",
		"-f", "lavfi", "-i", "sine=frequency=440:duration=60",
		"-c:v", "libx264", "-preset", "veryfast", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "5000k",
		"-g", "60", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", out)
	cmd.Stderr = os.Stderr
	return out, cmd.Run()
}

// measureRange asks for one MiB of an HLS file, here and of nginx.
func measureRange(ctx context.Context, s *site, o options, r *report, fileURL string, size int64) error {
	if size < mebibyte {
		return fmt.Errorf("%s is shorter than a MiB", fileURL)
	}
	own, err := drive(ctx, []int{s.pid()}, rangeLoad("1 MiB range of an HLS file", fileURL, size), o.seconds, o.parallel)
	if err != nil {
		return err
	}
	r.add("1 MiB range of an HLS file", fmt.Sprintf("%.3f ms CPU, %.0f requests/s", own.cpuMillis(), own.perSecond()))
	copyPath, err := fetch(ctx, fileURL, o.dir)
	if err != nil {
		return err
	}
	n, err := startNginx(ctx, o.dir, o.dir)
	if err != nil {
		return err
	}
	if n == nil {
		r.add("the same of nginx", "not measured: nginx is not installed")
		return nil
	}
	defer n.stop()
	other, err := drive(ctx, n.pids(), rangeLoad("nginx", n.url+"/"+filepath.Base(copyPath), size), o.seconds, o.parallel)
	if err != nil {
		return err
	}
	r.add("the same of nginx", fmt.Sprintf("%.3f ms CPU, %.0f requests/s", other.cpuMillis(), other.perSecond()))
	return nil
}

func fetch(ctx context.Context, from, dir string) (string, error) {
	u, err := url.Parse(from)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	to := filepath.Join(dir, path.Base(u.Path))
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, res.Body)
	return to, errors.Join(err, f.Close())
}

// ladderBeside makes the same lower renditions with one ffmpeg each, which is
// how PeerTube does it, and reports its CPU time.
func ladderBeside(ctx context.Context, o options, clip string, d details, r *report) error {
	var spent time.Duration
	top := 0
	for _, f := range d.Playlists[0].Files {
		top = max(top, f.Resolution.ID)
	}
	for _, f := range d.Playlists[0].Files {
		height := f.Resolution.ID
		if height == top || height == 0 {
			continue
		}
		out := filepath.Join(o.dir, fmt.Sprintf("beside-%d.mp4", height))
		cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", clip,
			"-vf", fmt.Sprintf("scale=-2:%d", height), "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
			"-maxrate", fmt.Sprint(f.Size*8/60), "-bufsize", fmt.Sprint(f.Size*8/30), "-bf", "16", "-b_strategy", "1",
			"-c:a", "copy", "-threads", "2", out)
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("one ffmpeg for %dp: %w", height, err)
		}
		spent += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	r.add("the lower renditions by one ffmpeg each", fmt.Sprintf("%.1f s CPU", spent.Seconds()))
	return nil
}
