package video

// Policies of sensitive content, PeerTube's; NSFWHidden is the fourth.
const (
	NSFWWarn    = "warn"
	NSFWBlur    = "blur"
	NSFWDisplay = "display"
)

// Flags of sensitive videos, PeerTube's bits.
const (
	FlagViolent     = 1
	FlagExplicitSex = 2
)

// Shown is how a video is shown to w: NSFWDisplay for what is not sensitive.
// policy is what w or the site wants of sensitive videos. What w has chosen for
// a flag goes before it; of several flags the strictest choice holds.
func (v *Video) Shown(w Viewer, policy string) string {
	if !v.NSFW {
		return NSFWDisplay
	}
	if w == nil || v.NSFWFlags == 0 {
		return policy
	}
	p := w.Preferences
	switch {
	case v.NSFWFlags&p.NSFWFlagsHidden != 0:
		return NSFWHidden
	case v.NSFWFlags&p.NSFWFlagsBlurred != 0:
		return NSFWBlur
	case v.NSFWFlags&p.NSFWFlagsWarned != 0:
		return NSFWWarn
	case v.NSFWFlags&^p.NSFWFlagsDisplayed == 0:
		return NSFWDisplay
	}
	return policy
}
