package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/stats"
	"sepiola/internal/server/web/ui"
)

// PlayedService is view.PlaybackStats.
type PlayedService interface {
	Site(ctx context.Context, by *user.User, days, top int) (view.PlaybackSpan, []view.PlayedVideo, error)
	Video(ctx context.Context, w video.Viewer, ref video.Ref, days int) (view.PlaybackSpan, error)
}

// SettingsEditor is the part of instance.Settings that changes some of the
// settings, by their names in the API.
type SettingsEditor interface {
	Change(ctx context.Context, in map[string]any) error
}

// topVideos is how many videos the page of sharing lists.
const topVideos = 20

func (s *Pages) mountSharing(r *rest.Router) {
	if s.Played == nil || s.Editor == nil {
		return
	}
	r.Get(stats.SharingPath, s.page(auth.RequiredRight(user.ManageConfiguration, s.sharingPage)))
	r.Post(stats.SharingPath, s.page(auth.RequiredRight(user.ManageConfiguration, s.saveSharing)))
}

// sharingPage serves GET /admin/system/sharing.
func (s *Pages) sharingPage(w http.ResponseWriter, r *http.Request) error {
	set := s.Settings()
	values := url.Values{"minViewers": {strconv.Itoa(set.ShareFrom)}, "maxUpload": {strconv.Itoa(set.ShareUpTo)}}
	for name, on := range map[string]bool{"webapp": set.ShareByDefault, "embed": set.ShareEmbedsByDefault} {
		if on {
			values.Set(name, "true")
		}
	}
	p, v, err := s.sharingView(r)
	if err != nil {
		return err
	}
	v.Form = ui.Form{Values: values}
	return s.ok(w, r, stats.Sharing(p, v))
}

func (s *Pages) sharingView(r *http.Request) (*ui.Page, stats.SharingView, error) {
	p, set := s.newPage(r, "web.sharing.title"), s.Settings()
	p.NoIndex = true
	v := stats.SharingView{Days: stats.SharingDays[1], Kept: set.KeepPlayed, Tracker: set.Tracker}
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && slices.Contains(stats.SharingDays, n) {
		v.Days = n
	}
	span, top, err := s.Played.Site(r.Context(), auth.User(r.Context()), v.Days, topVideos)
	if err != nil {
		return p, v, err
	}
	v.Figures, v.Chart = figuresOf(p, span.PlaybackSums), sharingChart(p, span)
	for _, t := range top {
		v.Top = append(v.Top, stats.TopVideo{Video: t.Video, Figures: figuresOf(p, t.PlaybackSums)})
	}
	return p, v, nil
}

// saveSharing serves POST /admin/system/sharing.
func (s *Pages) saveSharing(w http.ResponseWriter, r *http.Request) error {
	f, err := form(w, r)
	if err != nil {
		return err
	}
	on := func(name string) map[string]any { return map[string]any{"enabled": f.Checked(name)} }
	err = s.Editor.Change(r.Context(), map[string]any{
		"defaults": map[string]any{"p2p": map[string]any{"webapp": on("webapp"), "embed": on("embed")}},
		"sharing":  map[string]any{"minViewers": strings.TrimSpace(f.Value("minViewers")), "maxUpload": strings.TrimSpace(f.Value("maxUpload"))},
	})
	if err == nil {
		return back(w, r, stats.SharingPath+"#settings", "saved")
	}
	if errs.KindOf(err) == errs.Internal {
		return err
	}
	p, v, viewErr := s.sharingView(r)
	if viewErr != nil {
		return viewErr
	}
	v.Form = f.Failed(p, err, map[string]string{"sharing.minViewers": "minViewers", "sharing.maxUpload": "maxUpload"})
	return s.again(w, r, err, stats.Sharing(p, v))
}

// figuresOf writes figures out. Rates are of viewings, and none where there
// were none.
func figuresOf(p *ui.Page, s view.PlaybackSums) stats.Figures {
	f := stats.Figures{
		Site: p.Bytes(s.BytesSite), Peers: p.Bytes(s.BytesPeers), Saved: "–",
		Sessions: p.Number(s.Sessions), Shared: p.Number(s.Shared), Stalls: p.Number(s.Stalls), Start: "–", Errors: p.Number(s.Errors),
	}
	if s.Bytes() > 0 {
		f.Saved = p.T("web.stats.percent", "n", p.Number(int64(s.Saved()+0.5)))
	}
	if d := s.MedianStart(); d > 0 {
		f.Start = p.T("web.sharing.ms", "n", p.Number(int64(d.Round(10*time.Millisecond)/time.Millisecond)))
	}
	return f
}

func sharingChart(p *ui.Page, span view.PlaybackSpan) stats.Stack {
	c := stats.Stack{
		Title: p.T("web.sharing.chart"), Day: p.T("web.stats.when"), Lower: p.T("web.sharing.site"), Upper: p.T("web.sharing.peers"), Show: p.Bytes,
		More: []string{p.T("web.sharing.saved"), p.T("web.sharing.sessions"), p.T("web.sharing.stalls"), p.T("web.sharing.start")},
		Days: make([]stats.StackDay, len(span.Days)),
	}
	for i := range span.Days {
		d := &span.Days[i]
		f := figuresOf(p, d.PlaybackSums)
		c.Days[i] = stats.StackDay{Label: p.Date(d.At()), Lower: d.BytesSite, Upper: d.BytesPeers, More: []string{f.Saved, f.Sessions, f.Stalls, f.Start}}
	}
	return c
}

// videoPlayed fills how a video played in the last days.
func (s *Pages) videoPlayed(r *http.Request, p *ui.Page, ref video.Ref, out *stats.View) error {
	if s.Played == nil {
		return nil
	}
	days := 28
	for _, g := range stats.Ranges {
		if g.Value == out.Range && g.Days > 0 {
			days = g.Days
		}
	}
	span, err := s.Played.Video(r.Context(), auth.User(r.Context()), ref, days)
	if err != nil {
		return err
	}
	out.PlayedDays, out.Played = days, figuresOf(p, span.PlaybackSums)
	return nil
}
