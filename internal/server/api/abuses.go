package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// Abuses serves what people report to the moderators.
type Abuses struct {
	Abuses AbuseService
	Site   instance.Site
}

// AbuseService is abuse.Service.
type AbuseService interface {
	Report(ctx context.Context, a video.Access, in abuse.New) (*abuse.Abuse, error)
	List(ctx context.Context, w video.Viewer, p abuse.ListParams) ([]*abuse.Abuse, int, error)
	Mine(ctx context.Context, w video.Viewer, p abuse.ListParams) ([]*abuse.Abuse, int, error)
	Update(ctx context.Context, w video.Viewer, id abuse.ID, c abuse.Change) error
	Delete(ctx context.Context, w video.Viewer, id abuse.ID) error
	Messages(ctx context.Context, w video.Viewer, id abuse.ID) ([]*abuse.Message, error)
	Say(ctx context.Context, w video.Viewer, id abuse.ID, text string) (*abuse.Message, error)
	DeleteMessage(ctx context.Context, w video.Viewer, id abuse.ID, message abuse.MessageID) error
}

// Mount adds the routes to r.
func (h *Abuses) Mount(r *rest.Router) {
	manage := func(f rest.HandlerFunc) rest.HandlerFunc { return auth.RequiredRight(user.ManageAbuses, f) }
	r.Get("/abuses", manage(h.list))
	r.Post("/abuses", auth.Required(h.report))
	r.Put("/abuses/{id}", manage(h.update))
	r.Delete("/abuses/{id}", manage(h.delete))
	r.Get("/abuses/{id}/messages", auth.Required(h.messages))
	r.Post("/abuses/{id}/messages", auth.Required(h.say))
	r.Delete("/abuses/{id}/messages/{messageId}", auth.Required(h.deleteMessage))
	r.Get("/users/me/abuses", auth.Required(h.mine))
}

// sentID is an id that clients send as a number or as text.
type sentID string

// UnmarshalJSON reads both.
func (s *sentID) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(s))
	}
	var n json.Number
	err := json.Unmarshal(b, &n)
	*s = sentID(n)
	return err
}

// abuseCreate is PeerTube's AbuseCreate.
type abuseCreate struct {
	Reason            rest.Field[string]   `json:"reason"`
	PredefinedReasons rest.Field[[]string] `json:"predefinedReasons"`
	Video             struct {
		ID      rest.Field[sentID] `json:"id"`
		StartAt rest.Field[int]    `json:"startAt"`
		EndAt   rest.Field[int]    `json:"endAt"`
	} `json:"video"`
	Comment struct {
		ID rest.Field[int64] `json:"id"`
	} `json:"comment"`
	Account struct {
		ID rest.Field[int64] `json:"id"`
	} `json:"account"`
}

// domain is what is reported, or all that is wrong with it.
func (in *abuseCreate) domain() (abuse.New, error) {
	out := abuse.New{
		Reason: in.Reason.V, StartAt: pointer(in.Video.StartAt), EndAt: pointer(in.Video.EndAt),
		Comment: comment.ID(in.Comment.ID.V), Account: actor.AccountID(in.Account.ID.V),
	}
	var bad []errs.Param
	wrong := func(name string, value any) { bad = append(bad, errs.Param{Name: name, Value: value, In: "body"}) }
	for _, name := range in.PredefinedReasons.V {
		r, ok := abuse.ParseReason(name)
		if !ok {
			wrong("predefinedReasons", in.PredefinedReasons.V)
			break
		}
		out.Reasons = append(out.Reasons, r)
	}
	if id := in.Video.ID; id.Set && !id.Null {
		ref, err := video.ParseRef(string(id.V))
		if err != nil {
			wrong("video.id", id.Sent())
		}
		out.Video = ref
	}
	for _, f := range []struct {
		name string
		id   rest.Field[int64]
	}{{"comment.id", in.Comment.ID}, {"account.id", in.Account.ID}} {
		if f.id.Has() && f.id.V <= 0 {
			wrong(f.name, f.id.Sent())
		}
	}
	for _, f := range []struct {
		name    string
		seconds rest.Field[int]
	}{{"video.startAt", in.Video.StartAt}, {"video.endAt", in.Video.EndAt}} {
		if f.seconds.Has() && f.seconds.Sent() != f.seconds.V {
			wrong(f.name, f.seconds.Sent())
		}
	}
	if len(bad) > 0 {
		return out, errs.Fields(bad...)
	}
	return out, nil
}

// report serves POST /abuses.
func (h *Abuses) report(w http.ResponseWriter, r *http.Request) error {
	in, err := rest.Body[abuseCreate](w, r)
	if err != nil {
		return err
	}
	n, err := in.domain()
	if err != nil {
		return err
	}
	a, err := h.Abuses.Report(r.Context(), videoAccess(r), n)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, map[string]idJSON[abuse.ID]{"abuse": {a.ID}})
}

// idJSON is what was made.
type idJSON[ID ~int64] struct {
	ID ID `json:"id"`
}

// listOf reads what both lists are filtered by.
func (*Abuses) listOf(q *rest.Query) abuse.ListParams {
	page := q.Page(abuse.Sorts...)
	return abuse.ListParams{
		Start: page.Start, Count: page.Count, Sort: page.Sort, Search: q.String("search"),
		ID:    abuse.ID(q.Int("id", 0, 1, 1<<31-1)),
		State: abuse.State(q.Int("state", 0, int(abuse.Pending), int(abuse.Accepted))),
	}
}

// list serves GET /abuses.
func (h *Abuses) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := h.listOf(q)
	p.SearchReporter, p.SearchReportee = q.String("searchReporter"), q.String("searchReportee")
	p.SearchVideo, p.SearchChannel = q.String("searchVideo"), q.String("searchVideoChannel")
	if p.Kind = abuse.Kind(q.String("filter")); p.Kind != "" && !p.Kind.Valid() {
		q.Reject("filter", "")
	}
	if p.VideoIs = abuse.VideoIs(q.String("videoIs")); p.VideoIs != "" && p.VideoIs != abuse.VideoDeleted && p.VideoIs != abuse.VideoBlacklisted {
		q.Reject("videoIs", "")
	}
	if q.Has("predefinedReason") {
		reason, ok := abuse.ParseReason(q.String("predefinedReason"))
		if !ok {
			q.Reject("predefinedReason", "")
		}
		p.Reason = reason
	}
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Abuses.List(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(a *abuse.Abuse) adminAbuseJSON { return presentAdminAbuse(h.Site, a) }))
}

// mine serves GET /users/me/abuses.
func (h *Abuses) mine(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := h.listOf(q)
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Abuses.Mine(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(a *abuse.Abuse) abuseJSON { return presentAbuse(h.Site, a) }))
}

// update serves PUT /abuses/{id}.
func (h *Abuses) update(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[abuse.ID](r, "id")
	if err != nil {
		return err
	}
	in, err := rest.Body[struct {
		State             rest.Field[int]    `json:"state"`
		ModerationComment rest.Field[string] `json:"moderationComment"`
	}](w, r)
	if err != nil {
		return err
	}
	c := abuse.Change{ModerationComment: pointer(in.ModerationComment)}
	if in.State.Has() {
		state := abuse.State(in.State.V)
		c.State = &state
	}
	if err := h.Abuses.Update(r.Context(), auth.User(r.Context()), id, c); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// delete serves DELETE /abuses/{id}.
func (h *Abuses) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[abuse.ID](r, "id")
	if err != nil {
		return err
	}
	if err := h.Abuses.Delete(r.Context(), auth.User(r.Context()), id); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// messages serves GET /abuses/{id}/messages.
func (h *Abuses) messages(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[abuse.ID](r, "id")
	if err != nil {
		return err
	}
	list, err := h.Abuses.Messages(r.Context(), auth.User(r.Context()), id)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(len(list), list, func(m *abuse.Message) abuseMessageJSON { return presentAbuseMessage(h.Site, m) }))
}

// say serves POST /abuses/{id}/messages.
func (h *Abuses) say(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[abuse.ID](r, "id")
	if err != nil {
		return err
	}
	in, err := rest.Body[struct {
		Message rest.Field[string] `json:"message"`
	}](w, r)
	if err != nil {
		return err
	}
	m, err := h.Abuses.Say(r.Context(), auth.User(r.Context()), id, in.Message.V)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, map[string]idJSON[abuse.MessageID]{"abuseMessage": {m.ID}})
}

// deleteMessage serves DELETE /abuses/{id}/messages/{messageId}.
func (h *Abuses) deleteMessage(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[abuse.ID](r, "id")
	if err != nil {
		return err
	}
	message, err := rest.PathID[abuse.MessageID](r, "messageId")
	if err != nil {
		return err
	}
	if err := h.Abuses.DeleteMessage(r.Context(), auth.User(r.Context()), id, message); err != nil {
		return err
	}
	return rest.NoContent(w)
}
