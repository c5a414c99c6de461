// Package config holds the start-up settings: typed, complete, and with a
// default for each, so that no file is needed.
//
// The keys are PeerTube's, so that a PeerTube production.yaml starts this
// site, and some of our own. Each key is declared once, as a field with tags:
//
//	key:"threads"     its name in the file
//	doc:"..."         what it means, for config.example.yaml
//	min, max, oneof   what a value must be
//	secret:"yes"      never shown; "url": shown without its password
//
// From the field follow its place in the file, its environment variable
// (SEPIOLA_TRANSCODING_THREADS) and its line in `sepiola config show`.
//
// Load puts the layers on each other: defaults, file, environment, flags. Keys
// of PeerTube that have no meaning here become notes; keys that nobody knows
// are errors that name the line. What an admin edits on the site is not here:
// it is data in the database and is layered on top of this.
package config

// Config is every start-up setting. It is filled by Load and read-only after.
type Config struct {
	// DataDir is the absolute path of the directory that holds everything
	// this site keeps on disk.
	DataDir string `key:"-"`

	Listen                Listen                `key:"listen"`
	Webserver             Webserver             `key:"webserver"`
	Secrets               Secrets               `key:"secrets"`
	HTTPTimeouts          HTTPTimeouts          `key:"http_timeouts"`
	RatesLimit            RatesLimit            `key:"rates_limit"`
	OAuth2                OAuth2                `key:"oauth2"`
	Database              Database              `key:"database"`
	SMTP                  SMTP                  `key:"smtp"`
	Log                   Log                   `key:"log"`
	OpenTelemetry         OpenTelemetry         `key:"open_telemetry"`
	CSP                   CSP                   `key:"csp"`
	Security              Security              `key:"security"`
	Webadmin              Webadmin              `key:"webadmin"`
	Stats                 Stats                 `key:"stats"`
	Download              Download              `key:"download"`
	DownloadGenerateVideo DownloadGenerateVideo `key:"download_generate_video"`
	Storage               Storage               `key:"storage"`
	StaticFiles           StaticFiles           `key:"static_files"`
	ObjectStorage         ObjectStorage         `key:"object_storage"`
	Trending              Trending              `key:"trending"`
	Redundancy            Redundancy            `key:"redundancy"`
	RemoteRedundancy      RemoteRedundancy      `key:"remote_redundancy"`
	Tracker               Tracker               `key:"tracker"`
	History               History               `key:"history"`
	Views                 Views                 `key:"views"`
	GeoIP                 GeoIP                 `key:"geo_ip"`
	Federation            Federation            `key:"federation"`
	Feeds                 Feeds                 `key:"feeds"`
	WebRTC                WebRTC                `key:"webrtc"`
	NSFWFlagsSettings     Switch                `key:"nsfw_flags_settings"`
	Followers             Followers             `key:"followers"`
	Followings            Followings            `key:"followings"`
	Blocklist             Blocklist             `key:"blocklist"`
	Search                Search                `key:"search"`
	VideoComments         VideoComments         `key:"video_comments"`
	VideoChannels         VideoChannels         `key:"video_channels"`
	RemoteRunners         RemoteRunners         `key:"remote_runners"`
	Thumbnails            Thumbnails            `key:"thumbnails"`
	Transcoding           Transcoding           `key:"transcoding"`
	Live                  Live                  `key:"live"`
	VideoStudio           VideoStudio           `key:"video_studio"`
	VideoTranscription    VideoTranscription    `key:"video_transcription"`
	VideoFile             VideoFile             `key:"video_file"`
	Import                Import                `key:"import"`
	Export                Export                `key:"export"`
	AutoBlacklist         AutoBlacklist         `key:"auto_blacklist"`
	Storyboards           Storyboards           `key:"storyboards"`
	Admin                 Admin                 `key:"admin"`
	ContactForm           Switch                `key:"contact_form"`
	Signup                Signup                `key:"signup"`
	User                  User                  `key:"user"`
	Instance              Instance              `key:"instance"`
	Services              Services              `key:"services"`
	Theme                 Theme                 `key:"theme"`
	BroadcastMessage      BroadcastMessage      `key:"broadcast_message"`
	Client                Client                `key:"client"`
	Defaults              Defaults              `key:"defaults"`
	Email                 Email                 `key:"email"`

	// What PeerTube has no keys for.
	TLS        TLS       `key:"tls"`
	Roles      []string  `key:"roles" doc:"what this process does: web (answer requests), jobs (transcode, send mail, clean up)" each:"web jobs"`
	FFmpeg     FFmpeg    `key:"ffmpeg"`
	Jobs       Jobs      `key:"jobs"`
	Sessions   Sessions  `key:"sessions"`
	Limits     Limits    `key:"limits"`
	PageSizes  PageSizes `key:"page_sizes"`
	Intervals  Intervals `key:"intervals"`
	Sharing    Sharing   `key:"sharing"`
	TrustProxy []string  `key:"trust_proxy" doc:"proxies whose X-Forwarded-For is believed: addresses, networks (10.0.0.0/8), loopback, linklocal, uniquelocal"`

	origins map[string]Origin
}
