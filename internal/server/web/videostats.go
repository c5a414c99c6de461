package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/stats"
	"sepiola/internal/server/web/ui"
)

// StatsService is the part of view.Stats that the page needs.
type StatsService interface {
	Video(ctx context.Context, w video.Viewer, ref video.Ref) (*video.Video, error)
	Overall(ctx context.Context, w video.Viewer, ref video.Ref, span view.Span) (view.Overall, error)
	Series(ctx context.Context, w video.Viewer, ref video.Ref, m view.Metric, span view.Span) (view.Series, error)
	Retention(ctx context.Context, w video.Viewer, ref video.Ref) ([]float64, error)
	Agents(ctx context.Context, w video.Viewer, ref video.Ref, span view.Span) (view.Agents, error)
}

func (s *Pages) mountVideoStats(r *rest.Router) {
	r.Get("/videos/manage/{id}/stats", s.page(auth.Required(s.videoStats)))
	r.Get("/stats/videos/{id}", s.page(s.oldVideoStats))
}

// oldVideoStats leads from the address that PeerTube had first.
func (s *Pages) oldVideoStats(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	id := strconv.FormatInt(int64(ref.ID), 10)
	if ref.UUID != "" {
		id = video.ShortUUID(ref.UUID)
	}
	http.Redirect(w, r, "/videos/manage/"+id+"/stats", http.StatusMovedPermanently)
	return nil
}

// videoStats serves GET /videos/manage/{id}/stats.
func (s *Pages) videoStats(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	who := auth.User(r.Context())
	v, err := s.Stats.Video(r.Context(), who, ref)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.stats.title")
	p.NoIndex = true
	out := stats.View{Video: v, Metric: metricOf(r.URL.Query().Get("metric")), Countries: s.Countries}
	span := s.statsSpan(r, v, &out)
	if err := s.fillStats(r, p, ref, span, &out); err != nil {
		return err
	}
	return s.ok(w, r, stats.Page(p, out))
}

func metricOf(name string) view.Metric {
	for _, m := range stats.Metrics {
		if string(m) == name {
			return m
		}
	}
	return view.MetricViews
}

// statsSpan reads which time is asked for: days of one's own, one of
// stats.Ranges, or the last 28 days. Days that are none are left out.
func (s *Pages) statsSpan(r *http.Request, v *video.Video, out *stats.View) (span view.Span) {
	q, now := r.URL.Query(), s.Now().UTC()
	from, ferr := time.Parse(time.DateOnly, q.Get("from"))
	to, terr := time.Parse(time.DateOnly, q.Get("to"))
	if ferr == nil || terr == nil {
		if terr != nil {
			to = now
		}
		if ferr != nil || from.After(to) {
			from = to
		}
		span = view.Days(from, to, v.CreatedAt, now)
		out.From, out.To = span.From.Format(time.DateOnly), span.To.Format(time.DateOnly)
		return span
	}
	out.Range = "28"
	days := 28
	for _, g := range stats.Ranges {
		if g.Value == q.Get("range") {
			out.Range, days = g.Value, g.Days
		}
	}
	if days == 0 {
		return span
	}
	return view.Span{From: now.Truncate(24*time.Hour).AddDate(0, 0, 1-days), To: now}
}

func (s *Pages) fillStats(r *http.Request, p *ui.Page, ref video.Ref, span view.Span, out *stats.View) (err error) {
	ctx, who := r.Context(), auth.User(r.Context())
	if out.Overall, err = s.Stats.Overall(ctx, who, ref, span); err != nil {
		return err
	}
	series, err := s.Stats.Series(ctx, who, ref, out.Metric, span)
	if err != nil {
		return err
	}
	out.Series = seriesChart(p, out.Metric, series)
	if !out.Video.IsLive {
		percent, err := s.Stats.Retention(ctx, who, ref)
		if err != nil {
			return err
		}
		out.Retention = retentionChart(p, percent)
	}
	if err := s.videoPlayed(r, p, ref, out); err != nil {
		return err
	}
	agents, err := s.Stats.Agents(ctx, who, ref, span)
	if err != nil {
		return err
	}
	list := []*video.Video{out.Video}
	if err := s.Videos.Complete(ctx, nil, list); err != nil {
		return err
	}
	out.Now = out.Video.Viewers
	same := func(name string) string { return name }
	device := func(name string) string { return p.T("web.stats.device_" + name) }
	// Without a file of countries there will never be any to show; those of a
	// time when there was one stay.
	if s.Countries || len(out.Overall.Countries) > 0 {
		out.Groups = append(out.Groups,
			groupOf(p, out, "countries", out.Overall.Countries, p.RegionName),
			groupOf(p, out, "subdivisions", out.Overall.Subdivisions, same))
	}
	out.Groups = append(out.Groups,
		groupOf(p, out, "devices", agents.Devices, device),
		groupOf(p, out, "clients", agents.Clients, same),
		groupOf(p, out, "systems", agents.Systems, same))
	return nil
}

func groupOf(p *ui.Page, v *stats.View, title string, list []view.Sum, name func(string) string) stats.Group {
	g := stats.Group{Title: p.T("web.stats." + title), All: v.Overall.Viewers, Rows: make([]stats.Row, len(list))}
	for i, s := range list {
		g.Rows[i] = stats.Row{Name: name(s.Name), Viewers: s.Viewers}
	}
	return g
}

func seriesChart(p *ui.Page, m view.Metric, s view.Series) stats.Chart {
	name := p.T("web.stats.metric_" + string(m))
	c := stats.Chart{Title: p.T("web.stats.chart", "what", name), At: p.T("web.stats.when"), Of: name, Show: p.Number, Bars: make([]stats.Bar, len(s.Points))}
	if m == view.MetricWatchTime {
		c.Show = func(n int64) string { return p.Duration(int(n)) }
	}
	at := p.DateTime
	if !strings.Contains(s.Interval, "minute") && !strings.Contains(s.Interval, "hour") {
		at = p.Date
	}
	for i, point := range s.Points {
		c.Bars[i] = stats.Bar{Label: at(point.At), Value: point.Value}
	}
	return c
}

func retentionChart(p *ui.Page, percent []float64) stats.Chart {
	c := stats.Chart{
		Title: p.T("web.stats.retention"), At: p.T("web.stats.second"), Of: p.T("web.stats.part"), Line: true, Most: 100,
		Show: func(n int64) string { return p.T("web.stats.percent", "n", p.Number(n)) }, Bars: make([]stats.Bar, len(percent)),
	}
	for i, n := range percent {
		c.Bars[i] = stats.Bar{Label: p.Duration(i), Value: int64(n)}
	}
	return c
}
