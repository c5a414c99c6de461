// Package card shows a video in a list: picture, length, title, channel, views
// and age.
package card

import (
	"github.com/a-h/templ"

	"sepiola/internal/domain/video"
	"sepiola/internal/i18n"
	"sepiola/internal/server/kept"
	"sepiola/internal/server/web/ui"
)

// Card is one video. The first ones of a page are loaded at once, the others
// when they come near. Sensitive is how sensitive videos are shown. What one
// page shows of a video most others do too, so cards are kept.
func Card(p *ui.Page, v *video.Video, sensitive string, first bool) templ.Component {
	shown := p.Shown(v, sensitive)
	if p.Fragments == nil || v.WatchedTo != nil { // how far somebody is, is theirs alone
		return card(p, v, shown, first)
	}
	return p.Kept("card", content(p, v, shown, first), i18n.AgoUntil(v.PublishedAt, p.Now), card(p, v, shown, first))
}

// content is all that a card shows, beside the language and what time makes of
// it; see TestAnotherCardIsNotTakenForTheSame.
func content(p *ui.Page, v *video.Video, shown string, first bool) uint64 {
	return kept.Hash(func(c *kept.Content) { add(c, p, v, shown, first) })
}

func add(c *kept.Content, p *ui.Page, v *video.Video, shown string, first bool) {
	c.Texts(shown, v.UUID, v.Name)
	c.Flags(first, p.User != nil, p.Later != nil, p.Later[v.ID], v.Remote, v.Channel != nil)
	c.Numbers(int64(v.Duration), int64(v.Privacy), v.Views, v.PublishedAt.UnixNano())
	c.Flags(p.CardAvatars, p.CardNames)
	if ch := v.Channel; ch != nil {
		c.Texts(ch.Username, ch.Host, ch.DisplayName)
		if p.CardAvatars {
			c.Texts(ui.Avatar(ch.Avatars, small), ui.Avatar(ch.Avatars, large))
		}
	}
	c.Numbers(int64(len(v.Thumbnails)))
	for i := range v.Thumbnails {
		t := &v.Thumbnails[i]
		c.Texts(t.Filename, t.AspectRatio)
		c.Numbers(int64(t.Width))
	}
}
