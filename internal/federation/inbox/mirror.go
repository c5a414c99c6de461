package inbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// putMirror takes what a site says of a video that it mirrors: one of this
// site, or a copy that is here. Nothing is fetched for it.
func (p *Processor) putMirror(ctx context.Context, in *incoming) (step, error) {
	c, err := activity.ReadCacheFile(in.Object)
	if err != nil {
		return nil, err
	}
	if in.by.Type != actor.Application {
		return nil, errs.New(errs.Forbidden, "only sites mirror videos")
	}
	v, err := optional(p.Copies.ByURL(ctx, c.VideoURL))
	if err != nil || v == nil || v.Privacy != video.Public {
		return nil, err
	}
	if may, err := p.mayMirror(ctx, in.by.ID); err != nil || !may {
		return nil, err
	}
	old, err := optional(p.Mirrors.ByURL(ctx, c.URL))
	if err != nil {
		return nil, err
	}
	now := p.Now()
	m := &redundancy.Mirror{URL: c.URL, VideoID: v.ID, ActorID: in.by.ID, BaseURL: c.BaseURL, ExpiresAt: c.Expires, CreatedAt: now, UpdatedAt: now}
	switch err := m.Check(now, !p.Site.Secure()); {
	case errs.Is(err, errs.Gone) && old != nil:
		return p.dropMirror(in, old, v.Remote)
	case err != nil:
		return nil, err
	}
	in.video = v.ID
	if old != nil && old.BaseURL == m.BaseURL && old.ExpiresAt.Equal(m.ExpiresAt) && old.ActorID == m.ActorID && old.VideoID == m.VideoID {
		return nothing, nil // and nobody is told again
	}
	return func(ctx context.Context) error {
		if err := p.Mirrors.Put(ctx, m); err != nil || v.Remote {
			return err
		}
		return p.pass(ctx, in, v.ID)
	}, nil
}

// mayMirror reports whether mirrors of a site are wanted.
func (p *Processor) mayMirror(ctx context.Context, site actor.ID) (bool, error) {
	switch p.Rules().MirrorsOf {
	case redundancy.Anybody:
		return true, nil
	case redundancy.Followings:
		me, err := p.People.Instance(ctx)
		if err != nil {
			return false, err
		}
		f, err := optional(p.Follows.Between(ctx, me.ID, site))
		return f != nil && f.State == follow.Accepted, err
	}
	return false, nil
}

// undoMirror is Undo of Create of a mirror, which may be told by its id alone.
func (p *Processor) undoMirror(ctx context.Context, in *incoming, url string) (step, error) {
	m, err := optional(p.Mirrors.ByURL(ctx, url))
	if err != nil || m == nil {
		return nil, err
	}
	v, err := p.VideoStore.ByRef(ctx, video.ByID(m.VideoID))
	if err != nil {
		return nil, err
	}
	return p.dropMirror(in, m, v.Remote)
}

// dropMirror removes a mirror for the site that has it.
func (p *Processor) dropMirror(in *incoming, m *redundancy.Mirror, remote bool) (step, error) {
	if m.ActorID != in.by.ID {
		return nil, errs.New(errs.Forbidden, "the mirror %s is not of %s", m.URL, in.by.URL)
	}
	in.video = m.VideoID
	return func(ctx context.Context) error {
		if err := p.Mirrors.Delete(ctx, m.ID); err != nil && !errs.Is(err, errs.NotFound) || remote {
			return err
		}
		return p.pass(ctx, in, m.VideoID)
	}, nil
}
