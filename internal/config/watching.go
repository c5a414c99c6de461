package config

import "time"

// Trending is the section trending.
type Trending struct {
	Videos TrendingVideos `key:"videos"`
}

// TrendingVideos is the section trending.videos.
type TrendingVideos struct {
	IntervalDays int                      `key:"interval_days" doc:"window for most-viewed" min:"1" max:"365"`
	Algorithms   TrendingVideosAlgorithms `key:"algorithms"`
}

// TrendingVideosAlgorithms is the section trending.videos.algorithms.
type TrendingVideosAlgorithms struct {
	Enabled []string `key:"enabled" doc:"of hot, best, most-viewed, most-liked"`
	Default string   `key:"default" doc:"default sort"`
}

// Redundancy is the section redundancy.
type Redundancy struct {
	Videos RedundancyVideos `key:"videos"`
}

// RedundancyVideos is the section redundancy.videos.
type RedundancyVideos struct {
	CheckInterval time.Duration        `key:"check_interval" doc:"scheduler period"`
	Strategies    []RedundancyStrategy `key:"strategies" doc:"list {strategy, size, min_lifetime, min_views}"`
}

// RemoteRedundancy is the section remote_redundancy.
type RemoteRedundancy struct {
	Videos RemoteRedundancyVideos `key:"videos"`
}

// RemoteRedundancyVideos is the section remote_redundancy.videos.
type RemoteRedundancyVideos struct {
	AcceptFrom string `key:"accept_from" doc:"whose mirrors of videos viewers may be sent to; followings are the sites that this one follows, anybody is PeerTube's default" oneof:"nobody anybody followings"`
}

// Tracker is the section tracker.
type Tracker struct {
	Enabled                bool `key:"enabled" doc:"run the tracker that sharing between viewers needs"`
	Private                bool `key:"private" doc:"only known infohashes"`
	RejectTooManyAnnounces bool `key:"reject_too_many_announces" doc:"enforce limits"`
}

// History is the section history.
type History struct {
	Videos HistoryVideos `key:"videos"`
}

// HistoryVideos is the section history.videos.
type HistoryVideos struct {
	MaxAge time.Duration `key:"max_age" doc:"watch history older than this is deleted, -1: never"`
}

// Views is the section views.
type Views struct {
	Videos ViewsVideos `key:"videos"`
}

// ViewsVideos is the section views.videos.
type ViewsVideos struct {
	Remote                    ViewsVideosRemote           `key:"remote"`
	Local                     ViewsVideosLocal            `key:"local"`
	LocalBufferUpdateInterval time.Duration               `key:"local_buffer_update_interval" doc:"how often new views and downloads are added to the counters of videos"`
	ViewExpiration            time.Duration               `key:"view_expiration" doc:"same viewer counts again after"`
	CountViewAfter            time.Duration               `key:"count_view_after" doc:"minimum watch time"`
	TrustViewerSessionID      bool                        `key:"trust_viewer_session_id" doc:"use client session id instead of IP"`
	WatchingInterval          ViewsVideosWatchingInterval `key:"watching_interval"`
}

// ViewsVideosRemote is the section views.videos.remote.
type ViewsVideosRemote struct {
	MaxAge time.Duration `key:"max_age" doc:"purge view rows of remote videos"`
}

// ViewsVideosLocal is the section views.videos.local.
type ViewsVideosLocal struct {
	MaxAge time.Duration `key:"max_age" doc:"view records of own videos older than this are deleted, -1: never"`
}

// ViewsVideosWatchingInterval is the section views.videos.watching_interval.
type ViewsVideosWatchingInterval struct {
	Anonymous time.Duration `key:"anonymous" doc:"ping period"`
	Users     time.Duration `key:"users" doc:"ping period"`
}

// GeoIP is the section geo_ip.
type GeoIP struct {
	Enabled bool         `key:"enabled" doc:"country/region stats"`
	Country GeoIPCountry `key:"country"`
	City    GeoIPCity    `key:"city"`
}

// GeoIPCountry is the section geo_ip.country.
type GeoIPCountry struct {
	DatabaseURL string `key:"database_url" doc:"path of an .mmdb file; nothing is downloaded from a web address"`
}

// GeoIPCity is the section geo_ip.city.
type GeoIPCity struct {
	DatabaseURL string `key:"database_url" doc:"path of an .mmdb file; nothing is downloaded from a web address"`
}

// Federation is the section federation.
type Federation struct {
	Enabled              bool             `key:"enabled" doc:"whole ActivityPub on/off"`
	PreventSSRF          bool             `key:"prevent_ssrf" doc:"refuse non-unicast targets"`
	SignFederatedFetches bool             `key:"sign_federated_fetches" doc:"sign GET requests"`
	Videos               FederationVideos `key:"videos"`

	// What PeerTube has no keys for.
	AllowedNetworks []string      `key:"allowed_networks" doc:"networks (10.0.0.0/8) of other sites that are reached although they are not of the internet, on any port: for tests and closed networks"`
	Hosts           []string      `key:"hosts" doc:"names of other sites whose address is not asked of the DNS, as name=address:port: for tests and closed networks"`
	PicturesCache   Bytes         `key:"pictures_cache" doc:"most bytes of pictures of other sites that are kept; older ones are fetched again when somebody looks"`
	LogMaxAge       time.Duration `key:"log_max_age" doc:"lines older than this of the log of who did what with other sites are deleted"`
}

// FederationVideos is the section federation.videos.
type FederationVideos struct {
	FederateUnlisted          bool `key:"federate_unlisted" doc:"send unlisted videos to followers"`
	CleanupRemoteInteractions bool `key:"cleanup_remote_interactions" doc:"weekly check that remote likes/comments/shares still exist"`
}

// Feeds is the section feeds.
type Feeds struct {
	Videos   FeedsVideos   `key:"videos"`
	Comments FeedsComments `key:"comments"`
}

// FeedsVideos is the section feeds.videos.
type FeedsVideos struct {
	Count int `key:"count" doc:"items" min:"1" max:"100"`
}

// FeedsComments is the section feeds.comments.
type FeedsComments struct {
	Count int `key:"count" doc:"items" min:"1" max:"100"`
}

// WebRTC is the section webrtc.
type WebRTC struct {
	STUNServers []string `key:"stun_servers" doc:"STUN list for browsers"`
}

// Followers is the section followers.
type Followers struct {
	Instance FollowersInstance `key:"instance"`
	Channels Switch            `key:"channels"`
}

// FollowersInstance is the section followers.instance.
type FollowersInstance struct {
	Enabled        bool `key:"enabled" doc:"accept instance followers"`
	ManualApproval bool `key:"manual_approval" doc:"admin approves"`
}

// Followings is the section followings.
type Followings struct {
	Instance FollowingsInstance `key:"instance"`
}

// FollowingsInstance is the section followings.instance.
type FollowingsInstance struct {
	AutoFollowBack  Switch                            `key:"auto_follow_back"`
	AutoFollowIndex FollowingsInstanceAutoFollowIndex `key:"auto_follow_index"`
}

// FollowingsInstanceAutoFollowIndex is the section followings.instance.auto_follow_index.
type FollowingsInstanceAutoFollowIndex struct {
	Enabled  bool   `key:"enabled" doc:"follow an index"`
	IndexURL string `key:"index_url" doc:"index URL"`
}

// Blocklist is the section blocklist.
type Blocklist struct {
	PublicLog Switch `key:"public_log"`
}

// Search is the section search.
type Search struct {
	RemoteURI   SearchRemoteURI   `key:"remote_uri"`
	SearchIndex SearchSearchIndex `key:"search_index"`
}

// SearchRemoteURI is the section search.remote_uri.
type SearchRemoteURI struct {
	Users     bool `key:"users" doc:"users may fetch remote URIs"`
	Anonymous bool `key:"anonymous" doc:"anonymous may"`
}

// SearchSearchIndex is the section search.search_index.
type SearchSearchIndex struct {
	Enabled            bool   `key:"enabled" doc:"external index"`
	URL                string `key:"url" doc:"index base URL"`
	DisableLocalSearch bool   `key:"disable_local_search" doc:"only index"`
	IsDefaultSearch    bool   `key:"is_default_search" doc:"index first"`
}

// VideoComments is the section video_comments.
type VideoComments struct {
	AcceptRemoteComments bool `key:"accept_remote_comments" doc:"accept comments from other instances"`
}

// VideoChannels is the section video_channels.
type VideoChannels struct {
	MaxPerUser                 int `key:"max_per_user" doc:"limit" min:"1"`
	MaxCollaboratorsPerChannel int `key:"max_collaborators_per_channel" doc:"limit"`
}
