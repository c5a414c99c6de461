package worker

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/media/hls"
	"sepiola/internal/media/torrent"
	"sepiola/internal/media/transcode"
)

// finished is a file that was made and not yet given to the store.
type finished struct {
	file video.File
	kind video.TranscodeKind
	path string
	// playlist is the path of the media playlist and hashes those of its
	// segments, for HLS.
	playlist string
	hashes   hls.FileHashes
	// replaces says that it is of an upload that takes an earlier one's place.
	replaces bool
}

// commitAll gives renditions to the store one after the other: each can be
// played as soon as it is recorded. dir is for temporary files.
func (w *Transcode) commitAll(ctx context.Context, args TranscodeArgs, made []transcode.Rendition, dir string) error {
	id := args.VideoID
	sound, done, err := w.soundApart(ctx, id, made)
	if err != nil {
		return err
	}
	defer done()
	for _, r := range made {
		if err := w.commit(ctx, args, r, sound, dir); err != nil {
			return fmt.Errorf("store %dp: %w", r.Rung.Resolution, err)
		}
	}
	return nil
}

// soundApart returns the rendition with the sound where pictures have none: one
// that was just made, or one that the video has already.
func (w *Transcode) soundApart(ctx context.Context, id video.ID, made []transcode.Rendition) (*transcode.Rendition, func(), error) {
	for i := range made {
		if !made[i].HasVideo {
			return &made[i], func() {}, nil
		}
	}
	v, err := w.Rows.ForWork(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for i := range v.Files {
		f := &v.Files[i]
		if f.HasVideo || f.PlaylistID == 0 {
			continue
		}
		path, done, err := w.localFile(ctx, v, f)
		if err != nil {
			return nil, nil, err
		}
		return new(stored(f, path)), done, nil
	}
	return nil, func() {}, nil
}

// commit makes the files of one rendition that are missing, gives them to the
// store, and records them in one transaction. The playlists follow.
func (w *Transcode) commit(ctx context.Context, args TranscodeArgs, r transcode.Rendition, sound *transcode.Rendition, dir string) error {
	id := args.VideoID
	have, err := w.Steps.OfVideo(ctx, id)
	if err != nil {
		return err
	}
	var files []*finished
	// HLS first: while the playlist has a file, it stays the video's.
	if video.Missing(have, video.HLS, r.Rung.Resolution) {
		f, err := finishHLS(ctx, id, r, dir)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	if video.Missing(have, video.WebVideo, r.Rung.Resolution) {
		f, err := w.finishWeb(ctx, id, r, sound, dir)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	for _, f := range files {
		f.replaces = args.Replace
		if err := w.describe(ctx, f); err != nil {
			return err
		}
	}
	return w.Rows.Exclusive(ctx, id, func(ctx context.Context) error { return w.store(ctx, id, files) })
}

// finishHLS gives the rendition its names and hashes its segments.
func finishHLS(ctx context.Context, id video.ID, r transcode.Rendition, dir string) (*finished, error) {
	u := video.NewUUID()
	f := &finished{kind: video.HLS, path: r.Media, file: fileOf(id, r)}
	f.file.Filename = hls.MediaName(u, r.Rung.Resolution)
	list, err := readPlaylist(r.Playlist)
	if err != nil {
		return nil, err
	}
	list.Rename(f.file.Filename)
	f.playlist = filepath.Join(dir, hls.PlaylistName(u, r.Rung.Resolution))
	if err := os.WriteFile(f.playlist, list.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("write a playlist: %w", err)
	}
	f.hashes, err = hashFile(ctx, r.Media, f.file.Filename, list)
	return f, err
}

func fileOf(id video.ID, r transcode.Rendition) video.File {
	return video.File{
		VideoID: id, Resolution: r.Rung.Resolution, Width: r.Width, Height: r.Height, FPS: int(math.Round(r.FPS)),
		Size: r.Size, Extname: ".mp4", HasAudio: r.HasAudio, HasVideo: r.HasVideo,
	}
}

func readPlaylist(path string) (*hls.MediaPlaylist, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return hls.ParseMedia(f)
}

func hashFile(ctx context.Context, path, name string, list *hls.MediaPlaylist) (hls.FileHashes, error) {
	f, err := os.Open(path)
	if err != nil {
		return hls.FileHashes{}, err
	}
	defer f.Close()
	segments, err := hls.HashSegments(ctx, f, list)
	return hls.FileHashes{Name: name, Segments: segments}, err
}

// finishWeb copies the rendition, with its sound, into a progressive file.
func (w *Transcode) finishWeb(ctx context.Context, id video.ID, r transcode.Rendition, sound *transcode.Rendition, dir string) (*finished, error) {
	if r.HasAudio || !r.HasVideo {
		sound = nil
	}
	f := &finished{kind: video.WebVideo, file: fileOf(id, r)}
	f.file.Filename = fmt.Sprintf("%s-%d.mp4", video.NewUUID(), r.Rung.Resolution)
	f.file.HasAudio = r.HasAudio || sound != nil
	f.path = filepath.Join(dir, f.file.Filename)
	size, err := w.transcoder().WebVideo(ctx, r, sound, f.path)
	f.file.Size = size
	return f, err
}

// store is the part of commit under the video's lock: where files lie depends
// on the privacy, which must not change under it.
func (w *Transcode) store(ctx context.Context, id video.ID, files []*finished) error {
	v, err := w.Rows.ForWork(ctx, id)
	if err != nil {
		return err
	}
	hashes := map[string]hls.FileHashes{}
	for _, f := range files {
		if err := w.adopt(ctx, v, f); err != nil {
			return err
		}
		if f.kind == video.HLS {
			hashes[f.file.Filename] = f.hashes
		}
	}
	err = w.InTx(ctx, func(ctx context.Context) error {
		for _, f := range files {
			if err := w.recordFile(ctx, v, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(hashes) == 0 {
		return err
	}
	return w.writePlaylists(ctx, id, hashes)
}

// adopt moves the files of f into the store, where nothing names them yet.
func (w *Transcode) adopt(ctx context.Context, v *video.Video, f *finished) error {
	if f.kind == video.HLS {
		f.file.PlaylistID = -1 // only to be placed as one; the row's follows
	}
	if err := w.addTorrent(ctx, v, &f.file, f.path); err != nil {
		return err
	}
	section, name := place(v, &f.file)
	if f.kind == video.HLS {
		playlist := filepath.Join(filepath.Dir(name), filepath.Base(f.playlist))
		if err := w.Files.Adopt(ctx, f.playlist, section, playlist); err != nil {
			return err
		}
	}
	return w.Files.Adopt(ctx, f.path, section, name)
}

// describe adds ffprobe's description, which the API shows.
func (w *Transcode) describe(ctx context.Context, f *finished) error {
	raw, err := w.Tools.Describe(ctx, f.path)
	if err != nil {
		return fmt.Errorf("read back what was made: %w", err)
	}
	f.file.Metadata = raw
	return nil
}

// recordFile writes the rows of a file and its step. What it replaces is
// removed.
func (w *Transcode) recordFile(ctx context.Context, v *video.Video, f *finished) error {
	f.file.PlaylistID = 0
	if f.kind == video.HLS {
		u := video.NewUUID()
		p, err := w.Rows.EnsurePlaylist(ctx, video.StreamingPlaylist{
			VideoID: v.ID, PlaylistFilename: hls.MasterName(u), SegmentsFilename: hls.SegmentsName(u),
		})
		if err != nil {
			return err
		}
		f.file.PlaylistID = p.ID
	}
	old, err := w.Rows.PutFile(ctx, &f.file)
	if err != nil {
		return err
	}
	superseded, err := w.dropSuperseded(ctx, v, f.replaces)
	if err != nil {
		return err
	}
	old = append(old, superseded...)
	if err := w.Steps.Done(ctx, v.ID, f.kind, f.file.Resolution); err != nil {
		return err
	}
	if len(old) > 0 {
		if err := w.Videos.Touch(ctx, v.ID); err != nil { // nobody is told of files that go
			return err
		}
		if err := w.Queue.RemoveFiles(ctx, removal(v.UUID, old)); err != nil {
			return err
		}
	}
	return w.settle(ctx, v.ID)
}

// dropSuperseded ends the listing of the uploaded file: something that was
// made of it takes its place. The file itself stays, the work needs it. Of a
// video whose file is replaced all that was made of the old one goes with it:
// nobody is shown a mixture.
func (w *Transcode) dropSuperseded(ctx context.Context, v *video.Video, replace bool) ([]video.File, error) {
	list := v.Inputs()
	if replace {
		steps, err := w.Steps.OfVideo(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		list = v.NotMade(steps)
	}
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]video.FileID, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	return list, w.Rows.DropFiles(ctx, v.ID, ids)
}

// removal names the files of rows that are gone. Uploaded ones stay until the
// work is over.
func removal(uuid string, files []video.File) video.Removal {
	r := video.Removal{UUID: uuid}
	for _, f := range files {
		if f.TorrentFilename != "" {
			r.Torrents = append(r.Torrents, f.TorrentFilename)
		}
		switch {
		case f.IsInput():
			continue
		case f.PlaylistID == 0:
			r.WebVideos = append(r.WebVideos, f.Filename)
			continue
		}
		r.HLSFiles = append(r.HLSFiles, f.Filename, mediaPlaylist(f.Filename))
	}
	return r
}

// InputTorrent makes the torrent of an uploaded file at path and names it in
// f. It is video.Uploads.Torrent; of m it needs Files, Site, Settings and Now.
func (m *Media) InputTorrent(ctx context.Context, v *video.Video, f *video.File, path string) error {
	return m.addTorrent(ctx, v, f, path)
}

// addTorrent writes the torrent of a file at path and names it in f.
func (m *Media) addTorrent(ctx context.Context, v *video.Video, f *video.File, path string) error {
	if !m.Settings(ctx).Torrents {
		return nil
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	pieces, err := torrent.HashPieces(ctx, in, f.Size)
	if err != nil {
		return fmt.Errorf("hash for the torrent: %w", err)
	}
	return m.writeTorrent(ctx, v, f, pieces)
}

func (m *Media) writeTorrent(ctx context.Context, v *video.Video, f *video.File, pieces torrent.Pieces) error {
	meta := torrent.Meta{
		Name: torrent.FileName(v.Name, f.Resolution, f.Extname), Length: f.Size, CreatedBy: "PeerTube",
		Trackers: []string{m.Site.WebSocketURL("/tracker/socket"), m.Site.URL("/tracker/announce")},
		Created:  m.Now(),
	}
	if !v.Privacy.PrivateFiles() {
		meta.WebSeeds = []string{m.Site.URL(staticPath(v, f))}
	}
	t, err := torrent.New(meta, pieces)
	if err != nil {
		return fmt.Errorf("make the torrent: %w", err)
	}
	suffix := ".torrent"
	if f.PlaylistID != 0 {
		suffix = "-hls.torrent"
	}
	f.TorrentFilename = fmt.Sprintf("%s-%d%s", video.NewUUID(), f.Resolution, suffix)
	f.InfoHash = t.InfoHash
	return putBytes(ctx, m.Files, torrents, f.TorrentFilename, t.Bytes)
}

// staticPath is the path at which a media file is served.
func staticPath(v *video.Video, f *video.File) string {
	if f.IsInput() {
		return "/static/" + webVideos + "/" + webName(f.Filename, v.Privacy.PrivateFiles())
	}
	section, name := place(v, f)
	return "/static/" + section + "/" + name
}

// refreshTorrents makes the torrents of all files again, as after a rename;
// media are only read for those that have none.
func (m *Media) refreshTorrents(ctx context.Context, v *video.Video) error {
	if !m.Settings(ctx).Torrents {
		return nil
	}
	for i := range v.Files {
		f := &v.Files[i]
		old := f.TorrentFilename
		if err := m.refreshTorrent(ctx, v, f); err != nil {
			return err
		}
		err := m.InTx(ctx, func(ctx context.Context) error {
			if err := m.Rows.SetTorrent(ctx, f.ID, f.TorrentFilename, f.InfoHash); err != nil {
				return err
			}
			if old == "" {
				return nil
			}
			return m.Queue.RemoveFiles(ctx, video.Removal{UUID: v.UUID, Torrents: []string{old}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Media) refreshTorrent(ctx context.Context, v *video.Video, f *video.File) error {
	pieces, err := m.oldPieces(ctx, f)
	if err == nil {
		return m.writeTorrent(ctx, v, f, pieces)
	}
	if !errs.Is(err, errs.NotFound) {
		m.Log.WarnContext(ctx, "a torrent cannot be read and is made from its media", "err", err, "torrent", f.TorrentFilename)
	}
	path, done, err := m.localFile(ctx, v, f)
	if err != nil {
		return err
	}
	defer done()
	return m.addTorrent(ctx, v, f, path)
}

// maxTorrent bounds what is read of a torrent, in bytes.
const maxTorrent = 16 << 20

func (m *Media) oldPieces(ctx context.Context, f *video.File) (torrent.Pieces, error) {
	if f.TorrentFilename == "" {
		return torrent.Pieces{}, errs.New(errs.NotFound, "no torrent")
	}
	b, err := readAll(ctx, m.Files, torrents, f.TorrentFilename, maxTorrent)
	if err != nil {
		return torrent.Pieces{}, err
	}
	return torrent.ReadPieces(b)
}

// hlsFiles returns the files of a video's playlist, lowest first.
func hlsFiles(v *video.Video) []video.File {
	var list []video.File
	for _, f := range v.Files {
		if f.PlaylistID != 0 {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b video.File) int { return a.Resolution - b.Resolution })
	return list
}
