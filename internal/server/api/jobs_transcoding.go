package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Transcoding serves POST /videos/:id/transcoding.
type Transcoding struct {
	Videos TranscodingService
}

// TranscodingService is the part of video.Reruns that this needs.
type TranscodingService interface {
	Transcode(ctx context.Context, ref video.Ref, kind video.TranscodeKind, force bool) error
}

// Mount adds the route to r.
func (h *Transcoding) Mount(r *rest.Router) {
	r.Post("/videos/{id}/transcoding", rest.Operation("createVideoTranscoding", auth.RequiredRight(user.RunVideoTranscoding, h.run)))
}

// transcodingCreate is PeerTube's VideoTranscodingCreate.
type transcodingCreate struct {
	Type  rest.Field[string] `json:"transcodingType"`
	Force rest.Field[bool]   `json:"forceTranscoding"`
}

func (h *Transcoding) run(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return err
	}
	in, err := rest.Body[transcodingCreate](w, r)
	if err != nil {
		return err
	}
	kind, ok := map[string]video.TranscodeKind{"hls": video.HLS, "web-video": video.WebVideo, "webtorrent": video.WebVideo}[in.Type.V]
	if !ok {
		return errs.Fields(errs.Param{Name: "transcodingType", Value: in.Type.V})
	}
	if err := h.Videos.Transcode(r.Context(), ref, kind, in.Force.Or(false)); err != nil {
		return err
	}
	return rest.NoContent(w)
}
