package config

import "time"

// Default returns the settings of a site that nobody has configured. Paths are
// still relative; Load resolves them.
func Default() *Config {
	c := new(Config)
	defaultNetwork(c)
	defaultStoring(c)
	defaultWatching(c)
	defaultMedia(c)
	defaultSite(c)
	defaultOwn(c)
	return c
}

func defaultNetwork(c *Config) {
	c.Listen = Listen{
		Hostname: "127.0.0.1",
		Port:     9000,
	}
	c.Webserver = Webserver{
		Hostname: "localhost",
	}
	c.HTTPTimeouts = HTTPTimeouts{
		Request:  5 * time.Minute,
		Header:   15 * time.Second,
		Idle:     2 * time.Minute,
		Shutdown: 20 * time.Second,
	}
	c.RatesLimit = RatesLimit{
		API:                   RateLimit{Window: 10 * time.Second, Max: 50},
		Login:                 RateLimit{Window: 5 * time.Minute, Max: 15},
		Signup:                RateLimit{Window: 5 * time.Minute, Max: 2},
		AskSendEmail:          RateLimit{Window: 5 * time.Minute, Max: 3},
		ReceiveClientLog:      RateLimit{Window: time.Minute, Max: 30},
		Plugins:               RateLimit{Window: 10 * time.Second, Max: 500},
		WellKnown:             RateLimit{Window: 10 * time.Second, Max: 200},
		Feeds:                 RateLimit{Window: 10 * time.Second, Max: 50},
		ActivityPub:           RateLimit{Window: 10 * time.Second, Max: 500},
		Client:                RateLimit{Window: 10 * time.Second, Max: 500},
		DownloadGenerateVideo: RateLimit{Window: 5 * time.Second, Max: 5},
		Comments:              CommentLimit{Window: 5 * time.Minute, Max: 30},
	}
	c.OAuth2 = OAuth2{
		TokenLifetime: OAuth2TokenLifetime{AccessToken: Day, RefreshToken: 4 * 7 * Day},
	}
	c.Database = Database{
		Port: 5432,
		Pool: DatabasePool{Max: 10},
	}
	c.SMTP = SMTP{
		Transport:   "smtp",
		Port:        465,
		TLS:         true,
		FromAddress: "admin@example.com",
		Timeout:     30 * time.Second,
	}
	c.Log = Log{
		Level:                     "info",
		LogPingRequests:           true,
		LogTrackerUnknownInfohash: true,
		LogHTTPRequests:           true,
		AcceptClientLog:           true,
	}
	c.OpenTelemetry = OpenTelemetry{
		Metrics: OpenTelemetryMetrics{PlaybackStatsInterval: 15 * time.Second, PrometheusExporter: OpenTelemetryMetricsPrometheusExporter{Hostname: "127.0.0.1", Port: 9091}},
	}
	c.CSP = CSP{
		ReportOnly: true,
	}
	c.Security = Security{
		Frameguard:      Switch{Enabled: true},
		PoweredByHeader: Switch{Enabled: true},
	}
	c.Webadmin = Webadmin{
		Configuration: WebadminConfiguration{Edition: WebadminConfigurationEdition{Allowed: true}},
	}
	c.Stats = Stats{
		RegistrationRequests: Switch{Enabled: true},
		Abuses:               Switch{Enabled: true},
		TotalModerators:      Switch{Enabled: true},
		TotalAdmins:          Switch{Enabled: true},
	}
	c.Download = Download{
		MaxTotalBytesPerSecond: 5 * MB,
		MaxBytesPerIPPerSecond: 2 * MB,
	}
	c.DownloadGenerateVideo = DownloadGenerateVideo{
		MaxParallelDownloads: 100,
	}
}

func defaultStoring(c *Config) {
	c.Storage = Storage{
		Tmp:                "storage/tmp/",
		TmpPersistent:      "storage/tmp-persistent/",
		Avatars:            "storage/avatars/",
		WebVideos:          "storage/web-videos/",
		StreamingPlaylists: "storage/streaming-playlists/",
		OriginalVideoFiles: "storage/original-video-files/",
		Redundancy:         "storage/redundancy/",
		Previews:           "storage/previews/",
		Thumbnails:         "storage/thumbnails/",
		Storyboards:        "storage/storyboards/",
		Torrents:           "storage/torrents/",
		Captions:           "storage/captions/",
		Cache:              "storage/cache/",
		WellKnown:          "storage/well-known/",
		Uploads:            "storage/uploads/",
	}
	c.StaticFiles = StaticFiles{
		PrivateFilesRequireAuth: true,
	}
	c.ObjectStorage = ObjectStorage{
		Region:             "us-east-1",
		UploadACL:          ObjectStorageUploadACL{Public: "public-read", Private: "private"},
		Proxy:              ObjectStorageProxy{ProxifyPrivateFiles: true},
		MaxUploadPart:      100 * MB,
		MaxRequestAttempts: 3,
		StreamingPlaylists: ObjectStorageStreamingPlaylists{BucketName: "peertube", Prefix: "streaming-playlists/"},
		WebVideos:          Bucket{BucketName: "peertube", Prefix: "web-videos/"},
		UserExports:        Bucket{BucketName: "peertube", Prefix: "user-exports/"},
		OriginalVideoFiles: Bucket{BucketName: "peertube", Prefix: "original-video-files/"},
		Captions:           Bucket{BucketName: "peertube", Prefix: "captions/"},
	}
}

func defaultWatching(c *Config) {
	c.Trending = Trending{
		Videos: TrendingVideos{IntervalDays: 7, Algorithms: TrendingVideosAlgorithms{Enabled: []string{"hot", "most-viewed", "most-liked"}, Default: "hot"}},
	}
	c.Redundancy = Redundancy{
		Videos: RedundancyVideos{CheckInterval: time.Hour},
	}
	c.RemoteRedundancy = RemoteRedundancy{
		Videos: RemoteRedundancyVideos{AcceptFrom: "followings"},
	}
	c.Tracker = Tracker{
		Enabled: true,
		Private: true,
	}
	c.History = History{
		Videos: HistoryVideos{MaxAge: Forever},
	}
	c.Views = Views{
		Videos: ViewsVideos{
			Remote:                    ViewsVideosRemote{MaxAge: 30 * Day},
			Local:                     ViewsVideosLocal{MaxAge: Forever},
			LocalBufferUpdateInterval: time.Minute, // PeerTube waits for half an hour
			ViewExpiration:            time.Hour,
			CountViewAfter:            10 * time.Second,
			TrustViewerSessionID:      true,
			WatchingInterval:          ViewsVideosWatchingInterval{Anonymous: 5 * time.Second, Users: 5 * time.Second},
		},
	}
	c.GeoIP = GeoIP{
		Enabled: true,
		Country: GeoIPCountry{DatabaseURL: "https://dbip.mirror.framasoft.org/files/dbip-country-lite-latest.mmdb"},
		City:    GeoIPCity{DatabaseURL: "https://dbip.mirror.framasoft.org/files/dbip-city-lite-latest.mmdb"},
	}
	c.Federation = Federation{
		Enabled:              true,
		PreventSSRF:          true,
		SignFederatedFetches: true,
		Videos:               FederationVideos{CleanupRemoteInteractions: true},
		PicturesCache:        2 * GB,
		LogMaxAge:            365 * 24 * time.Hour,
	}
	c.Feeds = Feeds{
		Videos:   FeedsVideos{Count: 20},
		Comments: FeedsComments{Count: 20},
	}
	c.WebRTC = WebRTC{
		STUNServers: []string{"stun:stunserver2025.stunprotocol.org", "stun:stun.framasoft.org", "stun:stun.ekiga.net", "stun:stun.freeswitch.org"},
	}
	c.NSFWFlagsSettings = Switch{
		Enabled: true,
	}
	c.Followers = Followers{
		Instance: FollowersInstance{Enabled: true},
		Channels: Switch{Enabled: true},
	}
	c.Search = Search{
		RemoteURI:   SearchRemoteURI{Users: true},
		SearchIndex: SearchSearchIndex{URL: "https://sepiasearch.org"},
	}
	c.VideoComments = VideoComments{
		AcceptRemoteComments: true,
	}
	c.VideoChannels = VideoChannels{
		MaxPerUser:                 20,
		MaxCollaboratorsPerChannel: 20,
	}
}

func defaultMedia(c *Config) {
	c.RemoteRunners = RemoteRunners{
		StalledJobs: RemoteRunnersStalledJobs{
			Live:          30 * time.Second,
			VOD:           2 * time.Minute,
			Studio:        2 * time.Minute,
			Transcription: 2 * time.Minute,
		},
	}
	c.Thumbnails = Thumbnails{
		GenerationFromVideo: ThumbnailsGenerationFromVideo{FramesToAnalyze: 50},
		Sizes:               defaultThumbnailSizes(),
	}
	c.Transcoding = Transcoding{
		Enabled:                              true,
		AllowAdditionalExtensions:            true,
		AllowAudioFiles:                      true,
		Concurrency:                          1,
		Profile:                              "default",
		AlwaysTranscodeOriginalResolution:    true,
		AlwaysTranscodePodcastOptimizedAudio: true,
		Resolutions:                          Resolutions{P240: true, P480: true, P720: true, P1080: true},
		FPS:                                  TranscodingFPS{Max: 60},
		Nice:                                 10,
		Timeout:                              2 * Day,
		HLS:                                  TranscodingHLS{Enabled: true},
	}
	c.Live = Live{
		MaxDuration:      Forever,
		MaxInstanceLives: 20,
		MaxUserLives:     3,
		AllowReplay:      true,
		DVR:              LiveDVR{MaxWindow: time.Hour},
		LatencySetting:   Switch{Enabled: true},
		RTMP:             LiveRTMP{Enabled: true, Port: 1935},
		RTMPS:            LiveRTMPS{Port: 1936},
		Transcoding: LiveTranscoding{
			Enabled:                           true,
			Threads:                           2,
			Profile:                           "default",
			AlwaysTranscodeOriginalResolution: true,
			FPS:                               LiveTranscodingFPS{Max: 60},
		},
	}
	c.VideoTranscription = VideoTranscription{
		Engine:  "whisper-ctranslate2",
		Model:   "small",
		Timeout: 6 * time.Hour,
	}
	c.Import = Import{
		Videos: ImportVideos{
			Concurrency: 1,
			Timeout:     2 * time.Hour,
			MaxAttempts: 5,
			HTTP:        ImportVideosHTTP{ForceIPv4: true},
		},
		VideoChannelSynchronization: ImportVideoChannelSynchronization{
			MaxPerUser:                    10,
			CheckInterval:                 time.Hour,
			VideosLimitPerSynchronization: 10,
			FullSyncVideosLimit:           1000,
		},
		Users: Switch{Enabled: true},
	}
	c.Export = Export{
		Users: ExportUsers{
			Enabled:           true,
			MaxUserVideoQuota: 10 * GB,
			ExportExpiration:  2 * Day,
		},
	}
	c.Storyboards = Storyboards{
		Enabled: true,
	}
}

func defaultSite(c *Config) {
	c.Admin = Admin{
		Email: "admin@example.com",
	}
	c.ContactForm = Switch{
		Enabled: true,
	}
	c.Signup = Signup{
		Limit:            10,
		MinimumAge:       16,
		RequiresApproval: true,
	}
	c.User = User{
		History:             UserHistory{Videos: Switch{Enabled: true}},
		VideoQuota:          -1,
		VideoQuotaDaily:     -1,
		DefaultChannelName:  "Main $1 channel",
		PasswordConstraints: UserPasswordConstraints{MinLength: 8},
	}
	c.Instance = Instance{
		Name:               "Sepiola",
		ShortDescription:   "A place for videos, joined to others of its kind.",
		DefaultLanguage:    "en",
		DefaultClientRoute: "/videos/browse",
		DefaultNSFWPolicy:  "do_not_list",
		Robots:             "User-agent: *\nDisallow:\n",
	}
	c.Theme = Theme{
		Default: "default",
	}
	c.BroadcastMessage = BroadcastMessage{
		Level: "info",
	}
	c.Client = Client{
		NewFeaturesInfo: true,
		Videos:          ClientVideos{Miniature: ClientVideosMiniature{DisplayAuthorAvatar: true}},
		BrowseVideos:    ClientBrowseVideos{DefaultSort: "-publishedAt", DefaultScope: "federated"},
		OpenInApp: ClientOpenInApp{
			Android: ClientOpenInAppAndroid{
				Intent: ClientOpenInAppAndroidIntent{
					Enabled:     true,
					Host:        "joinpeertube.org",
					Scheme:      "peertube",
					FallbackURL: "https://play.google.com/store/apps/details?id=org.framasoft.peertube",
				},
			},
			IOS: ClientOpenInAppIOS{
				Enabled:     true,
				Host:        "joinpeertube.org",
				Scheme:      "peertube",
				FallbackURL: "https://apps.apple.com/fr/app/peertube/id6737834858",
			},
		},
	}
	c.Defaults = Defaults{
		Publish: DefaultsPublish{
			DownloadEnabled: true,
			CommentsPolicy:  1,
			Privacy:         1,
		},
		P2P:    DefaultsP2P{Webapp: Switch{Enabled: true}, Embed: Switch{Enabled: true}},
		Player: DefaultsPlayer{Theme: "lucide", AutoPlay: true},
	}
	c.Email = Email{
		Subject: EmailSubject{Prefix: "[{{instanceName}}] "},
	}
}

// defaultOwn fills the keys that PeerTube does not have.
func defaultOwn(c *Config) {
	c.TrustProxy = []string{"loopback"}
	c.Roles = []string{"web", "jobs"}
	c.TLS = TLS{ACME: ACME{
		DirectoryURL: "https://acme-v02.api.letsencrypt.org/directory",
		Cache:        "acme",
		HTTPListen:   ":80",
	}}
	c.FFmpeg = FFmpeg{Path: "ffmpeg", ProbePath: "ffprobe", Probe: 30 * time.Second}
	c.Jobs = Jobs{
		Workers:      4,
		PollInterval: time.Second,
		MaxAttempts:  8,
		KeepFailed:   7 * Day,
		KeepDone:     2 * Day,
	}
	c.Sessions = Sessions{Lifetime: 4 * 7 * Day}
	c.Limits = Limits{
		VideoSize:      -1,
		ImageSize:      4 * MB,
		CaptionSize:    20 * MB,
		JSONBody:       MB,
		FramePixels:    8192 * 8192,
		VideoDuration:  Forever,
		FreeDisk:       512 * MB,
		OpenUploads:    20,
		PasswordChecks: 2,
	}
	c.PageSizes = PageSizes{API: 15, APIMax: 100, Grid: 24, Table: 20}
	c.Intervals = Intervals{
		CleanUploads:     time.Hour,
		UploadExpiration: Day,
		CleanTokens:      time.Hour,
		CleanOrphans:     Day,
		Stats:            time.Minute,
		FileTokens:       4 * time.Hour,
	}
	c.Sharing = Sharing{MaxUpload: 2000, Statistics: SharingStatistics{Enabled: true, MaxAge: 90 * Day}}
}

// defaultThumbnailSizes are PeerTube's.
func defaultThumbnailSizes() []ThumbnailSize {
	return []ThumbnailSize{
		{Width: 280, Height: 157, AspectRatio: "16:9"},
		{Width: 850, Height: 480, AspectRatio: "16:9"},
		{Width: 1280, Height: 720, AspectRatio: "16:9"},
		{Width: 1920, Height: 1080, AspectRatio: "16:9"},
		{Width: 1400, Height: 1400, AspectRatio: "1:1"},
	}
}
