package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// uploadHead is what the resumable protocol adds to the fields of a video.
type uploadHead struct {
	Filename     rest.Field[string]          `json:"filename"`
	LastModified rest.Field[json.RawMessage] `json:"lastModified"`
}

// lastModified is what the client sent, a number or a text.
func (in *uploadHead) lastModified() string {
	return strings.Trim(string(in.LastModified.Or(nil)), `"`)
}

// uploadFields are the fields of a new video. generateTranscription is
// accepted and has no effect: this site makes no transcriptions.
func uploadFields(in videoBody) (video.Changes, error) {
	c, bad := in.changes()
	if len(bad) > 0 {
		return c, errs.Fields(bad...)
	}
	return c, nil
}

// readUploadJSON reads a body without files.
func readUploadJSON(w http.ResponseWriter, r *http.Request) (uploadHead, video.Changes, error) {
	var c video.Changes
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, rest.MaxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return uploadHead{}, c, errs.New(errs.TooLarge, "request entity too large")
		}
		return uploadHead{}, c, errs.Wrap(errs.Invalid, err, "The body ended early.")
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	head, err := rest.Body[uploadHead](w, r)
	if err != nil {
		return head, c, err
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	in, err := rest.Body[videoBody](w, r)
	if err == nil {
		c, err = uploadFields(in)
	}
	return head, c, err
}

// readUploadForm reads the fields of a multipart body.
func readUploadForm(values url.Values) (uploadHead, video.Changes, error) {
	var c video.Changes
	head, err := rest.Form[uploadHead](values)
	if err != nil {
		return head, c, err
	}
	in, err := rest.Form[videoBody](values)
	if err == nil {
		c, err = uploadFields(in)
	}
	return head, c, err
}
