package api

import (
	"context"
	"net/http"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Videos serves what is already there of videos: lists, details, changes and
// the parts (captions, chapters, passwords, files). Uploads are elsewhere.
type Videos struct {
	Videos VideoService
	Actors VideoActors
	Site   instance.Site

	fragments videoFragments
}

// VideoService is the part of video.Service that Videos needs.
type VideoService interface {
	List(ctx context.Context, w video.Viewer, p video.ListParams) ([]*video.Video, int, error)
	Mine(ctx context.Context, w video.Viewer, p video.ListParams) ([]*video.Video, int, error)
	Progress(ctx context.Context, list []*video.Video) (map[video.ID][]video.Transcode, error)
	Watch(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
	Edit(ctx context.Context, w video.Viewer, ref video.Ref, c video.Changes) error
	Delete(ctx context.Context, w video.Viewer, ref video.Ref) error
	Token(ctx context.Context, a video.Access, ref video.Ref) (string, time.Time, error)

	Passwords(ctx context.Context, w video.Viewer, ref video.Ref) ([]video.Password, error)
	SetPasswords(ctx context.Context, w video.Viewer, ref video.Ref, passwords []string) error
	AddPassword(ctx context.Context, w video.Viewer, ref video.Ref, password string) error
	DeletePassword(ctx context.Context, w video.Viewer, ref video.Ref, id video.PasswordID) error

	ListCaptions(ctx context.Context, a video.Access, ref video.Ref) ([]video.Caption, error)
	PutCaption(ctx context.Context, w video.Viewer, ref video.Ref, language string, file []byte) error
	DeleteCaption(ctx context.Context, w video.Viewer, ref video.Ref, language string) error
	Chapters(ctx context.Context, a video.Access, ref video.Ref) ([]video.Chapter, error)
	SetChapters(ctx context.Context, w video.Viewer, ref video.Ref, list []video.Chapter) error
	Storyboard(ctx context.Context, a video.Access, ref video.Ref) (*video.Storyboard, error)

	Source(ctx context.Context, w video.Viewer, ref video.Ref) (*video.Source, error)
	DeleteSourceFile(ctx context.Context, w video.Viewer, ref video.Ref) error
	FileMetadata(ctx context.Context, a video.Access, ref video.Ref, file video.FileID) ([]byte, error)
	DeleteFiles(ctx context.Context, w video.Viewer, ref video.Ref, hls bool, file video.FileID) error
}

// VideoActors finds whose videos are listed. host is empty for local ones.
type VideoActors interface {
	AccountID(ctx context.Context, name, host string) (actor.AccountID, error)
	ChannelID(ctx context.Context, name, host string) (actor.ChannelID, error)
}

// Mount adds the routes to r.
func (h *Videos) Mount(r *rest.Router) {
	r.Get("/videos", rest.Operation("getVideos", h.list))
	r.Get("/accounts/{handle}/videos", h.listOfAccount)
	r.Get("/video-channels/{handle}/videos", h.listOfChannel)
	r.Get("/users/me/videos", auth.Required(h.listMine))

	r.Get("/videos/{id}", rest.Operation("getVideo", h.get))
	r.Get("/videos/{id}/description", h.description)
	r.Put("/videos/{id}", rest.Operation("putVideo", auth.Required(h.update)))
	r.Delete("/videos/{id}", rest.Operation("delVideo", auth.Required(h.delete)))
	r.Post("/videos/{id}/token", h.token)

	r.Get("/videos/{id}/passwords", auth.Required(h.passwords))
	r.Put("/videos/{id}/passwords", auth.Required(h.setPasswords))
	r.Post("/videos/{id}/passwords", auth.Required(h.addPassword))
	r.Delete("/videos/{id}/passwords/{passwordId}", auth.Required(h.deletePassword))

	r.Get("/videos/{id}/captions", h.captions)
	r.Post("/videos/{id}/captions/generate", auth.Required(h.generateCaption))
	r.Put("/videos/{id}/captions/{captionLanguage}", auth.Required(h.putCaption))
	r.Delete("/videos/{id}/captions/{captionLanguage}", auth.Required(h.deleteCaption))
	r.Get("/videos/{id}/chapters", h.chapters)
	r.Put("/videos/{id}/chapters", auth.Required(h.setChapters))
	r.Get("/videos/{id}/storyboards", h.storyboards)

	r.Get("/videos/{id}/source", rest.Operation("getVideoSource", auth.Required(h.source)))
	r.Delete("/videos/{id}/source/file", auth.Required(h.deleteSourceFile))
	r.Get("/videos/{id}/metadata/{videoFileId}", h.metadata)
	r.Delete("/videos/{id}/hls", h.deleteFiles(true))
	r.Delete("/videos/{id}/hls/{videoFileId}", h.deleteFiles(true))
	r.Delete("/videos/{id}/web-videos", h.deleteFiles(false))
	r.Delete("/videos/{id}/web-videos/{videoFileId}", h.deleteFiles(false))
}

// videoRef reads which video a path names.
func videoRef(r *http.Request) (video.Ref, error) { return video.ParseRef(rest.Path(r, "id")) }

// videoPasswordHeader carries the password of a protected video.
const videoPasswordHeader = "X-Peertube-Video-Password"

// videoAccess is what a request shows to get at a video.
func videoAccess(r *http.Request) video.Access {
	return video.Access{Viewer: auth.User(r.Context()), Password: r.Header.Get(videoPasswordHeader)}
}

// get serves GET /videos/{id}.
func (h *Videos) get(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	v, err := h.Videos.Watch(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	details := presentVideoDetails(h.Site, v)
	return rest.Append(w, http.StatusOK, details.append)
}

// description serves GET /videos/{id}/description.
func (h *Videos) description(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	v, err := h.Videos.See(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, map[string]string{"description": v.Description})
}

// delete serves DELETE /videos/{id}.
func (h *Videos) delete(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	if err := h.Videos.Delete(r.Context(), auth.User(r.Context()), ref); err != nil {
		return err
	}
	return rest.NoContentJSON(w)
}

// token serves POST /videos/{id}/token.
func (h *Videos) token(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	token, expires, err := h.Videos.Token(r.Context(), videoAccess(r), ref)
	if err != nil {
		return err
	}
	type files struct {
		Token   string  `json:"token"`
		Expires isoTime `json:"expires"`
	}
	return rest.JSON(w, http.StatusOK, map[string]files{"files": {token, isoTime(expires)}})
}

// passwordJSON is PeerTube's VideoPassword.
type passwordJSON struct {
	ID        video.PasswordID `json:"id"`
	Password  string           `json:"password"`
	VideoID   video.ID         `json:"videoId"`
	CreatedAt isoTime          `json:"createdAt"`
	UpdatedAt isoTime          `json:"updatedAt"`
}

// passwords serves GET /videos/{id}/passwords.
func (h *Videos) passwords(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	page := q.Page("-createdAt")
	if err := q.Err(); err != nil {
		return err
	}
	list, err := h.Videos.Passwords(r.Context(), auth.User(r.Context()), ref)
	if err != nil {
		return err
	}
	total := len(list)
	list = list[min(page.Start, total):min(page.Start+page.Count, total)]
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(p video.Password) passwordJSON {
		return passwordJSON{p.ID, p.Password, p.VideoID, isoTime(p.CreatedAt), isoTime(p.UpdatedAt)}
	}))
}

// setPasswords serves PUT /videos/{id}/passwords.
func (h *Videos) setPasswords(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		Passwords rest.Field[[]string] `json:"passwords"`
	}
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	if err := h.Videos.SetPasswords(r.Context(), auth.User(r.Context()), ref, in.Passwords.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// addPassword serves POST /videos/{id}/passwords, of clients up to 8.0.
func (h *Videos) addPassword(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		Password rest.Field[string] `json:"password"`
	}
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	if err := h.Videos.AddPassword(r.Context(), auth.User(r.Context()), ref, in.Password.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// deletePassword serves DELETE /videos/{id}/passwords/{passwordId}.
func (h *Videos) deletePassword(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[video.PasswordID](r, "passwordId")
	if err != nil {
		return err
	}
	if err := h.Videos.DeletePassword(r.Context(), auth.User(r.Context()), ref, id); err != nil {
		return err
	}
	return rest.NoContent(w)
}
