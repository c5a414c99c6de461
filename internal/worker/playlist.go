package worker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/media/hls"
	"sepiola/internal/media/torrent"
)

// swarmVersion is PeerTube's number of the protocol of p2p-media-loader 2.x.
const swarmVersion = -2

// Bounds of what is read of our own text files, in bytes.
const (
	maxPlaylist = 64 << 20
	maxHashes   = 256 << 20
)

// mediaPlaylist is the name of the playlist beside a media file.
func mediaPlaylist(filename string) string {
	return strings.TrimSuffix(filename, "-fragmented.mp4") + ".m3u8"
}

// writePlaylists writes the master playlist and the hashes of segments of a
// video as its rows say, and the swarms that follow from them. fresh are
// hashes that are known; others are taken from the old file or computed. It
// must be called under the video's lock.
func (m *Media) writePlaylists(ctx context.Context, id video.ID, fresh map[string]hls.FileHashes) error {
	v, err := m.Rows.ForWork(ctx, id)
	if err != nil || v.Playlist == nil {
		return err
	}
	dir := hlsDir(v.UUID, v.Privacy.PrivateFiles())
	known, err := m.knownHashes(ctx, dir+v.Playlist.SegmentsFilename, fresh)
	if err != nil {
		return err
	}
	var renditions []hls.Rendition
	var hashes []hls.FileHashes
	for _, f := range hlsFiles(v) {
		r, h, err := m.describeRendition(ctx, dir, f, known)
		if err != nil {
			return fmt.Errorf("describe %s: %w", f.Filename, err)
		}
		renditions, hashes = append(renditions, r), append(hashes, h)
	}
	if len(renditions) == 0 {
		return nil // the files go, and the playlist with them
	}
	tracks, err := m.captionTracks(ctx, id)
	if err != nil {
		return err
	}
	master, err := hls.Master(renditions, tracks)
	if err != nil {
		return err
	}
	// The hashes first: a player that sees a file in the master looks for them.
	if err := putBytes(ctx, m.Files, playlists, dir+v.Playlist.SegmentsFilename, hls.SegmentsJSON(hashes)); err != nil {
		return err
	}
	if err := putBytes(ctx, m.Files, playlists, dir+v.Playlist.PlaylistFilename, master); err != nil {
		return err
	}
	return m.setSwarms(ctx, v, renditions)
}

func (m *Media) setSwarms(ctx context.Context, v *video.Video, renditions []hls.Rendition) error {
	sound := false
	for _, r := range renditions {
		sound = sound || !r.HasVideo
	}
	master := m.Site.URL("/static/" + playlists + "/" + hlsDir(v.UUID, v.Privacy.PrivateFiles()) + v.Playlist.PlaylistFilename)
	return m.Rows.SetSwarms(ctx, v.Playlist.ID, torrent.SwarmsV2(master, len(renditions), sound), swarmVersion)
}

// knownHashes adds those of the file at name to fresh.
func (m *Media) knownHashes(ctx context.Context, name string, fresh map[string]hls.FileHashes) (map[string]hls.FileHashes, error) {
	known := map[string]hls.FileHashes{}
	b, err := readAll(ctx, m.Files, playlists, name, maxHashes)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if err == nil {
		old, err := hls.ParseSegmentsJSON(bytes.NewReader(b))
		if err != nil {
			m.Log.WarnContext(ctx, "the hashes of segments cannot be read and are computed again", "err", err, "file", name)
		}
		for _, h := range old {
			known[h.Name] = h
		}
	}
	for n, h := range fresh {
		known[n] = h
	}
	return known, nil
}

func (m *Media) describeRendition(ctx context.Context, dir string, f video.File, known map[string]hls.FileHashes) (hls.Rendition, hls.FileHashes, error) {
	r := hls.Rendition{
		Playlist: mediaPlaylist(f.Filename), Resolution: f.Resolution, Width: f.Width, Height: f.Height, FPS: float64(f.FPS),
		Size: f.Size, HasVideo: f.HasVideo, HasAudio: f.HasAudio,
	}
	text, err := readAll(ctx, m.Files, playlists, dir+r.Playlist, maxPlaylist)
	if err != nil {
		return r, hls.FileHashes{}, err
	}
	list, err := hls.ParseMedia(bytes.NewReader(text))
	if err != nil {
		return r, hls.FileHashes{}, err
	}
	r.Duration = list.Duration()
	media, err := m.Files.Open(ctx, playlists, dir+f.Filename)
	if err != nil {
		return r, hls.FileHashes{}, err
	}
	defer media.Close()
	if r.Codecs, err = hls.ReadCodecs(media); err != nil {
		return r, hls.FileHashes{}, err
	}
	if h, ok := known[f.Filename]; ok {
		return r, h, nil
	}
	if _, err := media.Seek(0, io.SeekStart); err != nil {
		return r, hls.FileHashes{}, err
	}
	segments, err := hls.HashSegments(ctx, media, list)
	return r, hls.FileHashes{Name: f.Filename, Segments: segments}, err
}

func (m *Media) captionTracks(ctx context.Context, id video.ID) ([]hls.Caption, error) {
	list, err := m.Rows.PlaylistCaptions(ctx, id)
	if err != nil {
		return nil, err
	}
	var tracks []hls.Caption
	for _, c := range list {
		tracks = append(tracks, hls.Caption{Label: video.LanguageLabel(c.Language), Language: c.Language, Playlist: c.M3U8Filename})
	}
	return tracks, nil
}

// readAll reads a file of the store, up to limit bytes.
func readAll(ctx context.Context, files Files, section, name string, limit int64) ([]byte, error) {
	f, err := files.Open(ctx, section, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errs.New(errs.TooLarge, "%s has more than %d bytes", name, limit)
	}
	return b, err
}
