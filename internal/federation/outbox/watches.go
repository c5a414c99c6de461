package outbox

import (
	"context"
	"slices"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// watchesTogether is how many viewings one job tells of.
const watchesTogether = 20

// Watch is a viewing that is to be told of.
type Watch struct {
	Video    video.ID                `json:"videoId"`
	UUID     string                  `json:"uuid"`
	Started  time.Time               `json:"started"`
	Ended    time.Time               `json:"ended"`
	Seconds  int                     `json:"seconds"`
	Sections []activity.WatchSection `json:"sections"`
	Country  string                  `json:"country,omitempty"`
	Region   string                  `json:"region,omitempty"`
}

// WatchesOver is told of viewings of videos of other sites that are over, in
// the transaction that ends them: the owner of each hears what of it was
// watched, for the video's statistics, to the minute and from which country if
// this site knows, and nothing of who watched.
func (o *Outbox) WatchesOver(ctx context.Context, list []*view.Session) error {
	if !o.Rules().Enabled {
		return nil
	}
	watches := make([]Watch, len(list))
	for i, s := range list {
		watches[i] = watchOf(s)
	}
	slices.SortStableFunc(watches, func(a, b Watch) int { return int(a.Video - b.Video) })
	for some := range slices.Chunk(watches, watchesTogether) {
		if err := o.intend(ctx, Intent{Cause: VideoSeen, Watches: some}); err != nil {
			return err
		}
	}
	return nil
}

func watchOf(s *view.Session) Watch {
	w := Watch{
		Video: s.Video, UUID: video.NewUUID(), Started: s.Started.Truncate(time.Minute), Ended: s.Seen.Truncate(time.Minute), Seconds: s.WatchTime,
		Country: s.Place.Country, Region: s.Place.Subdivision,
	}
	for _, part := range view.Union(s.Sections) {
		w.Sections = append(w.Sections, activity.WatchSection{Start: part.Start, End: part.End})
	}
	return w
}

// seen tells the owners of videos of other sites of viewings here. Of a video
// that has gone there is nothing to tell.
func (o *Outbox) seen(ctx context.Context, in Intent) (func(context.Context) error, error) {
	var all []said
	for len(in.Watches) > 0 {
		n := 1
		for n < len(in.Watches) && in.Watches[n].Video == in.Watches[0].Video {
			n++
		}
		list, err := o.toOwner(ctx, in.Watches[0].Video, o.watchDocuments(in.Watches[:n]))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		all, in.Watches = append(all, list...), in.Watches[n:]
	}
	return o.saying(all)
}

// watchDocuments writes viewings of one video.
func (o *Outbox) watchDocuments(list []Watch) func(me string, v *video.Video, to activity.Audience) []activity.Doc {
	return func(me string, v *video.Video, to activity.Audience) []activity.Doc {
		docs := make([]activity.Doc, len(list))
		for i, w := range list {
			docs[i] = activity.Create(me, activity.WriteWatch(activity.Watch{
				UUID: w.UUID, VideoURL: v.URL, Started: w.Started, Ended: w.Ended, Seconds: w.Seconds, Sections: w.Sections,
				Country: w.Country, Region: w.Region,
			}, o.Site, to))
		}
		return docs
	}
}
