package ffmpeg

import (
	"path/filepath"
	"strconv"
	"strings"
)

// formats are the containers that are read. Whatever can refer to other files
// or URLs (hls, dash, concat, image sequences, playlists, SDP ...) is not among
// them and is never to be.
const formats = "mov,matroska,avi,flv,mpegts,mpeg,asf,ogg,flac,mp3,wav,w64,aiff,aac,ac3,eac3,caf,mxf,nut,m4v,mpegvideo,h264,hevc,ivf,rm,dv,amr,wv,ape,tta"

// Input is the arguments that open a local media file: only the file protocol,
// only the allowed containers, no picture larger than maxArea pixels (0 means
// no bound), even in the middle of the file. opts come just before -i.
func Input(path string, maxArea int, opts ...string) []string {
	args := []string{"-protocol_whitelist", "file", "-format_whitelist", formats}
	if maxArea > 0 {
		args = append(args, "-max_pixels", strconv.Itoa(maxArea))
	}
	args = append(args, opts...)
	return append(args, "-i", FileURL(path))
}

// Picture is the arguments that open a JPEG or PNG of our own as one frame.
func Picture(path string, opts ...string) []string {
	format := "jpeg_pipe"
	if strings.EqualFold(filepath.Ext(path), ".png") {
		format = "png_pipe"
	}
	args := append([]string{"-protocol_whitelist", "file", "-f", format}, opts...)
	return append(args, "-i", FileURL(path))
}

// FileURL names a file so that nothing in its name is taken for a protocol or
// an option.
func FileURL(path string) string { return "file:" + path }

// Area is the largest picture taken, in pixels.
func (t *Tools) Area() int { return first(t.MaxArea, 8192*8192) }
