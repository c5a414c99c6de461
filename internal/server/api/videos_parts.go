package api

import (
	"encoding/json"
	"net/http"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// captionJSON is PeerTube's VideoCaption.
type captionJSON struct {
	Language               rest.Labelled[string] `json:"language"`
	AutomaticallyGenerated bool                  `json:"automaticallyGenerated"`
	CaptionPath            string                `json:"captionPath"`
	FileURL                string                `json:"fileUrl"`
	M3U8URL                *string               `json:"m3u8Url"`
	UpdatedAt              isoTime               `json:"updatedAt"`
}

// captions serves GET /videos/{id}/captions.
func (h *Videos) captions(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	list, err := h.Videos.ListCaptions(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(len(list), list, func(c video.Caption) captionJSON {
		path := "/lazy-static/video-captions/" + c.Filename
		return captionJSON{
			Language:               rest.Labelled[string]{ID: c.Language, Label: video.LanguageLabel(c.Language)},
			AutomaticallyGenerated: c.Automatic,
			CaptionPath:            path, FileURL: h.Site.URL(path),
			UpdatedAt: isoTime(c.UpdatedAt),
		}
	}))
}

// putCaption serves PUT /videos/{id}/captions/{captionLanguage}.
func (h *Videos) putCaption(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	_, files, err := readForm[struct{}](w, r, video.MaxCaption, "captionfile")
	if err != nil {
		return err
	}
	// No file is one without a cue: the domain says what is wanted.
	if err := h.Videos.PutCaption(r.Context(), auth.User(r.Context()), ref, rest.Path(r, "captionLanguage"), files["captionfile"]); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// deleteCaption serves DELETE /videos/{id}/captions/{captionLanguage}.
func (h *Videos) deleteCaption(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	if err := h.Videos.DeleteCaption(r.Context(), auth.User(r.Context()), ref, rest.Path(r, "captionLanguage")); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// generateCaption serves POST /videos/{id}/captions/generate: this site does
// not transcribe, which PeerTube's clients know how to say.
func (h *Videos) generateCaption(http.ResponseWriter, *http.Request) error {
	return errs.New(errs.Invalid, "Video transcription is disabled on this instance")
}

// chapterJSON is PeerTube's VideoChapter.
type chapterJSON struct {
	Timecode int    `json:"timecode"`
	Title    string `json:"title"`
}

// chapters serves GET /videos/{id}/chapters.
func (h *Videos) chapters(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	list, err := h.Videos.Chapters(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	out := make([]chapterJSON, len(list))
	for i, c := range list {
		out[i] = chapterJSON(c)
	}
	return rest.JSON(w, http.StatusOK, map[string][]chapterJSON{"chapters": out})
}

// setChapters serves PUT /videos/{id}/chapters.
func (h *Videos) setChapters(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		Chapters rest.Field[[]chapterJSON] `json:"chapters"`
	}
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	if !in.Chapters.Has() {
		return errs.Field("chapters", "Chapters must have a valid title and timecode, and each timecode must be unique")
	}
	list := make([]video.Chapter, len(in.Chapters.V))
	for i, c := range in.Chapters.V {
		list[i] = video.Chapter(c)
	}
	if err := h.Videos.SetChapters(r.Context(), auth.User(r.Context()), ref, list); err != nil {
		return echo(err, "chapters", in.Chapters.V)
	}
	return rest.NoContent(w)
}

// echo tells back what came for a field that the domain refused.
func echo(err error, name string, value any) error {
	e := errs.As(err)
	if e == nil {
		return err
	}
	for i := range e.Params {
		if e.Params[i].Name == name && e.Params[i].Value == nil {
			e.Params[i].Value = value
		}
	}
	return err
}

// storyboardJSON is PeerTube's Storyboard.
type storyboardJSON struct {
	StoryboardPath string `json:"storyboardPath"`
	FileURL        string `json:"fileUrl"`
	TotalHeight    int    `json:"totalHeight"`
	TotalWidth     int    `json:"totalWidth"`
	SpriteWidth    int    `json:"spriteWidth"`
	SpriteHeight   int    `json:"spriteHeight"`
	SpriteDuration int    `json:"spriteDuration"`
}

// storyboards serves GET /videos/{id}/storyboards.
func (h *Videos) storyboards(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	b, err := h.Videos.Storyboard(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	list := []storyboardJSON{}
	if b != nil {
		path := "/lazy-static/storyboards/" + b.Filename
		list = append(list, storyboardJSON{path, h.Site.URL(path), b.TotalHeight, b.TotalWidth, b.SpriteWidth, b.SpriteHeight, b.SpriteDuration})
	}
	return rest.JSON(w, http.StatusOK, map[string][]storyboardJSON{"storyboards": list})
}

// sourceJSON is PeerTube's VideoSource.
type sourceJSON struct {
	Filename        string              `json:"filename"` // of clients up to 6
	InputFilename   string              `json:"inputFilename"`
	FileURL         *string             `json:"fileUrl"`
	FileDownloadURL *string             `json:"fileDownloadUrl"`
	Resolution      *rest.Labelled[int] `json:"resolution"`
	Size            *int64              `json:"size"`
	Width           *int                `json:"width"`
	Height          *int                `json:"height"`
	FPS             *int                `json:"fps"`
	Metadata        json.RawMessage     `json:"metadata"`
	CreatedAt       isoTime             `json:"createdAt"`
}

func presentSource(site instance.Site, s *video.Source) sourceJSON {
	out := sourceJSON{
		Filename: s.InputFilename, InputFilename: s.InputFilename, Metadata: metadataJSON(s.Metadata), CreatedAt: isoTime(s.CreatedAt),
		Width: nullableID(s.Width), Height: nullableID(s.Height), FPS: nullableID(s.FPS),
	}
	if s.Size > 0 {
		out.Size = &s.Size
		out.Resolution = &rest.Labelled[int]{ID: s.Resolution, Label: resolutionLabel(s.Resolution, s.FPS)}
	}
	if s.KeptFilename != "" {
		download := site.URL("/download/original-video-files/" + s.KeptFilename)
		out.FileDownloadURL = &download
	}
	return out
}

// metadataJSON is what ffprobe said, or null when nothing is known.
func metadataJSON(b []byte) json.RawMessage {
	if len(b) == 0 || string(b) == "{}" || !json.Valid(b) {
		return json.RawMessage("null")
	}
	return b
}

// source serves GET /videos/{id}/source.
func (h *Videos) source(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	s, err := h.Videos.Source(r.Context(), auth.User(r.Context()), ref)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentSource(h.Site, s))
}

// deleteSourceFile serves DELETE /videos/{id}/source/file.
func (h *Videos) deleteSourceFile(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	if err := h.Videos.DeleteSourceFile(r.Context(), auth.User(r.Context()), ref); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// metadata serves GET /videos/{id}/metadata/{videoFileId}.
func (h *Videos) metadata(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	file, err := rest.PathID[video.FileID](r, "videoFileId")
	if err != nil {
		return err
	}
	b, err := h.Videos.FileMetadata(r.Context(), videoAccess(r), ref, file)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, metadataJSON(b))
}

// deleteFiles serves DELETE /videos/{id}/hls and /web-videos, and of single
// files below them.
func (h *Videos) deleteFiles(hls bool) rest.HandlerFunc {
	return auth.Required(func(w http.ResponseWriter, r *http.Request) error {
		ref, err := videoRef(r)
		if err != nil {
			return err
		}
		var file video.FileID
		if rest.Path(r, "videoFileId") != "" {
			if file, err = rest.PathID[video.FileID](r, "videoFileId"); err != nil {
				return err
			}
		}
		if err := h.Videos.DeleteFiles(r.Context(), auth.User(r.Context()), ref, hls, file); err != nil {
			return err
		}
		return rest.NoContent(w)
	})
}
