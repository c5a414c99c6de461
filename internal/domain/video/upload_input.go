package video

import (
	"context"
	"slices"
	"strings"
)

// An uploaded file is listed among the progressive files of its video from the
// moment the video exists, until the first file that is made of it takes its
// place: clients look there for what they have just sent. Its bytes stay in
// the section of originals, where the work finds them: the row alone says that
// they are given out, so nothing is moved or copied when it goes.

// UploadInputs lists uploaded files; it is part of the store of media files.
type UploadInputs interface {
	// PutFile inserts f, sets its id, and counts its bytes.
	PutFile(ctx context.Context, f *File) (old []File, err error)
}

// torrentAtOnce is up to how many bytes of a file are hashed for its torrent
// before the upload is answered: about a second's. Of larger ones the work on
// the video makes it.
const torrentAtOnce = 1 << 30

// inputMark is in the names of uploaded files and in no other ones.
const inputMark = "-input."

// InputName is the name of a video's uploaded file in the section of
// originals: there it waits for the work on it, and stays if originals are
// kept. It begins with the video's UUID; salt, a UUID, keeps it from being
// guessed. ext begins with a dot.
func InputName(uuid, salt, ext string) string {
	if salt == "" { // of an upload that was begun before names had one
		return uuid + "-input" + ext
	}
	return uuid + "-" + salt + "-input" + ext
}

// IsInput reports whether a name is that of an uploaded file, which lies in
// the section of originals.
func IsInput(filename string) bool { return strings.Contains(filename, inputMark) }

// IsInput reports whether f is the uploaded file itself.
func (f *File) IsInput() bool { return f.PlaylistID == 0 && IsInput(f.Filename) }

// InBrowsers reports whether browsers may be able to play a progressive file:
// uploaded ones may be anything.
func (f *File) InBrowsers() bool { return !f.IsInput() || slices.Contains(webExtensions, f.Extname) }

// Inputs are the files of v that were uploaded and not yet replaced by what is
// made of them.
func (v *Video) Inputs() []File {
	var list []File
	for i := range v.Files {
		if v.Files[i].IsInput() {
			list = append(list, v.Files[i])
		}
	}
	return list
}

// AddProgressive names a progressive file in the removal, by where it lies.
func (r *Removal) AddProgressive(f *File) {
	if f.IsInput() {
		r.Originals = appendName(r.Originals, f.Filename)
		return
	}
	r.WebVideos = appendName(r.WebVideos, f.Filename)
}

// inputFile describes the uploaded file as one of its video's, with its
// torrent when that is soon made. It must have been adopted.
func (s *Uploads) inputFile(ctx context.Context, up *Upload, m uploadMetadata, v *Video, probe ProbeResult) *File {
	f := &File{
		Resolution: min(probe.Width, probe.Height), Width: probe.Width, Height: probe.Height, FPS: int(probe.FPS + 0.5),
		Size: up.Size, Extname: uploadExtension(up.Filename), Filename: m.inputName(up),
		HasAudio: probe.HasAudio, HasVideo: probe.HasVideo, Metadata: probe.Metadata,
	}
	if s.Torrent == nil || f.Size > torrentAtOnce {
		return f
	}
	path, done, err := s.Files.Local(ctx, m.UUID, f.Filename)
	if err == nil {
		defer done()
		err = s.Torrent(ctx, v, f, path)
	}
	if err != nil {
		f.TorrentFilename, f.InfoHash = "", ""
		s.Log.WarnContext(ctx, "the torrent of an uploaded file is made later", "err", err, "video", v.UUID)
	}
	return f
}

func (m uploadMetadata) inputName(up *Upload) string {
	return InputName(m.videoUUID(), m.Salt, uploadExtension(up.Filename))
}
