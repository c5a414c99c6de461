package remote

import (
	"context"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/federation/webfinger"
)

// SiteKind is what a site runs, which decides what it is told: its copies have
// the host for a URL.
const SiteKind Kind = "site"

// learnAgain is how old what is known of a site may be.
const learnAgain = 7 * 24 * time.Hour

// wonder asks for the site of an actor to be asked what it runs, unless that
// was done lately.
func (s *Actors) wonder(ctx context.Context, host string) error {
	v, err := s.Servers.ByHost(ctx, host)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if err == nil && v.NodeInfoAt != nil && s.Now().Sub(*v.NodeInfoAt) < learnAgain {
		return nil
	}
	return s.Queue.Refresh(ctx, SiteKind, host, false)
}

// Learn asks a site what it runs. One that does not say so is not asked again
// soon.
func (s *Actors) Learn(ctx context.Context, host string) error {
	in, err := s.Finger.NodeInfo(ctx, host)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Gone), errs.Is(err, errs.Invalid), errs.Is(err, errs.Forbidden),
		errs.Is(err, errs.TooLarge), errs.Is(err, errs.UnsupportedType):
		in = &webfinger.NodeInfo{}
	case err != nil:
		return err
	}
	return s.Servers.SetSoftware(ctx, host, in.Software, in.Version, s.Now())
}
