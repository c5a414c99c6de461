package video

import (
	"net/url"
	"strings"

	"sepiola/internal/domain/instance"
)

// Trackers tell viewers of each other: none where they may not share, and those
// of its origin for a remote video.
func (v *Video) Trackers(site instance.Site) []string {
	switch {
	case v.Remote && v.Playlist == nil, !v.Remote && !v.MayShare():
		return []string{}
	case v.Remote:
		return append([]string{}, v.Playlist.Trackers...)
	}
	return []string{site.URL("/tracker/announce"), site.WebSocketURL("/tracker/socket")}
}

// Magnets writes the magnet links of the files of one video, as PeerTube does.
type Magnets struct {
	about string // what they have in common: its name and who tells of peers
	seeds bool   // everybody may load its files
}

// Magnets of a video whose channel and, if it is remote, playlist are loaded.
func (v *Video) Magnets(site instance.Site) Magnets {
	var b strings.Builder
	b.WriteString("&dn=" + url.QueryEscape(v.Name))
	for _, t := range v.Trackers(site) {
		b.WriteString("&tr=" + url.QueryEscape(t))
	}
	return Magnets{about: b.String(), seeds: !v.Privacy.PrivateFiles()}
}

// URI is the link of f, "" when it has no torrent. torrent and file are where
// the torrent and the file itself are.
func (m Magnets) URI(f *File, torrent, file string) string {
	if f.InfoHash == "" || torrent == "" {
		return ""
	}
	seed := ""
	if m.seeds && file != "" {
		seed = "&ws=" + url.QueryEscape(file)
	}
	return "magnet:?xs=" + url.QueryEscape(torrent) + "&xt=urn:btih:" + f.InfoHash + m.about + seed
}
