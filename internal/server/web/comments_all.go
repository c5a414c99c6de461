package web

import (
	"cmp"
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
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
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
	p, view, err := s.listAllComments(r)
	if err != nil {
		return err
	}
	return s.paged(w, r, view.Pager, comments.All(p, view))
}

// listAllComments is the page that r, whose address says what it is narrowed
// to, asks for.
func (s *Pages) listAllComments(r *http.Request) (*ui.Page, comments.AllView, error) {
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
	typed := terms.Parse(view.Search, terms.Comments)
	held := cmp.Or(typed.Is("heldForReview:"), is("held"))
	view.Held = held != nil && *held
	view.IsLocal, view.OnLocalVideo = cmp.Or(typed.Is("local:"), is("isLocal")), cmp.Or(typed.Is("localVideo:"), is("onLocalVideo"))
	if view.Search != "" {
		keep.Set("search", view.Search)
	}
	in := comment.ListParams{
		Start: pageStart(r, pager.PageSize), Count: pager.PageSize, Sort: "-createdAt", Search: typed.Words,
		SearchAccount: typed.Has("account:"), SearchVideo: typed.Has("video:"),
		IsLocal: view.IsLocal, OnLocalVideo: view.OnLocalVideo,
	}
	if view.Held || typed.Is("heldForReview:") != nil {
		in.Held = &view.Held
	}
	list, total, err := s.Comments.All(r.Context(), auth.User(r.Context()), in, true)
	view.List, view.Pager = list, pager.Pager{Path: comments.AllURL, Query: keep, Start: in.Start, Count: in.Count, Total: total}
	return p, view, err
}

// changePicked serves POST /admin/overview/comments/picked: it approves or
// deletes the comments whose boxes were ticked. What is gone, or was decided by
// somebody else meanwhile, is left as it is.
func (s *Pages) changePicked(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a := video.As(auth.User(r.Context()))
	var do func(one pickedComment) error
	var notice string
	switch f.Value("do") {
	case "approve":
		do, notice = func(one pickedComment) error { return s.Comments.Approve(r.Context(), a, one.of, one.id) }, "approved"
	case "delete":
		do, notice = func(one pickedComment) error {
			_, err := s.Comments.Delete(r.Context(), a, one.of, one.id)
			return err
		}, "deleted"
	default:
		return notFound()
	}
	picked, err := readPicked(f.Values["comment"])
	if err != nil {
		return err
	}
	to := f.Value("to")
	if to == "" {
		to = comments.AllURL
	}
	for i, one := range picked {
		if err := do(one); err != nil && !settled(err) {
			return s.pickedFailed(w, r, to, notice, picked, i, err)
		}
	}
	switch len(picked) {
	case 0:
		return back(w, r, to, "comments_unselected")
	case 1:
		return back(w, r, to, "comment_"+notice)
	}
	return back(w, r, to, "comments_"+notice)
}

// pickedFailed answers when one of several comments could not be changed: with
// the list that they were chosen from, how many were before it, and which it
// is. It and what came after it stay chosen.
func (s *Pages) pickedFailed(w http.ResponseWriter, r *http.Request, to, notice string, picked []pickedComment, done int, failed error) error {
	status := rest.Status(failed)
	from, err := url.Parse(localPath(to))
	if err != nil || len(picked) == 1 || r.Context().Err() != nil {
		return failed
	}
	list := r.Clone(r.Context())
	list.Method, list.URL = http.MethodGet, from
	p, view, err := s.listAllComments(list)
	if err != nil {
		return failed // which says more than that the list could not be read either
	}
	if status >= http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "some of several comments were not changed", "err", failed, "path", r.URL.Path, "comment", picked[done].id)
	}
	view.Failed, view.Left = picked[done].id, make(map[comment.ID]bool, len(picked)-done)
	for _, one := range picked[done:] {
		view.Left[one.id] = true
	}
	p.Bad = true
	p.Notice = p.T("web.allcomments.failed."+notice, "n", p.Number(int64(done)), "all", p.Number(int64(len(picked))), "name", view.NameIn(p, view.Failed))
	return s.render(w, r, status, comments.All(p, view))
}

// pickedComment is what comments.Picked wrote.
type pickedComment struct {
	of video.Ref
	id comment.ID
}

// readPicked reads the boxes that were ticked, all before anything is done.
func readPicked(boxes []string) ([]pickedComment, error) {
	if len(boxes) > comments.MostPicked {
		return nil, errs.New(errs.Invalid, "%d comments at most can be changed at once", comments.MostPicked)
	}
	picked := make([]pickedComment, len(boxes))
	for i, text := range boxes {
		of, which, _ := strings.Cut(text, "-")
		v, err := strconv.ParseInt(of, 10, 64)
		id, err2 := strconv.ParseInt(which, 10, 64)
		if err != nil || err2 != nil || v <= 0 || id <= 0 {
			return nil, notFound()
		}
		picked[i] = pickedComment{video.ByID(video.ID(v)), comment.ID(id)}
	}
	return picked, nil
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
