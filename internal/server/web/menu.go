package web

import (
	"net/http"
	"net/url"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/watch"
)

// cardMenu serves GET /w/{id}/menu: what can be done with a video of a list.
func (s *Pages) cardMenu(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return reportRefused(w, r, err)
	}
	p := s.newPage(r, "")
	p.Title, p.NoIndex = v.Name, true
	mayEdit := v.MayManage(auth.User(r.Context()), user.UpdateAnyVideo) == nil
	view := watch.MenuView{Video: v, Back: s.cameFrom(r, v), MirrorURL: s.mirrorURL(p, v)}
	if v.Remote {
		view.Host = hostOf(v.URL)
	}
	if mayEdit {
		view.EditURL = "/videos/update/" + video.ShortUUID(v.UUID)
	} else {
		view.ReportURL = s.reportURL(p, v)
	}
	if p.User != nil && s.Comments != nil && v.Channel != nil && v.Channel.Owner != nil && v.Channel.Owner.AccountID != p.User.AccountID {
		view.Mute = v.Channel.Owner
	}
	// What the reader's choices hide is agreed to on its own page first.
	if mayEdit || p.Shown(v, s.sensitive(a.Viewer)) == video.NSFWDisplay {
		if view.Downloads, err = s.menuDownloads(r, p, a, v); err != nil {
			return err
		}
	}
	return s.ok(w, r, watch.Menu(p, view))
}

func (s *Pages) menuDownloads(r *http.Request, p *ui.Page, a video.Access, v *video.Video) (*watch.Downloads, error) {
	attached, err := s.Videos.Attachments(r.Context(), v)
	if err != nil {
		return nil, err
	}
	token := ""
	if v.Privacy.PrivateFiles() {
		if token, _, err = s.Videos.Token(r.Context(), a, video.ByUUID(v.UUID)); err != nil {
			return nil, err
		}
	}
	return downloads(p, v, &attached, token), nil
}

// cameFrom is the list that the reader came from, else the page of v.
func (s *Pages) cameFrom(r *http.Request, v *video.Video) string {
	u, err := url.Parse(r.Referer())
	if err != nil || !strings.EqualFold(u.Host, s.Site.Host) || strings.HasPrefix(u.Path, ui.WatchURL(v)) {
		return ui.WatchURL(v)
	}
	return localPath(u.RequestURI())
}
