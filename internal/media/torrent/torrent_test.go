package torrent

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
)

func TestTorrentOfAFile(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("abcd"), 10_000) // 40,000 bytes: 3 pieces of 16 KiB
	p, err := HashPieces(context.Background(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	last := sha1.Sum(data[2*minPiece:])
	if len(p.Hashes) != 60 || !bytes.Equal(p.Hashes[40:], last[:]) {
		t.Fatalf("pieces: got %d bytes, last %x; want 60, last %x", len(p.Hashes), p.Hashes[40:], last)
	}
	m := Meta{
		Name: "First video 360p.mp4", Length: int64(len(data)), CreatedBy: "Sepiola",
		Trackers: []string{"wss://tube.example/tracker/socket", "https://tube.example/tracker/announce"},
		WebSeeds: []string{"https://tube.example/static/web-videos/a.mp4"},
	}
	got, err := New(m, p)
	if err != nil {
		t.Fatal(err)
	}
	info := "d6:lengthi40000e4:name20:First video 360p.mp412:piece lengthi16384e6:pieces60:" + string(p.Hashes) + "e"
	want := "d8:announce33:wss://tube.example/tracker/socket" +
		"13:announce-listll33:wss://tube.example/tracker/socketel37:https://tube.example/tracker/announceee" +
		"10:created by7:Sepiola4:info" + info +
		"8:url-listl44:https://tube.example/static/web-videos/a.mp4ee"
	if diff := cmp.Diff(want, string(got.Bytes)); diff != "" {
		t.Errorf("torrent (-want +got):\n%s", diff)
	}
	sum := sha1.Sum([]byte(info))
	if got.InfoHash != hex.EncodeToString(sum[:]) {
		t.Errorf("info hash: got %s, want %x", got.InfoHash, sum)
	}
	again, err := ReadPieces(got.Bytes)
	if diff := cmp.Diff(p, again); err != nil || diff != "" {
		t.Errorf("pieces read back: %v\n%s", err, diff)
	}
}

func TestHashPiecesNoticesAnotherLength(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"a file that is shorter": 11, "a file that is longer": 9} {
		if _, err := HashPieces(context.Background(), strings.NewReader("0123456789"), size); !errs.Is(err, errs.Unprocessable) {
			t.Errorf("%s: got %v, want Unprocessable", name, err)
		}
	}
}

func TestPieceLength(t *testing.T) {
	t.Parallel()
	for size, want := range map[int64]int64{0: 16 << 10, 536_821: 16 << 10, 1 << 30: 1 << 20, 1 << 50: 16 << 20} {
		if got := PieceLength(size); got != want {
			t.Errorf("PieceLength(%d): got %d, want %d", size, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	if got, want := FileName(`a/b\c?d%e*f:g|h"i<j>k é`, 360, ".mp4"), "a-b-c-d-e-f-g-h-i-j-k é 360p.mp4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The link is what a PeerTube server answered.
func TestMagnetIsPeerTubes(t *testing.T) {
	t.Parallel()
	got := Magnet{
		TorrentURL: "http://localhost:9000/lazy-static/torrents/a33302b3-fc2d-4755-a634-9b5c1e95a8d8-360.torrent",
		InfoHash:   "2ce36a701263f3e518a32d75ac175610d95a179d",
		Name:       "First video",
		Trackers:   []string{"http://localhost:9000/tracker/announce", "ws://localhost:9000/tracker/socket"},
		WebSeeds:   []string{"http://localhost:9000/static/web-videos/1971f7f6-c23d-4769-9887-2b7affd2467d-360.mp4"},
	}.URI()
	want := "magnet:?xs=http%3A%2F%2Flocalhost%3A9000%2Flazy-static%2Ftorrents%2Fa33302b3-fc2d-4755-a634-9b5c1e95a8d8-360.torrent" +
		"&xt=urn:btih:2ce36a701263f3e518a32d75ac175610d95a179d&dn=First+video" +
		"&tr=http%3A%2F%2Flocalhost%3A9000%2Ftracker%2Fannounce&tr=ws%3A%2F%2Flocalhost%3A9000%2Ftracker%2Fsocket" +
		"&ws=http%3A%2F%2Flocalhost%3A9000%2Fstatic%2Fweb-videos%2F1971f7f6-c23d-4769-9887-2b7affd2467d-360.mp4"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The sums were computed with sha1sum, md5sum, xxd and base64 from the
// description of the two schemes.
func TestSwarms(t *testing.T) {
	t.Parallel()
	const master = "https://tube.example/static/streaming-playlists/hls/v/m-master.m3u8"
	if diff := cmp.Diff([]string{"b51ec5d90595438a168b9a0a1d251d0c6bcbb94e", "8e44f945bab596478719b48c3f859d46d00487f9"}, SwarmsV1(master, 2)); diff != "" {
		t.Errorf("version 1 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"75666a3262324f4e773438723349454172456756", "5631476b6842474c6a636d614574355354426a4d"}, SwarmsV2(master, 1, true)); diff != "" {
		t.Errorf("version 2 (-want +got):\n%s", diff)
	}
}

func FuzzReadPieces(f *testing.F) {
	f.Add([]byte("d4:infod6:lengthi4e4:name1:a12:piece lengthi16384e6:pieces20:01234567890123456789ee"))
	f.Add([]byte("d4:infodee"))
	f.Add([]byte("99999999999999999999:"))
	f.Add(bytes.Repeat([]byte("l"), 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadPieces(b)
		if err == nil && (p.Length <= 0 || len(p.Hashes)%20 != 0) {
			t.Errorf("accepted pieces of %d bytes with %d bytes of hashes", p.Length, len(p.Hashes))
		}
	})
}
