package inbox

import (
	"strings"

	"sepiola/internal/domain/peer"
)

// scope is what an activity is about, by URLs: what it changes, and what it
// only needs to be as it is. A hundred likes need the same video, and may be
// done together; a like and its end are about the same like.
type scope struct {
	changes, needs []string
	// kind is the type of the activity, "" while it is not known to be its
	// actor's.
	kind string
}

// scopeOf reads the scope of a row. What is not known to need less changes all
// that it names, but not its actor.
func scopeOf(r *peer.Received) scope {
	if strings.HasPrefix(r.Lane, doubtful) {
		return scope{changes: []string{r.ActorURL}}
	}
	in, err := open(r)
	if err != nil {
		return scope{}
	}
	s := scope{changes: []string{in.URL}, kind: in.Type}
	switch {
	case in.Type == "Flag": // changes nothing of what it is about
	case in.Type == "View" || in.Type == "Download":
		s.need(in.ObjectURL)
	case in.Type == "Like" || in.Type == "Dislike":
		s.rate(in.ActorURL, in.ObjectURL)
	case in.Type == "Undo" && (in.ObjectType == "Like" || in.ObjectType == "Dislike") && in.Object != nil:
		s.change(in.ObjectURL)
		s.rate(in.ActorURL, in.Object.Ref("object"))
	case in.ObjectType == "WatchAction" && in.Object != nil && in.Type != "Announce":
		s.change(in.ObjectURL)
		s.need(in.Object.Ref("object"))
	case in.ObjectType == "Note" && in.Object != nil && in.Type != "Announce":
		s.change(in.ObjectURL)
		s.need(in.Object.Ref("inReplyTo"))
	default:
		s.all(in)
	}
	return s
}

func (s *scope) change(url string) {
	if url != "" {
		s.changes = append(s.changes, url)
	}
}

func (s *scope) need(url string) {
	if url != "" {
		s.needs = append(s.needs, url)
	}
}

// rate is what somebody thinks of a video.
func (s *scope) rate(by, video string) {
	s.change(by + " " + video)
	s.need(video)
}

// all takes everything that an activity names, some levels deep.
func (s *scope) all(in *incoming) {
	const most = 8
	add := func(urls ...string) {
		for _, u := range urls {
			if u != in.ActorURL {
				s.change(u)
			}
		}
	}
	add(in.ObjectURL)
	for o := in.Object; o != nil && len(s.changes) < most; o = o.Object("object") {
		add(o.ID(), o.Ref("inReplyTo"), o.Ref("object"))
	}
}

// scopes are those of several activities.
type scopes struct{ changed, needed map[string]bool }

// changes takes what an activity changes, and only that: who comes behind one
// that waits may change what that one needs.
func (s *scopes) changes(x scope) {
	if s.changed == nil {
		s.changed = map[string]bool{}
	}
	for _, u := range x.changes {
		s.changed[u] = true
	}
}

func (s *scopes) add(x scope) {
	s.changes(x)
	if s.needed == nil {
		s.needed = map[string]bool{}
	}
	for _, u := range x.needs {
		s.needed[u] = true
	}
}

// meets reports whether an activity has to come after these.
func (s *scopes) meets(x scope) bool {
	for _, u := range x.changes {
		if s.changed[u] || s.needed[u] {
			return true
		}
	}
	for _, u := range x.needs {
		if s.changed[u] {
			return true
		}
	}
	return false
}
