package activity

import (
	"strings"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// Watch is a viewing of a video, as its site and the video's tell each other:
// when and what, and nothing of who.
type Watch struct {
	// UUID names it.
	UUID     string
	VideoURL string
	// Started and Ended are times of the day, of Seconds that were watched.
	Started, Ended time.Time
	Seconds        int
	Sections       []WatchSection
	// Country is an ISO 3166-1 code, Region the name of a part of it; "" is
	// unknown.
	Country, Region string
}

// WatchSection is a part of a video that was watched, in seconds.
type WatchSection struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

const (
	completed = "CompletedActionStatus"
	// maxWatchSections is how many sections of a viewing are read.
	maxWatchSections = 1000
)

// WriteWatch is a WatchAction. Nothing can be asked for under its id.
func WriteWatch(w Watch, site instance.Site, a Audience) Doc {
	sections := make([]any, len(w.Sections))
	for i, s := range w.Sections {
		sections[i] = map[string]any{"startTimestamp": num(s.Start), "endTimestamp": num(s.End)}
	}
	d := Doc{
		"type": "WatchAction", "id": site.URL("/videos/local-viewer/" + w.UUID), "uuid": w.UUID, "object": w.VideoURL,
		"startTime": iso(w.Started), "endTime": iso(w.Ended), "duration": isoDuration(w.Seconds),
		"actionStatus": completed, "watchSections": sections,
	}
	if w.Country != "" {
		place := map[string]any{"addressCountry": w.Country}
		if w.Region != "" {
			place["addressRegion"] = w.Region
		}
		d["location"] = place
	}
	return a.on(d).in(watchKind)
}

// ReadWatch reads a WatchAction. One that goes on is errs.Invalid, as is one
// that lacks its times, its video or its sections.
func ReadWatch(d Doc) (*Watch, error) {
	w := &Watch{VideoURL: d.Ref("object"), Started: d.Time("startTime"), Ended: d.Time("endTime")}
	switch {
	case !d.Is("WatchAction") || d.ID() == "" || w.VideoURL == "":
		return nil, errs.New(errs.Invalid, "no viewing of a video with a valid id")
	case d.Has("actionStatus") && !strings.HasSuffix(d.Text("actionStatus"), completed):
		return nil, errs.New(errs.Invalid, "the viewing %s is not over", d.ID())
	case w.Started.IsZero() || w.Ended.IsZero():
		return nil, errs.New(errs.Invalid, "the viewing %s was at no time", d.ID())
	}
	w.Seconds, _ = duration(d.Text("duration"))
	list := d.Docs("watchSections")
	for _, s := range list[:min(len(list), maxWatchSections)] {
		start, ok := s.whole("startTimestamp")
		end, too := s.whole("endTimestamp")
		if ok && too && start >= 0 && end > start && end <= maxSeconds {
			w.Sections = append(w.Sections, WatchSection{Start: int(start), End: int(end)})
		}
	}
	if len(w.Sections) == 0 {
		return nil, errs.New(errs.Invalid, "the viewing %s is of no part of the video", d.ID())
	}
	if place := d.Object("location"); place != nil {
		w.Country, w.Region = cut(place.Text("addressCountry"), 10), cut(place.Text("addressRegion"), 100)
	}
	return w, nil
}
