package api

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/netip"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// ViewService is the part of view.Service that takes reports.
type ViewService interface {
	Report(ctx context.Context, a video.Access, ref video.Ref, in view.Report) error
}

// Views takes the reports of players: POST and PUT /videos/{id}/views, which
// was /watching once.
type Views struct {
	Views    ViewService
	ClientIP func(*http.Request) netip.Addr
}

// Mount adds the routes to r.
func (h *Views) Mount(r *rest.Router) {
	watch := rest.Operation("addView", h.watch)
	for _, path := range []string{"/videos/{id}/views", "/videos/{id}/watching"} {
		r.Post(path, watch)
		r.Put(path, watch)
	}
}

// viewBody is PeerTube's VideoView.
type viewBody struct {
	CurrentTime     rest.Field[json.Number] `json:"currentTime"`
	ViewEvent       rest.Field[string]      `json:"viewEvent"`
	SessionID       rest.Field[string]      `json:"sessionId"`
	Client          rest.Field[string]      `json:"client"`
	Device          rest.Field[string]      `json:"device"`
	OperatingSystem rest.Field[string]      `json:"operatingSystem"`
}

// watch serves them. Pages add videoFileToken to their requests where a video
// has a password, which their scripts do not know.
func (h *Views) watch(w http.ResponseWriter, r *http.Request) error {
	ref, err := videoRef(r)
	if err != nil {
		return err
	}
	in, err := rest.Body[viewBody](w, r)
	if err != nil {
		return err
	}
	report, err := in.report()
	if err != nil {
		return err
	}
	report.UserAgent, report.Addr = r.UserAgent(), h.ClientIP(r)
	report.FileToken = r.URL.Query().Get("videoFileToken")
	if err := h.Views.Report(r.Context(), videoAccess(r), ref, report); err != nil {
		return err
	}
	return rest.NoContent(w)
}

// seekEvent is PeerTube's VideoViewEvent.
const seekEvent = "seek"

func (in *viewBody) report() (view.Report, error) {
	var bad []errs.Param
	check := func(name string, f rest.Field[string], valid func(string) bool) {
		if f.Has() && !valid(f.V) {
			bad = append(bad, errs.Param{Name: name, Value: f.V})
		}
	}
	at, ok := wholeSeconds(in.CurrentTime)
	if !ok {
		bad = append(bad, errs.Param{Name: "currentTime", Value: in.CurrentTime.Sent()})
	}
	check("viewEvent", in.ViewEvent, func(s string) bool { return s == seekEvent })
	check("sessionId", in.SessionID, view.ValidSession)
	check("client", in.Client, view.ValidAgent)
	check("device", in.Device, view.ValidDevice)
	check("operatingSystem", in.OperatingSystem, view.ValidAgent)
	if len(bad) > 0 {
		return view.Report{}, errs.Fields(bad...)
	}
	return view.Report{
		Time: at, Seek: in.ViewEvent.V == seekEvent, Session: in.SessionID.V,
		Client: in.Client.V, Device: in.Device.V, OS: in.OperatingSystem.V,
	}, nil
}

// wholeSeconds reads a number of seconds, which players may send with a
// fraction, as PeerTube does. Those that no video has are left to the video.
func wholeSeconds(f rest.Field[json.Number]) (int, bool) {
	if !f.Has() {
		return 0, false
	}
	n, err := f.V.Float64()
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	return int(max(math.MinInt32, min(math.Trunc(n), math.MaxInt32))), true
}
