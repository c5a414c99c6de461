package outbox

import (
	"context"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

// CommentPublished implements comment.Events. Held comments are told of when
// they are approved; one of another site then hears that itself.
func (o *Outbox) CommentPublished(ctx context.Context, c *comment.Comment, v *video.Video) error {
	switch {
	case c.HeldForReview && (c.Remote || !v.Remote) || !v.Remote && !o.told(v):
		return nil
	case c.Remote && c.JustApproved:
		return o.Approve(ctx, c, v)
	case c.Remote:
		return nil // who sent it tells, and the inbox passes it on
	}
	return o.intend(ctx, Intent{Cause: CommentWritten, Comment: c.ID, Again: c.JustApproved})
}

// Approve tells the site of a comment (with Account) that it is accepted under a
// local video (with Channel and Owner), in the transaction of ctx: what is said
// does not change any more, and another job would cost more than saying it.
// Who hears of it passes it on to nobody, so the document itself is not signed.
func (o *Outbox) Approve(ctx context.Context, c *comment.Comment, v *video.Video) error {
	if v.Remote || !c.Remote || c.Deleted() || c.HeldForReview || c.Account == nil || v.Channel == nil || v.Channel.Owner == nil ||
		!o.told(v) || !o.Rules().Enabled {
		return nil
	}
	to, err := o.Audience.Actors(ctx, []actor.ID{c.Account.ID})
	if err != nil || len(to) == 0 {
		return err
	}
	doc, err := o.Notes.Approval(ctx, c, v)
	if err != nil {
		return err
	}
	owner := v.Channel.Owner
	return o.say(ctx, said{by: owner.ID, byURL: owner.URL, doc: doc, priority: peer.Normal, to: to, alone: true})
}

// CommentDeleted implements comment.Events. What people here wrote they delete;
// what others wrote under a local video its owner does, unless they did so
// themselves: that is passed on as it came.
func (o *Outbox) CommentDeleted(ctx context.Context, c *comment.Comment, v *video.Video) error {
	if !c.Remote {
		if err := o.Graves.Bury(ctx, c.URL, "Note", o.Now()); err != nil {
			return err
		}
	}
	if !o.Rules().Enabled || c.HeldForReview && !c.Remote && !v.Remote || c.Withdrawn && (c.Remote || c.HeldForReview) || v.Channel == nil || v.Channel.Owner == nil || !v.Remote && !o.told(v) {
		return nil
	}
	by := &v.Channel.Owner.Actor
	if !c.Remote {
		if c.Account == nil {
			return nil
		}
		by = &c.Account.Actor
	}
	if !by.Local() {
		return nil
	}
	above, err := o.Notes.Parents(ctx, c)
	if err != nil {
		return err
	}
	to, err := o.hearers(ctx, c, v, above)
	if err != nil {
		return err
	}
	doc := activity.Delete(by.URL, c.URL, activity.ForEverybody(by.FollowersURL))
	list, err := o.announced(ctx, v, doc)
	if err != nil {
		return err
	}
	return o.say(ctx, append(list, said{by: by.ID, byURL: by.URL, doc: doc, priority: peer.Normal, to: to})...)
}

// hearers are who is told of a comment: those who follow its author, who is
// answered, and of a local video all who hear of that, of a remote one its
// owner. Of one that is held only its author and the video's owner know.
func (o *Outbox) hearers(ctx context.Context, c *comment.Comment, v *video.Video, above []*comment.Comment) ([]peer.Inboxes, error) {
	if c.HeldForReview {
		know := []actor.ID{v.Channel.Owner.ID}
		if c.Account != nil {
			know = append(know, c.Account.ID)
		}
		return o.Audience.Actors(ctx, know)
	}
	var people []actor.ID
	for _, p := range above {
		if p.Account != nil && !p.Account.Local() {
			people = append(people, p.Account.ID)
		}
	}
	var lists [][]peer.Inboxes
	if c.Account != nil && c.Account.Local() {
		followers, err := o.Audience.Followers(ctx, []actor.ID{c.Account.ID})
		if err != nil {
			return nil, err
		}
		lists = append(lists, followers)
	} else if c.Account != nil {
		people = append(people, c.Account.ID)
	}
	if v.Remote {
		people = append(people, v.Channel.Owner.ID)
	} else {
		involved, err := o.involved(ctx, v)
		if err != nil {
			return nil, err
		}
		lists = append(lists, involved)
	}
	some, err := o.Audience.Actors(ctx, people)
	return join(append(lists, some)...), err
}

// comment returns a comment with its video, nil when nothing is said of it.
func (o *Outbox) comment(ctx context.Context, id comment.ID) (*comment.Comment, *video.Video, error) {
	c, err := o.Comments.ByID(ctx, id)
	if err != nil || c.Deleted() || c.HeldForReview && c.Remote || c.Account == nil {
		return nil, nil, err
	}
	v, err := o.Videos.ByRef(ctx, video.ByID(c.VideoID))
	if err != nil || v.Channel == nil || v.Channel.Owner == nil || !v.Remote && (c.HeldForReview || !o.told(v)) {
		return nil, nil, err
	}
	return c, v, nil
}

// commented tells of a comment that somebody of this site wrote, and has the
// channel announce it to communities.
func (o *Outbox) commented(ctx context.Context, in Intent) (func(context.Context) error, error) {
	c, v, err := o.comment(ctx, in.Comment)
	if err != nil || c == nil || c.Remote {
		return nil, err
	}
	above, err := o.Notes.Parents(ctx, c)
	if err != nil {
		return nil, err
	}
	to, err := o.hearers(ctx, c, v, above)
	if err != nil {
		return nil, err
	}
	doc, err := o.Notes.Note(ctx, c, v)
	if err != nil {
		return nil, err
	}
	create := activity.Create(c.Account.URL, doc)
	create["id"] = mark(create.ID(), in.Again, in.At) // the owner of the video had it when it was held
	list := []said{{by: c.Account.ID, byURL: c.Account.URL, doc: create, priority: peer.Normal, to: to}}
	announced, err := o.announced(ctx, v, create)
	if err != nil {
		return nil, err
	}
	list = append(list, announced...)
	return func(ctx context.Context) error { return o.say(ctx, list...) }, nil
}

// approved is Approve of an intent, which earlier versions wrote.
func (o *Outbox) approved(ctx context.Context, in Intent) (func(context.Context) error, error) {
	c, v, err := o.comment(ctx, in.Comment)
	if err != nil || c == nil {
		return nil, err
	}
	return func(ctx context.Context) error { return o.Approve(ctx, c, v) }, nil
}

// Forward passes an activity about a local video on, as it came, to those who
// hear of the video, but not to the host it came from. The site itself signs
// the requests. Of what its author did not sign only those hear who ask its
// origin then: for others it is nothing, and PeerTube writes errors.
func (o *Outbox) Forward(ctx context.Context, id video.ID, activityURL, kind string, body []byte, except string) error {
	v, err := o.Videos.ByRef(ctx, video.ByID(id))
	if err != nil || !o.told(v) || v.Channel == nil || v.Channel.Owner == nil || !o.Rules().Enabled {
		return err
	}
	what, err := o.retell(ctx, v, kind, body)
	if err != nil {
		return err
	}
	all, err := o.involved(ctx, v)
	if err != nil {
		return err
	}
	if what.bare {
		if all, err = o.running(ctx, o.others(all), asksOrigins); err != nil {
			return err
		}
	}
	me, err := o.Actors.Instance(ctx)
	if err != nil {
		return err
	}
	var to []peer.Inboxes
	var hosts []string
	seen := map[string]bool{}
	for _, in := range o.others(all) {
		if in.Host == except {
			continue
		}
		to = append(to, in)
		if !seen[in.Host] {
			seen[in.Host] = true
			hosts = append(hosts, in.Host)
		}
	}
	if len(to) == 0 {
		return nil
	}
	priority := peer.Normal
	if kind == "View" || kind == "Download" {
		priority = peer.Droppable
	}
	a := &peer.Outgoing{ActivityURL: activityURL, Type: kind, Subject: what.subject, ActorID: me.ID, Body: body, CreatedAt: o.Now()}
	if err := o.put(ctx, a, priority, to); err != nil {
		return err
	}
	return o.deliver(ctx, hosts)
}
