package api

import (
	"context"
	"io"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
)

// initReplace serves POST /videos/{id}/source/replace-resumable.
func (h *Uploads) initReplace(w http.ResponseWriter, r *http.Request) error {
	ref, err := h.mayReplace(r)
	if err != nil {
		return h.refuse(w, err)
	}
	in, err := readReplaceInit(w, r)
	if err != nil {
		return h.refuse(w, err)
	}
	up, err := h.Uploads.InitReplace(r.Context(), auth.User(r.Context()), ref, in)
	if err != nil {
		return h.refuse(w, err)
	}
	begun(w, r, up)
	return nil
}

// mayReplace refuses before anything is read who may not replace the file.
func (h *Uploads) mayReplace(r *http.Request) (video.Ref, error) {
	ref, err := videoRef(r)
	if err == nil {
		_, err = h.Uploads.MayReplace(r.Context(), auth.User(r.Context()), ref)
	}
	return ref, err
}

// readReplaceInit reads an init of which only the file's name is needed: the
// video has its fields.
func readReplaceInit(w http.ResponseWriter, r *http.Request) (video.UploadInit, error) {
	in, bad := readUploadHeaders(r)
	head, _, _, err := readUploadBody(w, r)
	if err != nil && len(bad) == 0 {
		return in, err
	}
	in.Filename, in.LastModified = head.Filename.Or(""), head.lastModified()
	if in.Filename == "" {
		bad = append(bad, errs.Param{Name: "filename"})
	}
	if len(bad) > 0 {
		return in, errs.Fields(bad...)
	}
	return in, nil
}

// putReplace serves PUT /videos/{id}/source/replace-resumable.
func (h *Uploads) putReplace(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return h.refuse(w, err)
	}
	add := func(ctx context.Context, who *user.User, id string, c video.Chunk, body io.Reader) (video.UploadOutcome, error) {
		return h.Uploads.AppendReplace(ctx, who, ref, id, c, body)
	}
	return h.chunk(w, r, add, func(v *video.Video) (any, error) {
		src, err := h.Sources.Source(r.Context(), auth.User(r.Context()), video.ByUUID(v.UUID))
		if err != nil {
			return nil, err
		}
		return presentSource(h.Site, src), nil
	})
}

// cancelReplace serves DELETE /videos/{id}/source/replace-resumable.
func (h *Uploads) cancelReplace(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return h.refuse(w, err)
	}
	if err := h.Uploads.CancelReplace(r.Context(), auth.User(r.Context()), ref, r.URL.Query().Get("upload_id")); err != nil {
		return h.refuse(w, err)
	}
	return cancelled(w)
}
