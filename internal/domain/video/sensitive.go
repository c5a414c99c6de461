package video

import "sepiola/internal/domain/user"

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
	var p user.Preferences
	if w != nil {
		p = w.Preferences
	}
	return v.ShownBy(p, policy)
}

// ShownBy is Shown by what somebody chose, who may have no account.
func (v *Video) ShownBy(p user.Preferences, policy string) string {
	switch {
	case !v.NSFW:
		return NSFWDisplay
	case v.NSFWFlags == 0:
		return policy
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

// Prefer lays over f what somebody without an account chose of sensitive
// videos; List does so by itself for others. What f says already stays, and
// without a choice the site's policy holds.
func (f *Filter) Prefer(p user.Preferences) {
	if f.NSFW != nil || f.AnyNSFW {
		return
	}
	if f.NSFWFlagsIncluded == 0 && f.NSFWFlagsExcluded == 0 {
		f.NSFWFlagsExcluded = p.NSFWFlagsHidden
		f.NSFWFlagsIncluded = p.NSFWFlagsDisplayed | p.NSFWFlagsWarned | p.NSFWFlagsBlurred
	}
	switch p.NSFWPolicy {
	case "":
	case NSFWHidden:
		hidden := false
		f.NSFW = &hidden
	default:
		f.AnyNSFW = true
	}
}
