package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/notifications"
	"sepiola/internal/server/web/pager"
)

// NotificationService is the part of notification.Service that pages need.
type NotificationService interface {
	List(ctx context.Context, u *user.User, p notification.ListParams) ([]*notification.Notification, int, error)
	ByIDs(ctx context.Context, u *user.User, ids []notification.ID) ([]*notification.Notification, error)
	Unread(ctx context.Context, id user.ID) (int64, error)
	MarkRead(ctx context.Context, u *user.User, ids []notification.ID) error
	MarkAllRead(ctx context.Context, u *user.User) error
	Devices(ctx context.Context, u *user.User) ([]*notification.Device, error)
	RemoveDevice(ctx context.Context, u *user.User, endpoint string) error
	MutedPush(ctx context.Context, u *user.User) ([]string, error)
	SetMutedPush(ctx context.Context, u *user.User, settings []string) error
	Unsubscription(q url.Values) (user.ID, []string, error)
}

func (s *Pages) mountNotifications(r *rest.Router) {
	in := func(h rest.HandlerFunc) rest.HandlerFunc { return s.page(auth.Required(h)) }
	r.Get(notifications.Path, in(s.notifications))
	r.Get(notifications.Path+"/latest", in(s.latestNotifications))
	r.Post(notifications.Path+"/read", in(s.readNotifications))
	r.Get(notifications.Path+"/settings", in(s.notificationSettings))
	r.Post(notifications.Path+"/settings", in(s.saveNotificationSettings))
	r.Post(notifications.Path+"/devices/remove", in(s.removeDevice))
	r.Get(notifications.Path+"/{id}", in(s.followNotification))
	r.Get(notification.UnsubscribePath, s.page(s.unsubscribeForm))
	r.Post(notification.UnsubscribePath, s.page(s.unsubscribe))
	r.Get("/sw.js", s.serviceWorker)
}

// unread is the number on the bell. A page is not worth less without it.
func (s *Pages) unread(r *http.Request, u *user.User) int64 {
	if u == nil || s.Notifications == nil {
		return 0
	}
	n, err := s.Notifications.Unread(r.Context(), u.ID)
	if err != nil && r.Context().Err() == nil {
		s.Log.WarnContext(r.Context(), "the number of notifications is not known", "err", err)
	}
	return n
}

// kinds are the settings that matter to somebody.
func kinds(u *user.User) []string {
	return slices.DeleteFunc(notification.Settings(), func(setting string) bool {
		return !notification.Concerns(setting, u)
	})
}

// notifications serves /my-account/notifications.
func (s *Pages) notifications(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.notifications.title")
	p.NoIndex = true
	u, q, start := auth.User(r.Context()), r.URL.Query(), pageStart(r, pager.PageSize)
	view := notifications.View{Kinds: kinds(u), Markdown: s.Markdown, Unread: q.Get("unread") != ""}
	params := notification.ListParams{Sort: "-createdAt", Start: start, Count: pager.PageSize}
	keep := url.Values{}
	if view.Unread {
		params.Unread = &view.Unread
		keep.Set("unread", "1")
	}
	if k := q.Get("kind"); slices.Contains(view.Kinds, k) {
		view.Kind = k
		keep.Set("kind", k)
		params.Types = slices.DeleteFunc(notification.Types(), func(t notification.Type) bool { return t.Setting() != k })
	}
	if q.Get("sort") == notifications.UnreadFirst {
		view.UnreadFirst, params.Sort = true, notifications.UnreadFirst
		keep.Set("sort", notifications.UnreadFirst)
	}
	list, total, err := s.Notifications.List(r.Context(), u, params)
	if err != nil {
		return err
	}
	view.List = list
	view.Pager = pager.Pager{Path: r.URL.Path, Query: keep, Start: start, Count: pager.PageSize, Total: total}
	return s.paged(w, r, view.Pager, notifications.Page(p, view))
}

// latestCount is how many notifications the list below the bell has.
const latestCount = 8

// latestNotifications serves the list below the bell.
func (s *Pages) latestNotifications(w http.ResponseWriter, r *http.Request) error {
	list, _, err := s.Notifications.List(r.Context(), auth.User(r.Context()), notification.ListParams{
		Sort: "-createdAt", Count: latestCount, SkipCount: true,
	})
	if err != nil {
		return err
	}
	return s.ok(w, r, notifications.Latest(s.newPage(r, ""), list))
}

// followNotification marks one as read and leads to what it is about.
func (s *Pages) followNotification(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[notification.ID](r, "id")
	if err != nil {
		return notFound()
	}
	u := auth.User(r.Context())
	list, err := s.Notifications.ByIDs(r.Context(), u, []notification.ID{id})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return notFound()
	}
	if err := s.Notifications.MarkRead(r.Context(), u, []notification.ID{id}); err != nil {
		return err
	}
	http.Redirect(w, r, list[0].Path(), http.StatusSeeOther)
	return nil
}

// readNotifications marks one as read, or all.
func (s *Pages) readNotifications(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, to := auth.User(r.Context()), cmp.Or(f.Value("to"), notifications.Path)
	if f.Value("all") != "" {
		if err := s.Notifications.MarkAllRead(r.Context(), u); err != nil {
			return err
		}
		return back(w, r, to, "notifications_read")
	}
	id, err := strconv.ParseInt(f.Value("id"), 10, 64)
	if err != nil {
		return notFound()
	}
	if err := s.Notifications.MarkRead(r.Context(), u, []notification.ID{notification.ID(id)}); err != nil {
		return err
	}
	return back(w, r, to, "")
}

// notificationSettings serves /my-account/notifications/settings.
func (s *Pages) notificationSettings(w http.ResponseWriter, r *http.Request) error {
	p := s.newPage(r, "web.notifications.settings_title")
	p.NoIndex, p.Scripts = true, []string{"devices.js"}
	u, err := s.Users.Get(r.Context(), auth.User(r.Context()).ID) // as it is now
	if err != nil {
		return err
	}
	view := notifications.SettingsView{User: u, Settings: kinds(u), PublicKey: s.PushKey, Mail: s.Policy().Mail}
	if view.Muted, err = s.Notifications.MutedPush(r.Context(), u); err != nil {
		return err
	}
	if view.Devices, err = s.Notifications.Devices(r.Context(), u); err != nil {
		return err
	}
	return s.ok(w, r, notifications.Settings(p, view))
}

// saveNotificationSettings takes the form of what somebody wants to hear of.
// Kinds that it does not show stay as they are.
func (s *Pages) saveNotificationSettings(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u, err := s.Users.Get(r.Context(), auth.User(r.Context()).ID)
	if err != nil {
		return err
	}
	settings, muted := u.WithoutMail(nil), []string{}
	for _, name := range kinds(u) {
		settings[name] = 0
		for channel, bit := range map[string]int{"web": 1, "mail": 2} {
			if f.Value(channel+"."+name) != "" {
				settings[name] |= bit
			}
		}
		if f.Value("push."+name) == "" {
			muted = append(muted, name)
		}
	}
	if err := s.Users.SetNotifications(r.Context(), u, settings); err != nil {
		return err
	}
	if err := s.Notifications.SetMutedPush(r.Context(), u, muted); err != nil {
		return err
	}
	return back(w, r, notifications.Path+"/settings", "notifications_saved")
}

// removeDevice takes a browser of the reader away.
func (s *Pages) removeDevice(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	u := auth.User(r.Context())
	devices, err := s.Notifications.Devices(r.Context(), u)
	if err != nil {
		return err
	}
	for _, d := range devices {
		if strconv.FormatInt(int64(d.ID), 10) != f.Value("device") {
			continue
		}
		if err := s.Notifications.RemoveDevice(r.Context(), u, d.Endpoint); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return back(w, r, notifications.Path+"/settings", "device_removed")
}

// unsubscribeForm serves the page that a link of a letter leads to: it asks,
// since programs that look through letters follow links too.
func (s *Pages) unsubscribeForm(w http.ResponseWriter, r *http.Request) error {
	id, settings, err := s.Notifications.Unsubscription(r.URL.Query())
	if err != nil {
		return err
	}
	u, err := s.Users.Get(r.Context(), id)
	if err != nil {
		return err
	}
	r = inLanguageOf(r, u)
	p := s.newPage(r, "web.notifications.unsubscribe_title")
	p.NoIndex = true
	return s.ok(w, r, notifications.Unsubscribe(p, notifications.UnsubscribeView{Settings: settings, Action: r.URL.RequestURI()}))
}

// unsubscribe stops letters, for the page and for mail programs (RFC 8058),
// which know nobody's login: the signature of the link is enough.
func (s *Pages) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	id, settings, err := s.Notifications.Unsubscription(r.URL.Query())
	if err != nil {
		return err
	}
	u, err := s.Users.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.Users.SetNotifications(r.Context(), u, u.WithoutMail(settings)); err != nil {
		return err
	}
	r = inLanguageOf(r, u)
	p := s.newPage(r, "web.notifications.unsubscribe_title")
	p.NoIndex = true
	return s.ok(w, r, notifications.Unsubscribe(p, notifications.UnsubscribeView{Settings: settings, Done: true}))
}

// inLanguageOf makes a page without login speak the language that u reads
// letters in, unless the device has chosen one.
func inLanguageOf(r *http.Request, u *user.User) *http.Request {
	if u.Preferences.Language == "" || auth.User(r.Context()) != nil || len(rest.Languages(r)) > 0 {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set(rest.LanguageHeader, u.Preferences.Language)
	return r
}

// serviceWorker serves /sw.js, which browsers ask for again and again: its
// name must not change, unlike those of other scripts.
func (s *Pages) serviceWorker(w http.ResponseWriter, r *http.Request) error {
	r = r.Clone(r.Context())
	r.URL.Path = s.Assets.URL("sw.js")
	s.Assets.ServeHTTP(&always{ResponseWriter: w}, r)
	return nil
}

// always keeps an answer from being kept under a name that does not change.
type always struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *always) WriteHeader(status int) {
	a.Header().Set("Cache-Control", "no-cache")
	a.ResponseWriter.WriteHeader(status)
}
