package activity_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

func viewing() activity.Watch {
	return activity.Watch{
		UUID: uuid, VideoURL: "https://b.example/videos/watch/1", Started: at, Ended: at.Add(time.Hour), Seconds: 75,
		Sections: []activity.WatchSection{{Start: 3, End: 60}, {Start: 90, End: 108}}, Country: "DE", Region: "Bayern",
	}
}

func TestViewingsTravel(t *testing.T) {
	t.Parallel()
	nowhere := viewing()
	nowhere.Country, nowhere.Region = "", ""
	land := viewing()
	land.Region = ""
	for name, w := range map[string]activity.Watch{"whole": viewing(), "from nowhere": nowhere, "from a country": land} {
		a, err := activity.ReadActivity(travel(t, activity.Create(alice().URL, activity.WriteWatch(w, site, activity.ForActor("https://b.example/u/1")))))
		if err != nil {
			t.Fatal(err)
		}
		got, err := activity.ReadWatch(a.Object)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got.UUID = w.UUID // the id says it
		if diff := cmp.Diff(w, *got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if a.ObjectURL != "https://video.example/videos/local-viewer/"+uuid || a.ObjectType != "WatchAction" {
			t.Errorf("%s: the object is %s %s", name, a.ObjectType, a.ObjectURL)
		}
	}
}

func TestViewingsAreReadWithCare(t *testing.T) {
	t.Parallel()
	part := func(start, end any) map[string]any {
		return map[string]any{"startTimestamp": start, "endTimestamp": end}
	}
	many := make([]any, 1500)
	for i := range many {
		many[i] = part(float64(2*i), float64(2*i+1))
	}
	for _, tt := range []struct {
		name  string
		key   string
		value any
		want  int // sections; 0 refused
	}{
		{"as it is", "uuid", "x", 2},
		{"of another type", "type", "View", 0},
		{"without an id", "id", nil, 0},
		{"of nothing", "object", nil, 0},
		{"of a video in it", "object", map[string]any{"type": "Video", "id": "https://b.example/v"}, 2},
		{"that goes on", "actionStatus", "ActiveActionStatus", 0},
		{"with a status of its vocabulary", "actionStatus", "http://schema.org/CompletedActionStatus", 2},
		{"that began at no time", "startTime", "yesterday", 0},
		{"that ended at no time", "endTime", 3.0, 0},
		{"without sections", "watchSections", nil, 0},
		{"of empty sections", "watchSections", []any{part(3.0, 3.0), part(5.0, 4.0)}, 0},
		{"of odd sections", "watchSections", []any{part(-1.0, 3.0), part("0", "5"), part(1.5, 3.0), part(1.0, 1e300), "0-5", nil, part(0.0, 9.0)}, 2},
		{"of one section", "watchSections", part(0.0, 9.0), 1},
		{"of very many", "watchSections", many, 1000},
		{"for a strange while", "duration", "P1Y", 2},
		{"from somewhere odd", "location", "Berlin", 2},
	} {
		d := travel(t, activity.WriteWatch(viewing(), site, activity.Audience{}))
		d[tt.key] = tt.value
		w, err := activity.ReadWatch(d)
		switch {
		case tt.want == 0 && !errs.Is(err, errs.Invalid):
			t.Errorf("%s: got %+v %v, want Invalid", tt.name, w, err)
		case tt.want > 0 && (err != nil || len(w.Sections) != tt.want):
			t.Errorf("%s: got %s %v, want %d sections", tt.name, fmt.Sprint(w), err, tt.want)
		}
	}
}
