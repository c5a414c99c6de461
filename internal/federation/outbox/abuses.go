package outbox

import (
	"context"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

var _ abuse.Events = (*Outbox)(nil)

// Reported implements abuse.Events: what somebody here reports of another site,
// that site is told of, and no other. The site says it in its own name: who is
// reported, or runs the other site, does not learn who complained.
func (o *Outbox) Reported(ctx context.Context, a *abuse.Abuse) error {
	if !a.Local() || a.Reportee == nil || a.Reportee.Local() || !o.Rules().Enabled {
		return nil
	}
	object, err := o.reported(ctx, a)
	if err != nil || object == "" {
		return err
	}
	by, err := o.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	to, err := o.Audience.Actors(ctx, []actor.ID{a.Reportee.ID})
	if err != nil {
		return err
	}
	c := activity.Complaint{Number: int64(a.ID), By: by.URL, Object: object, Owner: a.Reportee.URL, Reason: a.Reason}
	for _, r := range a.Reasons {
		c.Reasons = append(c.Reasons, r.Name())
	}
	if a.Video != nil {
		c.Start, c.End = a.Video.StartAt, a.Video.EndAt
	}
	return o.say(ctx, said{by: by.ID, byURL: by.URL, doc: activity.Flag(o.Site, c), priority: peer.Normal, to: to, alone: true})
}

// reported is the id of what is reported, "" when it is gone.
func (o *Outbox) reported(ctx context.Context, a *abuse.Abuse) (string, error) {
	switch {
	case a.Video != nil && a.Video.Now != nil:
		return a.Video.Now.URL, nil
	case a.Comment != nil:
		c, err := o.Comments.ByID(ctx, a.Comment.ID)
		if errs.Is(err, errs.NotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return c.URL, nil
	case a.Kind == abuse.OfAccount:
		return a.Reportee.URL, nil
	}
	return "", nil
}

// Decided implements abuse.Events. What is decided here is nobody else's
// business.
func (*Outbox) Decided(context.Context, *abuse.Abuse) error { return nil }

// Said implements abuse.Events. So are messages.
func (*Outbox) Said(context.Context, *abuse.Abuse, *abuse.Message) error { return nil }
