package hls

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/errs"
)

const (
	// maxPlaylist is the largest playlist read: over two weeks of segments.
	maxPlaylist = 32 << 20
	maxLine     = 4 << 10
	// maxSegment is the longest segment believed, in seconds.
	maxSegment = 24 * 3600
)

// ByteRange is a part of a file.
type ByteRange struct{ Offset, Length int64 }

// String is the range as HTTP and the file of hashes write it, both ends
// included.
func (b ByteRange) String() string {
	return strconv.FormatInt(b.Offset, 10) + "-" + strconv.FormatInt(b.Offset+b.Length-1, 10)
}

// Segment is one entry of a media playlist.
type Segment struct {
	URI      string
	Duration float64 // seconds
	Range    ByteRange
}

// MediaPlaylist is a playlist of one rendition.
type MediaPlaylist struct {
	Version        int
	TargetDuration int // seconds
	MapURI         string
	Map            ByteRange
	Segments       []Segment
}

// ParseMedia reads a media playlist of video on demand: every segment a byte
// range of one file beside it, which follow each other without gap or overlap,
// after the initialisation section. Anything else is errs.Unprocessable.
func ParseMedia(r io.Reader) (*MediaPlaylist, error) {
	p := parser{}
	lines := bufio.NewScanner(io.LimitReader(r, maxPlaylist))
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	for lines.Scan() {
		p.line++
		if err := p.add(strings.TrimSpace(lines.Text())); err != nil {
			return nil, errs.New(errs.Unprocessable, "playlist, line %d: %s", p.line, err.Error())
		}
	}
	if err := lines.Err(); err != nil {
		return nil, errs.Wrap(errs.Unprocessable, err, "the playlist cannot be read")
	}
	if !p.ended || len(p.list.Segments) == 0 {
		return nil, errs.New(errs.Unprocessable, "the playlist is not complete")
	}
	return &p.list, nil
}

type parser struct {
	list     MediaPlaylist
	line     int
	ended    bool
	duration float64
	hasInf   bool
	length   ByteRange
	hasRange bool
	end      int64 // of the last range
}

func (p *parser) add(line string) error {
	if p.line == 1 {
		if line != "#EXTM3U" {
			return fmt.Errorf("not a playlist")
		}
		return nil
	}
	if line == "" || p.ended {
		return nil
	}
	if !strings.HasPrefix(line, "#") {
		return p.addSegment(line)
	}
	name, value, _ := strings.Cut(line, ":")
	return p.addTag(name, value)
}

func (p *parser) addTag(name, value string) (err error) {
	switch name {
	case "#EXT-X-VERSION":
		p.list.Version, err = strconv.Atoi(value)
	case "#EXT-X-TARGETDURATION":
		p.list.TargetDuration, err = strconv.Atoi(value)
	case "#EXT-X-MAP":
		err = p.addMap(value)
	case "#EXTINF":
		value, _, _ = strings.Cut(value, ",")
		p.duration, err = strconv.ParseFloat(value, 64)
		if err == nil && !(p.duration >= 0 && p.duration <= maxSegment) {
			err = fmt.Errorf("a segment of %v s", p.duration)
		}
		p.hasInf = true
	case "#EXT-X-BYTERANGE":
		p.length, err = p.parseRange(value)
		p.hasRange = true
	case "#EXT-X-ENDLIST":
		p.ended = true
	case "#EXT-X-STREAM-INF", "#EXT-X-KEY":
		err = fmt.Errorf("%s is not expected here", name)
	}
	return err
}

func (p *parser) addMap(value string) error {
	if p.list.MapURI != "" {
		return fmt.Errorf("a second initialisation section")
	}
	attributes := parseAttributes(value)
	uri, err := localName(attributes["URI"])
	if err != nil {
		return err
	}
	p.list.MapURI = uri
	if p.list.Map, err = p.parseRange(attributes["BYTERANGE"]); err != nil {
		return err
	}
	p.end = p.list.Map.Offset + p.list.Map.Length
	return nil
}

func (p *parser) addSegment(line string) error {
	uri, err := localName(line)
	switch {
	case err != nil:
		return err
	case !p.hasInf || !p.hasRange:
		return fmt.Errorf("a segment without duration or byte range")
	case uri != p.list.MapURI:
		return fmt.Errorf("a segment outside the file of the initialisation section")
	case p.length.Offset != p.end:
		return fmt.Errorf("byte ranges that do not follow each other")
	}
	p.end += p.length.Length
	p.list.Segments = append(p.list.Segments, Segment{URI: uri, Duration: p.duration, Range: p.length})
	p.hasInf, p.hasRange = false, false
	return nil
}

// parseRange reads "length[@offset]"; without offset the range follows the
// last one.
func (p *parser) parseRange(s string) (ByteRange, error) {
	length, offset, explicit := strings.Cut(s, "@")
	b := ByteRange{Offset: p.end}
	var err error
	if b.Length, err = strconv.ParseInt(length, 10, 64); err != nil {
		return b, fmt.Errorf("a byte range that is no number")
	}
	if explicit {
		if b.Offset, err = strconv.ParseInt(offset, 10, 64); err != nil {
			return b, fmt.Errorf("a byte range that is no number")
		}
	}
	if b.Length <= 0 || b.Offset < 0 || b.Offset > math.MaxInt64-b.Length {
		return b, fmt.Errorf("a byte range out of bounds")
	}
	return b, nil
}

// localName accepts the bare name of a file.
func localName(s string) (string, error) {
	if s == "" || strings.ContainsAny(s, "/\\:?#\"\x00") || strings.Trim(s, ".") == "" {
		return "", fmt.Errorf("a name that is not a plain file name")
	}
	return s, nil
}

// parseAttributes reads NAME=value,NAME="value, with comma".
func parseAttributes(s string) map[string]string {
	attributes := make(map[string]string)
	for s != "" {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		var value string
		if quoted, found := strings.CutPrefix(rest, `"`); found {
			value, s, _ = strings.Cut(quoted, `"`)
			s = strings.TrimPrefix(s, ",")
		} else {
			value, s, _ = strings.Cut(rest, ",")
		}
		attributes[strings.TrimSpace(name)] = value
	}
	return attributes
}

// Duration is the sum of the segments'.
func (m *MediaPlaylist) Duration() time.Duration {
	var sum float64
	for _, s := range m.Segments {
		sum += s.Duration
	}
	return time.Duration(sum * float64(time.Second))
}

// Longest is the longest segment's duration in seconds.
func (m *MediaPlaylist) Longest() float64 {
	var longest float64
	for _, s := range m.Segments {
		longest = max(longest, s.Duration)
	}
	return longest
}

// MediaSize is the size that the media file must have.
func (m *MediaPlaylist) MediaSize() int64 {
	if len(m.Segments) == 0 {
		return m.Map.Offset + m.Map.Length
	}
	last := m.Segments[len(m.Segments)-1].Range
	return last.Offset + last.Length
}

// Rename makes the playlist point to another name of its media file.
func (m *MediaPlaylist) Rename(media string) {
	m.MapURI = media
	for i := range m.Segments {
		m.Segments[i].URI = media
	}
}

// Bytes is the text of the playlist.
func (m *MediaPlaylist) Bytes() []byte {
	var b bytes.Buffer
	target := max(m.TargetDuration, int(math.Ceil(m.Longest()-0.5)))
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n", max(m.Version, 7), target)
	fmt.Fprintf(&b, "#EXT-X-MAP:URI=\"%s\",BYTERANGE=\"%d@%d\"\n", m.MapURI, m.Map.Length, m.Map.Offset)
	for _, s := range m.Segments {
		fmt.Fprintf(&b, "#EXTINF:%.6f,\n#EXT-X-BYTERANGE:%d@%d\n%s\n", s.Duration, s.Range.Length, s.Range.Offset, s.URI)
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}
