package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/abuses"
	"sepiola/internal/server/web/pager"
	"sepiola/internal/server/web/terms"
	"sepiola/internal/server/web/ui"
)

func (s *Pages) mountModeration(r *rest.Router) {
	with := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.RequiredRight(user.ManageAbuses, h)) }
	r.Get(abuses.AllURL, with(s.allAbuses))
	r.Get(abuses.ListURL, with(s.allAbuses))
	r.Post(abuses.AllURL+"/{id}/note", with(s.noteAbuse))
	r.Post(abuses.AllURL+"/{id}/delete", with(s.deleteAbuse))
	r.Post(abuses.AllURL+"/{id}/{decision}", with(s.decideAbuse))
}

// openReports is the number in the menu of moderators. A page is not worth less
// without it.
func (s *Pages) openReports(r *http.Request, u *user.User) int64 {
	if s.Abuses == nil || !u.Has(user.ManageAbuses) {
		return 0
	}
	n, err := s.Abuses.Open(r.Context(), u)
	if err != nil && r.Context().Err() == nil {
		s.Log.WarnContext(r.Context(), "the number of open reports is not known", "err", err)
	}
	return int64(n)
}

// searchedAbuses reads which page of which reports is asked for. "#12" names
// one, as PeerTube's notifications do.
func searchedAbuses(r *http.Request, known []terms.Prefix) (abuse.ListParams, url.Values) {
	p := abuse.ListParams{Start: pageStart(r, pager.PageSize), Count: pager.PageSize, Sort: "-createdAt"}
	keep, search := url.Values{}, searched(r)
	if search != "" {
		keep.Set("search", search)
	}
	typed := terms.Parse(search, known)
	p.Search = typed.Words
	if number := typed.Has("#"); number != "" {
		n, err := strconv.ParseInt(number, 10, 64)
		if err == nil && n > 0 {
			p.ID = abuse.ID(n)
		} else {
			p.Search = strings.TrimSpace(p.Search + " #" + number)
		}
	}
	p.State = map[string]abuse.State{"pending": abuse.Pending, "accepted": abuse.Accepted, "rejected": abuse.Rejected}[typed.Has("state:")]
	p.SearchReporter, p.SearchReportee = typed.Has("reporter:"), typed.Has("reportee:")
	p.Reason, _ = abuse.ParseReason(typed.Has("tag:"))
	p.VideoIs = abuse.VideoIs(typed.Has("videoIs:"))
	return p, keep
}

// myAbuses serves GET /my-account/abuses.
func (s *Pages) myAbuses(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.abuse.mine")
	p.NoIndex = true
	in, keep := searchedAbuses(r, terms.MyAbuses)
	list, total, err := s.Abuses.Mine(r.Context(), auth.User(r.Context()), in)
	if err != nil {
		return err
	}
	g := pager.Pager{Path: abuses.MineURL, Query: keep, Start: in.Start, Count: in.Count, Total: total}
	return s.paged(w, r, g, abuses.Mine(p, abuses.ListView{List: list, Markdown: s.Markdown, Search: searched(r), Pager: g}))
}

// allAbuses serves GET /admin/moderation/abuses/list: what waits, unless a
// state or a report is asked for.
func (s *Pages) allAbuses(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.abuse.title")
	p.NoIndex = true
	q := r.URL.Query()
	in, keep := searchedAbuses(r, terms.Abuses)
	if in.State != 0 {
		keep.Set("state", strconv.Itoa(int(in.State)))
	} else if n, err := strconv.Atoi(q.Get("state")); err == nil && (n == 0 || abuse.State(n).Valid()) {
		in.State = abuse.State(n)
		keep.Set("state", strconv.Itoa(n))
	} else if in.ID == 0 {
		in.State = abuse.Pending
	}
	if k := abuse.Kind(q.Get("filter")); k.Valid() {
		in.Kind = k
		keep.Set("filter", string(k))
	}
	if reason, ok := abuse.ParseReason(q.Get("predefinedReason")); ok {
		in.Reason = reason
		keep.Set("predefinedReason", reason.Name())
	}
	if q.Get("videoIs") == string(abuse.VideoDeleted) {
		in.VideoIs = abuse.VideoDeleted
		keep.Set("videoIs", string(in.VideoIs))
	}
	list, total, err := s.Abuses.List(r.Context(), auth.User(r.Context()), in)
	if err != nil {
		return err
	}
	g := pager.Pager{Path: abuses.ListURL, Query: keep, Start: in.Start, Count: in.Count, Total: total}
	return s.paged(w, r, g, abuses.All(p, abuses.ListView{
		List: list, Markdown: s.Markdown, State: in.State, Kind: in.Kind, Reason: in.Reason, Deleted: in.VideoIs != "", Search: searched(r), Pager: g,
	}))
}

// abusePage is the page of one report, for its reporter or for moderators.
type abusePage struct {
	*Pages
	base string
}

func abuseID(r *http.Request) (abuse.ID, error) {
	id, err := rest.PathID[abuse.ID](r, "id")
	if err != nil {
		err = notFound()
	}
	return id, err
}

// get is the report of the path. Somebody else's does not exist here; on the
// page of one's own that holds for moderators, too.
func (s abusePage) get(r *http.Request) (*abuse.Abuse, error) {
	id, err := abuseID(r)
	if err != nil {
		return nil, err
	}
	u := auth.User(r.Context())
	a, err := s.Abuses.Get(r.Context(), u, id)
	if errs.Is(err, errs.Forbidden) || err == nil && s.base == abuses.MineURL && !a.ReportedBy(u) {
		return nil, notFound()
	}
	return a, err
}

// show serves GET /my-account/abuses/{id} and /admin/moderation/abuses/{id}.
func (s abusePage) show(w http.ResponseWriter, r *http.Request) error {
	a, err := s.get(r)
	if err != nil {
		return err
	}
	p, view, err := s.view(r, a)
	if err != nil {
		return err
	}
	return s.ok(w, r, abuses.One(p, view))
}

func (s abusePage) view(r *http.Request, a *abuse.Abuse) (*ui.Page, abuses.OneView, error) {
	p := s.newPage(r, "web.abuse.number", "id", strconv.FormatInt(int64(a.ID), 10))
	p.NoIndex = true
	view := abuses.OneView{Abuse: a, Base: s.base, Markdown: s.Markdown}
	view.Note.Values = url.Values{"moderationComment": {a.ModerationComment}}
	if !a.Local() {
		return p, view, nil
	}
	var err error
	view.Messages, err = s.Abuses.Messages(r.Context(), auth.User(r.Context()), a.ID)
	return p, view, err
}

// say serves POST …/{id}/messages.
func (s abusePage) say(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	a, err := s.get(r)
	if err != nil {
		return err
	}
	m, err := s.Abuses.Say(r.Context(), auth.User(r.Context()), a.ID, lines(f, "message"))
	if err == nil {
		return back(w, r, abuses.OneURL(s.base, a.ID)+"#message-"+strconv.FormatInt(int64(m.ID), 10), "abuse_said")
	}
	p, view, shown := s.view(r, a)
	if shown != nil {
		return shown
	}
	view.Form = abuseFailed(p, f, err)
	return s.again(w, r, err, abuses.One(p, view))
}

// unsay serves POST …/{id}/messages/{messageId}/delete.
func (s abusePage) unsay(w http.ResponseWriter, r *http.Request) error {
	a, err := s.get(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[abuse.MessageID](r, "messageId")
	if err != nil {
		return notFound()
	}
	err = s.Abuses.DeleteMessage(r.Context(), auth.User(r.Context()), a.ID, id)
	if err != nil && !errs.Is(err, errs.NotFound) { // another tab was faster
		return err
	}
	return back(w, r, abuses.OneURL(s.base, a.ID)+"#discussion", "abuse_unsaid")
}

// decideAbuse serves POST /admin/moderation/abuses/{id}/{decision}.
func (s *Pages) decideAbuse(w http.ResponseWriter, r *http.Request) error {
	id, err := abuseID(r)
	if err != nil {
		return err
	}
	f, err := form(w, r)
	if err != nil {
		return err
	}
	var state abuse.State
	var notice string
	switch rest.Path(r, "decision") {
	case "accept":
		state, notice = abuse.Accepted, "abuse_accepted"
	case "reject":
		state, notice = abuse.Rejected, "abuse_rejected"
	case "pending":
		state, notice = abuse.Pending, "abuse_pending"
	default:
		return notFound()
	}
	if err := s.Abuses.Update(r.Context(), auth.User(r.Context()), id, abuse.Change{State: &state}); err != nil {
		return err
	}
	to := f.Value("to")
	if to == "" {
		to = abuses.OneURL(abuses.AllURL, id)
	}
	return back(w, r, to, notice)
}

// noteAbuse serves POST /admin/moderation/abuses/{id}/note.
func (s *Pages) noteAbuse(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	one := abusePage{s, abuses.AllURL}
	a, err := one.get(r)
	if err != nil {
		return err
	}
	text := lines(f, "moderationComment")
	if err = s.Abuses.Update(r.Context(), auth.User(r.Context()), a.ID, abuse.Change{ModerationComment: &text}); err == nil {
		return back(w, r, abuses.OneURL(abuses.AllURL, a.ID), "abuse_note")
	}
	p, view, shown := one.view(r, a)
	if shown != nil {
		return shown
	}
	view.Note = abuseFailed(p, f, err)
	return s.again(w, r, err, abuses.One(p, view))
}

// deleteAbuse serves POST /admin/moderation/abuses/{id}/delete.
func (s *Pages) deleteAbuse(w http.ResponseWriter, r *http.Request) error {
	id, err := abuseID(r)
	if err != nil {
		return err
	}
	err = s.Abuses.Delete(r.Context(), auth.User(r.Context()), id)
	if err != nil && !errs.Is(err, errs.NotFound) { // another tab was faster
		return err
	}
	return back(w, r, abuses.ListURL, "abuse_deleted")
}
