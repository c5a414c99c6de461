package activity

import (
	"time"

	"sepiola/internal/errs"
)

// Activity is what somebody does.
type Activity struct {
	// URL is the id, "" when it has none; it is of the actor's host.
	URL, Type, ActorURL string
	// Object is what it is about when that came whole; ObjectURL its id, ""
	// unknown, and ObjectType its type, "" unknown. Objects are the ids of all
	// (Flag has several).
	Object                Doc
	ObjectURL, ObjectType string
	Objects               []string
	TargetURL             string
	InReplyTo             string
	To, Cc                []string
	Public                bool
	Published             time.Time
	// Expires and Result are of views.
	Expires time.Time
	// Viewers is the number that a View carries; ok by HasViewers.
	Viewers    int
	HasViewers bool
	Content    string
	Doc        Doc
}

// ReadActivity reads an activity: an actor does something with an object.
func ReadActivity(d Doc) (*Activity, error) {
	a := &Activity{URL: d.ID(), Type: d.Type(), ActorURL: d.Ref("actor"), Doc: d}
	if a.ActorURL == "" {
		a.ActorURL = d.Ref("attributedTo")
	}
	if a.Type == "Delete" && a.URL != "" && a.URL == d.Ref("object")+"/delete" && !SameHost(a.ActorURL, a.URL) {
		// PeerTube makes the id of what is deleted, of whatever site that is.
		// It is not the actor's to give, so it counts as none.
		a.URL = ""
		return a.about()
	}
	switch {
	case a.Type == "":
		return nil, errs.New(errs.Invalid, "an activity without a type")
	case a.ActorURL == "":
		return nil, errs.New(errs.Invalid, "an activity without a valid actor")
	case d.Has("id") && d["id"] != nil && a.URL == "":
		return nil, errs.New(errs.Invalid, "an activity whose id is not valid")
	case a.URL != "" && !SameHost(a.ActorURL, a.URL):
		return nil, errs.New(errs.Forbidden, "the activity %s is of another host than its actor", a.URL)
	}
	return a.about()
}

// about reads the rest: what is done with what, for whom.
func (a *Activity) about() (*Activity, error) {
	d := a.Doc
	a.Object, a.ObjectURL, a.Objects = d.Object("object"), d.Ref("object"), d.Refs("object")
	if a.Object != nil {
		a.ObjectType = a.Object.Type()
		if id := a.Object.ID(); id != "" {
			a.ObjectURL = id
		}
	}
	a.TargetURL, a.InReplyTo = d.Ref("target"), d.Ref("inReplyTo")
	a.To, a.Cc, a.Public = d.Refs("to"), d.Refs("cc"), d.public("to") || d.public("cc")
	a.Published, a.Expires = d.Time("published"), d.Time("expires")
	a.Content = cut(clean(d.Text("content")), 3000)
	if r := d.Object("result"); r != nil && r.Is("InteractionCounter") {
		if n, ok := r.whole("userInteractionCount"); ok && n >= 0 && n < 1<<31 {
			a.Viewers, a.HasViewers = int(n), true
		}
	}
	return a, nil
}

// IsCollection reports whether a document is a list of activities, which some
// send at once.
func (d Doc) IsCollection() bool {
	switch d.Type() {
	case "Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage":
		return true
	}
	return false
}
