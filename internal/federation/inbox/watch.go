package inbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// Viewings keeps what other sites tell of viewings of this site's videos; see
// view.Service. Told takes part in the transaction of ctx.
type Viewings interface {
	Told(ctx context.Context, v *video.Video, t view.Told) error
}

// watchedThere takes a viewing of a video of this site, which the site tells
// where it was.
func (p *Processor) watchedThere(ctx context.Context, in *incoming) (step, error) {
	w, err := activity.ReadWatch(in.Object)
	if err != nil {
		return nil, err
	}
	if in.by.Type != actor.Application {
		return nil, errs.New(errs.Forbidden, "only sites tell of viewings")
	}
	c, err := p.ours(ctx, w.VideoURL)
	if err != nil || c == nil {
		return nil, err
	}
	v, err := p.VideoStore.ByRef(ctx, video.ByID(c.ID))
	if err != nil {
		return nil, err
	}
	t := view.Told{
		Host: in.by.Host, Started: w.Started, Ended: w.Ended, WatchTime: w.Seconds,
		Place: view.Place{Country: w.Country, Subdivision: w.Region},
	}
	for _, s := range w.Sections {
		t.Sections = append(t.Sections, view.Section{Start: s.Start, End: s.End})
	}
	return func(ctx context.Context) error { return p.Viewings.Told(ctx, v, t) }, nil
}
