package fed

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

func (s *Server) ref(r *http.Request) (video.Ref, error) {
	id, _, _ := strings.Cut(param(r, "id"), ";")
	ref, err := video.ParseRef(id)
	if err != nil {
		return ref, errs.New(errs.NotFound, "Video not found")
	}
	return ref, nil
}

// video serves a video, or the comment that the address names behind it:
// whatever people copy from the address bar is found.
func (s *Server) video(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.ref(r)
	if err != nil {
		return err
	}
	thread := r.URL.Query().Get("threadId")
	if _, t, ok := strings.Cut(param(r, "id"), ";threadId="); ok {
		thread = t
	}
	if id, err := strconv.ParseInt(thread, 10, 64); err == nil {
		d, c, err := s.Documents.Comment(r.Context(), ref, comment.ID(id))
		return s.answerComment(w, r, d, c, err)
	}
	body, err := s.Documents.VideoText(r.Context(), ref)
	w.Header().Set("Cache-Control", aSecond)
	if err != nil && ref.UUID != "" { // a grave bears the long address
		return s.answerFor(w, r, s.Site.URL("/videos/watch/"+ref.UUID), nil, err)
	}
	if err != nil {
		return s.answer(w, r, nil, err)
	}
	return writeText(w, http.StatusOK, body)
}

// created serves the activity that told of a video.
func (s *Server) created(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.ref(r)
	if err != nil {
		return err
	}
	d, v, err := s.Documents.Video(r.Context(), ref)
	if err != nil {
		return s.answer(w, r, nil, err)
	}
	return s.write(w, http.StatusOK, activity.Create(v.Channel.Owner.URL, d))
}

func (s *Server) chapters(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.ref(r)
	if err != nil {
		return err
	}
	d, err := s.Documents.Chapters(r.Context(), ref)
	w.Header().Set("Cache-Control", aSecond)
	return s.answer(w, r, d, err)
}

func (s *Server) player(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.ref(r)
	if err != nil {
		return err
	}
	d, err := s.Documents.Player(r.Context(), ref)
	w.Header().Set("Cache-Control", aSecond)
	return s.answer(w, r, d, err)
}

func (s *Server) channelPlayer(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Documents.ChannelPlayer(r.Context(), param(r, "name"))
	w.Header().Set("Cache-Control", aSecond)
	return s.answer(w, r, d, err)
}

func (s *Server) likes(ctx context.Context, id video.ID, start, count int) ([]string, int, error) {
	return s.Lists.Rates(ctx, id, video.RateLike, start, count)
}

func (s *Server) dislikes(ctx context.Context, id video.ID, start, count int) ([]string, int, error) {
	return s.Lists.Rates(ctx, id, video.RateDislike, start, count)
}

// videoList serves a collection of a video.
func (s *Server) videoList(read func(ctx context.Context, id video.ID, start, count int) ([]string, int, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		ref, err := s.ref(r)
		if err != nil {
			return err
		}
		v, err := s.Documents.Readable(r.Context(), ref)
		if err != nil {
			return s.answer(w, r, nil, err)
		}
		id := v.URL + r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):]
		return s.list(w, r, id, func(ctx context.Context, start, count int) ([]any, int, error) {
			return items(read(ctx, v.ID, start, count))
		})
	}
}

// mirror serves what this site says of a video of another that it mirrors.
func (s *Server) mirror(w http.ResponseWriter, r *http.Request) error {
	var d activity.Doc
	c, err := s.Mirror(r.Context(), param(r, "uuid"))
	switch {
	case err != nil:
	case c == nil:
		err = errs.New(errs.NotFound, "This video is not mirrored here")
	default:
		d = activity.WriteCacheFile(*c, activity.Audience{To: []string{activity.Public}})
	}
	w.Header().Set("Cache-Control", aSecond)
	return s.answer(w, r, d, err)
}

// announce serves the activity by which somebody of this site shared a video.
func (s *Server) announce(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.ref(r)
	if err != nil {
		return err
	}
	v, err := s.Documents.Readable(r.Context(), ref)
	if err != nil {
		return s.answer(w, r, nil, err)
	}
	id := v.URL + "/announces/" + param(r, "actor")
	by, err := s.Lists.Share(r.Context(), id)
	if err != nil {
		return s.answer(w, r, nil, err)
	}
	return s.write(w, http.StatusOK, activity.Announce(id, by, v.URL))
}

func (s *Server) rate(w http.ResponseWriter, r *http.Request) error {
	id := s.Site.URL(r.URL.Path)
	by, videoURL, owner, t, err := s.Lists.Rate(r.Context(), id)
	if err != nil {
		return s.answer(w, r, nil, err)
	}
	if t == video.RateDislike {
		return s.write(w, http.StatusOK, activity.Dislike(id, by, videoURL, owner))
	}
	return s.write(w, http.StatusOK, activity.Like(id, by, videoURL, owner))
}

func (s *Server) readComment(r *http.Request) (activity.Doc, *comment.Comment, error) {
	ref, err := s.ref(r)
	if err != nil {
		return nil, nil, err
	}
	id, err := strconv.ParseInt(param(r, "comment"), 10, 64)
	if err != nil {
		return nil, nil, comment.NotFound()
	}
	return s.Documents.Comment(r.Context(), ref, comment.ID(id))
}

func (s *Server) comment(w http.ResponseWriter, r *http.Request) error {
	d, c, err := s.readComment(r)
	return s.answerComment(w, r, d, c, err)
}

// answerComment is answer for comments. Of a deleted one a Tombstone is left.
// While somebody's answers stand below it, it is served as PeerTube does, as
// something that is there: otherwise it could not find out what they belong to.
func (s *Server) answerComment(w http.ResponseWriter, r *http.Request, d activity.Doc, c *comment.Comment, err error) error {
	if err == nil && c.Deleted() && c.Replies == 0 {
		return s.write(w, http.StatusGone, d)
	}
	return s.answer(w, r, d, err)
}

func (s *Server) commentCreated(w http.ResponseWriter, r *http.Request) error {
	d, c, err := s.readComment(r)
	switch {
	case err != nil:
		return s.answer(w, r, nil, err)
	case c.Deleted() || c.Account == nil:
		return comment.NotFound()
	}
	return s.write(w, http.StatusOK, activity.Create(c.Account.URL, d))
}

// commentApproved serves the owner's approval of a comment: comments that are
// shown have it, whether somebody had to agree or not.
func (s *Server) commentApproved(w http.ResponseWriter, r *http.Request) error {
	ref, err := s.ref(r)
	if err != nil {
		return err
	}
	v, err := s.Documents.Readable(r.Context(), ref)
	if err != nil {
		return s.answer(w, r, nil, err)
	}
	id, err := strconv.ParseInt(param(r, "comment"), 10, 64)
	if err != nil {
		return comment.NotFound()
	}
	d, err := s.Documents.ApprovalOf(r.Context(), v, comment.ID(id))
	return s.answer(w, r, d, err)
}

func playlistRef(r *http.Request) (playlist.Ref, error) {
	ref, err := playlist.ParseRef(param(r, "playlist"))
	if err != nil {
		return ref, errs.New(errs.NotFound, "Video playlist not found")
	}
	return ref, nil
}

// playlist serves a playlist, or a page of its elements.
func (s *Server) playlist(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	if addressOf(r.URL.Path) == only { // where it is a page, too, Wrap has said so
		w.Header().Add("Vary", "Accept")
	}
	if ref.UUID != "" && !r.URL.Query().Has("page") && strings.Contains(r.Header.Get("Accept"), "text/html") && !accepts(r) {
		http.Redirect(w, r, "/w/p/"+video.ShortUUID(ref.UUID), http.StatusFound) // the id, opened by somebody
		return nil
	}
	d, p, err := s.Documents.Playlist(r.Context(), ref)
	if err != nil || !r.URL.Query().Has("page") {
		return s.answer(w, r, d, err)
	}
	number := r.URL.Query().Get("page")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > lastPage {
		return errs.Fields(errs.Param{Name: "page", Value: number, In: "query"})
	}
	ids, err := s.Lists.Elements(r.Context(), p.ID, (n-1)*activity.PageSize, activity.PageSize)
	if err != nil {
		return err
	}
	urls := make([]string, len(ids))
	for i, id := range ids {
		urls[i] = activity.ElementURL(p.URL, id)
	}
	return s.write(w, http.StatusOK, activity.WritePlaylistPage(p, n, urls, s.Site))
}

func (s *Server) element(w http.ResponseWriter, r *http.Request) error {
	ref, err := playlistRef(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(param(r, "element"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "Video playlist element not found")
	}
	d, err := s.Documents.Element(r.Context(), ref, playlist.ElementID(id))
	return s.answer(w, r, d, err)
}
