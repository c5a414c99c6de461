package torrent

import (
	"crypto/md5"  // p2p-media-loader's hash, not a safeguard
	"crypto/sha1" // likewise
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
)

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

// URI writes the link as PeerTube does, parameters in the same order and
// escaped the same way.
func (m Magnet) URI() string {
	var parts []string
	add := func(key, value string) { parts = append(parts, key+"="+value) }
	if m.TorrentURL != "" {
		add("xs", escape(m.TorrentURL))
	}
	add("xt", "urn:btih:"+m.InfoHash)
	add("dn", strings.ReplaceAll(escape(m.Name), "%20", "+"))
	for _, t := range m.Trackers {
		add("tr", escape(t))
	}
	for _, w := range m.WebSeeds {
		add("ws", escape(w))
	}
	return "magnet:?" + strings.Join(parts, "&")
}

// escape is JavaScript's encodeURIComponent.
func escape(s string) string {
	return unescaped.Replace(url.QueryEscape(s))
}

var unescaped = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// Versions of p2p-media-loader's way to name swarms.
const (
	swarmV1 = "2"
	swarmV2 = "v2"
)

// SwarmsV1 are the info hashes of p2p-media-loader 1.x (PeerTube up to 7.0)
// for a playlist of the given number of files, in hexadecimal.
func SwarmsV1(masterURL string, files int) []string {
	hashes := make([]string, 0, files)
	for i := range files {
		sum := sha1.Sum([]byte(swarmV1 + masterURL + "+V" + strconv.Itoa(i)))
		hashes = append(hashes, hex.EncodeToString(sum[:]))
	}
	return hashes
}

// SwarmsV2 are those of p2p-media-loader 2.x (PeerTube 7.1 and newer);
// audio says that one of the files is audio only (R=0).
func SwarmsV2(masterURL string, files int, audio bool) []string {
	hashes := make([]string, 0, files+1)
	for i := range files {
		hashes = append(hashes, swarmHash(swarmV2+"-"+masterURL+"-main-"+strconv.Itoa(i)))
	}
	if audio {
		hashes = append(hashes, swarmHash(swarmV2+"-"+masterURL+"-secondary-0"))
	}
	return hashes
}

// swarmHash makes 20 characters out of s, as the loader does, and writes them
// in hexadecimal.
func swarmHash(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString(sum[1:])))
}
