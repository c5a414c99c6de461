package inbox

import (
	"context"
	"slices"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// Reports keeps what others report; see abuse.Service.
type Reports interface {
	Receive(ctx context.Context, f abuse.Flagged) (bool, error)
}

// People finds this site's accounts and channels; see actor.Store.
type People interface {
	Account(ctx context.Context, id actor.AccountID) (*actor.Account, error)
	Channel(ctx context.Context, id actor.ChannelID) (*actor.Channel, error)
	// Instance is the site's own actor.
	Instance(ctx context.Context) (*actor.Actor, error)
}

// flag is Flag: a report of each thing of this site that it names. Of what
// others have, and of what is not here, nobody is told. Which things may be
// reported, and how many, domain/abuse says.
func (p *Processor) flag(ctx context.Context, in *incoming) (step, error) {
	if in.hearsay {
		return nil, errs.New(errs.Forbidden, "a report is told by who reports")
	}
	f := activity.ReadFlag(in.Activity)
	report := abuse.Flagged{ReporterHost: in.by.Host, Reason: f.Reason, StartAt: f.Start, EndAt: f.End}
	if in.by.AccountID != 0 {
		report.Reporter = &actor.Account{
			Actor:     actor.Actor{ID: in.by.ID, Type: in.by.Type, Username: in.by.Username, Host: in.by.Host, URL: in.by.URL},
			AccountID: in.by.AccountID,
		}
	}
	for _, name := range f.Reasons {
		if r, ok := abuse.ParseReason(name); ok {
			report.Reasons = append(report.Reasons, r)
		}
	}
	var list []abuse.Flagged
	for _, url := range f.Objects {
		if activity.Host(url) != p.Site.Host {
			continue
		}
		one := report
		one.Key = in.URL + " " + url
		found, err := p.aim(ctx, url, &one)
		if err != nil {
			return nil, err
		}
		again := one.Account != nil && slices.ContainsFunc(list, func(f abuse.Flagged) bool {
			return f.Account != nil && f.Account.AccountID == one.Account.AccountID
		})
		if found && !again { // an account and its channels are one
			list = append(list, one)
		}
	}
	return func(ctx context.Context) error {
		for _, one := range list {
			if _, err := p.Reports.Receive(ctx, one); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// aim finds what of this site has an id: a video, a comment, an account, or
// the account whose channel it is.
func (p *Processor) aim(ctx context.Context, url string, f *abuse.Flagged) (found bool, err error) {
	for _, try := range []func(context.Context, string, *abuse.Flagged) error{p.aimVideo, p.aimComment, p.aimActor} {
		if err := try(ctx, url, f); err == nil || !errs.Is(err, errs.NotFound) {
			return err == nil, err
		}
	}
	return false, nil
}

// notHere says that something is not of this site.
func notHere(url string) error { return errs.New(errs.NotFound, "there is no %s", shorten(url)) }

func (p *Processor) aimVideo(ctx context.Context, url string, f *abuse.Flagged) error {
	c, err := p.Copies.ByURL(ctx, url)
	if err != nil {
		return err
	}
	if c.Remote {
		return notHere(url)
	}
	f.Video, err = p.VideoStore.ByRef(ctx, video.ByID(c.ID))
	return err
}

func (p *Processor) aimComment(ctx context.Context, url string, f *abuse.Flagged) error {
	c, err := p.Said.ByURL(ctx, url)
	if err != nil {
		return err
	}
	if c.Remote {
		return notHere(url)
	}
	f.Comment = c
	f.CommentVideo, err = p.VideoStore.ByRef(ctx, video.ByID(c.VideoID))
	return err
}

func (p *Processor) aimActor(ctx context.Context, url string, f *abuse.Flagged) error {
	k, err := p.Known.ByURL(ctx, url)
	if err != nil {
		return err
	}
	id := k.AccountID
	switch {
	case !k.Local():
		return notHere(url)
	case k.ChannelID != 0:
		c, err := p.People.Channel(ctx, k.ChannelID)
		if err != nil {
			return err
		}
		id = c.OwnerID
	}
	if id == 0 { // the site itself
		return notHere(url)
	}
	f.Account, err = p.People.Account(ctx, id)
	return err
}
