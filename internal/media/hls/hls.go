// Package hls reads and writes the text side of HLS video on demand: media
// playlists of single-file fragmented MP4, the master playlist, the JSON file
// with the hashes of segments, playlists of captions, and access tokens put
// into playlists. It also derives the CODECS strings from the media files.
//
// Names and contents are PeerTube's, because its players and other servers
// read them. Making the media files is media/transcode's work; storing and
// serving them is not done here.
package hls

import "strconv"

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
