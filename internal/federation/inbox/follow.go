package inbox

import (
	"context"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/origin"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

// follow is Follow of a local actor.
func (p *Processor) follow(ctx context.Context, in *incoming) (step, error) {
	target, err := p.Known.ByURL(ctx, in.ObjectURL)
	if err != nil {
		return nil, err
	}
	if !target.Local() {
		return nil, errs.New(errs.Forbidden, "%s is not of this site", in.ObjectURL)
	}
	wanted, err := p.wanted(ctx, in.by, target)
	if err != nil {
		return nil, err
	}
	doc := in.Doc
	if !wanted {
		return func(ctx context.Context) error { return p.Outbox.Reject(ctx, target.ID, in.by.ID, doc) }, nil
	}
	state := follow.Accepted
	if target.Type == actor.Application && p.Rules().ApproveFollowers {
		state = follow.Pending
	}
	return func(ctx context.Context) error { return p.addFollow(ctx, in, target, state) }, nil
}

// wanted reports whether somebody may follow a local actor.
func (p *Processor) wanted(ctx context.Context, by, target *origin.Known) (bool, error) {
	rules := p.Rules()
	if target.Type == actor.Application && !rules.FollowersOfSite || target.Type == actor.Group && !rules.FollowersOfChannels {
		return false, nil
	}
	owners := []actor.AccountID{user.SiteBlocks}
	if target.AccountID != 0 {
		owners = append(owners, target.AccountID)
	}
	for _, owner := range owners {
		m, err := p.Mutes.Muted(ctx, owner)
		if err != nil {
			return false, err
		}
		if m.Hosts[by.Host] || by.AccountID != 0 && m.Accounts[by.AccountID] {
			return false, nil
		}
	}
	return true, nil
}

func (p *Processor) addFollow(ctx context.Context, in *incoming, target *origin.Known, state follow.State) error {
	f := &follow.Follow{
		URL: in.URL, State: state, Score: follow.BaseScore, FollowerID: in.by.ID, FollowingID: target.ID, CreatedAt: p.Now(), UpdatedAt: p.Now(),
	}
	created, err := p.Follows.Create(ctx, f)
	if err != nil {
		return err
	}
	if !created { // asked again: the answer is what it was
		if f, err = p.Follows.Between(ctx, in.by.ID, target.ID); err != nil {
			return err
		}
		if f.State == follow.Rejected {
			return p.Outbox.Reject(ctx, target.ID, in.by.ID, in.Doc)
		}
	}
	if created && target.Type == actor.Application && p.SiteEvents != nil {
		if err := p.SiteEvents.SiteFollowed(ctx, f); err != nil {
			return err
		}
	}
	if f.State != follow.Accepted {
		return nil
	}
	if err := p.Outbox.Accept(ctx, f, in.Doc); err != nil || !created {
		return err
	}
	if target.Type == actor.Application {
		return p.Outbox.FollowBack(ctx, in.by)
	}
	if p.FollowEvents == nil {
		return nil
	}
	return p.FollowEvents.Followed(ctx, f)
}

// answer is Accept and Reject of a follow by a local actor.
func (p *Processor) answer(ctx context.Context, in *incoming) (step, error) {
	follower, err := p.follower(ctx, in)
	if err != nil {
		return nil, err
	}
	f, err := p.Follows.Between(ctx, follower.ID, in.by.ID)
	if err != nil {
		return nil, err
	}
	if in.Type == "Reject" {
		return func(ctx context.Context) error { return p.Follows.SetState(ctx, f.ID, follow.Rejected, p.Now()) }, nil
	}
	if f.State == follow.Accepted {
		return nothing, nil
	}
	return func(ctx context.Context) error {
		if err := p.Follows.SetState(ctx, f.ID, follow.Accepted, p.Now()); err != nil {
			return err
		}
		f.State = follow.Accepted
		return p.Outbox.Followed(ctx, f)
	}, nil
}

// follower is the local actor whose follow is answered: the follow comes
// whole, or by its id, which this site made.
func (p *Processor) follower(ctx context.Context, in *incoming) (*origin.Known, error) {
	url := ""
	if in.Object != nil && in.Object.Is("Follow") {
		if about := in.Object.Ref("object"); about != "" && about != in.ActorURL {
			return nil, errs.New(errs.Forbidden, "a follow of %s is not for %s to answer", about, in.ActorURL)
		}
		url = in.Object.Ref("actor")
	}
	if url == "" {
		i := strings.LastIndex(in.ObjectURL, "/follows/")
		if i < 0 {
			return nil, errs.New(errs.NotSupported, "an answer to something else than a follow")
		}
		url = in.ObjectURL[:i]
	}
	k, err := p.Known.ByURL(ctx, url)
	if err == nil && !k.Local() {
		return nil, errs.New(errs.Forbidden, "%s is not of this site", url)
	}
	return k, err
}

// undo takes back what the actor did before.
func (p *Processor) undo(ctx context.Context, in *incoming) (step, error) {
	if in.hearsay {
		return nil, errs.New(errs.Unauthorized, "it is not signed")
	}
	if in.Object == nil {
		if in.ObjectURL == "" || !activity.SameHost(in.ActorURL, in.ObjectURL) {
			return nil, errs.New(errs.Forbidden, "what is to be undone is not of the actor")
		}
		return p.undoByID(ctx, in)
	}
	what, err := activity.ReadActivity(in.Object)
	if err != nil {
		return nil, err
	}
	if what.ActorURL != in.ActorURL {
		return nil, errs.New(errs.Forbidden, "what is to be undone is not of the actor")
	}
	switch what.Type {
	case "Like":
		return p.unrate(ctx, in, what.ObjectURL, video.RateLike)
	case "Dislike":
		return p.unrate(ctx, in, what.ObjectURL, video.RateDislike)
	case "Announce":
		return p.unshare(in, what.URL), nil
	case "Follow":
		return p.unfollow(ctx, in, what.ObjectURL)
	case "Create": // of redundancy; nothing else that is created is undone
		return p.undoMirror(ctx, in, what.ObjectURL)
	}
	return nil, errs.New(errs.NotSupported, "%s cannot be undone here", shorten(what.Type))
}

// undoByID takes back what is told by its id alone, which does not say what it
// was: a rating, a follow or an announcement of the actor.
func (p *Processor) undoByID(ctx context.Context, in *incoming) (step, error) {
	if in.by.AccountID != 0 {
		r, err := p.Rates.ByURL(ctx, in.by.AccountID, in.ObjectURL)
		if err == nil {
			in.video = r.VideoID
			return p.putRate(video.Rate{AccountID: r.AccountID, VideoID: r.VideoID, Type: video.RateNone, CreatedAt: p.Now()}), nil
		}
		if !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	f, err := optional(p.Follows.ByURL(ctx, in.by.ID, in.ObjectURL))
	if err != nil {
		return nil, err
	}
	if f != nil {
		return p.endFollow(f), nil
	}
	return p.unshare(in, in.ObjectURL), nil
}

func (p *Processor) unshare(in *incoming, url string) step {
	return func(ctx context.Context) error {
		done, err := p.Copies.Unshare(ctx, in.by.ID, url)
		if err == nil && !done {
			p.Log.DebugContext(ctx, "nothing is known of what an activity undoes", "activity", in.URL, "from", in.ActorURL, "object", url)
		}
		return err
	}
}

func (p *Processor) unfollow(ctx context.Context, in *incoming, url string) (step, error) {
	target, err := p.Known.ByURL(ctx, url)
	if err != nil {
		return nil, err
	}
	f, err := optional(p.Follows.Between(ctx, in.by.ID, target.ID))
	if err != nil || f == nil {
		return nil, err
	}
	return p.endFollow(f), nil
}

func (p *Processor) endFollow(f *follow.Follow) step {
	return func(ctx context.Context) error {
		if err := p.Follows.Delete(ctx, f.ID); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		return nil
	}
}

// announce is Announce of a video by a channel or a site, or of what happens
// in a group (FEP-1b12). People's are not counted.
func (p *Processor) announce(ctx context.Context, in *incoming) (step, error) {
	if in.by.Type != actor.Application && in.by.Type != actor.Group {
		return nothing, nil
	}
	if in.Object != nil && handled[in.ObjectType] {
		return p.unwrap(ctx, in)
	}
	if in.ObjectURL == "" {
		return nil, errs.New(errs.Invalid, "an announcement of nothing")
	}
	v, err := p.Videos.ByURL(ctx, in.ObjectURL)
	if errs.Is(err, errs.Invalid) && in.by.Type == actor.Group { // groups announce notes too
		_, err = p.Comments.ByURL(ctx, in.ObjectURL)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if err := p.Copies.Share(ctx, in.by.ID, v.ID, in.URL, p.Now()); err != nil || v.Remote {
			return err
		}
		return p.pass(ctx, in, v.ID)
	}, nil
}

// unwrap takes what a group says that others did. Only what the origin of the
// object says counts, so that likes cannot be believed.
func (p *Processor) unwrap(ctx context.Context, in *incoming) (step, error) {
	what, err := activity.ReadActivity(in.Object)
	if err != nil {
		return nil, err
	}
	if what.Type == "Delete" {
		return p.unsaidThere(ctx, what.ObjectURL)
	}
	if what.Type != "Create" && what.Type != "Update" || !activity.SameHost(what.ActorURL, what.ObjectURL) {
		return nil, errs.New(errs.NotSupported, "%s of another cannot be verified", what.Type)
	}
	if activity.Host(what.ObjectURL) == p.Site.Host {
		return nothing, nil
	}
	inner := *in
	inner.Activity = what
	return p.fetchObject(ctx, &inner)
}

// unsaidThere removes a comment that a group says is deleted, when its own site
// says so, too.
func (p *Processor) unsaidThere(ctx context.Context, url string) (step, error) {
	c, err := optional(p.Said.ByURL(ctx, url))
	if err != nil {
		return nil, err
	}
	if c == nil || !c.Remote || c.Deleted() {
		return nothing, nil
	}
	if gone, err := confirmed(p.Comments.Refresh(ctx, url)); err != nil || !gone {
		return nil, err
	}
	return func(ctx context.Context) error { return p.Comments.Remove(ctx, url) }, nil
}
