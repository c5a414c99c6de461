package config

// Admin is the section admin.
type Admin struct {
	Email string `key:"email" doc:"contact and root mail"`
}

// Signup is the section signup.
type Signup struct {
	Enabled                   bool          `key:"enabled" doc:"registrations open"`
	Limit                     int           `key:"limit" doc:"registrations close at this many users, -1: never" min:"-1"`
	MinimumAge                int           `key:"minimum_age" doc:"shown in form" min:"0" max:"150"`
	RequiresApproval          bool          `key:"requires_approval" doc:"moderation of sign-ups"`
	RequiresEmailVerification bool          `key:"requires_email_verification" doc:"mail check"`
	Filters                   SignupFilters `key:"filters"`
}

// SignupFilters is the section signup.filters.
type SignupFilters struct {
	CIDR SignupFiltersCIDR `key:"cidr"`
}

// SignupFiltersCIDR is the section signup.filters.cidr.
type SignupFiltersCIDR struct {
	Whitelist []string `key:"whitelist" doc:"allowed networks"`
	Blacklist []string `key:"blacklist" doc:"denied networks"`
}

// User is the section user.
type User struct {
	History             UserHistory             `key:"history"`
	DisableRootAuth     bool                    `key:"disable_root_auth" doc:"root cannot log in"`
	VideoQuota          Bytes                   `key:"video_quota" doc:"bytes a new user may keep, -1: no limit"`
	VideoQuotaDaily     Bytes                   `key:"video_quota_daily" doc:"bytes a new user may upload in 24 hours, -1: no limit"`
	DefaultChannelName  string                  `key:"default_channel_name" doc:"name of a new user's first channel; $1 is the user name"`
	PasswordConstraints UserPasswordConstraints `key:"password_constraints"`
}

// UserHistory is the section user.history.
type UserHistory struct {
	Videos Switch `key:"videos"`
}

// UserPasswordConstraints is the section user.password_constraints.
type UserPasswordConstraints struct {
	MinLength int `key:"min_length" doc:"minimum" min:"6" max:"255"`
}

// Instance is the section instance.
type Instance struct {
	Name                  string                 `key:"name" doc:"name"`
	ShortDescription      string                 `key:"short_description" doc:"≤250 text"`
	Description           string                 `key:"description" doc:"markdown"`
	Terms                 string                 `key:"terms" doc:"markdown"`
	CodeOfConduct         string                 `key:"code_of_conduct" doc:"markdown"`
	ModerationInformation string                 `key:"moderation_information" doc:"markdown"`
	CreationReason        string                 `key:"creation_reason" doc:"markdown"`
	Administrator         string                 `key:"administrator" doc:"markdown"`
	MaintenanceLifetime   string                 `key:"maintenance_lifetime" doc:"markdown"`
	BusinessModel         string                 `key:"business_model" doc:"markdown"`
	HardwareInformation   string                 `key:"hardware_information" doc:"markdown"`
	DefaultLanguage       string                 `key:"default_language" doc:"fallback interface locale"`
	Languages             []string               `key:"languages" doc:"main languages"`
	Categories            []string               `key:"categories" doc:"main categories"`
	DefaultClientRoute    string                 `key:"default_client_route" doc:"landing page"`
	IsNSFW                bool                   `key:"is_nsfw" doc:"dedicated to sensitive content"`
	DefaultNSFWPolicy     string                 `key:"default_nsfw_policy" doc:"do_not_list, warn, blur, display" oneof:"do_not_list warn blur display"`
	ServerCountry         string                 `key:"server_country" doc:"free text"`
	Support               InstanceSupport        `key:"support"`
	Social                InstanceSocial         `key:"social"`
	Customizations        InstanceCustomizations `key:"customizations"`
	Robots                string                 `key:"robots" doc:"robots.txt"`
	SecurityTxt           string                 `key:"securitytxt" doc:"security.txt"`
}

// InstanceSupport is the section instance.support.
type InstanceSupport struct {
	Text string `key:"text" doc:"markdown donation"`
}

// InstanceSocial is the section instance.social.
type InstanceSocial struct {
	ExternalLink string `key:"external_link" doc:"URL"`
	MastodonLink string `key:"mastodon_link" doc:"URL"`
	BlueskyLink  string `key:"bluesky_link" doc:"URL"`
	XLink        string `key:"x_link" doc:"URL"`
}

// InstanceCustomizations is the section instance.customizations.
type InstanceCustomizations struct {
	JavaScript string `key:"javascript" doc:"injected JS"`
	CSS        string `key:"css" doc:"injected CSS"`
}

// Services is the section services.
type Services struct {
	Twitter ServicesTwitter `key:"twitter"`
}

// ServicesTwitter is the section services.twitter.
type ServicesTwitter struct {
	Username string `key:"username" doc:"card site tag"`
}

// Theme is the section theme.
type Theme struct {
	Default       string             `key:"default" doc:"theme name"`
	Customization ThemeCustomization `key:"customization"`
}

// ThemeCustomization is the section theme.customization.
type ThemeCustomization struct {
	PrimaryColor             string `key:"primary_color" doc:"CSS value or null"`
	OnPrimaryColor           string `key:"on_primary_color" doc:"CSS value or null"`
	ForegroundColor          string `key:"foreground_color" doc:"CSS value or null"`
	BackgroundColor          string `key:"background_color" doc:"CSS value or null"`
	BackgroundSecondaryColor string `key:"background_secondary_color" doc:"CSS value or null"`
	MenuForegroundColor      string `key:"menu_foreground_color" doc:"CSS value or null"`
	MenuBackgroundColor      string `key:"menu_background_color" doc:"CSS value or null"`
	MenuBorderRadius         string `key:"menu_border_radius" doc:"CSS value or null"`
	HeaderBackgroundColor    string `key:"header_background_color" doc:"CSS value or null"`
	HeaderForegroundColor    string `key:"header_foreground_color" doc:"CSS value or null"`
	InputBorderRadius        string `key:"input_border_radius" doc:"CSS value or null"`
}

// BroadcastMessage is the section broadcast_message.
type BroadcastMessage struct {
	Enabled     bool   `key:"enabled" doc:"banner"`
	Message     string `key:"message" doc:"markdown"`
	Level       string `key:"level" doc:"info/warning/error" oneof:"info warning error"`
	Dismissable bool   `key:"dismissable" doc:"closable"`
}

// Client is the section client.
type Client struct {
	NewFeaturesInfo bool               `key:"new_features_info" doc:"popups for new features"`
	Header          ClientHeader       `key:"header"`
	Videos          ClientVideos       `key:"videos"`
	BrowseVideos    ClientBrowseVideos `key:"browse_videos"`
	Menu            ClientMenu         `key:"menu"`
	OpenInApp       ClientOpenInApp    `key:"open_in_app"`
}

// ClientHeader is the section client.header.
type ClientHeader struct {
	HideInstanceName bool `key:"hide_instance_name" doc:"header"`
}

// ClientVideos is the section client.videos.
type ClientVideos struct {
	Miniature       ClientVideosMiniature       `key:"miniature"`
	ResumableUpload ClientVideosResumableUpload `key:"resumable_upload"`
}

// ClientVideosMiniature is the section client.videos.miniature.
type ClientVideosMiniature struct {
	PreferAuthorDisplayName bool `key:"prefer_author_display_name" doc:"cards name channels as they call themselves, not by their handle"`
	DisplayAuthorAvatar     bool `key:"display_author_avatar" doc:"cards show the picture of the channel; always so in PeerTube since 7.0"`
}

// ClientVideosResumableUpload is the section client.videos.resumable_upload.
type ClientVideosResumableUpload struct {
	MaxChunkSize Bytes `key:"max_chunk_size" doc:"bytes, null adaptive"`
}

// ClientBrowseVideos is the section client.browse_videos.
type ClientBrowseVideos struct {
	DefaultSort  string `key:"default_sort" doc:"browse page"`
	DefaultScope string `key:"default_scope" doc:"local/federated" oneof:"local federated"`
}

// ClientMenu is the section client.menu.
type ClientMenu struct {
	Login ClientMenuLogin `key:"login"`
}

// ClientMenuLogin is the section client.menu.login.
type ClientMenuLogin struct {
	RedirectOnSingleExternalAuth bool `key:"redirect_on_single_external_auth" doc:"skip login form"`
}

// ClientOpenInApp is the section client.open_in_app.
type ClientOpenInApp struct {
	Android ClientOpenInAppAndroid `key:"android"`
	IOS     ClientOpenInAppIOS     `key:"ios"`
}

// ClientOpenInAppAndroid is the section client.open_in_app.android.
type ClientOpenInAppAndroid struct {
	Intent ClientOpenInAppAndroidIntent `key:"intent"`
}

// ClientOpenInAppAndroidIntent is the section client.open_in_app.android.intent.
type ClientOpenInAppAndroidIntent struct {
	Enabled     bool   `key:"enabled" doc:"mobile deep link"`
	Host        string `key:"host" doc:"mobile deep link"`
	Scheme      string `key:"scheme" doc:"mobile deep link"`
	FallbackURL string `key:"fallback_url" doc:"mobile deep link"`
}

// ClientOpenInAppIOS is the section client.open_in_app.ios.
type ClientOpenInAppIOS struct {
	Enabled     bool   `key:"enabled" doc:"mobile deep link"`
	Host        string `key:"host" doc:"mobile deep link"`
	Scheme      string `key:"scheme" doc:"mobile deep link"`
	FallbackURL string `key:"fallback_url" doc:"mobile deep link"`
}

// Defaults is the section defaults.
type Defaults struct {
	Publish DefaultsPublish `key:"publish"`
	Live    DefaultsLive    `key:"live"`
	P2P     DefaultsP2P     `key:"p2p"`
	Player  DefaultsPlayer  `key:"player"`
}

// DefaultsPublish is the section defaults.publish.
type DefaultsPublish struct {
	DownloadEnabled bool `key:"download_enabled" doc:"preset"`
	CommentsPolicy  int  `key:"comments_policy" doc:"preset 1..3" min:"1" max:"3"`
	Privacy         int  `key:"privacy" doc:"preset" min:"1" max:"5"`
	Licence         *int `key:"licence" doc:"preset"`
}

// DefaultsLive is the section defaults.live.
type DefaultsLive struct {
	SaveReplay bool `key:"save_replay" doc:"preset"`
}

// DefaultsP2P is the section defaults.p2p.
type DefaultsP2P struct {
	Webapp Switch `key:"webapp"`
	Embed  Switch `key:"embed"`
}

// DefaultsPlayer is the section defaults.player.
type DefaultsPlayer struct {
	Theme    string `key:"theme" doc:"galaxy / lucide" oneof:"galaxy lucide"`
	AutoPlay bool   `key:"auto_play" doc:"autoplay default"`
}

// Email is the section email.
type Email struct {
	Body    EmailBody    `key:"body"`
	Subject EmailSubject `key:"subject"`
}

// EmailBody is the section email.body.
type EmailBody struct {
	Signature string `key:"signature" doc:"mail footer"`
}

// EmailSubject is the section email.subject.
type EmailSubject struct {
	Prefix string `key:"prefix" doc:"mail subject prefix"`
}
