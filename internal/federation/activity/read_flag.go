package activity

// Flagged is what a Flag says of the things that it reports.
type Flagged struct {
	// Objects are the ids of these, MaxFlagged at most.
	Objects []string
	Reason  string
	// Reasons are the names of PeerTube's predefined ones, as they came.
	Reasons []string
	// Start and End are seconds of a video, nil none.
	Start, End *int
}

// MaxFlagged is how many things one Flag may report; others are left out.
const MaxFlagged = 20

// ReadFlag reads the rest of a Flag. Its object is an id, an object, or a list
// of these; PeerTube writes predefined reasons as names of tags, others write
// none.
func ReadFlag(a *Activity) Flagged {
	f := Flagged{Objects: a.Objects[:min(len(a.Objects), MaxFlagged)], Reason: a.Content}
	for _, tag := range a.Doc.Docs("tag") {
		if name := cut(tag.Text("name"), 50); name != "" && len(f.Reasons) < MaxFlagged {
			f.Reasons = append(f.Reasons, name)
		}
	}
	f.Start, f.End = a.Doc.seconds("startAt"), a.Doc.seconds("endAt")
	return f
}

// seconds is a whole number of seconds that a column holds, or nil.
func (d Doc) seconds(key string) *int {
	n, ok := d.whole(key)
	if !ok || n < 0 || n > 1<<31-1 {
		return nil
	}
	s := int(n)
	return &s
}
