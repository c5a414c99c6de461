package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/comments"
	"sepiola/internal/server/web/ui"
)

// CommentService is the part of comment.Service that pages need.
type CommentService interface {
	Threads(ctx context.Context, a video.Access, ref video.Ref, p comment.ThreadList) (comment.ThreadPage, *video.Video, error)
	Tree(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Node, error)
	Replies(ctx context.Context, a video.Access, ref video.Ref, id comment.ID, start, count int) ([]*comment.Node, int, error)
	Get(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Comment, error)
	Since(ctx context.Context, a video.Access, ref video.Ref, after time.Time) ([]*comment.Comment, *video.Video, error)
	Post(ctx context.Context, a video.Access, ref video.Ref, replyTo comment.ID, text string) (*comment.Comment, error)
	Delete(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Comment, error)
	Redraft(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (*comment.Comment, error)
	Approve(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) error
	All(ctx context.Context, w video.Viewer, p comment.ListParams, includeMuted bool) ([]*comment.Comment, int, error)
	OnMine(ctx context.Context, w video.Viewer, p comment.ListParams, includeMuted bool) ([]*comment.Comment, int, error)
	RemoveOf(ctx context.Context, w video.Viewer, handle, scope string) error
}

// threadsPerPage and repliesPerPage are how many come at once.
const (
	threadsPerPage = 20
	repliesPerPage = 20
)

func (s *Pages) mountComments(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get("/w/{id}/comments", s.page(s.comments))
	r.Post("/w/{id}/comments", s.page(s.postComment))
	r.Get("/w/{id}/comments/new", s.page(s.newComments))
	r.Get("/w/{id}/comments/{commentId}", s.page(s.replies))
	r.Get("/w/{id}/comments/{commentId}/delete", s.deletedComment)
	r.Post("/w/{id}/comments/{commentId}/delete", in(s.deleteComment))
	r.Post("/w/{id}/comments/{commentId}/approve", in(s.approveComment))
	r.Post("/w/{id}/rate", in(s.rate))
	r.Get("/videos/watch/{id}/comments/{commentId}", s.page(s.commentLink))
	r.Get(comments.MineURL, in(s.commentsOnMine))
	r.Post(comments.MineURL+"/remove-of/{name}", in(s.removeCommentsOf))
	s.mountAllComments(r)
	s.mountMutes(r)
}

// linksToComments leads PeerTube's addresses of comments (/w/{id};threadId=1)
// to the same page of ours.
func (s *Pages) linksToComments(next rest.HandlerFunc) rest.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, params, ok := strings.Cut(rest.Path(r, "id"), ";")
		if !ok {
			return next(w, r)
		}
		q := r.URL.Query()
		for param := range strings.SplitSeq(params, ";") {
			if name, value, ok := strings.Cut(param, "="); ok {
				q.Set(name, value)
			}
		}
		to := "/w/" + url.PathEscape(id) + "?" + q.Encode()
		if q.Has("threadId") {
			to += "#comments"
		}
		http.Redirect(w, r, to, http.StatusFound)
		return nil
	}
}

// commentLink serves the ActivityPub id of a comment to people.
func (s *Pages) commentLink(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil || ref.UUID == "" {
		return notFound()
	}
	id, err := rest.PathID[comment.ID](r, "commentId")
	if err != nil {
		return notFound()
	}
	http.Redirect(w, r, "/w/"+video.ShortUUID(ref.UUID)+"?threadId="+strconv.FormatInt(int64(id), 10)+"#comments", http.StatusFound)
	return nil
}

// asPart reports whether comments.ts asks, for what is inside of the section.
func asPart(r *http.Request) bool {
	return r.URL.Query().Get("part") != "" || r.Header.Get(partHeader) != ""
}

const partHeader = "X-Part"

// comments serves GET /w/{id}/comments.
func (s *Pages) comments(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	if start := r.URL.Query().Get("start"); start != "" && !asPart(r) { // of a time in a text
		http.Redirect(w, r, "/w/"+url.PathEscape(rest.Path(r, "id"))+"?start="+url.QueryEscape(start), http.StatusFound)
		return nil
	}
	view, err := s.threads(r, a, ref)
	if err != nil {
		return s.watchRefused(w, r, a, err)
	}
	// Behind the end, which has come nearer since; see Pages.paged.
	if last := max((view.NotShown+view.Page*threadsPerPage-1)/threadsPerPage, 1); len(view.Threads) == 0 && last < view.Page && !asPart(r) {
		return back(w, r, comments.PageURL(view, last), "")
	}
	view.Form.Values = url.Values{"text": {r.URL.Query().Get("draft")}}
	return s.showComments(w, r, http.StatusOK, view)
}

func (s *Pages) showComments(w http.ResponseWriter, r *http.Request, status int, view comments.View) error {
	p := s.newPage(r, "web.comment.of", "video", view.Video.Name)
	if asPart(r) {
		p.Here = ui.WatchURL(view.Video)
		return s.render(w, r, status, comments.Part(p, view))
	}
	p.NoIndex, p.Scripts, p.Canonical = true, []string{"comments.js"}, ui.WatchURL(view.Video)
	return s.render(w, r, status, comments.Page(p, view))
}

// threads reads a page of threads, with the one that the reader was sent to on
// top.
func (s *Pages) threads(r *http.Request, a video.Access, ref video.Ref) (comments.View, error) {
	q := r.URL.Query()
	view := comments.View{Sort: comments.Sorts[0].Value, Markdown: s.Markdown, Page: pageStart(r, 1) + 1}
	for _, c := range comments.Sorts {
		if c.Value == q.Get("sort") {
			view.Sort = c.Value
		}
	}
	start := (view.Page - 1) * threadsPerPage
	page, v, err := s.Comments.Threads(r.Context(), a, ref, comment.ThreadList{Start: start, Count: threadsPerPage, Sort: view.Sort})
	if err != nil {
		return view, err
	}
	view.Video, view.Manages, view.Total = v, comment.Manages(a.Viewer, v), page.NotDeleted
	view.NotShown = page.Total - start - len(page.List)
	if id, err := strconv.ParseInt(q.Get("threadId"), 10, 64); err == nil && id > 0 {
		if err := s.highlight(r.Context(), a, ref, &view, comment.ID(id)); err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Invalid) {
			return view, err
		}
	}
	for _, c := range page.List {
		if len(view.Threads) > 0 && view.Threads[0].ID == c.ID {
			continue
		}
		view.Threads = append(view.Threads, comments.Thread{Item: comments.Item{Comment: c, More: c.Replies}})
	}
	for _, t := range view.Threads {
		view.Newest = later(view.Newest, t.CreatedAt)
	}
	if view.Newest.IsZero() || view.Sort != comments.Sorts[0].Value || start > 0 {
		view.Newest = s.Now()
	}
	return view, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// highlight puts the thread of a comment on top, opened.
func (s *Pages) highlight(ctx context.Context, a video.Access, ref video.Ref, view *comments.View, id comment.ID) error {
	c, err := s.Comments.Get(ctx, a, ref, id)
	if err != nil {
		return err
	}
	t, err := s.wholeThread(ctx, a, ref, c.ThreadID)
	if err != nil {
		return err
	}
	view.Highlight, view.Threads = id, []comments.Thread{t}
	found := c.IsThread()
	for _, it := range t.Replies {
		found = found || it.ID == id
	}
	if !found { // cut out of a large thread
		view.Threads[0].Replies = append(view.Threads[0].Replies, comments.Item{Comment: c, Depth: c.Depth, More: c.Replies})
	}
	return nil
}

// wholeThread is a thread with its replies, as far as it is not cut.
func (s *Pages) wholeThread(ctx context.Context, a video.Access, ref video.Ref, id comment.ID) (comments.Thread, error) {
	root, err := s.Comments.Tree(ctx, a, ref, id)
	if err != nil {
		return comments.Thread{}, err
	}
	t := comments.Thread{Item: itemOf(root, 0, "")}
	t.Replies = flat(root.Children, root.ID)
	return t, nil
}

func itemOf(n *comment.Node, depth int, to string) comments.Item {
	return comments.Item{Comment: n.Comment, Depth: depth, To: to, Shown: len(n.Children), More: n.Total - int64(len(n.Children))}
}

// flat is the replies to a comment in the order of reading, each before what
// answers it.
func flat(top []*comment.Node, root comment.ID) []comments.Item {
	type open struct {
		*comment.Node
		depth int
		to    string
	}
	var list []comments.Item
	var stack []open
	push := func(nodes []*comment.Node, depth int, to string) {
		for i := len(nodes) - 1; i >= 0; i-- {
			stack = append(stack, open{nodes[i], depth, to})
		}
	}
	push(top, 1, "")
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		list = append(list, itemOf(n.Node, n.depth, n.to))
		to := ""
		if n.Account != nil && n.ID != root {
			to = n.Account.DisplayName
		}
		push(n.Children, n.depth+1, to)
	}
	return list
}

// replies serves GET /w/{id}/comments/{commentId}: a comment and its replies.
func (s *Pages) replies(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[comment.ID](r, "commentId")
	if err != nil {
		return notFound()
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return s.watchRefused(w, r, a, err)
	}
	view := comments.View{Video: v, Markdown: s.Markdown, Manages: comment.Manages(a.Viewer, v), Newest: s.Now()}
	if view.Single, err = s.repliesOf(r, a, ref, id); err != nil {
		return err
	}
	if to, err := strconv.ParseInt(r.URL.Query().Get("replyTo"), 10, 64); err == nil && to > 0 {
		view.ReplyTo = comment.ID(to)
		if view.Form.ReplyTo, err = s.Comments.Get(r.Context(), a, ref, view.ReplyTo); err != nil {
			return err
		}
	}
	if asPart(r) {
		return s.ok(w, r, comments.RepliesPart(s.newPage(r, ""), view, *view.Single))
	}
	return s.showComments(w, r, http.StatusOK, view)
}

// repliesOf is a whole thread, or a page of the replies of a comment.
func (s *Pages) repliesOf(r *http.Request, a video.Access, ref video.Ref, id comment.ID) (*comments.Thread, error) {
	c, err := s.Comments.Get(r.Context(), a, ref, id)
	if err != nil {
		return nil, err
	}
	start, _ := strconv.Atoi(r.URL.Query().Get("start")) // 0 is the beginning
	start = min(max(start, 0), 1_000_000)
	if c.IsThread() && c.TotalReplies <= comment.WholeThread && start == 0 {
		t, err := s.wholeThread(r.Context(), a, ref, id)
		return &t, err
	}
	list, total, err := s.Comments.Replies(r.Context(), a, ref, id, start, repliesPerPage+1)
	if err != nil {
		return nil, err
	}
	more := 0
	if len(list) > repliesPerPage { // the total also counts replies that this reader does not see
		list, more = list[:repliesPerPage], total-start-repliesPerPage
	}
	t := comments.Thread{Item: comments.Item{Comment: c, Shown: start + len(list), More: int64(more)}}
	t.Replies = flat(list, c.ID)
	return &t, nil
}

// newComments serves GET /w/{id}/comments/new: what others wrote after a time,
// or nothing (204). It is asked again and again while somebody reads: one query
// by index, and no connection is held.
func (s *Pages) newComments(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		return notFound()
	}
	list, v, err := s.Comments.Since(r.Context(), a, ref, time.UnixMicro(after).UTC())
	if err != nil {
		return err
	}
	if len(list) == 0 {
		w.Header().Set("Cache-Control", "private, no-cache")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	counted, _, err := s.Comments.Threads(r.Context(), a, ref, comment.ThreadList{}) // v was read before they were
	if err != nil {
		return err
	}
	view := comments.View{Video: v, Markdown: s.Markdown, Manages: comment.Manages(a.Viewer, v), Total: counted.NotDeleted}
	for _, c := range list {
		view.Threads = append(view.Threads, comments.Thread{Item: comments.Item{Comment: c, Depth: c.Depth}})
		view.Newest = later(view.Newest, c.CreatedAt)
	}
	return s.ok(w, r, comments.New(s.newPage(r, ""), view))
}
