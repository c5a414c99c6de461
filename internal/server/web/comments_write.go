package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/comments"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
)

// postComment serves POST /w/{id}/comments. What cannot be taken is shown
// again, with what was typed; also to who is not logged in any more.
func (s *Pages) postComment(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	replyTo := comment.ID(number(f, "replyTo"))
	c, err := s.Comments.Post(r.Context(), a, ref, replyTo, strings.ReplaceAll(f.Value("text"), "\r\n", "\n"))
	if err != nil {
		return s.postFailed(w, r, a, ref, replyTo, f, err)
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return err
	}
	if asPart(r) {
		item := comments.Item{Comment: c, Depth: c.Depth}
		view := comments.View{Video: v, Markdown: s.Markdown, Manages: comment.Manages(a.Viewer, v), Newest: c.CreatedAt, Total: int(v.Comments)}
		view.Threads = []comments.Thread{{Item: item}}
		return s.ok(w, r, comments.New(s.newPage(r, ""), view))
	}
	notice := "commented"
	if c.HeldForReview {
		notice = "held"
	}
	return back(w, r, comments.URL(v)+"?threadId="+strconv.FormatInt(int64(c.ID), 10)+"#comment-"+strconv.FormatInt(int64(c.ID), 10), notice)
}

// postFailed shows what was typed again: in its form alone to comments.ts,
// else on the page of comments.
func (s *Pages) postFailed(w http.ResponseWriter, r *http.Request, a video.Access, ref video.Ref, replyTo comment.ID, f ui.Form, failed error) error {
	if errs.Is(failed, errs.Internal) {
		return failed
	}
	p := s.newPage(r, "")
	f.Error = p.Problem(failed)
	if e := errs.As(failed); e != nil && len(e.Params) > 0 {
		f.Error = p.T("web.comment.invalid")
	}
	if a.Viewer == nil {
		f.Error = p.T("web.comment.login_text")
	}
	written := comments.Form{Form: f}
	if replyTo != 0 {
		var err error
		if written.ReplyTo, err = s.Comments.Get(r.Context(), a, ref, replyTo); err != nil {
			written.ReplyTo = &comment.Comment{ID: replyTo}
		}
	}
	status := rest.Status(failed)
	if asPart(r) {
		v, err := s.Videos.Watch(r.Context(), a, ref)
		if err != nil {
			return s.videoGone(w, r, ref, written, err)
		}
		return s.render(w, r, status, comments.Write(p, v, written))
	}
	view, err := s.threads(r, a, ref)
	if err != nil {
		return s.videoGone(w, r, ref, written, err)
	}
	if written.ReplyTo != nil && written.ReplyTo.ThreadID != 0 {
		t, err := s.wholeThread(r.Context(), a, ref, written.ReplyTo.ThreadID)
		if err != nil {
			return err
		}
		view.Single, view.ReplyTo = &t, replyTo
	}
	view.Form = written
	return s.showComments(w, r, status, view)
}

// videoGone shows what was typed again where the video was deleted or closed
// meanwhile: nothing but its form.
func (s *Pages) videoGone(w http.ResponseWriter, r *http.Request, ref video.Ref, written comments.Form, gone error) error {
	if errs.Is(gone, errs.Internal) || ref.UUID == "" {
		return gone
	}
	p, status := s.newPage(r, "web.comment.title"), rest.Status(gone)
	if p.User != nil {
		written.Error = p.T("web.comment.video_gone")
	}
	v := &video.Video{UUID: ref.UUID} // its address is all that may be told
	if asPart(r) {
		return s.render(w, r, status, comments.Write(p, v, written))
	}
	p.NoIndex = true
	return s.render(w, r, status, comments.Refused(p, v, written))
}

// commentOf reads which comment of which video a path names.
func commentOf(r *http.Request) (video.Access, video.Ref, comment.ID, error) {
	a, ref, err := watchAccess(r)
	if err != nil {
		return a, ref, 0, err
	}
	id, err := rest.PathID[comment.ID](r, "commentId")
	if err != nil {
		err = notFound()
	}
	return a, ref, id, err
}

// deleteComment serves POST /w/{id}/comments/{commentId}/delete. To be written
// again, the text comes back in the form.
func (s *Pages) deleteComment(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a, ref, id, err := commentOf(r)
	if err != nil {
		return err
	}
	redraft := f.Checked("redraft")
	remove := s.Comments.Delete
	if redraft {
		remove = s.Comments.Redraft
	}
	was, err := remove(r.Context(), a, ref, id)
	if err != nil {
		return err
	}
	if !redraft {
		return s.commentDone(w, r, f, "comment_deleted")
	}
	view, err := s.threads(r, a, ref)
	if err != nil {
		return err
	}
	view.Form = comments.Form{Form: ui.Form{Values: map[string][]string{"text": {was.Text}}}}
	if was.ReplyTo != 0 {
		t, err := s.wholeThread(r.Context(), a, ref, was.ThreadID)
		if err == nil {
			view.Form.ReplyTo, err = s.Comments.Get(r.Context(), a, ref, was.ReplyTo)
		}
		if err == nil && !view.Form.ReplyTo.Deleted() {
			view.Single, view.ReplyTo = &t, was.ReplyTo
		} else { // the text is kept as a new thread's
			view.Form.ReplyTo = nil
		}
	}
	p := s.newPage(r, "web.comment.of", "video", view.Video.Name)
	p.Notice, p.NoIndex, p.Scripts, p.Here = p.T("web.notice.redraft"), true, []string{"comments.js"}, comments.URL(view.Video)
	return s.ok(w, r, comments.Page(p, view))
}

// deletedComment leads who comes back to the address of deleteComment, at which
// a comment is written again, to the comments.
func (s *Pages) deletedComment(w http.ResponseWriter, r *http.Request) error {
	return back(w, r, "/w/"+url.PathEscape(rest.Path(r, "id"))+"/comments", "")
}

// approveComment serves POST /w/{id}/comments/{commentId}/approve.
func (s *Pages) approveComment(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a, ref, id, err := commentOf(r)
	if err != nil {
		return err
	}
	if err := s.Comments.Approve(r.Context(), a, ref, id); err != nil {
		return err
	}
	return s.commentDone(w, r, f, "comment_approved")
}

// commentDone leads back to where one was.
func (s *Pages) commentDone(w http.ResponseWriter, r *http.Request, f ui.Form, notice string) error {
	if asPart(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	to := f.Value("to")
	if to == "" {
		to = "/w/" + rest.Path(r, "id") + "/comments"
	}
	return back(w, r, to, notice)
}

// rate serves POST /w/{id}/rate.
func (s *Pages) rate(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	rating := video.RateType(f.Value("rating"))
	if _, err := s.Rates.Rate(r.Context(), a, ref, rating); err != nil {
		return err
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return err
	}
	if asPart(r) {
		p := s.newPage(r, "")
		p.Here = ui.WatchURL(v)
		return s.ok(w, r, comments.Rating(p, v, rating))
	}
	return back(w, r, ui.WatchURL(v)+"#rating", "")
}

// myRating is what the reader thinks of a video, for its page.
func (s *Pages) myRating(r *http.Request, v *video.Video) (video.RateType, error) {
	if u := auth.User(r.Context()); u != nil && s.Rates != nil {
		return s.Rates.Of(r.Context(), u.AccountID, v)
	}
	return "", nil
}

// commentsOnMine serves GET /my-library/comments-on-my-videos.
func (s *Pages) commentsOnMine(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.nav.my_comments")
	p.NoIndex = true
	q := r.URL.Query()
	view := comments.MineView{Search: searched(r), Held: q.Get("held") != "", Markdown: s.Markdown}
	typed := terms.Parse(view.Search, terms.MyComments)
	params := comment.ListParams{
		Start: pageStart(r, pager.PageSize), Count: pager.PageSize, Sort: "-createdAt", Search: typed.Words,
		SearchAccount: typed.Has("account:"), SearchVideo: typed.Has("video:"), IsLocal: typed.Is("local:"),
	}
	said := typed.Is("heldForReview:")
	if said != nil {
		view.Held = *said
	}
	if view.Held || said != nil {
		params.Held = &view.Held
	}
	list, total, err := s.Comments.OnMine(r.Context(), auth.User(r.Context()), params, true)
	if err != nil {
		return err
	}
	view.List = list
	keep := kept(q)
	if view.Held {
		keep.Set("held", "true")
	}
	view.Pager = pager.Pager{Path: r.URL.Path, Query: keep, Start: params.Start, Count: params.Count, Total: total}
	return s.paged(w, r, view.Pager, comments.Mine(p, view))
}

// removeCommentsOf serves POST /my-library/comments-on-my-videos/remove-of/{name}.
func (s *Pages) removeCommentsOf(w http.ResponseWriter, r *http.Request) error {
	if err := s.Comments.RemoveOf(r.Context(), auth.User(r.Context()), rest.Path(r, "name"), comment.ScopeMyVideos); err != nil {
		return err
	}
	return back(w, r, comments.MineURL, "comments_removed")
}
