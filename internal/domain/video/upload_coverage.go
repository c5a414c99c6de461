package video

import "slices"

// Span is a stretch of bytes, from First up to but not including End.
type Span struct{ First, End int64 }

// stored is the position after the last byte that is on disk, gaps or not:
// what PeerTube calls the stored range.
func (up *Upload) stored() int64 {
	if n := len(up.Ahead); n > 0 {
		return up.Ahead[n-1].End
	}
	return up.Received
}

// complete reports whether every byte is on disk.
func (up *Upload) complete() bool { return up.Received == up.Size && len(up.Ahead) == 0 }

// cut forgets what is stored from a position on.
func (up *Upload) cut(at int64) {
	up.Received = min(up.Received, at)
	up.Ahead = slices.DeleteFunc(up.Ahead, func(s Span) bool { return s.First >= at })
	if n := len(up.Ahead); n > 0 {
		up.Ahead[n-1].End = min(up.Ahead[n-1].End, at)
	}
}

// cover notes that the bytes of s are on disk. What lay behind s.First is
// forgotten: whoever sends a byte again means all that follows it, too.
func (up *Upload) cover(s Span) {
	up.cut(s.First)
	if s.End <= s.First {
		return
	}
	switch n := len(up.Ahead); {
	case s.First == up.Received:
		up.Received = s.End
	case n > 0 && up.Ahead[n-1].End == s.First:
		up.Ahead[n-1].End = s.End
	default:
		up.Ahead = append(up.Ahead, s)
	}
}
