package transcode

import (
	"context"
	"io"
	"time"

	"sepiola/internal/media/ffmpeg"
)

// joinTime is how long joining two files may take: a slow line reads them as
// they are made.
const joinTime = 6 * time.Hour

// Join writes the picture of one file and the sound of another to w, as one
// fragmented MP4 that can be read while it is made. Nothing is encoded, nothing
// kept. size is that of both, in bytes. It ends when ctx does, and soon after w
// takes no more.
func (t *Transcoder) Join(ctx context.Context, w io.Writer, picture, sound string, size int64) error {
	return t.Tools.Run(ctx, ffmpeg.Command{
		Args: joinArgs(picture, sound, t.Tools.Area()), Stdout: w, StdoutLimit: 2*size + spare, Timeout: joinTime,
	})
}

func joinArgs(picture, sound string, maxArea int) []string {
	args := ffmpeg.Input(picture, maxArea)
	args = append(args, ffmpeg.Input(sound, maxArea)...)
	return append(args, "-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1",
		"-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1")
}
