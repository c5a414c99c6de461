package config

import "time"

// TLS is the section tls.
type TLS struct {
	ACME     ACME   `key:"acme"`
	CertFile string `key:"cert_file" doc:"PEM file of a certificate and its chain, to serve https without ACME"`
	KeyFile  string `key:"key_file" doc:"PEM file of the certificate's key"`
}

// ACME is the section tls.acme: certificates that are fetched and renewed
// without help.
type ACME struct {
	Enabled      bool   `key:"enabled" doc:"fetch certificates for webserver.hostname"`
	Email        string `key:"email" doc:"where the authority may write to"`
	DirectoryURL string `key:"directory_url" doc:"directory of the authority"`
	CAFile       string `key:"ca_file" doc:"PEM file of a CA to trust for the directory itself (a test authority)"`
	Cache        string `key:"cache" doc:"directory of keys and certificates, below the data directory unless absolute"`
	HTTPListen   string `key:"http_listen" doc:"where plain http is answered: challenges, and redirection to https; empty: nowhere"`
}

// FFmpeg is the section ffmpeg: the programs that read and make media.
type FFmpeg struct {
	Path      string        `key:"path" doc:"the program ffmpeg, by name or path"`
	ProbePath string        `key:"probe_path" doc:"the program ffprobe, by name or path"`
	Probe     time.Duration `key:"probe_timeout" doc:"longest time to look into one file"`
}

// Jobs is the section jobs: work in the background.
type Jobs struct {
	Workers      int           `key:"workers" doc:"jobs at once, beside transcoding and imports, which have their own limits" min:"1" max:"256"`
	PollInterval time.Duration `key:"poll_interval" doc:"how often the queue is asked for work"`
	MaxAttempts  int           `key:"max_attempts" doc:"tries before a job counts as failed" min:"1" max:"100"`
	KeepFailed   time.Duration `key:"keep_failed" doc:"how long failed jobs are listed"`
	KeepDone     time.Duration `key:"keep_completed" doc:"how long completed jobs are listed"`
}

// Sessions is the section sessions: browsers that are signed in.
type Sessions struct {
	Lifetime time.Duration `key:"lifetime" doc:"a browser that is silent this long is signed out"`
}

// Limits is the section limits: how much is accepted from outside.
type Limits struct {
	VideoSize      Bytes         `key:"video_size" doc:"largest uploaded video, -1: only quotas count"`
	ImageSize      Bytes         `key:"image_size" doc:"largest avatar, banner or thumbnail"`
	CaptionSize    Bytes         `key:"caption_size" doc:"largest caption file"`
	JSONBody       Bytes         `key:"json_body" doc:"largest body of an API request that carries no file"`
	FramePixels    int           `key:"frame_pixels" doc:"most pixels of one frame of a video or image" min:"1"`
	VideoDuration  time.Duration `key:"video_duration" doc:"longest video, -1: no limit"`
	FreeDisk       Bytes         `key:"free_disk" doc:"uploads are refused when less than this would stay free"`
	OpenUploads    int           `key:"open_uploads" doc:"unfinished uploads of one user" min:"1"`
	PasswordChecks int           `key:"password_checks" doc:"passwords checked at once; each takes tens of megabytes" min:"1" max:"256"`
}

// PageSizes is the section page_sizes: how much a list shows at once.
type PageSizes struct {
	API    int `key:"api" doc:"items of an API list when the client does not say" min:"1" max:"100"`
	APIMax int `key:"api_max" doc:"most items a client may ask for" min:"1" max:"1000"`
	Grid   int `key:"grid" doc:"videos on one page of a grid" min:"4" max:"100"`
	Table  int `key:"table" doc:"rows on one page of a table" min:"5" max:"100"`
}

// Intervals is the section intervals: how often the site looks after itself.
type Intervals struct {
	CleanUploads     time.Duration `key:"clean_uploads" doc:"how often abandoned uploads are looked for"`
	UploadExpiration time.Duration `key:"upload_expiration" doc:"an upload that nobody continues this long is removed"`
	CleanTokens      time.Duration `key:"clean_tokens" doc:"how often expired tokens and sessions are removed"`
	CleanOrphans     time.Duration `key:"clean_orphans" doc:"how often files that belong to nothing are removed"`
	Stats            time.Duration `key:"stats" doc:"how long the figures of the site may be old"`
	FileTokens       time.Duration `key:"file_tokens" doc:"how long an address of a private file is good"`
}

// Sharing is the section sharing: viewers who pass pieces of videos to each
// other. Whether they do at all is in tracker and defaults.p2p.
type Sharing struct {
	MinViewers int               `key:"min_viewers" doc:"share only what at least so many people watch just now; 0: always" min:"0" max:"100000"`
	MaxUpload  int               `key:"max_upload" doc:"a viewer passes on so many megabytes of a video at most; 0: no limit" min:"0" max:"1000000"`
	Statistics SharingStatistics `key:"statistics"`
}

// SharingStatistics is the section sharing.statistics.
type SharingStatistics struct {
	Enabled bool          `key:"enabled" doc:"keep how playing went per video and day: bytes, stalls, start-up; nothing of who watched"`
	MaxAge  time.Duration `key:"max_age" doc:"such figures older than this are deleted, -1: never"`
}
