package outbox

import (
	"context"
	"slices"
	"time"

	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/federation/activity"
)

// watchesTogether is how many viewings one job tells of.
const watchesTogether = 20

// Watch is a viewing that is to be told of.
type Watch struct {
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
	byVideo := map[video.ID][]Watch{}
	var order []video.ID
	for _, s := range list {
		if byVideo[s.Video] == nil {
			order = append(order, s.Video)
		}
		byVideo[s.Video] = append(byVideo[s.Video], watchOf(s))
	}
	for _, id := range order {
		for some := range slices.Chunk(byVideo[id], watchesTogether) {
			if err := o.intend(ctx, Intent{Cause: VideoSeen, Video: id, Watches: some}); err != nil {
				return err
			}
		}
	}
	return nil
}

func watchOf(s *view.Session) Watch {
	w := Watch{
		UUID: video.NewUUID(), Started: s.Started.Truncate(time.Minute), Ended: s.Seen.Truncate(time.Minute), Seconds: s.WatchTime,
		Country: s.Place.Country, Region: s.Place.Subdivision,
	}
	for _, part := range view.Union(s.Sections) {
		w.Sections = append(w.Sections, activity.WatchSection{Start: part.Start, End: part.End})
	}
	return w
}

// seen tells the owner of a video of another site of viewings here.
func (o *Outbox) seen(ctx context.Context, in Intent) (func(context.Context) error, error) {
	return o.toOwner(ctx, in.Video, func(me string, v *video.Video, to activity.Audience) []activity.Doc {
		docs := make([]activity.Doc, len(in.Watches))
		for i, w := range in.Watches {
			docs[i] = activity.Create(me, activity.WriteWatch(activity.Watch{
				UUID: w.UUID, VideoURL: v.URL, Started: w.Started, Ended: w.Ended, Seconds: w.Seconds, Sections: w.Sections,
				Country: w.Country, Region: w.Region,
			}, o.Site, to))
		}
		return docs
	})
}
