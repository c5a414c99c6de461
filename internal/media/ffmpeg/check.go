package ffmpeg

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/errs"
)

// MinMajor and MinMinor are the oldest version that works.
const (
	MinMajor = 5
	MinMinor = 1
)

const checkTimeout = 20 * time.Second

// Check asks the programs for their versions, encoders and filters. When one
// cannot be run it returns an errs.Unavailable error that says what to install;
// what is merely missing is in Problems.
func (t *Tools) Check(ctx context.Context) (*Capabilities, error) {
	c := new(Capabilities)
	text, err := t.ask(ctx, first(t.FFmpeg, "ffmpeg"), "-version")
	if err != nil {
		return nil, err
	}
	c.Version, c.Major, c.Minor = parseVersion(text)
	if text, err = t.ask(ctx, first(t.FFprobe, "ffprobe"), "-version"); err != nil {
		return nil, err
	}
	c.ProbeVersion, _, _ = parseVersion(text)
	if text, err = t.ask(ctx, first(t.FFmpeg, "ffmpeg"), "-encoders"); err != nil {
		return nil, err
	}
	c.Encoders = parseNames(text)
	if text, err = t.ask(ctx, first(t.FFmpeg, "ffmpeg"), "-filters"); err != nil {
		return nil, err
	}
	c.Filters = parseNames(text)
	c.Problems = c.problems()
	return c, nil
}

// Capabilities is Check, asked once and remembered when it succeeds.
func (t *Tools) Capabilities(ctx context.Context) (*Capabilities, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.caps != nil {
		return t.caps, nil
	}
	c, err := t.Check(ctx)
	if err == nil {
		t.caps = c
	}
	return c, err
}

// AACEncoder is the best AAC encoder present.
func (c *Capabilities) AACEncoder() string {
	if c != nil && c.Encoders["libfdk_aac"] {
		return "libfdk_aac"
	}
	return "aac"
}

// CanToneMap reports whether HDR can become SDR with right colours.
func (c *Capabilities) CanToneMap() bool {
	return c != nil && c.Filters["zscale"] && c.Filters["tonemap"]
}

// ToneMapFilter is the filter chain that makes the HDR picture v (PQ or HLG) SDR.
//
// Without the filters it only reduces to 8 bits: the transfer stays in the
// stream's description, and players that know HDR show right colours, others pale
// ones.
func (c *Capabilities) ToneMapFilter(v *VideoStream) string {
	if !c.CanToneMap() {
		return "format=yuv420p"
	}
	chain := []string{
		// What the stream does not say is what HDR nearly always is: zscale
		// refuses to guess. It also takes no odd edges.
		"setparams=color_primaries=" + first(v.Primaries, "bt2020") + ":colorspace=" + first(v.ColorSpace, "bt2020nc") +
			":range=" + first(v.ColorRange, "tv") + ":color_trc=" + first(v.Transfer, "smpte2084"),
		"crop=trunc(iw/2)*2:trunc(ih/2)*2",
		"zscale=t=linear:npl=100", "format=gbrpf32le", "zscale=p=bt709",
		"tonemap=tonemap=hable:desat=0", "zscale=t=bt709:m=bt709:r=tv", "format=yuv420p",
	}
	return strings.Join(chain, ",")
}

func (c *Capabilities) problems() []string {
	var list []string
	if c.Major > 0 && (c.Major < MinMajor || c.Major == MinMajor && c.Minor < MinMinor) {
		list = append(list, fmt.Sprintf("ffmpeg %s is too old: %s.", c.Version, install))
	}
	if !c.Encoders["libx264"] {
		list = append(list, "ffmpeg has no libx264 encoder, so videos cannot be converted: install a build with libx264.")
	}
	if !c.Encoders["aac"] && !c.Encoders["libfdk_aac"] {
		list = append(list, "ffmpeg has no AAC encoder, so sound cannot be converted: install a complete build.")
	}
	for _, f := range []string{"scale", "fps", "split", "thumbnail", "tile", "yadif", "aresample", "loop"} {
		if !c.Filters[f] {
			list = append(list, fmt.Sprintf("ffmpeg has no filter %q: install a complete build.", f))
		}
	}
	if !c.CanToneMap() {
		list = append(list, "ffmpeg has no zscale or tonemap filter, so the colours of HDR videos will look pale: install a build with libzimg.")
	}
	return list
}

// ask runs a program that prints something about itself.
func (t *Tools) ask(ctx context.Context, program, about string) (string, error) {
	var out bytes.Buffer
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := process{
		program: program,
		args:    []string{"-hide_banner", about},
		timeout: checkTimeout,
		memory:  defaultMemory,
		stdout:  &limited{w: &out, left: 1 << 20, over: func() { cancel(ErrOutputLimit) }},
		log:     t.log(),
	}
	if tail, err := p.run(ctx); err != nil {
		if errs.KindOf(err) != errs.Internal || ctx.Err() != nil {
			return "", err
		}
		return "", missing(program, fmt.Errorf("%w: %s", err, oneLine(tail)))
	}
	return out.String(), nil
}

var (
	versionLine   = regexp.MustCompile(`^ff(?:mpeg|probe) version (\S+)`)
	versionNumber = regexp.MustCompile(`^n?(\d+)\.(\d+)`)
)

func parseVersion(text string) (version string, major, minor int) {
	m := versionLine.FindStringSubmatch(text)
	if m == nil {
		return "unknown", 0, 0
	}
	if n := versionNumber.FindStringSubmatch(m[1]); n != nil {
		major, _ = strconv.Atoi(n[1])
		minor, _ = strconv.Atoi(n[2])
	}
	return m[1], major, minor
}

// parseNames reads the tables of -encoders and -filters: flags, name, text.
func parseNames(text string) map[string]bool {
	names := make(map[string]bool)
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 3 && strings.Trim(fields[0], ".ADEFLVSXBTCIR|") == "" && fields[1] != "=" {
			names[fields[1]] = true
		}
	}
	return names
}
