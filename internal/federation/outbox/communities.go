package outbox

import (
	"context"
	"net/url"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
)

// communities reports whether software takes a channel for a community: it
// hears of what people do there from the channel, which announces their
// activities whole (FEP-1b12). Others would show such an announcement as a
// boost of something that they cannot read.
func communities(software string) bool {
	switch software {
	case "lemmy", "mbin", "kbin", "piefed", "nodebb":
		return true
	}
	return false
}

// announced is what the channel of a local video says, to those followers that
// take it for a community, of what somebody did under the video. It is nothing
// when there are none.
func (o *Outbox) announced(ctx context.Context, v *video.Video, what activity.Doc) ([]said, error) {
	if v.Remote || v.Channel == nil || what.ID() == "" {
		return nil, nil
	}
	all, err := o.Audience.Followers(ctx, []actor.ID{v.Channel.ID})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	hosts := make([]string, len(all))
	for i, in := range all {
		hosts[i] = in.Host
	}
	software, err := o.Audience.Software(ctx, hosts)
	if err != nil {
		return nil, err
	}
	var to []peer.Inboxes
	for _, in := range all {
		if communities(software[in.Host]) {
			to = append(to, in)
		}
	}
	if len(to) == 0 {
		return nil, nil
	}
	channel := &v.Channel.Actor
	id := channel.URL + "#announces/" + url.QueryEscape(what.ID())
	return []said{{
		by: channel.ID, byURL: channel.URL, doc: activity.AnnounceWhole(id, channel, what), priority: peer.Normal, to: to, alone: true,
	}}, nil
}

// commentedInCommunities is commented, and what the channel announces of it.
func (o *Outbox) commentedInCommunities(ctx context.Context, in Intent) (func(context.Context) error, error) {
	tell, err := o.commented(ctx, in)
	if err != nil || tell == nil {
		return nil, err
	}
	c, v, err := o.comment(ctx, in.Comment)
	if err != nil || c == nil || v.Remote {
		return tell, err
	}
	note, err := o.Notes.Note(ctx, c, v)
	if err != nil {
		return nil, err
	}
	list, err := o.announced(ctx, v, activity.Create(c.Account.URL, note))
	if err != nil || len(list) == 0 {
		return tell, err
	}
	return func(ctx context.Context) error {
		if err := tell(ctx); err != nil {
			return err
		}
		return o.say(ctx, list...)
	}, nil
}

// retell announces what somebody of another site said, changed or deleted under
// a local video, as it came, in the transaction of ctx.
func (o *Outbox) retell(ctx context.Context, v *video.Video, kind string, body []byte) error {
	if kind != "Create" && kind != "Update" && kind != "Delete" {
		return nil
	}
	what, err := activity.Decode(body)
	if err != nil {
		return err
	}
	delete(what, "signature")
	list, err := o.announced(ctx, v, what)
	if err != nil || len(list) == 0 {
		return err
	}
	return o.say(ctx, list...)
}
