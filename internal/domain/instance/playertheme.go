package instance

import "slices"

// PlayerTheme is how a player looks, or whose choice is followed. "" is the
// choice of what is above: the channel of a video, the site of a channel.
type PlayerTheme string

// The themes, and the words for whose choice is followed. They are PeerTube's.
const (
	Galaxy       PlayerTheme = "galaxy"
	Lucide       PlayerTheme = "lucide"
	SiteTheme    PlayerTheme = "instance-default"
	ChannelTheme PlayerTheme = "channel-default"
)

// PlayerThemes are the looks there are, the newer first.
func PlayerThemes() []PlayerTheme { return []PlayerTheme{Lucide, Galaxy} }

// ChannelChoice returns what is kept of a theme that is chosen for a channel;
// ok is false for what cannot be.
func ChannelChoice(t PlayerTheme) (kept PlayerTheme, ok bool) {
	if t == SiteTheme {
		return "", true
	}
	return t, slices.Contains(PlayerThemes(), t)
}

// VideoChoice is ChannelChoice for a video.
func VideoChoice(t PlayerTheme) (kept PlayerTheme, ok bool) {
	if t == ChannelTheme {
		return "", true
	}
	return t, t == SiteTheme || slices.Contains(PlayerThemes(), t)
}

// Or is the theme, or what is above it where that is followed.
func (t PlayerTheme) Or(above PlayerTheme) PlayerTheme {
	if t == "" {
		return above
	}
	return t
}

// Resolved is the look that choices come to, the nearest first, on a site with
// a look of its own.
func Resolved(site PlayerTheme, choices ...PlayerTheme) PlayerTheme {
	if !slices.Contains(PlayerThemes(), site) {
		site = Lucide // what a page is told is always a look that exists
	}
	for _, t := range choices {
		switch {
		case t == SiteTheme:
			return site
		case slices.Contains(PlayerThemes(), t):
			return t
		}
	}
	return site
}
