package web

import (
	"net/url"
	"path"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/web/player"
)

// magnets are the magnet links of the files that the player plays, best first,
// where the owner lets people take the video home. Pictures whose sound lies
// apart are left out: nobody wants a torrent of a silent film.
func (s *Pages) magnets(v *video.Video) []player.Magnet {
	if !v.DownloadEnabled {
		return nil
	}
	var list []player.Magnet
	links, apart := v.Magnets(s.Site), split(v.Files)
	for i := range v.Files {
		f := &v.Files[i]
		if f.IsInput() || apart && f.PlaylistID != 0 && !f.HasAudio {
			continue
		}
		torrent, file := f.TorrentURL, f.FileURL
		if !v.Remote {
			file = s.Site.URL(fileDirectory(v, f) + f.Filename)
			if torrent = ""; f.TorrentFilename != "" {
				torrent = s.Site.URL("/lazy-static/torrents/" + f.TorrentFilename)
			}
		}
		if uri := links.URI(f, torrent, file); uri != "" {
			list = append(list, player.Magnet{File: playedName(file), URI: uri})
		}
	}
	return list
}

func fileDirectory(v *video.Video, f *video.File) string {
	if f.PlaylistID != 0 {
		return hlsDirectory(v)
	}
	return webVideoDirectory(v)
}

// playedName is what the address of a file and that of its playlist have in
// common; player/stream.ts makes the same of what it plays.
func playedName(address string) string {
	name := address[strings.LastIndexByte(address, '/')+1:]
	if name == "" || strings.ContainsAny(address, "%?#") { // most names are as they are written
		u, err := url.Parse(address)
		if err != nil {
			return ""
		}
		name = path.Base(u.Path)
	}
	return strings.TrimSuffix(strings.TrimSuffix(name, path.Ext(name)), "-fragmented")
}
