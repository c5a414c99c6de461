package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// VideoStatsService is the part of view.Stats that VideoStats needs.
type VideoStatsService interface {
	Overall(ctx context.Context, w video.Viewer, ref video.Ref, span view.Span) (view.Overall, error)
	Series(ctx context.Context, w video.Viewer, ref video.Ref, m view.Metric, span view.Span) (view.Series, error)
	Retention(ctx context.Context, w video.Viewer, ref video.Ref) ([]float64, error)
	Agents(ctx context.Context, w video.Viewer, ref video.Ref, span view.Span) (view.Agents, error)
}

// VideoStats serves the figures of a video to its owner: /videos/{id}/stats.
type VideoStats struct{ Stats VideoStatsService }

// Mount adds the routes to r.
func (h *VideoStats) Mount(r *rest.Router) {
	r.Get("/videos/{id}/stats/overall", auth.Required(h.overall))
	r.Get("/videos/{id}/stats/timeseries/{metric}", auth.Required(h.series))
	r.Get("/videos/{id}/stats/retention", auth.Required(h.retention))
	r.Get("/videos/{id}/stats/user-agent", auth.Required(h.agents))
}

// statsQuery reads which video and which time are asked for.
func statsQuery(r *http.Request) (ref video.Ref, span view.Span, err error) {
	if ref, err = videoRef(r); err != nil {
		return ref, span, err
	}
	q := rest.NewQuery(r)
	span = view.Span{From: q.Time("startDate"), To: q.Time("endDate")}
	return ref, span, q.Err()
}

// overallJSON is PeerTube's VideoStatsOverall.
type overallJSON struct {
	TotalWatchTime   int64             `json:"totalWatchTime"`
	AverageWatchTime int64             `json:"averageWatchTime"`
	TotalViewers     int64             `json:"totalViewers"`
	ViewersPeak      int64             `json:"viewersPeak"`
	ViewersPeakDate  isoTime           `json:"viewersPeakDate"`
	Countries        []countryJSON     `json:"countries"`
	Subdivisions     []namedViewerJSON `json:"subdivisions"`
}

type countryJSON struct {
	ISOCode string `json:"isoCode"`
	Viewers int64  `json:"viewers"`
}

type namedViewerJSON struct {
	Name    string `json:"name"`
	Viewers int64  `json:"viewers"`
}

// overall serves GET /videos/{id}/stats/overall.
func (h *VideoStats) overall(w http.ResponseWriter, r *http.Request) error {
	ref, span, err := statsQuery(r)
	if err != nil {
		return err
	}
	o, err := h.Stats.Overall(r.Context(), auth.User(r.Context()), ref, span)
	if err != nil {
		return err
	}
	out := overallJSON{
		TotalWatchTime: o.WatchTime, AverageWatchTime: o.Average, TotalViewers: o.Viewers,
		ViewersPeak: o.Peak, ViewersPeakDate: isoTime(o.PeakAt),
		Countries: make([]countryJSON, len(o.Countries)), Subdivisions: presentSums(o.Subdivisions),
	}
	for i, c := range o.Countries {
		out.Countries[i] = countryJSON{c.Name, c.Viewers}
	}
	return rest.JSON(w, http.StatusOK, out)
}

func presentSums(list []view.Sum) []namedViewerJSON {
	out := make([]namedViewerJSON, len(list))
	for i, s := range list {
		out[i] = namedViewerJSON{s.Name, s.Viewers}
	}
	return out
}

// seriesJSON is PeerTube's VideoStatsTimeserie.
type seriesJSON struct {
	GroupInterval string      `json:"groupInterval"`
	Data          []pointJSON `json:"data"`
}

type pointJSON struct {
	Date  isoTime `json:"date"`
	Value int64   `json:"value"`
}

// series serves GET /videos/{id}/stats/timeseries/{metric}.
func (h *VideoStats) series(w http.ResponseWriter, r *http.Request) error {
	ref, span, err := statsQuery(r)
	if err != nil {
		return err
	}
	metric := view.Metric(rest.Path(r, "metric"))
	switch metric {
	case view.MetricViewers, view.MetricWatchTime, view.MetricDownloads:
	default:
		return errs.Fields(errs.Param{Name: "metric", Value: string(metric), In: "params"})
	}
	series, err := h.Stats.Series(r.Context(), auth.User(r.Context()), ref, metric, span)
	if err != nil {
		return err
	}
	out := seriesJSON{series.Interval, make([]pointJSON, len(series.Points))}
	for i, p := range series.Points {
		out.Data[i] = pointJSON{isoTime(p.At), p.Value}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// retentionJSON is PeerTube's VideoStatsRetention.
type retentionJSON struct {
	Data []retainedJSON `json:"data"`
}

type retainedJSON struct {
	Second  int     `json:"second"`
	Percent float64 `json:"retentionPercent"`
}

// retention serves GET /videos/{id}/stats/retention.
func (h *VideoStats) retention(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	percents, err := h.Stats.Retention(r.Context(), auth.User(r.Context()), ref)
	if err != nil {
		return err
	}
	out := retentionJSON{make([]retainedJSON, len(percents))}
	for i, p := range percents {
		out.Data[i] = retainedJSON{i, p}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// agentsJSON is PeerTube's VideoStatsUserAgent.
type agentsJSON struct {
	Clients          []namedViewerJSON `json:"clients"`
	Devices          []namedViewerJSON `json:"devices"`
	OperatingSystems []namedViewerJSON `json:"operatingSystems"`
}

// agents serves GET /videos/{id}/stats/user-agent.
func (h *VideoStats) agents(w http.ResponseWriter, r *http.Request) error {
	ref, span, err := statsQuery(r)
	if err != nil {
		return err
	}
	a, err := h.Stats.Agents(r.Context(), auth.User(r.Context()), ref, span)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, agentsJSON{presentSums(a.Clients), presentSums(a.Devices), presentSums(a.Systems)})
}
