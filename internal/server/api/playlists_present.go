package api

import (
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// playlistJSON is PeerTube's VideoPlaylist.
type playlistJSON struct {
	ID                   playlist.ID          `json:"id"`
	UUID                 string               `json:"uuid"`
	ShortUUID            string               `json:"shortUUID"`
	IsLocal              bool                 `json:"isLocal"`
	URL                  string               `json:"url"`
	DisplayName          string               `json:"displayName"`
	Description          *string              `json:"description"`
	Privacy              rest.Labelled[int]   `json:"privacy"`
	ThumbnailPath        *string              `json:"thumbnailPath"`
	Thumbnails           []videoThumbnailJSON `json:"thumbnails"`
	EmbedPath            string               `json:"embedPath"`
	Type                 rest.Labelled[int]   `json:"type"`
	VideosLength         int64                `json:"videosLength"`
	CreatedAt            isoTime              `json:"createdAt"`
	UpdatedAt            isoTime              `json:"updatedAt"`
	OwnerAccount         actorSummaryJSON     `json:"ownerAccount"`
	VideoChannelPosition *int                 `json:"videoChannelPosition"`
	VideoChannel         *actorSummaryJSON    `json:"videoChannel"`
}

// presentVideoPlaylist presents p as PeerTube's VideoPlaylist.
func presentVideoPlaylist(site instance.Site, p *playlist.Playlist) playlistJSON {
	out := playlistJSON{
		ID: p.ID, UUID: p.UUID, ShortUUID: video.ShortUUID(p.UUID), IsLocal: !p.Remote, URL: p.URL,
		DisplayName: p.Name, Description: nullable(p.Description),
		Privacy:    rest.Labelled[int]{ID: int(p.Privacy), Label: p.Privacy.Label()},
		Thumbnails: make([]videoThumbnailJSON, len(p.Thumbnails)),
		EmbedPath:  "/video-playlists/embed/" + p.UUID,
		Type:       rest.Labelled[int]{ID: int(p.Type), Label: p.Type.Label()},
		CreatedAt:  isoTime(p.CreatedAt), UpdatedAt: isoTime(p.UpdatedAt),
		VideosLength: p.VideosCount, VideoChannelPosition: nullableID(p.ChannelPosition),
		OwnerAccount: presentAccountSummary(site, p.Owner),
	}
	if p.Channel != nil {
		channel := presentChannelSummary(site, p.Channel)
		out.VideoChannel = &channel
	}
	smallest := 0
	for i := range p.Thumbnails {
		t := &p.Thumbnails[i]
		path := thumbnailPath(t)
		out.Thumbnails[i] = videoThumbnailJSON{Height: t.Height, Width: t.Width, AspectRatio: t.AspectRatio, FileURL: site.URL(path)}
		if t.AspectRatio == "16:9" && (smallest == 0 || t.Width < smallest) {
			smallest, out.ThumbnailPath = t.Width, &path
		}
	}
	return out
}

// playlistElementJSON is PeerTube's VideoPlaylistElement.
type playlistElementJSON struct {
	ID             playlist.ElementID `json:"id"`
	Position       int                `json:"position"`
	StartTimestamp *int               `json:"startTimestamp"`
	StopTimestamp  *int               `json:"stopTimestamp"`
	Type           int                `json:"type"`
	Video          *videoJSON         `json:"video"`
}

func presentPlaylistElement(site instance.Site, e *playlist.Element) playlistElementJSON {
	out := playlistElementJSON{ID: e.ID, Position: e.Position, StartTimestamp: e.Start, StopTimestamp: e.Stop, Type: int(e.Type)}
	if e.Video != nil {
		v := presentVideo(site, e.Video, 0)
		out.Video = &v
	}
	return out
}

// playlistPlaceJSON is PeerTube's VideoExistInPlaylist.
type playlistPlaceJSON struct {
	PlaylistElementID   playlist.ElementID `json:"playlistElementId"`
	PlaylistID          playlist.ID        `json:"playlistId"`
	PlaylistDisplayName string             `json:"playlistDisplayName"`
	PlaylistShortUUID   string             `json:"playlistShortUUID"`
	StartTimestamp      *int               `json:"startTimestamp"`
	StopTimestamp       *int               `json:"stopTimestamp"`
}
