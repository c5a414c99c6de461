package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Comments serves the comments of videos.
type Comments struct {
	Comments CommentService
	Site     instance.Site
}

// CommentService is comment.Service.
type CommentService interface {
	Threads(ctx context.Context, a video.Access, ref video.Ref, p comment.ThreadList) (comment.ThreadPage, *video.Video, error)
	Tree(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Node, error)
	Replies(ctx context.Context, a video.Access, ref video.Ref, id comment.ID, start, count int) ([]*comment.Node, int, error)
	Post(ctx context.Context, a video.Access, ref video.Ref, replyTo comment.ID, text string) (*comment.Comment, error)
	Delete(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Comment, error)
	Approve(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) error
	All(ctx context.Context, w video.Viewer, p comment.ListParams, includeMuted bool) ([]*comment.Comment, int, error)
	OnMine(ctx context.Context, w video.Viewer, p comment.ListParams, includeMuted bool) ([]*comment.Comment, int, error)
	RemoveOf(ctx context.Context, w video.Viewer, handle, scope string) error
}

// Mount adds the routes to r.
func (h *Comments) Mount(r *rest.Router) {
	r.Get("/videos/{id}/comment-threads", h.threads)
	r.Post("/videos/{id}/comment-threads", auth.Required(h.post))
	r.Get("/videos/{id}/comment-threads/{threadId}", h.tree)
	r.Post("/videos/{id}/comments/{commentId}", auth.Required(h.post))
	r.Delete("/videos/{id}/comments/{commentId}", auth.Required(h.delete))
	r.Post("/videos/{id}/comments/{commentId}/approve", auth.Required(h.approve))
	r.Get("/videos/{id}/comments/{commentId}/replies", h.replies)
	r.Get("/videos/comments", auth.RequiredRight(user.SeeAllComments, h.all))
	r.Get("/users/me/videos/comments", auth.Required(h.onMine))
	r.Post("/bulk/remove-comments-of", auth.Required(h.removeOf))
}

// threadsJSON is PeerTube's VideoCommentThreads.
type threadsJSON struct {
	rest.List[commentJSON]
	TotalNotDeletedComments int `json:"totalNotDeletedComments"`
}

// bytesOfComment is how long the JSON of a comment of usual length is.
const bytesOfComment = 1024

// threads serves GET /videos/{id}/comment-threads.
func (h *Comments) threads(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	p := q.Page("-createdAt", "totalReplies")
	if err := q.Err(); err != nil {
		return err
	}
	page, _, err := h.Comments.Threads(r.Context(), videoAccess(r), ref, comment.ThreadList{Start: p.Start, Count: p.Count, Sort: p.Sort})
	if err != nil {
		return err
	}
	present := func(c *comment.Comment) commentJSON { return presentComment(h.Site, c) }
	out := threadsJSON{rest.NewList(page.Total, page.List, present), page.NotDeleted}
	_ = rest.Bytes(w, http.StatusOK, rest.TypeJSON, out.append(make([]byte, 0, 128+len(out.Data)*bytesOfComment))) // the client may be gone
	return nil
}

// commentOf reads which comment of which video a path names.
func commentOf(r *http.Request, name string) (video.Ref, comment.ID, error) {
	ref, err := videoRef(r)
	if err != nil {
		return ref, 0, err
	}
	id, err := rest.PathID[comment.ID](r, name)
	return ref, id, err
}

// tree serves GET /videos/{id}/comment-threads/{threadId}.
func (h *Comments) tree(w http.ResponseWriter, r *http.Request) error {
	ref, id, err := commentOf(r, "threadId")
	if err != nil {
		return err
	}
	root, err := h.Comments.Tree(r.Context(), videoAccess(r), ref, id)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentTree(h.Site, root))
}

// replies serves GET /videos/{id}/comments/{commentId}/replies, of 8.3: a page
// of direct replies, each with what is below it.
func (h *Comments) replies(w http.ResponseWriter, r *http.Request) error {
	ref, id, err := commentOf(r, "commentId")
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	p := q.Page("createdAt")
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Comments.Replies(r.Context(), videoAccess(r), ref, id, p.Start, p.Count)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(n *comment.Node) *commentTreeJSON { return presentTree(h.Site, n) }))
}

// post serves POST /videos/{id}/comment-threads and
// POST /videos/{id}/comments/{commentId}.
func (h *Comments) post(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		Text rest.Words `json:"text"`
	}
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	var replyTo comment.ID
	if rest.Path(r, "commentId") != "" {
		if replyTo, err = rest.PathID[comment.ID](r, "commentId"); err != nil {
			return err
		}
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	if !in.Text.Has() {
		return errs.Fields(errs.Param{Name: "text", Value: in.Text.Sent(), In: "body"})
	}
	c, err := h.Comments.Post(r.Context(), videoAccess(r), ref, replyTo, in.Text.V)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, map[string]commentJSON{"comment": presentComment(h.Site, c)})
}

// delete serves DELETE /videos/{id}/comments/{commentId}.
func (h *Comments) delete(w http.ResponseWriter, r *http.Request) error {
	ref, id, err := commentOf(r, "commentId")
	if err != nil {
		return err
	}
	if _, err := h.Comments.Delete(r.Context(), videoAccess(r), ref, id); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// approve serves POST /videos/{id}/comments/{commentId}/approve.
func (h *Comments) approve(w http.ResponseWriter, r *http.Request) error {
	ref, id, err := commentOf(r, "commentId")
	if err != nil {
		return err
	}
	if err := h.Comments.Approve(r.Context(), videoAccess(r), ref, id); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// listOf reads what lists over several videos are filtered by. includeMuted is
// 8.2's; without it muted people are shown, as before.
func (h *Comments) listOf(r *http.Request, sorts ...string) (p comment.ListParams, includeMuted bool, err error) {
	q := rest.NewQuery(r)
	page := q.Page(sorts...)
	p = comment.ListParams{
		Start: page.Start, Count: page.Count, Sort: page.Sort,
		Search: q.String("search"), SearchAccount: q.String("searchAccount"), SearchVideo: q.String("searchVideo"),
		Channel: actor.ChannelID(q.Int("videoChannelId", 0, 1, 1<<31-1)),
		IsLocal: q.Bool("isLocal"), OnLocalVideo: q.Bool("onLocalVideo"), Held: q.Bool("isHeldForReview"),
		AutoTags: q.Strings("autoTagOneOf"),
	}
	muted := q.Bool("includeMuted")
	if q.Has("videoId") {
		if p.Video, err = video.ParseRef(q.String("videoId")); err != nil {
			q.Reject("videoId", "")
		}
	}
	return p, muted == nil || *muted, q.Err()
}

// all serves GET /videos/comments. That it can be asked for what is held, like
// the list of one's own videos, is ours: in PeerTube a moderator has to look
// through everything.
func (h *Comments) all(w http.ResponseWriter, r *http.Request) error {
	p, includeMuted, err := h.listOf(r, "-createdAt")
	if err != nil {
		return err
	}
	list, total, err := h.Comments.All(r.Context(), auth.User(r.Context()), p, includeMuted)
	if err != nil {
		return err
	}
	return h.writeList(w, list, total)
}

func (h *Comments) writeList(w http.ResponseWriter, list []*comment.Comment, total int) error {
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(c *comment.Comment) commentOfListJSON { return presentCommentOfList(h.Site, c) }))
}

// onMine serves GET /users/me/videos/comments. PeerTube checks its sort as
// one of videos; what comments do not have is taken for the newest first.
func (h *Comments) onMine(w http.ResponseWriter, r *http.Request) error {
	p, includeMuted, err := h.listOf(r, append([]string{"-createdAt"}, video.Sorts...)...)
	if err != nil {
		return err
	}
	if p.Sort != "createdAt" {
		p.Sort = "-createdAt"
	}
	list, total, err := h.Comments.OnMine(r.Context(), auth.User(r.Context()), p, includeMuted)
	if err != nil {
		return err
	}
	return h.writeList(w, list, total)
}

// removeOf serves POST /bulk/remove-comments-of.
func (h *Comments) removeOf(w http.ResponseWriter, r *http.Request) error {
	type body struct {
		AccountName rest.Field[string] `json:"accountName"`
		Scope       rest.Field[string] `json:"scope"`
	}
	in, err := rest.Body[body](w, r)
	if err != nil {
		return err
	}
	if err := needed(map[string]rest.Field[string]{"accountName": in.AccountName, "scope": in.Scope}, "accountName", "scope"); err != nil {
		return err
	}
	if err := h.Comments.RemoveOf(r.Context(), auth.User(r.Context()), in.AccountName.V, in.Scope.V); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// needed reports fields of a body that were not sent, in the order of names.
func needed(fields map[string]rest.Field[string], names ...string) error {
	var bad []errs.Param
	for _, name := range names {
		if f := fields[name]; f.V == "" {
			bad = append(bad, errs.Param{Name: name, Value: f.Sent(), In: "body"})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return errs.Fields(bad...)
}
