package activity

import (
	"net/url"
	"strconv"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
)

// say is an activity with an object that others know by its id.
func say(kind, id, by, object string) Doc {
	return Doc{"type": kind, "id": id, "actor": by, "object": object}.in(baseKind)
}

// Create tells of a new object, in the object's audience.
func Create(by string, object Doc) Doc {
	return Doc{"type": "Create", "id": object.ID() + "/activity", "actor": by}.like(object).about(object)
}

// CreateRef is Create as outboxes name it: with the id of the object alone.
func CreateRef(by, object string, a Audience) Doc {
	return a.on(say("Create", object+"/activity", by, object))
}

// Update tells of an object as it now is; at is when it was changed.
func Update(by string, object Doc, at time.Time) Doc {
	return Doc{"type": "Update", "id": object.ID() + "/updates/" + iso(at), "actor": by}.like(object).about(object)
}

// Delete tells that an object is gone. What is of another site may be deleted,
// too: a comment, by whose video it is under. The id is of the actor's site.
func Delete(by, object string, a Audience) Doc {
	id := object + "/delete"
	if !SameHost(by, object) {
		id = by + "#deletes/" + url.QueryEscape(object)
	}
	return a.on(say("Delete", id, by, object))
}

// Undo takes an activity of the same actor back.
func Undo(original Doc) Doc {
	return Doc{"type": "Undo", "id": original.ID() + "/undo", "actor": original.Ref("actor")}.like(original).about(original)
}

// AnnounceURL is the id of the announcement of a video by a local actor.
func AnnounceURL(videoURL string, by actor.ID) string {
	return videoURL + "/announces/" + strconv.FormatInt(int64(by), 10)
}

// Announce tells the followers of an actor of a video, or of what else has an
// id.
func Announce(id string, by *actor.Actor, object string) Doc {
	return ForEverybody(by.FollowersURL).on(say("Announce", id, by.URL, object))
}

// AnnounceWhole is Announce with an activity in it, as group software tells
// what happens in a group (FEP-1b12).
func AnnounceWhole(id string, by *actor.Actor, what Doc) Doc {
	d := Doc{"type": "Announce", "id": id, "actor": by.URL}.about(what)
	return ForEverybody(by.FollowersURL).on(d)
}

// Like and Dislike tell the owner of a video of a rating; id is the rating's.
func Like(id, by, videoURL string, owner string) Doc {
	return ForActor(owner).on(say("Like", id, by, videoURL))
}

// Dislike is the other rating.
func Dislike(id, by, videoURL string, owner string) Doc {
	return ForActor(owner).on(say("Dislike", id, by, videoURL))
}

// FollowURL is the id of a follow by a local actor.
func FollowURL(follower string, following actor.ID) string {
	return follower + "/follows/" + strconv.FormatInt(int64(following), 10)
}

// Follow asks to follow an actor.
func Follow(id, by, object string) Doc { return say("Follow", id, by, object) }

// Accept agrees to a follow, which is told as it came; number tells accepts
// apart (the follow's row).
func Accept(site instance.Site, number int64, by string, follow Doc) Doc {
	return Doc{"type": "Accept", "id": site.URL("/accepts/follows/" + strconv.FormatInt(number, 10)), "actor": by}.about(follow.Bare())
}

// Reject refuses or ends a follow.
func Reject(site instance.Site, at time.Time, by string, follow Doc) Doc {
	return Doc{"type": "Reject", "id": site.URL("/rejects/follows/" + iso(at)), "actor": by}.about(follow.Bare())
}

// View tells that a video was watched. viewer tells viewings apart.
func View(by string, video int64, viewer, videoURL string, a Audience) Doc {
	id := by + "/views/videos/" + strconv.FormatInt(video, 10) + "/" + viewer
	return a.on(say("View", id, by, videoURL)).in(countKind)
}

// Viewers is View with how many watch now, until a time.
func Viewers(by string, video int64, viewer, videoURL string, count int, expires time.Time, a Audience) Doc {
	d := View(by, video, viewer, videoURL, a)
	d["expires"] = iso(expires)
	d["result"] = map[string]any{"type": "InteractionCounter", "interactionType": "WatchAction", "userInteractionCount": num(count)}
	return d
}

// Download tells that a video was downloaded. mark, a short UUID, tells
// downloads apart.
func Download(by string, video int64, mark, videoURL string, a Audience) Doc {
	id := by + "/downloads/videos/" + strconv.FormatInt(video, 10) + "/" + mark
	return a.on(say("Download", id, by, videoURL)).in(countKind)
}

// Complaint is a report of something of another site.
type Complaint struct {
	// Number is the report's.
	Number int64
	// By reports Object, which is of Owner.
	By, Object, Owner string
	Reason            string
	// Reasons are PeerTube's predefined ones.
	Reasons []string
	// Start and End are seconds of a video, nil none.
	Start, End *int
}

// Flag reports something to its site.
func Flag(site instance.Site, c Complaint) Doc {
	d := say("Flag", site.URL("/admin/abuses/"+strconv.FormatInt(c.Number, 10)), c.By, c.Object)
	d["content"], d["mediaType"] = c.Reason, "text/markdown"
	tag := make([]any, len(c.Reasons))
	for i, r := range c.Reasons {
		tag[i] = map[string]any{"type": "Hashtag", "name": r}
	}
	d["tag"] = tag
	if c.Start != nil {
		d["startAt"] = num(*c.Start)
	}
	if c.End != nil {
		d["endAt"] = num(*c.End)
	}
	return ForActor(c.Owner).on(d).in(flagKind)
}

// ApproveReply tells that the owner of a video agrees to a comment. id is the
// approval's, of the video's site.
func ApproveReply(id, owner, commentURL, inReplyTo string, a Audience) Doc {
	d := say("ApproveReply", id, owner, commentURL)
	d["inReplyTo"] = inReplyTo
	return a.on(d).in(approvalKind)
}
