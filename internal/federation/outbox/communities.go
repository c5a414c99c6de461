package outbox

import (
	"context"
	"net/url"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/domain/video"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/ldsig"
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

// communitiesOf are the followers of a local video's channel that take it for a
// community.
func (o *Outbox) communitiesOf(ctx context.Context, v *video.Video) ([]peer.Inboxes, error) {
	if v.Remote || v.Channel == nil {
		return nil, nil
	}
	all, err := o.Audience.Followers(ctx, []actor.ID{v.Channel.ID})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return o.running(ctx, all, communities)
}

// announced is what the channel of a local video says, to those followers that
// take it for a community, of what somebody did under the video. It is nothing
// when there are none.
func (o *Outbox) announced(ctx context.Context, v *video.Video, what activity.Doc) ([]said, error) {
	to, err := o.communitiesOf(ctx, v)
	if err != nil || len(to) == 0 || what.ID() == "" {
		return nil, err
	}
	channel := &v.Channel.Actor
	id := channel.URL + "#announces/" + url.QueryEscape(what.ID())
	return []said{{
		by: channel.ID, byURL: channel.URL, doc: activity.AnnounceWhole(id, channel, what), priority: peer.Normal, to: to, alone: true,
	}}, nil
}

// asksOrigins reports whether software that is told by others of something
// without a signature asks its origin for it.
func asksOrigins(software string) bool {
	switch software {
	case "sepiola", "akkoma", "pleroma", "friendica":
		return true
	}
	return false
}

// retold is what is passed on: what it is about, and whether its author did not
// sign it.
type retold struct {
	subject string
	bare    bool
}

// retell announces what somebody of another site said, changed or deleted under
// a local video, as it came, in the transaction of ctx.
func (o *Outbox) retell(ctx context.Context, v *video.Video, kind string, body []byte) (retold, error) {
	if kind != "Create" && kind != "Update" && kind != "Delete" {
		return retold{}, nil
	}
	what, err := activity.Decode(body)
	if err != nil {
		return retold{}, err
	}
	as := retold{subject(what), ldsig.Creator(what) == ""}
	delete(what, "signature")
	list, err := o.announced(ctx, v, what)
	if err != nil || len(list) == 0 {
		return as, err
	}
	return as, o.say(ctx, list...)
}
