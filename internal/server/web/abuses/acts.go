// Package abuses is the pages of reports: the form that makes one, what
// somebody reported and wrote with the moderation about it, and the list that
// moderators work through. PeerTube calls reports "abuses", in addresses too.
package abuses

import (
	"net/url"

	"sepiola/internal/domain/user"
	"sepiola/internal/server/web/ui"
)

// act is something that moderators do about what is reported, on the pages
// that do it elsewhere too.
type act struct {
	id, label, path string
	// name is whom it is done to, for forms that ask for it.
	name string
	// asks is what is asked before; "" when it can be undone.
	asks   string
	danger bool
	link   bool // it is a page, not a form
}

// acts are what the reader may do about a report.
func (v OneView) acts(p *ui.Page) []act {
	var list []act
	if c := v.Comment; c != nil && c.Video.Now != nil && !c.Deleted && p.Can(user.ManageAnyVideoComment) {
		list = append(list, act{
			label: p.T("web.abuse.delete_comment"), danger: true,
			path: ui.WatchURL(c.Video.Now) + "/comments/" + number(c.ID) + "/delete",
		})
	}
	if v.Video != nil && v.Video.Now != nil && v.Video.Now.MayManage(p.User, user.RemoveAnyVideo) == nil {
		list = append(list, act{
			id: "video", label: p.T("web.abuse.delete_video"), danger: true,
			path: "/videos/delete/" + v.Video.Now.UUID, asks: p.T("web.abuse.delete_video_text", "name", v.Video.Now.Name),
		})
	}
	of := v.Reportee
	if of == nil || of.AccountID == p.User.AccountID {
		return list
	}
	if p.Can(user.ManageAccountsBlocklist) {
		list = append(list, act{
			label: p.T("web.abuse.mute_account", "name", of.DisplayName), name: of.Handle(), path: "/admin/moderation/blocklist/accounts",
		})
	}
	if of.Host != "" && p.Can(user.ManageServersBlocklist) {
		list = append(list, act{
			label: p.T("web.abuse.mute_server", "host", of.Host), name: of.Host, path: "/admin/moderation/blocklist/servers",
		})
	}
	if of.Local() && p.Can(user.ManageUsers) {
		list = append(list, act{
			label: p.T("web.abuse.block_user"), link: true, path: "/admin/overview/users?search=" + url.QueryEscape(of.Username),
		})
	}
	return list
}
