package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/abuses"
	"sepiola/internal/server/web/ui"
)

// AbuseService is the part of abuse.Service that pages need.
type AbuseService interface {
	Report(ctx context.Context, a video.Access, in abuse.New) (*abuse.Abuse, error)
	List(ctx context.Context, w video.Viewer, p abuse.ListParams) ([]*abuse.Abuse, int, error)
	Open(ctx context.Context, w video.Viewer) (int, error)
	Mine(ctx context.Context, w video.Viewer, p abuse.ListParams) ([]*abuse.Abuse, int, error)
	Get(ctx context.Context, w video.Viewer, id abuse.ID) (*abuse.Abuse, error)
	Update(ctx context.Context, w video.Viewer, id abuse.ID, c abuse.Change) error
	Delete(ctx context.Context, w video.Viewer, id abuse.ID) error
	Messages(ctx context.Context, w video.Viewer, id abuse.ID) ([]*abuse.Message, error)
	Say(ctx context.Context, w video.Viewer, id abuse.ID, text string) (*abuse.Message, error)
	DeleteMessage(ctx context.Context, w video.Viewer, id abuse.ID, message abuse.MessageID) error
}

func (s *Pages) mountAbuses(r *rest.Router) {
	for path, target := range map[string]func(*http.Request) (abuses.Target, video.Access, error){
		"/w/{id}/report":                      s.reportedVideo,
		"/w/{id}/comments/{commentId}/report": s.reportedComment,
		"/a/{handle}/report":                  s.reportedAccount,
	} {
		h := reporting{s, target}
		r.Get(path, s.page(h.form))
		r.Post(path, s.page(h.send))
	}
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get(abuses.MineURL, in(s.myAbuses))
	for _, one := range []struct {
		abusePage
		may func(rest.HandlerFunc) rest.HandlerFunc
	}{
		{abusePage{s, abuses.MineURL}, auth.Required},
		{abusePage{s, abuses.AllURL}, requiring(user.ManageAbuses)},
	} {
		r.Get(one.base+"/{id}", s.page(one.may(one.show)))
		r.Post(one.base+"/{id}/messages", s.page(one.may(one.say)))
		r.Post(one.base+"/{id}/messages/{messageId}/delete", s.page(one.may(one.unsay)))
	}
	s.mountModeration(r)
}

// reporting is the form of a report about something that the path names.
type reporting struct {
	*Pages
	target func(*http.Request) (abuses.Target, video.Access, error)
}

func (s *Pages) reportedVideo(r *http.Request) (t abuses.Target, a video.Access, err error) {
	a, ref, err := watchAccess(r)
	if err == nil {
		t.Video, err = s.Videos.Watch(r.Context(), a, ref)
	}
	if err == nil && t.Video.Remote {
		t.Host = hostOf(t.Video.URL)
	}
	return t, a, err
}

func (s *Pages) reportedComment(r *http.Request) (abuses.Target, video.Access, error) {
	t, a, err := s.reportedVideo(r)
	if err != nil {
		return t, a, err
	}
	id, err := rest.PathID[comment.ID](r, "commentId")
	if err != nil || s.Comments == nil {
		return t, a, notFound()
	}
	t.Host = ""
	t.Comment, err = s.Comments.Get(r.Context(), a, video.ByUUID(t.Video.UUID), id)
	switch {
	case err != nil:
	case t.Comment.Deleted():
		err = notFound()
	case t.Comment.Remote:
		t.Host = hostOf(t.Comment.URL)
	}
	return t, a, err
}

func (s *Pages) reportedAccount(r *http.Request) (t abuses.Target, a video.Access, err error) {
	a = video.As(auth.User(r.Context()))
	name, host, _ := strings.Cut(s.handle(r), "@")
	t.Account, err = s.Actors.AccountByName(r.Context(), name, host)
	if err == nil {
		t.Host = t.Account.Host
	}
	return t, a, err
}

// reportFields are what the form of a report holds.
var reportFields = [...]string{"reason", "predefinedReasons", "startAt", "endAt"}

// form serves GET: it asks what is wrong. What the login carried is filled in.
func (s reporting) form(w http.ResponseWriter, r *http.Request) error {
	t, _, err := s.target(r)
	if err != nil {
		return reportRefused(w, r, err)
	}
	f, q := ui.Form{Values: url.Values{}}, r.URL.Query()
	for _, name := range reportFields {
		if len(q.Get(name)) <= maxContactLink {
			f.Values[name] = q[name]
		}
	}
	p, view := s.reportView(r, t, f)
	return s.ok(w, r, abuses.Report(p, view))
}

func (s *Pages) reportView(r *http.Request, t abuses.Target, f ui.Form) (*ui.Page, abuses.ReportView) {
	p := s.newPage(r, t.Title())
	p.NoIndex, p.Here = true, t.URL()
	view := abuses.ReportView{Target: t, Min: abuse.MinText, Max: abuse.MaxText, Form: f, Markdown: s.Markdown}
	for _, reason := range abuse.Reasons() {
		if t.Takes(reason) {
			view.Reasons = append(view.Reasons, ui.Choice{Value: reason.Name(), Label: p.T("web.abuse.reason." + strconv.Itoa(int(reason)))})
		}
	}
	view.ContactURL = s.contactURL(p, t)
	return p, view
}

// contactURL is the form of a letter about t to the administrators.
func (s *Pages) contactURL(p *ui.Page, t abuses.Target) string {
	if t.Video != nil {
		return s.letterURL(p, t.Video.Name, t.Back())
	}
	return s.letterURL(p, t.Account.DisplayName, t.Back())
}

// reportRefused leads who needs the password of a video to where it is asked
// for.
func reportRefused(w http.ResponseWriter, r *http.Request, err error) error {
	if e := errs.As(err); e != nil && (e.Code == "video_requires_password" || e.Code == "incorrect_video_password") {
		http.Redirect(w, r, "/w/"+url.PathEscape(rest.Path(r, "id")), http.StatusSeeOther)
		return nil
	}
	return err
}

// send serves POST. Nothing of what was typed is lost when it cannot be taken.
func (s reporting) send(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	t, a, err := s.target(r)
	if err != nil {
		return reportRefused(w, r, err)
	}
	if err = s.report(r, t, a, f); err == nil {
		return back(w, r, f.Value("to"), "abuse_sent")
	}
	p, view := s.reportView(r, t, f)
	view.Form = abuseFailed(p, f, err)
	if p.User == nil {
		view.Form.Error = p.T("web.abuse.login_text")
		p.Here = carried(p.Here, f)
	}
	return s.again(w, r, err, abuses.Report(p, view))
}

func (s *Pages) report(r *http.Request, t abuses.Target, a video.Access, f ui.Form) error {
	in := abuse.New{Reason: lines(f, "reason")}
	for _, name := range f.Values["predefinedReasons"] {
		if reason, ok := abuse.ParseReason(name); ok {
			in.Reasons = append(in.Reasons, reason)
		}
	}
	switch {
	case t.Comment != nil:
		in.Comment, in.Video = t.Comment.ID, video.ByUUID(t.Video.UUID)
	case t.Video != nil:
		in.Video = video.ByUUID(t.Video.UUID)
		var err error
		if in.StartAt, in.EndAt, err = reportedPart(t.Video, f); err != nil {
			return err
		}
	default:
		in.Account = t.Account.AccountID
	}
	_, err := s.Abuses.Report(r.Context(), a, in)
	return err
}

// reportedPart reads which part of v is meant.
func reportedPart(v *video.Video, f ui.Form) (start, end *int, err error) {
	var bad []errs.Param
	for name, to := range map[string]**int{"startAt": &start, "endAt": &end} {
		if f.Value(name) == "" {
			continue
		}
		seconds, ok := ui.Clock(f.Value(name))
		if !ok || v.Duration > 0 && seconds > v.Duration {
			bad = append(bad, errs.Param{Name: "video." + name})
		}
		*to = &seconds
	}
	if len(bad) > 0 {
		return nil, nil, errs.Fields(bad...)
	}
	return start, end, nil
}

// abuseFailed says beside the fields what was wrong, in the reader's language.
func abuseFailed(p *ui.Page, f ui.Form, err error) ui.Form {
	f = f.Failed(p, err, map[string]string{"video.startAt": "startAt", "video.endAt": "endAt"})
	length := p.T("web.abuse.length", "min", p.Number(abuse.MinText), "max", p.Number(abuse.MaxText))
	said := map[string]string{
		"reason": length, "message": length, "moderationComment": length,
		"startAt": p.T("web.abuse.bad_time"), "endAt": p.T("web.abuse.bad_time"),
	}
	start, _ := ui.Clock(f.Value("startAt"))
	if end, ok := ui.Clock(f.Value("endAt")); ok && end <= start {
		said["endAt"] = p.T("web.abuse.bad_order")
	}
	for name := range f.Errors {
		if text := said[name]; text != "" {
			f.Errors[name] = text
		}
	}
	return f
}

// carried is the address of a form with what was typed, as far as an address
// can carry it, for after a login.
func carried(path string, f ui.Form) string {
	q := url.Values{}
	for _, name := range reportFields {
		if len(f.Values[name]) > 0 && f.Value(name) != "" {
			q[name] = f.Values[name]
		}
	}
	if text := q.Encode(); len(text) <= maxContactLink {
		return path + "?" + text
	}
	return path
}
