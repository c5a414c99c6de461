// Package torrent makes what BitTorrent clients and PeerTube's players need to
// share a file: single-file .torrent files, magnet links, and the names of
// p2p-media-loader's swarms. It does no network.
package torrent

import (
	"context"
	"io"
	"time"

	"sepiola/internal/errs"
)

// Meta is what a torrent says beside the hashes of its pieces.
type Meta struct {
	// Name is the file name people get; see FileName.
	Name string
	// Length of the file in bytes.
	Length int64
	// Trackers are announce URLs, the first one preferred.
	Trackers []string
	// WebSeeds are URLs of the file itself; empty for private videos.
	WebSeeds []string
	// CreatedBy is free text, Created may be zero.
	CreatedBy string
	Created   time.Time
}

// Pieces are the hashes of a file's pieces, which do not depend on its name.
type Pieces struct {
	// Length of a piece in bytes.
	Length int64
	// Hashes are SHA-1 sums, 20 bytes each.
	Hashes []byte
}

// Torrent is a finished .torrent file.
type Torrent struct {
	// Bytes of the file.
	Bytes []byte
	// InfoHash in lower-case hexadecimal.
	InfoHash string
}

// HashPieces reads size bytes from r, once, and hashes them.
func HashPieces(ctx context.Context, r io.Reader, size int64) (Pieces, error) {
	return Pieces{}, errs.New(errs.NotSupported, "not built yet")
}

// ReadPieces takes the pieces out of a .torrent file, so that a rename
// need not read the media again.
func ReadPieces(torrent []byte) (Pieces, error) {
	return Pieces{}, errs.New(errs.NotSupported, "not built yet")
}

// New puts a .torrent file together.
func New(m Meta, p Pieces) (*Torrent, error) {
	return nil, errs.New(errs.NotSupported, "not built yet")
}

// FileName is "<video name> <R>p<ext>" with what file systems refuse replaced by "-".
func FileName(videoName string, resolution int, ext string) string { return "" }

// Magnet is a magnet link.
type Magnet struct {
	// TorrentURL is where the .torrent file is; empty leaves it out.
	TorrentURL string
	InfoHash   string
	// Name is the video's.
	Name     string
	Trackers []string
	WebSeeds []string
}

// URI writes the link as PeerTube does.
func (m Magnet) URI() string { return "" }

// SwarmsV1 are the info hashes of p2p-media-loader 1.x (PeerTube up to 7.0)
// for a playlist of the given number of files.
func SwarmsV1(masterURL string, files int) []string { return nil }

// SwarmsV2 are those of p2p-media-loader 2.x (PeerTube 7.1 and newer);
// audio says that one of the files is audio only (R=0).
func SwarmsV2(masterURL string, files int, audio bool) []string { return nil }
