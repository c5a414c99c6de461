package hls

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
)

// media is a playlist that a PeerTube server answered.
const media = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="bbc25b68-240-fragmented.mp4",BYTERANGE="1377@0"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:157946@1377
bbc25b68-240-fragmented.mp4
#EXTINF:4.000000,
#EXT-X-BYTERANGE:168526@159323
bbc25b68-240-fragmented.mp4
#EXTINF:4.000000,
#EXT-X-BYTERANGE:158486@327849
bbc25b68-240-fragmented.mp4
#EXT-X-ENDLIST
`

func parse(t *testing.T, s string) *MediaPlaylist {
	t.Helper()
	m, err := ParseMedia(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMediaPlaylist(t *testing.T) {
	t.Parallel()
	m := parse(t, media)
	if m.Duration() != 12*time.Second || m.MediaSize() != 486335 || len(m.Segments) != 3 || m.Longest() != 4 {
		t.Errorf("got %v, %d bytes, %+v", m.Duration(), m.MediaSize(), m)
	}
	if diff := cmp.Diff(media, string(m.Bytes())); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
	m.Rename("x-240-fragmented.mp4")
	if got := string(m.Bytes()); got != strings.ReplaceAll(media, "bbc25b68", "x") {
		t.Errorf("renamed: got\n%s", got)
	}
}

func TestMediaPlaylistRefuses(t *testing.T) {
	t.Parallel()
	edit := func(old, new string) string { return strings.Replace(media, old, new, 1) }
	for name, s := range map[string]string{
		"nothing":                     "",
		"another kind of text":        "hello",
		"a list without end":          edit("#EXT-X-ENDLIST", ""),
		"no segments":                 "#EXTM3U\n#EXT-X-ENDLIST\n",
		"a path":                      strings.ReplaceAll(media, "bbc25b68", "../bbc25b68"),
		"a URL":                       strings.ReplaceAll(media, "bbc25b68", "http://h/bbc25b68"),
		"two files":                   edit("\nbbc25b68", "\nother"),
		"a gap":                       edit("@159323", "@159324"),
		"an overlap":                  edit("@159323", "@159322"),
		"a range that overflows":      edit("158486@327849", "9223372036854775807@327849"),
		"a negative range":            edit("158486@327849", "-5@327849"),
		"a range that is no number":   edit("158486@327849", "x@327849"),
		"a segment that is no length": edit("4.000000", "NaN"),
		"an endless segment":          edit("4.000000", "1e300"),
		"a segment without range":     edit("#EXT-X-BYTERANGE:157946@1377\n", ""),
		"encryption":                  edit("#EXTINF", "#EXT-X-KEY:METHOD=AES-128\n#EXTINF"),
		"a master playlist":           "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n",
		"a line of a megabyte":        "#EXTM3U\n" + strings.Repeat("x", 1<<20),
	} {
		if m, err := ParseMedia(strings.NewReader(s)); !errs.Is(err, errs.Unprocessable) {
			t.Errorf("%s: got %+v, %v; want Unprocessable", name, m, err)
		}
	}
}

// The master playlist is what a PeerTube server answered.
func TestMasterIsPeerTubes(t *testing.T) {
	t.Parallel()
	got, err := Master([]Rendition{
		{Playlist: "5a-360.m3u8", Resolution: 360, Width: 640, Height: 360, FPS: 25, Size: 774180, Duration: 12 * time.Second, Codecs: Codecs{"avc1.64001e", "mp4a.40.2"}, HasVideo: true, HasAudio: true},
		{Playlist: "bb-240.m3u8", Resolution: 240, Width: 426, Height: 240, FPS: 25, Size: 486335, Duration: 12 * time.Second, Codecs: Codecs{"avc1.640015", "mp4a.40.2"}, HasVideo: true, HasAudio: true},
	}, nil)
	want := `#EXTM3U
#EXT-X-VERSION:3


#EXT-X-STREAM-INF:BANDWIDTH=324224,RESOLUTION=426x240,FRAME-RATE=25,CODECS="avc1.640015,mp4a.40.2"
bb-240.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=516120,RESOLUTION=640x360,FRAME-RATE=25,CODECS="avc1.64001e,mp4a.40.2"
5a-360.m3u8
`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestMasterWithSoundApartAndCaptions(t *testing.T) {
	t.Parallel()
	video := Rendition{Playlist: "a-720.m3u8", Resolution: 720, Width: 1280, Height: 720, FPS: 30000. / 1001, Size: 1001, Duration: time.Second, Codecs: Codecs{Video: "avc1.64001f"}, HasVideo: true}
	sound := Rendition{Playlist: "a-0.m3u8", Size: 500, Duration: time.Second, Codecs: Codecs{Audio: "mp4a.40.2"}, HasAudio: true}
	both := video
	both.HasAudio, both.Codecs.Audio = true, "mp4a.40.2"
	const media = `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",AUTOSELECT=YES,DEFAULT=YES,URI="a-0.m3u8"` + "\n"
	const head = "#EXTM3U\n#EXT-X-VERSION:3\n"
	cases := map[string]struct {
		renditions []Rendition
		captions   []Caption
		want       string
	}{
		"the sound is shared": {[]Rendition{video, sound}, nil, head + media + "\n\n" +
			`#EXT-X-STREAM-INF:BANDWIDTH=8008,RESOLUTION=1280x720,FRAME-RATE=29.97,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"` + "\na-720.m3u8\n"},
		"sound alone": {[]Rendition{sound}, nil, head + "\n\n" +
			`#EXT-X-STREAM-INF:BANDWIDTH=4000,CODECS="mp4a.40.2"` + "\na-0.m3u8\n"},
		"sound for podcasts beside complete files": {[]Rendition{both, sound}, nil, head + "\n\n" +
			`#EXT-X-STREAM-INF:BANDWIDTH=8008,RESOLUTION=1280x720,FRAME-RATE=29.97,CODECS="avc1.64001f,mp4a.40.2"` + "\na-720.m3u8\n"},
		"captions, with a label that breaks out": {[]Rendition{both}, []Caption{{"Fran\"çais\n#X", "fr", "c-fr.m3u8"}}, head +
			`#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Fran'çais#X",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,LANGUAGE="fr",URI="c-fr.m3u8"` + "\n\n\n" +
			`#EXT-X-STREAM-INF:BANDWIDTH=8008,RESOLUTION=1280x720,FRAME-RATE=29.97,CODECS="avc1.64001f,mp4a.40.2",SUBTITLES="subtitles"` + "\na-720.m3u8\n"},
	}
	for name, c := range cases {
		got, err := Master(c.renditions, c.captions)
		if diff := cmp.Diff(c.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := Master(nil, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("no renditions: got %v", err)
	}
	if _, err := Master([]Rendition{{Playlist: "a.m3u8"}}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("no duration: got %v", err)
	}
}

func TestCaptionPlaylist(t *testing.T) {
	t.Parallel()
	want := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:13\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:12.5,\nhttps://h/a.vtt\n#EXT-X-ENDLIST\n"
	if diff := cmp.Diff(want, string(CaptionPlaylist("https://h/a.vtt", 12500*time.Millisecond))); diff != "" {
		t.Error(diff)
	}
}

func TestSegmentHashes(t *testing.T) {
	t.Parallel()
	m := parse(t, media)
	data := bytes.Repeat([]byte("0123456789"), 48634)[:486335]
	segments, err := HashSegments(context.Background(), bytes.NewReader(data), m)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data[159323 : 159323+168526])
	if len(segments) != 3 || segments[1].SHA256 != hex.EncodeToString(sum[:]) || segments[1].Range.String() != "159323-327848" {
		t.Errorf("got %+v", segments)
	}
	files := []FileHashes{{"z.mp4", segments}, {"a.mp4", segments[:1]}}
	text := SegmentsJSON(files)
	if want := `{"z.mp4":{"1377-159322":"`; !strings.HasPrefix(string(text), want) {
		t.Errorf("got %s", text)
	}
	again, err := ParseSegmentsJSON(bytes.NewReader(text))
	if diff := cmp.Diff(files, again); err != nil || diff != "" {
		t.Errorf("read back: %v\n%s", err, diff)
	}
	if _, err := HashSegments(context.Background(), bytes.NewReader(data[:400_000]), m); !errs.Is(err, errs.Unprocessable) {
		t.Errorf("a file cut short: got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := HashSegments(ctx, bytes.NewReader(data), m); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestInjectToken(t *testing.T) {
	t.Parallel()
	in := "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a-0.m3u8\"\n#EXT-X-MAP:URI=\"a.mp4\",BYTERANGE=\"1@0\"\n" +
		"#EXTINF:4,\na.mp4\r\nb.m3u8\nc.ts?x=1\nd.vtt\n#EXT-X-ENDLIST"
	want := "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"a-0.m3u8?videoFileToken=t%26k&reinjectVideoFileToken=true\"\n" +
		"#EXT-X-MAP:URI=\"a.mp4?videoFileToken=t%26k\",BYTERANGE=\"1@0\"\n" +
		"#EXTINF:4,\na.mp4?videoFileToken=t%26k\r\nb.m3u8?videoFileToken=t%26k&reinjectVideoFileToken=true\nc.ts?x=1&videoFileToken=t%26k\nd.vtt\n#EXT-X-ENDLIST"
	got, err := InjectToken(strings.NewReader(in), "t&k")
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// mp4Box makes a box out of parts.
func mp4Box(kind string, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))
	return append(append(b, kind...), content...)
}

func track(handler, entry string, fixed int, config []byte) []byte {
	hdlr := mp4Box("hdlr", make([]byte, 8), []byte(handler), make([]byte, 13))
	stsd := mp4Box("stsd", []byte{0, 0, 0, 0, 0, 0, 0, 1}, mp4Box(entry, make([]byte, fixed), config))
	return mp4Box("trak", mp4Box("mdia", hdlr, mp4Box("minf", mp4Box("stbl", stsd))))
}

func TestReadCodecs(t *testing.T) {
	t.Parallel()
	esds := func(specific ...byte) []byte {
		config := append([]byte{0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, byte(len(specific))}, specific...)
		es := append([]byte{0, 1, 0, 4, 0x80, 0x80, 0x80, byte(len(config))}, config...)
		return mp4Box("esds", make([]byte, 4), []byte{3, byte(len(es))}, es)
	}
	avc := track("vide", "avc1", 78, mp4Box("avcC", []byte{1, 0x64, 0, 0x1e, 0xff}))
	cases := []struct {
		name   string
		tracks []byte
		want   Codecs
	}{
		{"H.264 and AAC-LC", append(avc, track("soun", "mp4a", 28, esds(0x12, 0x10))...), Codecs{"avc1.64001e", "mp4a.40.2"}},
		{"HE-AAC alone", track("soun", "mp4a", 28, esds(0x2b, 0x92)), Codecs{"", "mp4a.40.5"}},
		{"an escaped object type", track("soun", "mp4a", 28, esds(0xf9, 0x48)), Codecs{"", "mp4a.40.42"}},
		{"HEVC", track("vide", "hvc1", 78, mp4Box("hvcC", []byte{1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93})), Codecs{Video: "hvc1.1.6.L93.90"}},
		{"VP9 and Opus", append(track("vide", "vp09", 78, mp4Box("vpcC", []byte{1, 0, 0, 0, 0, 31, 0x80})), track("soun", "Opus", 28, nil)...), Codecs{"vp09.00.31.08", "opus"}},
		{"AV1", track("vide", "av01", 78, mp4Box("av1C", []byte{0x81, 0x04, 0x40})), Codecs{Video: "av01.0.04M.10"}},
	}
	for _, c := range cases {
		file := append(mp4Box("ftyp", []byte("isom")), mp4Box("moov", mp4Box("mvhd", make([]byte, 100)), c.tracks)...)
		got, err := ReadCodecs(bytes.NewReader(file))
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "no moov": mp4Box("ftyp"), "a huge box": {0x7f, 0xff, 0xff, 0xff, 'm', 'o', 'o', 'v'}, "a box that is too small": {0, 0, 0, 1, 'm', 'o', 'o', 'v'}} {
		if _, err := ReadCodecs(bytes.NewReader(b)); !errs.Is(err, errs.Unprocessable) {
			t.Errorf("%s: got %v, want Unprocessable", name, err)
		}
	}
}

func FuzzParseMedia(f *testing.F) {
	f.Add(media)
	f.Add("#EXTM3U\n#EXT-X-MAP:URI=\"a\",BYTERANGE=\"1@0\"\n#EXTINF:1,\n#EXT-X-BYTERANGE:9223372036854775806\na\n#EXT-X-ENDLIST")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMedia(strings.NewReader(s))
		if err != nil {
			return
		}
		again, err := ParseMedia(bytes.NewReader(m.Bytes()))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if again.MediaSize() != m.MediaSize() || len(again.Segments) != len(m.Segments) {
			t.Errorf("got %+v, want %+v", again, m)
		}
	})
}

func FuzzReadCodecs(f *testing.F) {
	f.Add(append(mp4Box("ftyp"), mp4Box("moov", track("vide", "avc1", 78, mp4Box("avcC", []byte{1, 2, 3, 4})), track("soun", "mp4a", 28, mp4Box("esds", []byte{0, 0, 0, 0, 3, 1, 0})))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ReadCodecs(bytes.NewReader(b)); err != nil && c != (Codecs{}) {
			t.Errorf("an error and %+v", c)
		}
	})
}

func FuzzParseSegmentsJSON(f *testing.F) {
	f.Add(`{"a.mp4":{"0-1":"` + strings.Repeat("ab", 32) + `"}}`)
	f.Add(`{"a":{"1-0":""}}`)
	f.Fuzz(func(t *testing.T, s string) {
		files, err := ParseSegmentsJSON(strings.NewReader(s))
		if err != nil {
			return
		}
		if _, err := ParseSegmentsJSON(bytes.NewReader(SegmentsJSON(files))); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}
