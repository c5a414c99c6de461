package video

import (
	"hash/fnv"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
)

// Extensions of files that may be uploaded, PeerTube's.
var (
	webExtensions        = []string{".webm", ".ogv", ".mp4"}
	additionalExtensions = []string{
		".webm", ".ogv", ".ogg", ".mp4", ".mkv", ".mov", ".qt", ".mqv", ".m4v", ".flv", ".f4v", ".wmv", ".avi", ".3gp", ".3gpp",
		".3g2", ".3gpp2", ".nut", ".mts", ".m2ts", ".mpv", ".m2v", ".m1v", ".mpg", ".mpe", ".mpeg", ".vob", ".mxf",
	}
	audioExtensions = []string{".mp3", ".ogg", ".wma", ".wav", ".flac", ".aac", ".m4a", ".ac3"}
	// PeerTube takes these since 8.2; its messages of before do not name them.
	newerVideoExtensions = []string{".ts"}
	newerAudioExtensions = []string{".m4b"}
	pictureExtensions    = []string{".jpg", ".jpeg", ".png", ".webp"}
)

// Extensions are the extensions that may be uploaded, as PeerTube names them
// to people.
func (s UploadSettings) Extensions() []string {
	list := slices.Clone(webExtensions)
	if s.Transcoding && s.AdditionalExtensions {
		list = slices.Clone(additionalExtensions)
	}
	if s.Transcoding && s.AudioFiles {
		for _, ext := range audioExtensions {
			if !slices.Contains(list, ext) {
				list = append(list, ext)
			}
		}
	}
	return list
}

func (s UploadSettings) takes(ext string) bool {
	return slices.Contains(s.Extensions(), ext) ||
		s.Transcoding && s.AdditionalExtensions && slices.Contains(newerVideoExtensions, ext) ||
		s.Transcoding && s.AudioFiles && slices.Contains(newerAudioExtensions, ext)
}

// takesMIME reports whether a type may be that of a media file. What the file
// really is, the prober finds out.
func (s UploadSettings) takesMIME(mimeType string) bool {
	kind, _, err := mime.ParseMediaType(mimeType)
	if err != nil {
		return false
	}
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case family == "video", kind == "application/ogg":
		return true
	case family == "audio":
		return s.Transcoding && s.AudioFiles
	case kind == "application/octet-stream", kind == "application/mxf", kind == "application/x-matroska":
		return s.Transcoding && s.AdditionalExtensions
	}
	return false
}

// checkUploadType refuses files that the site does not take, by name and type.
func checkUploadType(s UploadSettings, filename, mimeType string) error {
	if s.takes(uploadExtension(filename)) && s.takesMIME(mimeType) {
		return nil
	}
	return errs.New(errs.UnsupportedType, "This file is not supported. Please, make sure it is of the following type: %s", strings.Join(s.Extensions(), ", ")).
		Because("type", "list", strings.Join(s.Extensions(), ", "))
}

// uploadExtension is the extension of a file's name in lower case, with its
// dot, or "". It holds nothing but letters and digits.
func uploadExtension(filename string) string {
	ext := strings.ToLower(path.Ext(cleanFilename(filename)))
	for i := 1; i < len(ext); i++ {
		if c := ext[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return ""
		}
	}
	return ext
}

// cleanFilename makes a file's name fit to be shown and offered for download:
// without directories, control characters and marks of direction.
func cleanFilename(name string) string {
	name = strings.NewReplacer("/", "_", `\`, "_").Replace(CleanName(name))
	if r := []rune(name); len(r) > maxUploadName {
		ext := []rune(path.Ext(name))
		name = string(r[:maxUploadName-min(len(ext), 10)]) + string(ext[:min(len(ext), 10)])
	}
	return name
}

func pictureExtension(filename string) string { return strings.ToLower(path.Ext(filename)) }

// checkPicture refuses thumbnails by name, size and first bytes.
func checkPicture(p *UploadPicture) error {
	if p == nil {
		return nil
	}
	if !slices.Contains(pictureExtensions, pictureExtension(p.Filename)) || !isPicture(p.Bytes) || int64(len(p.Bytes)) > MaxPictureSize {
		return errs.Field(p.Field, "This %s is not supported or too large. Please, make sure it is of the following type: %s", p.Field, strings.Join(pictureExtensions, ", "))
	}
	return nil
}

func isPicture(b []byte) bool {
	for _, magic := range []string{"\xff\xd8\xff", "\x89PNG\r\n\x1a\n"} {
		if strings.HasPrefix(string(b[:min(len(b), 16)]), magic) {
			return true
		}
	}
	return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
}

// uploadID names an upload as PeerTube's clients know it: tokens of the user,
// the file's name, its size, and the time of its last change or, if the client
// does not name that, now.
func uploadID(who user.ID, in UploadInit, now time.Time) string {
	return strings.Join([]string{
		uploadToken(userToken(who)), uploadToken(in.Filename), uploadToken(strconv.FormatInt(in.Size, 10)), uploadToken(in.lastModified(now)),
	}, "-")
}

func userToken(id user.ID) string { return strconv.FormatInt(int64(id), 10) }

// uploadToken is FNV-1a, as in the uploadx library. It protects nothing: an
// upload is its user's, whoever knows its id.
func uploadToken(s string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return strconv.FormatUint(h.Sum64(), 16)
}

// checkFields checks the fields of a new video, in PeerTube's words; bad are
// those that are known to be wrong.
func checkFields(c *Changes, bad []errs.Param) error {
	err := c.Check(0)
	if e := errs.As(err); e != nil && len(e.Params) > 0 {
		for _, p := range e.Params {
			switch p.Name {
			case "category", "licence", "language", "privacy", "description", "support":
				p.Msg = "" // as PeerTube says it for new videos
			}
			bad = append(bad, p)
		}
		err = nil
	}
	if c.Name == nil {
		bad = append(bad, errs.Param{Name: "name", Msg: "Should have a video name between 3 and 120 characters long"})
	}
	if c.Channel == nil || *c.Channel < 1 {
		bad = append(bad, errs.Param{Name: "channelId"})
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return err
}
