package config

import "time"

// RemoteRunners is the section remote_runners.
type RemoteRunners struct {
	StalledJobs RemoteRunnersStalledJobs `key:"stalled_jobs"`
}

// RemoteRunnersStalledJobs is the section remote_runners.stalled_jobs.
type RemoteRunnersStalledJobs struct {
	Live          time.Duration `key:"live" doc:"a live job whose runner is silent this long has failed"`
	VOD           time.Duration `key:"vod" doc:"a job whose runner is silent this long is given to another"`
	Studio        time.Duration `key:"studio" doc:"as vod"`
	Transcription time.Duration `key:"transcription" doc:"as vod"`
}

// Thumbnails is the section thumbnails.
type Thumbnails struct {
	GenerationFromVideo ThumbnailsGenerationFromVideo `key:"generation_from_video"`
	Sizes               []ThumbnailSize               `key:"sizes" doc:"generated sizes and ratios"`
}

// ThumbnailsGenerationFromVideo is the section thumbnails.generation_from_video.
type ThumbnailsGenerationFromVideo struct {
	FramesToAnalyze int `key:"frames_to_analyze" doc:"frames compared to choose thumbnail " min:"2" max:"1000"`
}

// Transcoding is the section transcoding.
type Transcoding struct {
	Enabled                              bool                    `key:"enabled" doc:"make videos playable everywhere, in several qualities"`
	OriginalFile                         TranscodingOriginalFile `key:"original_file"`
	AllowAdditionalExtensions            bool                    `key:"allow_additional_extensions" doc:"accept more formats than browsers play"`
	AllowAudioFiles                      bool                    `key:"allow_audio_files" doc:"accept sound files; they become videos with a still picture"`
	RemoteRunners                        Switch                  `key:"remote_runners"`
	Threads                              int                     `key:"threads" doc:"threads of each encoder, 0: ffmpeg decides" min:"0" max:"256"`
	Concurrency                          int                     `key:"concurrency" doc:"transcodings at once" min:"1" max:"64"`
	Profile                              string                  `key:"profile" doc:"name of the transcoding profile"`
	Resolutions                          Resolutions             `key:"resolutions"`
	AlwaysTranscodeOriginalResolution    bool                    `key:"always_transcode_original_resolution" doc:"make the resolution of the upload too, even if its switch is off"`
	AlwaysTranscodePodcastOptimizedAudio bool                    `key:"always_transcode_podcast_optimized_audio" doc:"make a sound file for podcast programs"`
	FPS                                  TranscodingFPS          `key:"fps"`
	WebVideos                            Switch                  `key:"web_videos"`
	HLS                                  TranscodingHLS          `key:"hls"`
	Nice                                 int                     `key:"nice" doc:"how far transcoding steps back for everything else: 0 not at all, 19 most" min:"0" max:"19"`
	Timeout                              time.Duration           `key:"timeout" doc:"a transcoding that takes longer is stopped and reported"`
}

// TranscodingOriginalFile is the section transcoding.original_file.
type TranscodingOriginalFile struct {
	Keep bool `key:"keep" doc:"keep the uploaded file as well"`
}

// TranscodingFPS is the section transcoding.fps.
type TranscodingFPS struct {
	Max int `key:"max" doc:"most frames a second, -1: no limit"`
}

// TranscodingHLS is the section transcoding.hls.
type TranscodingHLS struct {
	Enabled            bool `key:"enabled" doc:"HLS output"`
	SplitAudioAndVideo bool `key:"split_audio_and_video" doc:"keep sound apart from the pictures, so that each quality does not repeat it"`
}

// Live is the section live.
type Live struct {
	Enabled          bool            `key:"enabled" doc:"lives"`
	MaxDuration      time.Duration   `key:"max_duration" doc:"milliseconds, -1: no limit"`
	MaxInstanceLives int             `key:"max_instance_lives" doc:"-1 none"`
	MaxUserLives     int             `key:"max_user_lives" doc:"-1 none"`
	AllowReplay      bool            `key:"allow_replay" doc:"save replays"`
	DVR              LiveDVR         `key:"dvr"`
	LatencySetting   Switch          `key:"latency_setting"`
	RTMP             LiveRTMP        `key:"rtmp"`
	RTMPS            LiveRTMPS       `key:"rtmps"`
	Transcoding      LiveTranscoding `key:"transcoding"`
}

// LiveDVR is the section live.dvr.
type LiveDVR struct {
	MaxWindow time.Duration `key:"max_window" doc:"max DVR, 0 off"`
}

// LiveRTMP is the section live.rtmp.
type LiveRTMP struct {
	Enabled        bool   `key:"enabled" doc:"RTMP server"`
	Hostname       string `key:"hostname" doc:"bind (null all)"`
	Port           int    `key:"port" doc:"port" min:"1" max:"65535"`
	PublicHostname string `key:"public_hostname" doc:"shown host"`
}

// LiveRTMPS is the section live.rtmps.
type LiveRTMPS struct {
	Enabled        bool   `key:"enabled" doc:"RTMPS"`
	Hostname       string `key:"hostname" doc:"address to listen on"`
	Port           int    `key:"port" doc:"port" min:"1" max:"65535"`
	KeyFile        string `key:"key_file" doc:"TLS key"`
	CertFile       string `key:"cert_file" doc:"TLS cert"`
	PublicHostname string `key:"public_hostname" doc:"shown host"`
}

// LiveTranscoding is the section live.transcoding.
type LiveTranscoding struct {
	Enabled                           bool               `key:"enabled" doc:"multi-resolution lives"`
	RemoteRunners                     Switch             `key:"remote_runners"`
	Threads                           int                `key:"threads" doc:"ffmpeg threads" min:"0" max:"256"`
	Profile                           string             `key:"profile" doc:"profile"`
	Resolutions                       Resolutions        `key:"resolutions"`
	AlwaysTranscodeOriginalResolution bool               `key:"always_transcode_original_resolution" doc:"keep input resolution"`
	FPS                               LiveTranscodingFPS `key:"fps"`
}

// LiveTranscodingFPS is the section live.transcoding.fps.
type LiveTranscodingFPS struct {
	Max int `key:"max" doc:"cap"`
}

// VideoStudio is the section video_studio.
type VideoStudio struct {
	Enabled       bool   `key:"enabled" doc:"studio"`
	RemoteRunners Switch `key:"remote_runners"`
}

// VideoTranscription is the section video_transcription.
type VideoTranscription struct {
	Enabled       bool          `key:"enabled" doc:"automatic captions"`
	Engine        string        `key:"engine" doc:"openai-whisper or whisper-ctranslate2" oneof:"openai-whisper whisper-ctranslate2"`
	EnginePath    string        `key:"engine_path" doc:"binary, null = install"`
	Model         string        `key:"model" doc:"whisper model"`
	ModelPath     string        `key:"model_path" doc:"local model"`
	Timeout       time.Duration `key:"timeout" doc:"job limit"`
	RemoteRunners Switch        `key:"remote_runners"`
}

// VideoFile is the section video_file.
type VideoFile struct {
	Update Switch `key:"update"`
}

// Import is the section import.
type Import struct {
	Videos                      ImportVideos                      `key:"videos"`
	VideoChannelSynchronization ImportVideoChannelSynchronization `key:"video_channel_synchronization"`
	Users                       Switch                            `key:"users"`
}

// ImportVideos is the section import.videos.
type ImportVideos struct {
	Concurrency int              `key:"concurrency" doc:"parallel imports" min:"1" max:"64"`
	Timeout     time.Duration    `key:"timeout" doc:"limit"`
	MaxAttempts int              `key:"max_attempts" doc:"retries"`
	HTTP        ImportVideosHTTP `key:"http"`
	Torrent     Switch           `key:"torrent"`
}

// ImportVideosHTTP is the section import.videos.http.
type ImportVideosHTTP struct {
	Enabled   bool     `key:"enabled" doc:"URL import"`
	ForceIPv4 bool     `key:"force_ipv4" doc:"IPv4 only"`
	Proxies   []string `key:"proxies" doc:"random proxy list"`
	Cookies   Switch   `key:"cookies"`
}

// ImportVideoChannelSynchronization is the section import.video_channel_synchronization.
type ImportVideoChannelSynchronization struct {
	Enabled                       bool          `key:"enabled" doc:"sync"`
	MaxPerUser                    int           `key:"max_per_user" doc:"limit"`
	CheckInterval                 time.Duration `key:"check_interval" doc:"period"`
	VideosLimitPerSynchronization int           `key:"videos_limit_per_synchronization" doc:"newest per run"`
	FullSyncVideosLimit           int           `key:"full_sync_videos_limit" doc:"first run limit"`
}

// Export is the section export.
type Export struct {
	Users ExportUsers `key:"users"`
}

// ExportUsers is the section export.users.
type ExportUsers struct {
	Enabled           bool          `key:"enabled" doc:"archive export"`
	MaxUserVideoQuota Bytes         `key:"max_user_video_quota" doc:"max media bytes in archive"`
	ExportExpiration  time.Duration `key:"export_expiration" doc:"auto delete"`
}

// AutoBlacklist is the section auto_blacklist.
type AutoBlacklist struct {
	Videos AutoBlacklistVideos `key:"videos"`
}

// AutoBlacklistVideos is the section auto_blacklist.videos.
type AutoBlacklistVideos struct {
	OfUsers Switch `key:"of_users"`
}

// Storyboards is the section storyboards.
type Storyboards struct {
	Enabled       bool   `key:"enabled" doc:"generate"`
	RemoteRunners Switch `key:"remote_runners"`
}
