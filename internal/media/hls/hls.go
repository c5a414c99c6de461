// Package hls reads and writes the text side of HLS video on demand: media
// playlists of single-file fragmented MP4, the master playlist, the JSON file
// with the hashes of segments, playlists of captions, and access tokens put
// into playlists. It also derives the CODECS strings from the media files.
//
// Names and contents are PeerTube's, because its players and other servers
// read them. Making the media files is media/transcode's work; storing and
// serving them is not done here.
package hls

import (
	"context"
	"io"
	"strconv"
	"time"

	"sepiola/internal/errs"
)

// MediaName is the name of the fMP4 file of a resolution; u is a fresh random UUID.
func MediaName(u string, resolution int) string {
	return u + "-" + strconv.Itoa(resolution) + "-fragmented.mp4"
}

// PlaylistName is the name of the media playlist beside MediaName(u, resolution).
func PlaylistName(u string, resolution int) string {
	return u + "-" + strconv.Itoa(resolution) + ".m3u8"
}

// MasterName is the name of a master playlist.
func MasterName(u string) string { return u + "-master.m3u8" }

// SegmentsName is the name of the file of hashes.
func SegmentsName(u string) string { return u + "-segments-sha256.json" }

// ByteRange is a part of a file.
type ByteRange struct{ Offset, Length int64 }

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
// range of one local file, whose ranges follow each other without overlap. Anything else is
// errs.Unprocessable.
func ParseMedia(r io.Reader) (*MediaPlaylist, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// Duration is the sum of the segments'.
func (m *MediaPlaylist) Duration() time.Duration { return 0 }

// Rename makes the playlist point to another name of its media file.
func (m *MediaPlaylist) Rename(media string) {}

// Bytes is the text of the playlist.
func (m *MediaPlaylist) Bytes() []byte { return nil }

// Codecs are the RFC 6381 names of what a file holds; empty when it has none.
type Codecs struct{ Video, Audio string }

// ReadCodecs reads them from the start of an MP4 file (up to and including
// moov, at most 16 MiB are read).
func ReadCodecs(r io.Reader) (Codecs, error) {
	return Codecs{}, errs.New(errs.NotSupported, "not built yet")
}

// Rendition is one file as the master playlist describes it.
type Rendition struct {
	// Playlist is the file name of the media playlist.
	Playlist   string
	Resolution int // 0 is audio only
	// Width, Height and FPS are 0 without a picture.
	Width, Height      int
	FPS                float64
	Size               int64 // bytes of the media file
	Duration           time.Duration
	Codecs             Codecs
	HasVideo, HasAudio bool
}

// Caption is one subtitle track of the master playlist.
type Caption struct {
	Label    string // of the language, for people
	Language string // code
	Playlist string // file name
}

// Master writes the master playlist.
func Master(renditions []Rendition, captions []Caption) ([]byte, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// CaptionPlaylist writes the playlist of a VTT file at url.
func CaptionPlaylist(url string, d time.Duration) []byte { return nil }

// SegmentHash is the SHA-256 of one segment, in hexadecimal.
type SegmentHash struct {
	Range  ByteRange
	SHA256 string
}

// FileHashes are those of one media file.
type FileHashes struct {
	Name     string
	Segments []SegmentHash
}

// HashSegments reads media once, from its start, and hashes the segments of m.
func HashSegments(ctx context.Context, media io.Reader, m *MediaPlaylist) ([]SegmentHash, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// SegmentsJSON writes the file of hashes, in the order given.
func SegmentsJSON(files []FileHashes) []byte { return nil }

// ParseSegmentsJSON reads what SegmentsJSON wrote, in its order.
func ParseSegmentsJSON(r io.Reader) ([]FileHashes, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// InjectToken returns the playlist with videoFileToken=token on every
// .m3u8, .mp4 and .ts name it refers to, and reinjectVideoFileToken=true on the
// .m3u8 ones.
func InjectToken(playlist io.Reader, token string) ([]byte, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}
