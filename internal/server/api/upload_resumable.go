package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// init serves POST /videos/upload-resumable.
func (h *Uploads) init(w http.ResponseWriter, r *http.Request) error {
	in, err := readUploadInit(w, r)
	if err != nil {
		return h.refuse(w, err)
	}
	up, err := h.Uploads.Init(r.Context(), auth.User(r.Context()), in)
	if err != nil {
		return h.refuse(w, err)
	}
	begun(w, r, up)
	return nil
}

// begun tells where an upload is and how far.
func begun(w http.ResponseWriter, r *http.Request, up *video.Upload) {
	header := w.Header()
	header.Set("Location", uploadLocation(r, up.ID))
	header.Set("Cache-Control", "no-store")
	if up.Received == 0 {
		header.Set("Access-Control-Expose-Headers", "Retry-After,Location")
		w.WriteHeader(http.StatusCreated)
		return
	}
	header.Set("Access-Control-Expose-Headers", "Retry-After,Location,Range")
	header.Set("Range", fmt.Sprintf("bytes=0-%d", up.Received-1))
	w.WriteHeader(http.StatusOK)
}

// uploadLocation is the address of an upload, without a scheme, as PeerTube
// sends it: whatever a proxy speaks to the client fits.
func uploadLocation(r *http.Request, id string) string {
	path := r.URL.Path
	if !strings.HasPrefix(path, "/api/v1/") {
		path = "/api/v1" + path
	}
	return "//" + r.Host + path + "?upload_id=" + id
}

func readUploadInit(w http.ResponseWriter, r *http.Request) (video.UploadInit, error) {
	in, bad := readUploadHeaders(r)
	var head uploadHead
	var err error
	head, in.Fields, in.Picture, err = readUploadBody(w, r)
	if len(bad) > 0 {
		if e := errs.As(err); e != nil {
			bad = append(bad, e.Params...)
		}
		return in, errs.Fields(bad...)
	}
	in.Filename, in.LastModified = head.Filename.Or(""), head.lastModified()
	return in, err
}

// readUploadHeaders reads what the headers of an init say, and what is wrong
// with them.
func readUploadHeaders(r *http.Request) (in video.UploadInit, bad []errs.Param) {
	in.MIMEType = r.Header.Get("X-Upload-Content-Type")
	var ok bool
	if in.Size, ok = uploadSizeHeader(r, "X-Upload-Content-Length"); !ok {
		bad = append(bad, badUploadHeader(r, "x-upload-content-length"))
	}
	if in.MIMEType == "" {
		bad = append(bad, badUploadHeader(r, "x-upload-content-type"))
	}
	return in, bad
}

func badUploadHeader(r *http.Request, name string) errs.Param {
	p := errs.Param{Name: name, In: "headers"}
	if v := r.Header.Get(name); v != "" {
		p.Value = v
	}
	if r.Header.Get(name) == "0" {
		p.Msg = "The file is empty"
	}
	return p
}

func readUploadBody(w http.ResponseWriter, r *http.Request) (uploadHead, video.Changes, *video.UploadPicture, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		head, fields, err := readUploadJSON(w, r)
		return head, fields, nil, err
	}
	body := uploadBody(w, r)
	defer body.done()
	var form uploadForm
	if err := form.read(r, body, nil); err != nil {
		return uploadHead{}, video.Changes{}, nil, err
	}
	head, fields, err := readUploadForm(form.values)
	return head, fields, form.picture, err
}

// put serves PUT /videos/upload-resumable: a chunk, or a question about how
// far the upload is.
func (h *Uploads) put(w http.ResponseWriter, r *http.Request) error {
	return h.chunk(w, r, h.Uploads.Append, func(v *video.Video) (any, error) { return presentUploaded(v), nil })
}

// appendFunc takes a chunk of an upload.
type appendFunc func(ctx context.Context, who *user.User, id string, c video.Chunk, body io.Reader) (video.UploadOutcome, error)

// chunk gives a chunk to add; made presents what the upload became.
func (h *Uploads) chunk(w http.ResponseWriter, r *http.Request, add appendFunc, made func(*video.Video) (any, error)) error {
	body := uploadBody(w, r)
	defer body.done()
	var out video.UploadOutcome
	id := r.URL.Query().Get("upload_id")
	who := auth.User(r.Context())
	c, err := readChunk(r)
	if err == nil {
		out, err = add(r.Context(), who, id, c, body)
	}
	if err != nil {
		uploadDrain(err, body)
		if refusedForGood(err) {
			h.told(r.Context(), r, id)
		}
		return h.refuse(w, err)
	}
	if out.Video != nil {
		answer, err := made(out.Video)
		if err != nil {
			return err
		}
		return h.complete(w, r, id, answer)
	}
	header := w.Header()
	header.Set("Access-Control-Expose-Headers", "Retry-After,Range")
	header.Set("Cache-Control", "no-store")
	if out.Stored > 0 {
		header.Set("Range", fmt.Sprintf("bytes=0-%d", out.Stored-1))
	}
	w.WriteHeader(http.StatusPermanentRedirect) // "Resume Incomplete" in this protocol
	return nil
}

// refusedForGood reports whether the upload has failed with err.
func refusedForGood(err error) bool {
	e := errs.As(err)
	return e != nil && e.Kind == errs.Unprocessable
}

// complete tells the client its video. Only when that reached it is the upload
// forgotten: one whose connection broke may ask again.
func (h *Uploads) complete(w http.ResponseWriter, r *http.Request, id string, answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	if err := rest.Bytes(w, http.StatusOK, rest.TypeJSON, b); err != nil {
		return nil //nolint:nilerr // the client is gone; the upload keeps the answer
	}
	if err := http.NewResponseController(w).Flush(); err == nil {
		h.told(r.Context(), r, id)
	}
	return nil
}

func (h *Uploads) told(ctx context.Context, r *http.Request, id string) {
	if ctx.Err() != nil {
		return // the client is gone
	}
	if err := h.Uploads.Told(context.WithoutCancel(ctx), auth.User(r.Context()), id); err != nil && !errs.Is(err, errs.NotFound) {
		h.Log.WarnContext(ctx, "a finished upload stays known until it expires", "err", err, "upload", id)
	}
}

// cancel serves DELETE /videos/upload-resumable.
func (h *Uploads) cancel(w http.ResponseWriter, r *http.Request) error {
	if err := h.Uploads.Cancel(r.Context(), auth.User(r.Context()), r.URL.Query().Get("upload_id")); err != nil {
		return h.refuse(w, err)
	}
	return cancelled(w)
}

func cancelled(w http.ResponseWriter) error {
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	w.Header().Set("Cache-Control", "no-store")
	return rest.NoContent(w)
}

// uploadRetryAfter is when a client shall come back, in seconds, as PeerTube
// says it.
const uploadRetryAfter = "300"

// statusChecksum is the protocol's own status of a wrong checksum.
const statusChecksum = 460

// refuse answers with the protocol's own form of error where it has one, and
// leaves the others to the router.
func (h *Uploads) refuse(w http.ResponseWriter, err error) error {
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	e := errs.As(err)
	if e == nil {
		return err
	}
	if e.Kind == errs.Unavailable {
		w.Header().Set("Retry-After", uploadRetryAfter)
	}
	status := rest.Status(err)
	switch e.Code {
	case video.CodeUploadChecksum:
		status = statusChecksum
	case video.CodeUploadBadRequest, video.CodeUploadForbidden, video.CodeUploadNotFound, video.CodeUploadConflict,
		video.CodeUploadGone, video.CodeUploadLocked, video.CodeUploadStorageFull:
	default:
		return err
	}
	if status >= http.StatusInternalServerError {
		h.Log.Error("an upload cannot be stored", "err", err)
	}
	b, jerr := json.Marshal(uploadErrorJSON{uploadErrorBody{e.Code, e.Msg}})
	if jerr != nil {
		return jerr
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b)
	return nil
}

// uploadErrorJSON is the form of errors of the uploadx library.
type uploadErrorJSON struct {
	Error uploadErrorBody `json:"error"`
}

type uploadErrorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
