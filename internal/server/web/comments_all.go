package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/comments"
	"sepiola/internal/server/web/pager"
)

// mountAllComments adds the page of all comments, at PeerTube's old and new
// addresses too, and what moderators do there.
func (s *Pages) mountAllComments(r *rest.Router) {
	with := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.RequiredRight(user.SeeAllComments, h)) }
	for _, path := range []string{comments.AllURL, comments.AllURL + "/list", "/admin/moderation/video-comments/list"} {
		r.Get(path, with(s.allComments))
	}
	r.Post(comments.AllURL+"/picked", with(s.changePicked))
	r.Post(comments.AllURL+"/remove-of/{name}", with(s.removeAllCommentsOf))
}

// allComments serves GET /admin/overview/comments.
func (s *Pages) allComments(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.allcomments.title")
	p.NoIndex, p.Scripts = true, []string{"comments.js"}
	view := comments.AllView{Search: searched(r), Markdown: s.Markdown}
	keep := url.Values{}
	is := func(name string) *bool {
		b, err := strconv.ParseBool(r.URL.Query().Get(name))
		if err != nil {
			return nil
		}
		keep.Set(name, strconv.FormatBool(b))
		return &b
	}
	if held := is("held"); held != nil {
		view.Held = *held
	}
	view.IsLocal, view.OnLocalVideo = is("isLocal"), is("onLocalVideo")
	if view.Search != "" {
		keep.Set("search", view.Search)
	}
	in := comment.ListParams{
		Start: pageStart(r, pager.PageSize), Count: pager.PageSize, Sort: "-createdAt", Search: view.Search,
		IsLocal: view.IsLocal, OnLocalVideo: view.OnLocalVideo,
	}
	if view.Held {
		in.Held = &view.Held
	}
	list, total, err := s.Comments.All(r.Context(), auth.User(r.Context()), in, true)
	if err != nil {
		return err
	}
	view.List, view.Pager = list, pager.Pager{Path: comments.AllURL, Query: keep, Start: in.Start, Count: in.Count, Total: total}
	return s.ok(w, r, comments.All(p, view))
}

// changePicked serves POST /admin/overview/comments/picked: it approves or
// deletes the comments whose boxes were ticked. What is gone, or was decided by
// somebody else meanwhile, is left as it is.
func (s *Pages) changePicked(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	var do func(a video.Access, ref video.Ref, id comment.ID) error
	var notice string
	switch f.Value("do") {
	case "approve":
		do, notice = func(a video.Access, ref video.Ref, id comment.ID) error {
			return s.Comments.Approve(r.Context(), a, ref, id)
		}, "approved"
	case "delete":
		do, notice = func(a video.Access, ref video.Ref, id comment.ID) error {
			_, err := s.Comments.Delete(r.Context(), a, ref, id)
			return err
		}, "deleted"
	default:
		return notFound()
	}
	picked := f.Values["comment"]
	if len(picked) > comments.MostPicked {
		return errs.New(errs.Invalid, "%d comments at most can be changed at once", comments.MostPicked)
	}
	a := video.As(auth.User(r.Context()))
	for _, one := range picked {
		ref, id, ok := pickedComment(one)
		if !ok {
			return notFound()
		}
		if err := do(a, ref, id); err != nil && !settled(err) {
			return err
		}
	}
	to := f.Value("to")
	if to == "" {
		to = comments.AllURL
	}
	switch len(picked) {
	case 0:
		return back(w, r, to, "comments_unselected")
	case 1:
		return back(w, r, to, "comment_"+notice)
	}
	return back(w, r, to, "comments_"+notice)
}

// pickedComment reads what comments.Picked wrote.
func pickedComment(text string) (video.Ref, comment.ID, bool) {
	of, which, _ := strings.Cut(text, "-")
	v, err := strconv.ParseInt(of, 10, 64)
	id, err2 := strconv.ParseInt(which, 10, 64)
	return video.ByID(video.ID(v)), comment.ID(id), err == nil && err2 == nil && v > 0 && id > 0
}

// settled reports whether nothing is left to be done to a comment: it is gone,
// or was approved.
func settled(err error) bool {
	return errs.Is(err, errs.NotFound) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid)
}

// removeAllCommentsOf serves POST /admin/overview/comments/remove-of/{name}.
func (s *Pages) removeAllCommentsOf(w http.ResponseWriter, r *http.Request) error {
	if err := s.Comments.RemoveOf(r.Context(), auth.User(r.Context()), rest.Path(r, "name"), comment.ScopeInstance); err != nil {
		return err
	}
	return back(w, r, comments.AllURL, "comments_removed")
}
