// Package torrent makes what BitTorrent clients and PeerTube's players need to
// share a file: single-file .torrent files, magnet links, and the names of
// p2p-media-loader's swarms. It does no network.
package torrent

import (
	"context"
	"crypto/sha1" // BitTorrent's hash, not a safeguard
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
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

const (
	minPiece = 16 << 10
	maxPiece = 16 << 20
)

// PieceLength is the length of pieces for a file of size bytes: a power of two
// that gives about a thousand pieces.
func PieceLength(size int64) int64 {
	if size <= 0 {
		return minPiece
	}
	exponent := math.Round(math.Log2(float64(size) / 1024))
	return int64(max(minPiece, min(maxPiece, math.Exp2(exponent))))
}

// HashPieces reads size bytes from r, once, and hashes them. A reader that ends
// earlier or later is errs.Unprocessable.
func HashPieces(ctx context.Context, r io.Reader, size int64) (Pieces, error) {
	p := Pieces{Length: PieceLength(size)}
	piece := make([]byte, min(p.Length, max(size, 1)))
	for left := size; left > 0; {
		if err := ctx.Err(); err != nil {
			return Pieces{}, err
		}
		n := min(left, p.Length)
		if _, err := io.ReadFull(r, piece[:n]); err == io.EOF || err == io.ErrUnexpectedEOF {
			return Pieces{}, errs.Wrap(errs.Unprocessable, err, "the file is shorter than recorded")
		} else if err != nil {
			return Pieces{}, fmt.Errorf("hash pieces: %w", err)
		}
		sum := sha1.Sum(piece[:n])
		p.Hashes = append(p.Hashes, sum[:]...)
		left -= n
	}
	if n, _ := r.Read(piece[:1]); n > 0 {
		return Pieces{}, errs.New(errs.Unprocessable, "the file is longer than recorded")
	}
	return p, nil
}

// New puts a .torrent file together.
func New(m Meta, p Pieces) (*Torrent, error) {
	if m.Name == "" || m.Length <= 0 || p.Length <= 0 || len(m.Trackers) == 0 {
		return nil, errs.New(errs.Invalid, "a torrent needs a name, a length, pieces and a tracker")
	}
	if count := (m.Length + p.Length - 1) / p.Length; int64(len(p.Hashes)) != count*sha1.Size {
		return nil, errs.New(errs.Invalid, "a torrent of %d pieces with %d bytes of hashes", count, len(p.Hashes))
	}
	info := encode(dict{
		"length":       m.Length,
		"name":         m.Name,
		"piece length": p.Length,
		"pieces":       string(p.Hashes),
	})
	root := dict{
		"announce":      m.Trackers[0],
		"announce-list": tiers(m.Trackers),
		"info":          raw(info),
	}
	if m.CreatedBy != "" {
		root["created by"] = m.CreatedBy
	}
	if !m.Created.IsZero() {
		root["creation date"] = m.Created.Unix()
	}
	if len(m.WebSeeds) > 0 {
		root["url-list"] = list(m.WebSeeds)
	}
	sum := sha1.Sum(info)
	return &Torrent{Bytes: encode(root), InfoHash: hex.EncodeToString(sum[:])}, nil
}

// tiers gives each tracker its own tier: clients try them in this order.
func tiers(trackers []string) []any {
	var all []any
	for _, t := range trackers {
		all = append(all, []any{t})
	}
	return all
}

func list(s []string) []any {
	all := make([]any, len(s))
	for i, v := range s {
		all[i] = v
	}
	return all
}

// ReadPieces takes the pieces out of a .torrent file, so that a rename
// need not read the media again. What is no single-file torrent is errs.Unprocessable.
func ReadPieces(torrent []byte) (Pieces, error) {
	v, err := decode(torrent)
	if err != nil {
		return Pieces{}, errs.Wrap(errs.Unprocessable, err, "this is no torrent file")
	}
	root, _ := v.(dict)
	info, _ := root["info"].(dict)
	length, _ := info["piece length"].(int64)
	hashes, _ := info["pieces"].(string)
	if length <= 0 || hashes == "" || len(hashes)%sha1.Size != 0 {
		return Pieces{}, errs.New(errs.Unprocessable, "this is no torrent file of one video")
	}
	return Pieces{Length: length, Hashes: []byte(hashes)}, nil
}

// FileName is "<video name> <R>p<ext>" with what file systems refuse replaced by "-".
func FileName(videoName string, resolution int, ext string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\?%*:|"<>`, r) {
			return '-'
		}
		return r
	}, videoName)
	return clean + " " + strconv.Itoa(resolution) + "p" + ext
}
