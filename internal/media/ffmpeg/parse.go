package ffmpeg

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// probed is ffprobe's JSON, as far as it is understood here.
type probed struct {
	Streams []probedStream `json:"streams"`
	Format  struct {
		Name     string `json:"format_name"`
		Start    number `json:"start_time"`
		Duration number `json:"duration"`
		Bitrate  number `json:"bit_rate"`
	} `json:"format"`
	Chapters []struct {
		Start number `json:"start_time"`
		End   number `json:"end_time"`
		Tags  tags   `json:"tags"`
	} `json:"chapters"`
}

type probedStream struct {
	Index       int            `json:"index"`
	Type        string         `json:"codec_type"`
	Codec       string         `json:"codec_name"`
	Profile     text           `json:"profile"`
	Level       number         `json:"level"`
	Width       int            `json:"width"`
	Height      int            `json:"height"`
	SAR         string         `json:"sample_aspect_ratio"`
	PixFmt      string         `json:"pix_fmt"`
	Bits        number         `json:"bits_per_raw_sample"`
	Transfer    string         `json:"color_transfer"`
	Primaries   string         `json:"color_primaries"`
	Space       string         `json:"color_space"`
	Range       string         `json:"color_range"`
	FieldOrder  string         `json:"field_order"`
	RealRate    string         `json:"r_frame_rate"`
	AverageRate string         `json:"avg_frame_rate"`
	Bitrate     number         `json:"bit_rate"`
	Frames      number         `json:"nb_frames"`
	Start       number         `json:"start_time"`
	Duration    number         `json:"duration"`
	SampleRate  number         `json:"sample_rate"`
	Channels    int            `json:"channels"`
	Layout      string         `json:"channel_layout"`
	Disposition map[string]int `json:"disposition"`
	Tags        tags           `json:"tags"`
	SideData    []struct {
		Rotation number `json:"rotation"`
		Matrix   string `json:"displaymatrix"`
	} `json:"side_data_list"`
}

// number is a number that ffprobe may write as a string, or as "N/A" (0).
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(bytes.Trim(b, `"`)), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	*n = number(v)
	return nil
}

// text is a string that ffprobe may write as a number.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	*t = text(bytes.Trim(b, `"`))
	return nil
}

// tags are looked up without regard to case: containers differ.
type tags map[string]string

func (t tags) get(key string) string {
	for k, v := range t {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

func (s *probedStream) video() *VideoStream {
	v := &VideoStream{
		Index:       s.Index,
		Codec:       s.Codec,
		Profile:     known(string(s.Profile)),
		Level:       int(s.Level),
		CodedWidth:  s.Width,
		CodedHeight: s.Height,
		Bitrate:     int64(s.Bitrate),
		PixFmt:      known(s.PixFmt),
		BitDepth:    bitDepth(s.PixFmt, int(s.Bits)),
		Transfer:    known(s.Transfer),
		Primaries:   known(s.Primaries),
		ColorSpace:  known(s.Space),
		ColorRange:  known(s.Range),
		FieldOrder:  known(s.FieldOrder),
		Frames:      int64(s.Frames),
		Duration:    seconds(float64(s.Duration)),
		Start:       seconds(float64(s.Start)),
	}
	v.HDR = v.Transfer == "smpte2084" || v.Transfer == "arib-std-b67"
	v.FPS, v.Variable = frameRate(s.AverageRate, s.RealRate)
	for _, d := range s.SideData {
		if d.Matrix != "" {
			v.Rotation, v.Flipped = orientation(float64(d.Rotation), d.Matrix)
		}
	}
	v.display(ratio(s.SAR, ":"))
	return v
}

// display computes the size people see from the coded one.
func (v *VideoStream) display(sar float64) {
	v.Width, v.Height, v.SquarePixels = v.CodedWidth, v.CodedHeight, true
	if sar > 0 && math.Abs(sar-1) > 0.001 {
		v.SquarePixels = false
		v.Width = max(1, int(math.Round(min(float64(v.CodedWidth)*sar, math.MaxInt32))))
	}
	if v.Rotation == 90 || v.Rotation == 270 {
		v.Width, v.Height = v.Height, v.Width
	}
}

func (s *probedStream) audio() AudioStream {
	return AudioStream{
		Index:      s.Index,
		Codec:      s.Codec,
		Profile:    known(string(s.Profile)),
		SampleRate: int(s.SampleRate),
		Channels:   s.Channels,
		Layout:     known(s.Layout),
		Bitrate:    int64(s.Bitrate),
		Language:   language(s.Tags),
		Title:      s.Tags.get("title"),
		Default:    s.Disposition["default"] == 1,
		Duration:   seconds(float64(s.Duration)),
		Start:      seconds(float64(s.Start)),
	}
}

func (s *probedStream) subtitle() SubtitleStream {
	return SubtitleStream{
		Index:    s.Index,
		Codec:    s.Codec,
		Language: language(s.Tags),
		Title:    s.Tags.get("title"),
		Forced:   s.Disposition["forced"] == 1,
		Default:  s.Disposition["default"] == 1,
		Text:     textSubtitles[s.Codec],
	}
}

// textSubtitles are the codecs whose content is text.
var textSubtitles = map[string]bool{
	"subrip": true, "srt": true, "ass": true, "ssa": true, "webvtt": true, "mov_text": true, "text": true,
}

func language(t tags) string {
	if l := t.get("language"); l != "und" {
		return l
	}
	return ""
}

// known is s, or empty for ffprobe's words for nothing.
func known(s string) string {
	if s == "unknown" || s == "N/A" {
		return ""
	}
	return s
}

func seconds(s float64) time.Duration {
	const limit = float64(math.MaxInt64 / int64(time.Second))
	return time.Duration(max(-limit, min(s, limit)) * float64(time.Second))
}

// ratio parses "a/b" or "a:b"; 0 when that is no positive number.
func ratio(s, sep string) float64 {
	a, b, ok := strings.Cut(s, sep)
	if !ok {
		return 0
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	if err1 != nil || err2 != nil || x <= 0 || y <= 0 {
		return 0
	}
	return x / y
}

// maxRate is the highest frame rate believed; above it a container's time
// base is taken for the rate.
const maxRate = 480

// frameRate chooses between the average rate and the base rate, the lowest
// that can express all time stamps. Where they differ the frames are uneven
// and the average counts, moved to the usual rate it is close to.
func frameRate(average, base string) (fps float64, variable bool) {
	a, b := ratio(average, "/"), ratio(base, "/")
	if a > maxRate {
		a = 0
	}
	if b > maxRate {
		b = 0
	}
	switch {
	case a == 0:
		return b, false
	case b == 0:
		return usualRate(a), true
	case math.Abs(a-b) <= 0.005*b:
		return b, false
	case math.Abs(2*a-b) <= 0.01*b: // fields counted as frames
		return a, false
	default:
		return usualRate(a), true
	}
}

// usualRate is the usual frame rate within 10 % of fps, else fps rounded up.
func usualRate(fps float64) float64 {
	for _, usual := range []float64{24, 25, 30, 50, 60} {
		if math.Abs(fps-usual) <= usual/10 && math.Abs(fps-usual) <= nearest(fps) {
			return usual
		}
	}
	if fps < 1 {
		return fps
	}
	return math.Ceil(fps)
}

func nearest(fps float64) float64 {
	d := math.Inf(1)
	for _, usual := range []float64{24, 25, 30, 50, 60} {
		d = min(d, math.Abs(fps-usual))
	}
	return d
}

// orientation is the clockwise rotation, to the nearest quarter, of a display
// matrix, and whether it mirrors.
func orientation(counterclockwise float64, matrix string) (rotation int, flipped bool) {
	quarters := int(math.Round(-counterclockwise/90)) % 4
	rotation = (quarters + 4) % 4 * 90
	m := matrixNumbers(matrix)
	if len(m) >= 5 {
		flipped = m[0]*m[4]-m[1]*m[3] < 0
	}
	return rotation, flipped
}

// matrixNumbers reads lines of the form "00000000:  0  65536  0".
func matrixNumbers(s string) []float64 {
	var list []float64
	for line := range strings.Lines(s) {
		_, row, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		for _, f := range strings.Fields(row) {
			v, _ := strconv.ParseFloat(f, 64)
			list = append(list, v)
		}
	}
	return list
}

var depthInName = regexp.MustCompile(`(?:p0?|gray|gbrp|gbrap)(9|10|12|14|16)(?:le|be)$`)

func bitDepth(pixFmt string, raw int) int {
	if m := depthInName.FindStringSubmatch(pixFmt); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	if raw > 0 && raw <= 32 {
		return raw
	}
	return 8
}

var plainNumber = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

// publicJSON is ffprobe's output as PeerTube shows it: fields that are numbers
// as numbers, tags as they are, and no path of ours.
func publicJSON(b []byte) (json.RawMessage, error) {
	var doc struct {
		Streams  []map[string]any `json:"streams"`
		Format   map[string]any   `json:"format"`
		Chapters []map[string]any `json:"chapters"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if doc.Chapters == nil {
		doc.Chapters = []map[string]any{}
	}
	delete(doc.Format, "filename")
	toNumbers(doc.Format)
	for _, list := range [][]map[string]any{doc.Streams, doc.Chapters} {
		for _, m := range list {
			toNumbers(m)
		}
	}
	return json.Marshal(doc)
}

func toNumbers(m map[string]any) {
	for k, v := range m {
		s, ok := v.(string)
		if !ok || !plainNumber.MatchString(s) {
			continue
		}
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			m[k] = f
		}
	}
}
