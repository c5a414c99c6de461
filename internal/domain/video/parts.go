package video

import (
	"context"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Storyboard returns the storyboard of a video that a opens, or nil.
func (s *Service) Storyboard(ctx context.Context, a Access, ref Ref) (*Storyboard, error) {
	v, err := s.See(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	board, err := s.Store.Storyboard(ctx, v.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, nil //nolint:nilnil // a video without storyboard is no error
	}
	return board, err
}

// Source returns what was uploaded, to those who may change the video.
func (s *Service) Source(ctx context.Context, w Viewer, ref Ref) (*Source, error) {
	v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
	if err != nil {
		return nil, err
	}
	src, err := s.Store.Source(ctx, v.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video source not found")
	}
	return src, err
}

// DeleteSourceFile removes the original that was kept.
func (s *Service) DeleteSourceFile(ctx context.Context, w Viewer, ref Ref) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.UpdateAnyVideo)
		if err != nil {
			return err
		}
		names, err := s.Store.ForgetKeptSource(ctx, v.ID)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return errs.New(errs.NotFound, "Video source not found")
		}
		return s.Queue.RemoveFiles(ctx, Removal{UUID: v.UUID, Originals: names})
	})
}

// FileMetadata returns ffprobe's JSON of a file of a video that a opens.
func (s *Service) FileMetadata(ctx context.Context, a Access, ref Ref, file FileID) ([]byte, error) {
	v, err := s.See(ctx, a, ref)
	if err != nil {
		return nil, err
	}
	b, err := s.Store.FileMetadata(ctx, v.ID, file)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "Video file not found.")
	}
	return b, err
}

// DeleteFiles removes the HLS files of a video, or the progressive ones; with
// file != 0 only that one. A video keeps at least one kind, an HLS playlist
// at least one file with pictures, and split audio goes only with the whole.
func (s *Service) DeleteFiles(ctx context.Context, w Viewer, ref Ref, hls bool, file FileID) error {
	if !w.Has(user.ManageVideoFiles) {
		return errs.New(errs.Forbidden, "Cannot manage the files of a video")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Managed(ctx, w, ref, user.ManageVideoFiles)
		if err != nil {
			return err
		}
		if err := s.Store.Load(ctx, v); err != nil {
			return err
		}
		if err := s.deleteFiles(ctx, v, hls, file); err != nil {
			return err
		}
		return s.edited(ctx, nil, v)
	})
}

func (s *Service) deleteFiles(ctx context.Context, v *Video, hls bool, file FileID) error {
	same, other := filesOf(v.Files, hls), filesOf(v.Files, !hls)
	if file == 0 || len(same) == 1 && same[0].ID == file {
		if err := mayDropKind(hls, same, other); err != nil {
			return err
		}
		return s.dropFiles(ctx, v, hls, same, true)
	}
	for _, f := range same {
		if f.ID != file {
			continue
		}
		if hls && f.HasAudio && !f.HasVideo && len(same) > 1 {
			return errs.New(errs.Invalid, "Cannot delete the audio file of a playlist whose other files have no sound")
		}
		return s.dropFiles(ctx, v, hls, []File{f}, false)
	}
	return errs.New(errs.NotFound, "This video file does not exist.")
}

func mayDropKind(hls bool, same, other []File) error {
	switch {
	case len(same) == 0 && hls:
		return errs.New(errs.Invalid, "This video does not have HLS files")
	case len(same) == 0:
		return errs.New(errs.Invalid, "This video does not have Web Video files")
	case len(other) == 0 && hls:
		return errs.New(errs.Invalid, "Cannot delete HLS playlist since this video does not have Web Video files")
	case len(other) == 0:
		return errs.New(errs.Invalid, "Cannot delete Web Video files since this video does not have HLS playlist")
	}
	return nil
}

func filesOf(files []File, hls bool) []File {
	var list []File
	for _, f := range files {
		if (f.PlaylistID != 0) == hls {
			list = append(list, f)
		}
	}
	return list
}

// dropFiles removes rows and queues the removal of the files. all says that
// no file of the kind stays.
func (s *Service) dropFiles(ctx context.Context, v *Video, hls bool, files []File, all bool) error {
	r, ids := Removal{UUID: v.UUID, HLS: hls && all}, []FileID(nil)
	for _, f := range files {
		ids = append(ids, f.ID)
		r.Torrents = appendName(r.Torrents, f.TorrentFilename)
		if hls && !all {
			r.HLSFiles = appendName(r.HLSFiles, f.Filename)
		} else if !hls {
			r.AddProgressive(&f)
		}
	}
	if all {
		ids = nil
	}
	if err := s.Store.DeleteFiles(ctx, v.ID, hls, ids); err != nil {
		return err
	}
	if err := s.Queue.RemoveFiles(ctx, r); err != nil {
		return err
	}
	if hls && !all {
		return s.Queue.RefreshFiles(ctx, v.ID) // the master playlist names the files
	}
	return nil
}

// Progress tells what is still made of each of several videos.
func (s *Service) Progress(ctx context.Context, list []*Video) (map[ID][]Transcode, error) {
	ids := make([]ID, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	return s.Store.Transcodes(ctx, ids)
}
