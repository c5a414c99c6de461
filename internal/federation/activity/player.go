package activity

import (
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// PlayerSettings is how the players of a video look, or those of the videos of
// a channel.
type PlayerSettings struct {
	// URL is the id, ObjectURL that of the video or channel; they are of one
	// host.
	URL, ObjectURL string
	// Theme is what was chosen, as it was said.
	Theme instance.PlayerTheme
}

// playerURL is the id of the settings of a video or channel.
func playerURL(of string) string { return of + "/player-settings" }

// WritePlayerSettings returns the document of what was chosen for a video or a
// channel of this site.
func WritePlayerSettings(of string, theme instance.PlayerTheme) Doc {
	return Doc{"type": "PlayerSettings", "id": playerURL(of), "object": of, "theme": string(theme)}.in(playerKind)
}

// ReadPlayerSettings reads how players look. Which themes there are is for
// those to say who keep it.
func ReadPlayerSettings(d Doc) (*PlayerSettings, error) {
	p := &PlayerSettings{URL: d.ID(), ObjectURL: d.Ref("object"), Theme: instance.PlayerTheme(cut(d.Text("theme"), 50))}
	switch {
	case !d.Is("PlayerSettings"):
		return nil, errs.New(errs.Invalid, "no settings of a player but %q", cut(d.Type(), 50))
	case p.URL == "" || !SameHost(p.URL, p.ObjectURL):
		return nil, errs.New(errs.Invalid, "settings of a player without an id of the host of what they are of")
	}
	return p, nil
}
