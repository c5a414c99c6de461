package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Uploads serves /videos/upload, /videos/upload-resumable and
// /videos/{id}/source/replace-resumable.
type Uploads struct {
	Uploads UploadService
	// Sources is needed for /videos/{id}/source/replace-resumable.
	Sources UploadSources
	Site    instance.Site
	Log     *slog.Logger
}

// UploadSources is the part of video.Service that tells what was uploaded.
type UploadSources interface {
	Source(ctx context.Context, w video.Viewer, ref video.Ref) (*video.Source, error)
}

// UploadService is the part of video.Uploads that this package needs.
type UploadService interface {
	Init(ctx context.Context, who *user.User, in video.UploadInit) (*video.Upload, error)
	Append(ctx context.Context, who *user.User, id string, c video.Chunk, body io.Reader) (video.UploadOutcome, error)
	Told(ctx context.Context, who *user.User, id string) error
	Cancel(ctx context.Context, who *user.User, id string) error
	Receive(ctx context.Context, who *user.User, filename, mimeType string, r io.Reader) (*video.Received, error)
	Publish(ctx context.Context, who *user.User, rec *video.Received, fields video.Changes, p *video.UploadPicture) (*video.Video, error)
	Discard(ctx context.Context, rec *video.Received)
	InitReplace(ctx context.Context, who *user.User, ref video.Ref, in video.UploadInit) (*video.Upload, error)
	AppendReplace(ctx context.Context, who *user.User, ref video.Ref, id string, c video.Chunk, body io.Reader) (video.UploadOutcome, error)
	CancelReplace(ctx context.Context, who *user.User, ref video.Ref, id string) error
	MayReplace(ctx context.Context, w video.Viewer, ref video.Ref) (*video.Video, error)
}

// Mount adds the routes to r.
func (h *Uploads) Mount(r *rest.Router) {
	r.Post("/videos/upload", rest.Operation("uploadLegacy", auth.Required(h.direct)))
	r.Post("/videos/upload-resumable", auth.Required(rest.Operation("uploadResumableInit", h.init)))
	r.Put("/videos/upload-resumable", auth.Required(rest.Operation("uploadResumable", h.put)))
	r.Delete("/videos/upload-resumable", auth.Required(rest.Operation("uploadResumableCancel", h.cancel)))
	r.Post("/videos/{id}/source/replace-resumable", auth.Required(rest.Operation("replaceVideoSourceResumableInit", h.initReplace)))
	r.Put("/videos/{id}/source/replace-resumable", auth.Required(rest.Operation("replaceVideoSourceResumable", h.putReplace)))
	r.Delete("/videos/{id}/source/replace-resumable", auth.Required(rest.Operation("replaceVideoSourceResumableCancel", h.cancelReplace)))
}

// direct serves POST /videos/upload: a multipart body with the file and the
// fields in any order. Nothing of the file is held in memory.
func (h *Uploads) direct(w http.ResponseWriter, r *http.Request) (err error) {
	body := uploadBody(w, r)
	defer body.done()
	defer func() { uploadDrain(err, body) }()
	form := uploadForm{file: "videofile"}
	who := auth.User(r.Context())
	var rec *video.Received
	err = form.read(r, body, func(p *multipart.Part) error {
		if rec != nil {
			return errs.Field("videofile", "Should have one file")
		}
		rec, err = h.Uploads.Receive(r.Context(), who, p.FileName(), uploadType(p), p)
		return err
	})
	var fields video.Changes
	if err == nil {
		_, fields, err = readUploadForm(form.values)
	}
	if err != nil {
		if rec != nil {
			h.Uploads.Discard(r.Context(), rec)
		}
		return err
	}
	v, err := h.Uploads.Publish(r.Context(), who, rec, fields, form.picture)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentUploaded(v))
}

func uploadType(p *multipart.Part) string {
	if t := p.Header.Get("Content-Type"); t != "" {
		return t
	}
	return "application/octet-stream"
}

// uploadedJSON is PeerTube's answer to an upload.
type uploadedJSON struct {
	Video uploadedVideo `json:"video"`
}

type uploadedVideo struct {
	ID        video.ID `json:"id"`
	ShortUUID string   `json:"shortUUID"`
	UUID      string   `json:"uuid"`
}

func presentUploaded(v *video.Video) uploadedJSON {
	return uploadedJSON{uploadedVideo{v.ID, video.ShortUUID(v.UUID), v.UUID}}
}

// Bounds of a multipart body beside its file.
const (
	maxUploadFields = 1000
	maxUploadForm   = 1 << 20 // bytes of all fields
)

// uploadForm reads a multipart body part by part.
type uploadForm struct {
	file    string // name of the part that is streamed; "" none
	values  url.Values
	bytes   int64
	picture *video.UploadPicture
}

// read calls file with the part that is streamed and keeps everything else.
func (f *uploadForm) read(r *http.Request, body io.Reader, file func(*multipart.Part) error) error {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return errs.Field(f.file, "Should have a file")
	}
	f.values = url.Values{}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errs.Wrap(errs.Invalid, err, "The body cannot be read as multipart/form-data: it ended early, or a name in it has control characters.")
		}
		switch name := p.FormName(); {
		case p.FileName() == "":
			err = f.field(name, p)
		case f.file != "" && name == f.file:
			err = file(p)
		case name == "thumbnailfile", name == "previewfile":
			err = f.readPicture(name, p)
		}
		if err != nil {
			return err
		}
	}
}

func (f *uploadForm) field(name string, p io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(p, maxUploadForm-f.bytes+1))
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "The body ended early.")
	}
	f.bytes += int64(len(b) + len(name))
	if f.bytes > maxUploadForm || len(f.values) >= maxUploadFields {
		return errs.New(errs.TooLarge, "request entity too large")
	}
	f.values.Add(name, string(b))
	return nil
}

// readPicture keeps the preview, which is the larger one of the two pictures
// that clients make, or else the thumbnail.
func (f *uploadForm) readPicture(name string, p *multipart.Part) error {
	b, err := io.ReadAll(io.LimitReader(p, video.MaxPictureSize+1))
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "The body ended early.")
	}
	if f.picture == nil || name == "previewfile" {
		f.picture = &video.UploadPicture{Field: name, Filename: p.FileName(), Bytes: b}
	}
	return nil
}

// Bounds of waiting for and throwing away bytes.
const (
	uploadSilence  = 30 * time.Second // without a byte, the client is gone
	uploadDrainMax = 32 << 20
	uploadDrainFor = 5 * time.Second
)

// slowBody is a request's body that ends when nothing comes for a while, so
// that a client that vanished does not keep its upload locked.
type slowBody struct {
	io.Reader
	rc  *http.ResponseController
	set time.Time
}

func uploadBody(w http.ResponseWriter, r *http.Request) *slowBody {
	return &slowBody{Reader: r.Body, rc: http.NewResponseController(w)}
}

// Read implements io.Reader.
func (b *slowBody) Read(p []byte) (int, error) {
	if now := time.Now(); now.Sub(b.set) > time.Second {
		b.set = now
		_ = b.rc.SetReadDeadline(now.Add(uploadSilence)) // not every writer can
	}
	return b.Reader.Read(p)
}

func (b *slowBody) done() { _ = b.rc.SetReadDeadline(time.Time{}) }

// uploadDrain reads on for a while after a refusal: a client that is still
// sending would see a broken connection instead of the answer.
func uploadDrain(refused error, b *slowBody) {
	if refused == nil {
		return
	}
	_ = b.rc.SetReadDeadline(time.Now().Add(uploadDrainFor))
	_, _ = io.CopyN(io.Discard, b.Reader, uploadDrainMax)
}

// size reads a header that is a number of bytes; negative ones are none.
func uploadSizeHeader(r *http.Request, name string) (int64, bool) {
	n, err := strconv.ParseInt(r.Header.Get(name), 10, 64)
	return n, err == nil && n > 0
}
