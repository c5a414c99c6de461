package api

import (
	"cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
)

// actorImageJSON is PeerTube's ActorImage.
type actorImageJSON struct {
	Height    *int    `json:"height"` // null for old remote images
	Width     int     `json:"width"`
	Path      string  `json:"path"`
	FileURL   string  `json:"fileUrl"`
	CreatedAt isoTime `json:"createdAt"`
	UpdatedAt isoTime `json:"updatedAt"`
}

// actorJSON is PeerTube's Actor: what accounts and channels have in common.
type actorJSON struct {
	URL                   string           `json:"url"`
	Name                  string           `json:"name"`
	Host                  string           `json:"host"`
	Avatars               []actorImageJSON `json:"avatars"`
	ID                    int64            `json:"id"`
	HostRedundancyAllowed bool             `json:"hostRedundancyAllowed"`
	FollowingCount        int64            `json:"followingCount"`
	FollowersCount        int64            `json:"followersCount"`
	CreatedAt             isoTime          `json:"createdAt"`
}

// accountJSON is PeerTube's Account.
type accountJSON struct {
	actorJSON
	DisplayName string  `json:"displayName"`
	Description *string `json:"description"`
	UpdatedAt   isoTime `json:"updatedAt"`
	UserID      int64   `json:"userId,omitempty"` // local accounts only
}

// channelJSON is PeerTube's VideoChannel.
type channelJSON struct {
	actorJSON
	Banners      []actorImageJSON `json:"banners"`
	DisplayName  string           `json:"displayName"`
	Description  *string          `json:"description"`
	Support      *string          `json:"support"`
	IsLocal      bool             `json:"isLocal"`
	UpdatedAt    isoTime          `json:"updatedAt"`
	OwnerAccount *accountJSON     `json:"ownerAccount,omitempty"`
	// SharingEnabled is ours, where a local channel is shown alone: viewers
	// may pass pieces of its videos to each other.
	SharingEnabled *bool `json:"sharingEnabled,omitempty"`
}

// actorSummaryJSON is PeerTube's AccountSummary and VideoChannelSummary.
type actorSummaryJSON struct {
	ID          int64            `json:"id"`
	Name        string           `json:"name"`
	DisplayName string           `json:"displayName"`
	URL         string           `json:"url"`
	Host        string           `json:"host"`
	Avatars     []actorImageJSON `json:"avatars"`
}

// presentActorImages presents avatars or banners in the order they have,
// which is largest first. No images are [].
func presentActorImages(site instance.Site, images []actor.Image) []actorImageJSON {
	out := make([]actorImageJSON, len(images))
	for i, img := range images {
		path := actorImagePath(img)
		out[i] = actorImageJSON{
			Width: img.Width, Path: path, FileURL: site.URL(path),
			CreatedAt: isoTime(img.CreatedAt), UpdatedAt: isoTime(img.UpdatedAt),
		}
		if img.Height > 0 {
			out[i].Height = &img.Height
		}
	}
	return out
}

func actorImagePath(img actor.Image) string {
	if img.Type == actor.Banner {
		return "/lazy-static/banners/" + img.Filename
	}
	return "/lazy-static/avatars/" + img.Filename
}

// presentActor presents the part that accounts and channels share; id is the
// account's or the channel's (the actor's own only where PeerTube shows bare
// actors, in follows).
func presentActor(site instance.Site, a *actor.Actor, id int64) actorJSON {
	return actorJSON{
		URL: a.URL, Name: a.Username, Host: actorHost(site, a), ID: id,
		Avatars:        presentActorImages(site, a.Avatars),
		FollowingCount: a.FollowingCount, FollowersCount: a.FollowersCount,
		CreatedAt: isoTime(a.CreatedAt),
	}
}

func actorHost(site instance.Site, a *actor.Actor) string { return cmp.Or(a.Host, site.Host) }

// presentAccount presents a as PeerTube's Account.
func presentAccount(site instance.Site, a *actor.Account) accountJSON {
	return accountJSON{
		actorJSON:   presentActor(site, &a.Actor, int64(a.AccountID)),
		DisplayName: a.DisplayName,
		Description: nullable(a.Description),
		UpdatedAt:   isoTime(a.UpdatedAt),
		UserID:      a.UserID,
	}
}

// presentAccountSummary presents a as PeerTube's AccountSummary.
func presentAccountSummary(site instance.Site, a *actor.Account) actorSummaryJSON {
	return presentActorSummary(site, &a.Actor, int64(a.AccountID), a.DisplayName)
}

// presentChannel presents c as PeerTube's VideoChannel, with its owner when
// that is loaded.
func presentChannel(site instance.Site, c *actor.Channel) channelJSON {
	out := channelJSON{
		actorJSON:   presentActor(site, &c.Actor, int64(c.ChannelID)),
		Banners:     presentActorImages(site, c.Banners),
		DisplayName: c.DisplayName,
		Description: nullable(c.Description),
		Support:     nullable(c.Support),
		IsLocal:     c.Local(),
		UpdatedAt:   isoTime(c.UpdatedAt),
	}
	if c.Owner != nil {
		owner := presentAccount(site, c.Owner)
		out.OwnerAccount = &owner
	}
	return out
}

// presentChannelSummary presents c as PeerTube's VideoChannelSummary.
func presentChannelSummary(site instance.Site, c *actor.Channel) actorSummaryJSON {
	return presentActorSummary(site, &c.Actor, int64(c.ChannelID), c.DisplayName)
}

func presentActorSummary(site instance.Site, a *actor.Actor, id int64, displayName string) actorSummaryJSON {
	return actorSummaryJSON{
		ID: id, Name: a.Username, DisplayName: displayName, URL: a.URL,
		Host: actorHost(site, a), Avatars: presentActorImages(site, a.Avatars),
	}
}

// nullable is null for the empty string: PeerTube keeps no empty texts.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
