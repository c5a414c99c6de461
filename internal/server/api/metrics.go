package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// PlaybackService is the part of view.Playback that takes reports.
type PlaybackService interface {
	Wanted() bool
	Strict() bool
	Report(ctx context.Context, ref video.Ref, in view.PlaybackReport) error
}

// Metrics takes what players report of how it goes: POST /metrics/playback,
// from anybody, since players have no credentials.
type Metrics struct {
	Playback PlaybackService
	ClientIP func(*http.Request) netip.Addr
}

// Mount adds the routes to r.
func (h *Metrics) Mount(r *rest.Router) {
	r.Post("/metrics/playback", rest.Operation("addPlaybackMetric", h.playback))
}

// playbackBody is PeerTube's PlaybackMetricCreate, and what our player adds.
type playbackBody struct {
	PlayerMode          rest.Field[string]          `json:"playerMode"`
	Resolution          rest.Field[int64]           `json:"resolution"`
	FPS                 rest.Field[int64]           `json:"fps"`
	P2PEnabled          rest.Field[bool]            `json:"p2pEnabled"`
	P2PPeers            rest.Field[int64]           `json:"p2pPeers"`
	ResolutionChanges   rest.Field[int64]           `json:"resolutionChanges"`
	Errors              rest.Field[int64]           `json:"errors"`
	BufferStalled       rest.Field[int64]           `json:"bufferStalled"`
	DownloadedBytesP2P  rest.Field[int64]           `json:"downloadedBytesP2P"`
	DownloadedBytesHTTP rest.Field[int64]           `json:"downloadedBytesHTTP"`
	UploadedBytesP2P    rest.Field[int64]           `json:"uploadedBytesP2P"`
	VideoID             rest.Field[json.RawMessage] `json:"videoId"`
	// FirstReport says whether this is the first of a viewing, StartupTime
	// how many milliseconds it took until it played.
	FirstReport rest.Field[bool]  `json:"firstReport"`
	StartupTime rest.Field[int64] `json:"startupTime"`
}

// playback answers as PeerTube does: while open_telemetry.metrics is off, any
// report is taken; what can be read of them still counts for the site's own
// figures.
func (h *Metrics) playback(w http.ResponseWriter, r *http.Request) error {
	err := h.take(w, r)
	if err != nil && (h.Playback.Strict() || !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotFound)) {
		return err
	}
	return rest.NoContent(w)
}

func (h *Metrics) take(w http.ResponseWriter, r *http.Request) error {
	if !h.Playback.Wanted() {
		return nil
	}
	in, err := rest.Body[playbackBody](w, r)
	if err != nil {
		return err
	}
	ref, report, err := in.report()
	if err != nil {
		return err
	}
	report.UserAgent, report.Addr = r.UserAgent(), h.ClientIP(r)
	return h.Playback.Report(r.Context(), ref, report)
}

// report turns the body into what the domain takes. The order in which wrong
// fields are named is PeerTube's.
func (in *playbackBody) report() (video.Ref, view.PlaybackReport, error) {
	var bad []errs.Param
	refuse := func(name string, value any) { bad = append(bad, errs.Param{Name: name, Value: value}) }
	count := func(name string, f rest.Field[int64], needed bool) int64 {
		if f.Has() && f.V < 0 || needed && !f.Has() || !needed && f.Null && name == "bufferStalled" {
			refuse(name, f.Sent())
		}
		return f.V
	}
	known := func(name string, f rest.Field[int64]) int {
		if n := count(name, f, false); f.Has() {
			return int(min(n, maxReported))
		}
		return -1
	}
	out := view.PlaybackReport{Resolution: known("resolution", in.Resolution), FPS: known("fps", in.FPS), Peers: known("p2pPeers", in.P2PPeers)}
	if out.Sharing = in.P2PEnabled.V; !in.P2PEnabled.Has() {
		refuse("p2pEnabled", nil)
	}
	if out.Mode = in.PlayerMode.V; out.Mode != view.ModeHLS && out.Mode != view.ModeFile {
		refuse("playerMode", in.PlayerMode.Sent())
	}
	out.ResolutionChanges = count("resolutionChanges", in.ResolutionChanges, true)
	out.Stalls = count("bufferStalled", in.BufferStalled, false)
	out.Errors = count("errors", in.Errors, true)
	out.BytesPeers = count("downloadedBytesP2P", in.DownloadedBytesP2P, true)
	out.BytesSite = count("downloadedBytesHTTP", in.DownloadedBytesHTTP, true)
	out.BytesSent = count("uploadedBytesP2P", in.UploadedBytesP2P, true)
	ref, err := in.ref()
	if err != nil {
		refuse("videoId", in.VideoID.Sent())
	}
	if in.FirstReport.Has() {
		out.First = &in.FirstReport.V
	}
	if ms := count("startupTime", in.StartupTime, false); in.StartupTime.Has() {
		out.Start = new(time.Duration(min(ms, maxReported)) * time.Millisecond)
	}
	if len(bad) > 0 {
		return ref, out, errs.Fields(bad...)
	}
	return ref, out, nil
}

// maxReported keeps numbers far from overflowing; the domain refuses them long
// before.
const maxReported = 1<<31 - 1

// ref reads the number or the UUID of a video, which may be a text both.
func (in *playbackBody) ref() (video.Ref, error) {
	if !in.VideoID.Has() {
		return video.Ref{}, errs.New(errs.Invalid, "no video")
	}
	text := string(in.VideoID.V)
	if json.Unmarshal(in.VideoID.V, &text) != nil {
		text = string(in.VideoID.V) // a number
	}
	return video.ParseRef(text)
}
