package worker_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/blob"
)

// hostileClip is a file and what must become of it.
type hostileClip struct {
	name string
	path string
	// refused is what the creator must be told; "" means that it becomes a
	// video, which lasts duration seconds (0: any) and whose best file has
	// this shape (0x0: no picture of its own).
	refused       string
	duration      int
	width, height int
	mute          bool
	// remark is what the creator is told of a file that became a video; ""
	// means nothing.
	remark string
}

// TestStrangeFilesArePlayableOrRefused sends files that are odd, damaged or
// made to harm through the whole work. Each is playable in the end, or its
// creator is told why not.
func TestStrangeFilesArePlayableOrRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settings.Options.Resolutions = nil // the ladder has tests of its own
	h.settings.Storyboards, h.settings.Torrents = false, false
	clips := slices.Concat(oddClips(t), damagedClips(t), referringClips(t))
	h.start()
	videos := make([]*video.Video, len(clips))
	for i, c := range clips {
		videos[i] = h.upload(c.path, nil)
	}
	h.patience = 3 * time.Minute
	h.idle()
	for i, c := range clips {
		t.Run(c.name, func(t *testing.T) { h.checkStrange(t, c, h.get(videos[i].ID)) })
	}
}

func (h *house) checkStrange(t *testing.T, c hostileClip, v *video.Video) {
	t.Helper()
	steps := h.stepsOf(v.ID)
	if c.refused != "" {
		if v.State != video.TranscodingFailed || len(steps) == 0 || !strings.Contains(steps[0].Error, c.refused) {
			t.Errorf("state %d, %+v; want a refusal with %q", v.State, steps, c.refused)
		}
		return
	}
	if v.State != video.Published {
		t.Fatalf("state %d: %+v", v.State, steps)
	}
	for _, s := range steps {
		if s.State != video.TranscodeDone {
			t.Errorf("not made: %+v", s)
		}
	}
	if got := video.Remark(steps).Error; !strings.Contains(got, c.remark) || (got == "") != (c.remark == "") {
		t.Errorf("it is said of it %q, want %q", got, c.remark)
	}
	best, _ := v.Best()
	if c.duration != 0 && v.Duration != c.duration {
		t.Errorf("it lasts %d s, want %d", v.Duration, c.duration)
	}
	if c.width != 0 && (best.Width != c.width || best.Height != c.height) {
		t.Errorf("it has %dx%d, want %dx%d", best.Width, best.Height, c.width, c.height)
	}
	if best.HasAudio == c.mute {
		t.Errorf("it has sound: %v, want %v", best.HasAudio, !c.mute)
	}
	// A decoder reads it from its playlist to its end, and a browser's would.
	list := filepath.Join(h.disk.Dirs[blob.StreamingPlaylists], "hls", v.UUID, strings.TrimSuffix(best.Filename, "-fragmented.mp4")+".m3u8")
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-xerror", "-i", list, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("it does not play: %v %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,pix_fmt,color_transfer", "-of", "compact", filepath.Join(filepath.Dir(list), best.Filename)).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("codec_name=h264|pix_fmt=yuv")) || bytes.Contains(out, []byte("10le")) || bytes.Contains(out, []byte("smpte2084")) || bytes.Contains(out, []byte("arib-std-b67")) {
		t.Errorf("no browser plays this: %v %s", err, out)
	}
	if n := strings.Count(string(out), "codec_name=aac"); n > 1 {
		t.Errorf("%d sound tracks", n)
	}
}

func small(size string) []string {
	return []string{"-f", "lavfi", "-i", "testsrc2=size=" + size + ":rate=25:duration=2"}
}

func args(parts ...any) (list []string) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			list = append(list, strings.Fields(p)...)
		case []string:
			list = append(list, p...)
		}
	}
	return list
}

const quick = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -b:v 100k -maxrate 100k -bufsize 100k"

// oddClips are right, and unusual.
func oddClips(t *testing.T) []hostileClip {
	t.Helper()
	tone := args("-f lavfi -i sine=frequency=440:duration=2")
	make := func(name string, parts ...any) string { return clip(t, name, args(parts...)...) }
	hdr := "-f lavfi -i testsrc2=size=192x108:rate=25:duration=1 -pix_fmt yuv420p10le -color_primaries bt2020 -colorspace bt2020nc -color_trc "
	return []hostileClip{
		{name: "uneven frames", duration: 3, width: 192, height: 108, mute: true, path: make("vfr.mkv", small("192x108"),
			"-vf setpts='if(lt(N,25),N*0.04,1+(N-25)*0.08)/TB' -fps_mode vfr", quick)},
		{name: "both edges odd", duration: 2, width: 146, height: 82, mute: true, path: make("odd.mkv", small("147x83"), "-c:v ffv1 -pix_fmt yuv444p")},
		{name: "portrait", duration: 2, width: 108, height: 192, path: make("tall.mp4", small("108x192"), tone, quick, "-c:a aac")},
		{name: "a single frame", mute: true, path: make("one.mp4", small("192x108"), "-frames:v 1", quick)},
		{name: "a tenth of a second", path: make("short.mp4", small("192x108"), tone, "-t 0.1", quick, "-c:a aac")},
		{name: "two sound tracks", duration: 2, path: make("tracks.mkv", small("192x108"), tone, tone, "-map 0 -map 1 -map 2", quick, "-c:a aac")},
		{name: "only sound", duration: 2, path: make("song.ogg", tone, "-c:a libvorbis")},
		{name: "no sound", duration: 2, mute: true, path: make("mute.mp4", small("192x108"), quick)},
		{name: "sound that ends before the picture", duration: 2, path: make("early.mp4", small("192x108"), "-f lavfi -i sine=duration=0.5", quick, "-c:a aac")},
		{name: "250 frames a second", mute: true, duration: 1, path: make("fast.mp4", "-f lavfi -i testsrc2=size=64x36:rate=250:duration=1", quick)},
		{name: "one frame in four seconds", mute: true, path: make("slow.mkv", "-f lavfi -i testsrc2=size=64x36:rate=1/4:duration=8", quick)},
		{name: "16 by 16 pixels", mute: true, duration: 2, path: make("tiny.mp4", small("16x16"), quick)},
		{name: "a narrow stripe", mute: true, duration: 2, path: make("stripe.mkv", small("1024x16"), quick)},
		{name: "HDR10", mute: true, duration: 1, path: make("hdr10.mkv", hdr, "smpte2084 -c:v libx265 -preset ultrafast -x265-params",
			"log-level=none:hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400")},
		{name: "HLG", mute: true, duration: 1, path: make("hlg.mp4", hdr, "arib-std-b67 -c:v libx264 -preset ultrafast")},
		{name: "interlaced MPEG-2", mute: true, duration: 2, path: make("old.mpg", small("192x108"), "-c:v mpeg2video -flags +ildct+ilme -b:v 500k")},
		{name: "pixels that are not square", mute: true, duration: 2, path: make("wide.mp4", small("144x108"), quick, "-vf setsar=4/3")},
	}
}

// damagedClips are not what their headers say, or not whole.
func damagedClips(t *testing.T) []hostileClip {
	t.Helper()
	front := read(t, clip(t, "front.mp4", args(small("192x108"), quick, "-movflags +faststart")...))
	back := read(t, clip(t, "back.mp4", args(small("192x108"), quick)...))
	noise := bytes.Clone(front)
	for i := len(noise) * 6 / 10; i < len(noise)*7/10; i++ {
		noise[i] = byte(i * 31)
	}
	lie := bytes.Clone(read(t, clip(t, "lie.mkv", args(small("192x108"), quick)...)))
	at := bytes.Index(lie, []byte{0x44, 0x89, 0x88}) // Duration, 8 bytes
	if at < 0 {
		t.Fatal("no duration element")
	}
	copy(lie[at+3:], []byte{0x41, 0x6b, 0x77, 0x40, 0, 0, 0, 0}) // 14,400,000 ms
	return []hostileClip{
		{name: "empty", path: file(t, "empty.mp4", nil), refused: "empty"},
		{name: "a text", path: file(t, "text.mp4", []byte(strings.Repeat("this is text\n", 100))), refused: "not a video"},
		{name: "an MP4 without its end", path: file(t, "cut.mp4", back[:len(back)*7/10]), refused: "incomplete"},
		{name: "an MP4 with half its data", path: file(t, "half.mp4", front[:len(front)/2]), mute: true, remark: "ends after 0:0"},
		{name: "noise in the middle", path: file(t, "noise.mp4", noise), mute: true},
		{name: "four hours in the header, two seconds of data", path: file(t, "lie.mkv", lie), duration: 2, mute: true, remark: "ends after 0:02, though it says 4:00:00"},
	}
}

// referringClips want other files to be read.
func referringClips(t *testing.T) []hostileClip {
	t.Helper()
	secret := clip(t, "secret.mkv", args("-f lavfi -i testsrc2=size=64x36:rate=25:duration=9", quick)...)
	text := func(name, text string) string { return file(t, name, []byte(text)) }
	attached := text("font.ttf", "no font")
	return []hostileClip{
		{name: "a Matroska with ordered chapters of another file", path: linked(t, filepath.Base(secret)), duration: 2, mute: true},
		{name: "a Matroska with attachments", duration: 2, mute: true, path: clip(t, "att.mkv", args(small("192x108"), quick,
			[]string{"-attach", attached, "-metadata:s:t", "mimetype=application/x-truetype-font", "-metadata:s:t", "filename=../../../../tmp/evil"})...)},
		{name: "an HLS playlist", path: text("a.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://"+secret+"\n#EXT-X-ENDLIST\n"), refused: "not accepted"},
		{name: "a list to concatenate", path: text("b.mkv", "ffconcat version 1.0\nfile "+secret+"\n"), refused: "not accepted"},
		{name: "a DASH manifest", path: text("c.mp4", `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation><BaseURL>file://`+secret+`</BaseURL></Representation></AdaptationSet></Period></MPD>`), refused: "not "},
		{name: "a session description", path: text("d.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"), refused: "not "},
		{name: "an SVG that includes a file", path: text("e.mp4", `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="99" height="99"><image xlink:href="file:///etc/passwd" width="99" height="99"/></svg>`), refused: "not "},
		{name: "a still picture", path: clip(t, "f.png", args("-f lavfi -i color=s=16x16 -frames:v 1")...), refused: "not "},
		{name: "subtitles", path: text("g.mp4", "1\n00:00:00,000 --> 00:00:01,000\nhi\n\n"), refused: "not "},
	}
}

// linked is a Matroska file of two seconds whose information names a next file
// and whose chapter is to be played from another segment.
func linked(t *testing.T, next string) string {
	t.Helper()
	title := strings.Repeat("t", 60)
	meta := file(t, "meta.txt", []byte(";FFMETADATA1\ntitle="+title+"\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle="+title+"\n"))
	b := read(t, clip(t, "linked.mkv", args(small("192x108"), []string{"-i", meta, "-map_metadata", "1", "-map_chapters", "1"}, quick)...))
	patch := func(what string, old, with []byte) {
		t.Helper()
		at := bytes.Index(b, old)
		if at < 0 || len(with) > len(old) {
			t.Fatalf("no %s to patch", what)
		}
		copy(b[at:], with)
	}
	name := next + strings.Repeat("\x00", 59-len(next))
	// Title becomes NextFilename, whose number is a byte longer.
	patch("title", []byte("\x7b\xa9\xbc"+title), []byte("\x3e\x83\xbb\xbb"+name))
	// ChapterString becomes ChapterSegmentUID and emptiness.
	patch("chapter", []byte("\x85\xbc"+title), []byte("\x6e\x67\x90"+"0123456789abcdef"+"\xec\xaa"))
	patch("edition", []byte("\x45\xdb\x81"), []byte("\x45\xdd\x81")) // EditionFlagOrdered
	return file(t, "linked.mkv", b)
}

func file(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
