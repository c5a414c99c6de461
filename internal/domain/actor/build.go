package actor

import (
	"time"

	"sepiola/internal/domain/instance"
)

// NewAccount returns a local account that is not stored yet.
func NewAccount(site instance.Site, userID int64, name, displayName string, keys Keys, now time.Time) *Account {
	if displayName == "" {
		displayName = name
	}
	return &Account{
		Actor:       local(site, Person, name, site.AccountURL(name), keys, now),
		UserID:      userID,
		DisplayName: displayName,
	}
}

// NewChannel returns a local channel that is not stored yet.
func NewChannel(site instance.Site, owner AccountID, name, displayName string, keys Keys, now time.Time) *Channel {
	if displayName == "" {
		displayName = name
	}
	return &Channel{
		Actor:       local(site, Group, name, site.ChannelURL(name), keys, now),
		DisplayName: displayName,
		OwnerID:     owner,
	}
}

// NewInstance returns the site's own actor, not stored yet.
func NewInstance(site instance.Site, keys Keys, now time.Time) *Actor {
	a := local(site, Application, InstanceName, site.AccountURL(InstanceName), keys, now)
	return &a
}

func local(site instance.Site, kind Type, name, url string, keys Keys, now time.Time) Actor {
	return Actor{
		Type:           kind,
		Username:       name,
		URL:            url,
		InboxURL:       url + "/inbox",
		OutboxURL:      url + "/outbox",
		SharedInboxURL: site.URL("/inbox"),
		FollowersURL:   url + "/followers",
		FollowingURL:   url + "/following",
		PublicKey:      keys.Public,
		PrivateKey:     keys.Private,
		CreatedAt:      now,
		UpdatedAt:      now,
	}
}
