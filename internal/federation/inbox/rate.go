package inbox

import (
	"context"

	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
)

// ours returns the local video that an activity is about, nil when it is about
// something else: totals of the videos of others are what their sites say.
func (p *Processor) ours(ctx context.Context, url string) (*origin.Copy, error) {
	c, err := optional(p.Copies.ByURL(ctx, url))
	if err != nil || c == nil || c.Remote {
		return nil, err
	}
	if c.Privacy != video.Public && c.Privacy != video.Unlisted {
		return nil, errs.New(errs.NotFound, "there is no video %s", shorten(url))
	}
	return c, nil
}

// rate is Like and Dislike of a local video.
func (p *Processor) rate(ctx context.Context, in *incoming) (step, error) {
	c, err := p.ours(ctx, in.ObjectURL)
	if err != nil || c == nil {
		return nil, err
	}
	if in.by.AccountID == 0 {
		return nil, errs.New(errs.Forbidden, "only accounts like videos")
	}
	in.video = c.ID
	r := video.Rate{AccountID: in.by.AccountID, VideoID: c.ID, Type: rateType(in.Type), URL: in.URL, CreatedAt: p.Now()}
	return p.putRate(r), nil
}

func rateType(activityType string) video.RateType {
	if activityType == "Dislike" {
		return video.RateDislike
	}
	return video.RateLike
}

func (p *Processor) putRate(r video.Rate) step {
	return func(ctx context.Context) error {
		before, err := p.Rates.Put(ctx, r)
		if err != nil || before == r.Type {
			return err
		}
		return p.Outbox.VideoChanged(ctx, r.VideoID)
	}
}

// unrate takes a like or a dislike back, if it is what the account thinks
// now.
func (p *Processor) unrate(ctx context.Context, in *incoming, videoURL string, t video.RateType) (step, error) {
	c, err := p.ours(ctx, videoURL)
	if err != nil || c == nil || in.by.AccountID == 0 {
		return nil, err
	}
	now, err := p.Rates.Rating(ctx, in.by.AccountID, c.ID)
	if err != nil || now != t {
		return nil, err
	}
	in.video = c.ID
	return p.putRate(video.Rate{AccountID: in.by.AccountID, VideoID: c.ID, Type: video.RateNone, CreatedAt: p.Now()}), nil
}

// view is View: somebody watched a video of this site somewhere else, or the
// site of a video tells how many watch it.
func (p *Processor) view(ctx context.Context, in *incoming) (step, error) {
	c, err := optional(p.Copies.ByURL(ctx, in.ObjectURL))
	if err != nil || c == nil {
		return nil, err
	}
	watching := in.HasViewers || !in.Expires.IsZero()
	if c.Remote {
		owner, err := p.Known.ByURL(ctx, in.ActorURL)
		if err != nil || !watching || owner.Host != hostOf(c) {
			return nil, err
		}
		p.Presence.total(c.ID, in.Viewers, in.Expires, p.Now())
		return nothing, nil
	}
	if c, err = p.ours(ctx, in.ObjectURL); err != nil || c == nil {
		return nil, err
	}
	if watching {
		n := 1
		if in.HasViewers {
			n = in.Viewers
		}
		p.Presence.viewer(c.ID, in.by.Host, in.URL, n, in.Expires, p.Now())
		return nothing, nil
	}
	return p.count(in, view.Count{Video: c.ID, At: p.Now(), Views: 1}), nil
}

// download is Download of a local video.
func (p *Processor) download(ctx context.Context, in *incoming) (step, error) {
	c, err := p.ours(ctx, in.ObjectURL)
	if err != nil || c == nil {
		return nil, err
	}
	return p.count(in, view.Count{Video: c.ID, At: p.Now(), Downloads: 1}), nil
}

func (p *Processor) count(in *incoming, c view.Count) step {
	in.video = c.Video
	return func(ctx context.Context) error {
		if err := p.Views.Buffer(ctx, []view.Count{c}); err != nil {
			return err
		}
		return p.pass(ctx, in, c.Video)
	}
}
