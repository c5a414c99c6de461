package config

import "time"

// Listen is the section listen.
type Listen struct {
	Hostname string `key:"hostname" doc:"address to listen on; 0.0.0.0 for all"`
	Port     int    `key:"port" doc:"port to listen on" min:"0" max:"65535"`
}

// Webserver is the section webserver.
type Webserver struct {
	HTTPS    bool   `key:"https" doc:"people reach the site over https"`
	Hostname string `key:"hostname" doc:"the name people use; part of every address that other servers keep, so it must not change later"`
	Port     int    `key:"port" doc:"the port people use; 0: 443 with https, else the listening port" min:"0" max:"65535"`
}

// Secrets is the section secrets.
type Secrets struct {
	Peertube string `key:"peertube" doc:"keys of encryption are made from this; empty: made at the first start and kept in the data directory" secret:"yes"`
}

// HTTPTimeouts is the section http_timeouts.
type HTTPTimeouts struct {
	Request  time.Duration `key:"request" doc:"longest time a request may take, uploads included"`
	Header   time.Duration `key:"header" doc:"longest wait for the headers of a request"`
	Idle     time.Duration `key:"idle" doc:"how long a kept-alive connection may be silent"`
	Shutdown time.Duration `key:"shutdown" doc:"how long requests and jobs under way may take to finish when the server stops"`
}

// RatesLimit is the section rates_limit.
type RatesLimit struct {
	API                   RateLimit `key:"api"`
	Login                 RateLimit `key:"login"`
	Signup                RateLimit `key:"signup"`
	AskSendEmail          RateLimit `key:"ask_send_email"`
	ReceiveClientLog      RateLimit `key:"receive_client_log"`
	Plugins               RateLimit `key:"plugins"`
	WellKnown             RateLimit `key:"well_known"`
	Feeds                 RateLimit `key:"feeds"`
	ActivityPub           RateLimit `key:"activity_pub"`
	Client                RateLimit `key:"client"`
	DownloadGenerateVideo RateLimit `key:"download_generate_video"`
	// Comments is ours: how many one user may write.
	Comments CommentLimit `key:"comments"`
}

// CommentLimit bounds what one user writes; moderators are not counted.
type CommentLimit struct {
	Window time.Duration `key:"window" doc:"length of the window"`
	Max    int           `key:"max" doc:"comments of one user in a window" min:"1"`
}

// OAuth2 is the section oauth2.
type OAuth2 struct {
	TokenLifetime OAuth2TokenLifetime `key:"token_lifetime"`
}

// OAuth2TokenLifetime is the section oauth2.token_lifetime.
type OAuth2TokenLifetime struct {
	AccessToken  time.Duration `key:"access_token" doc:"how long an access token is good"`
	RefreshToken time.Duration `key:"refresh_token" doc:"how long a refresh token is good"`
}

// Database is the section database.
type Database struct {
	Hostname    string              `key:"hostname" doc:"PostgreSQL host"`
	Port        int                 `key:"port" doc:"PostgreSQL port" min:"1" max:"65535"`
	SSL         bool                `key:"ssl" doc:"TLS to database"`
	SSLSettings DatabaseSSLSettings `key:"ssl_settings"`
	Suffix      string              `key:"suffix" doc:"the database is called 'peertube' followed by this, unless database.name is set"`
	Username    string              `key:"username" doc:"user name"`
	Password    string              `key:"password" doc:"password" secret:"yes"`
	Pool        DatabasePool        `key:"pool"`
	Name        string              `key:"name" doc:"database name; empty: 'peertube' followed by the suffix"`
	URL         string              `key:"url" doc:"postgres://user:password@host/name, or the path of an SQLite file; empty: SQLite in the data directory unless another database.* key is set" secret:"url"`
}

// DatabaseSSLSettings is the section database.ssl_settings.
type DatabaseSSLSettings struct {
	RejectUnauthorized bool   `key:"reject_unauthorized" doc:"verify certificate"`
	CA                 string `key:"ca" doc:"CA file"`
	Cert               string `key:"cert" doc:"client cert"`
	Key                string `key:"key" doc:"client key"`
}

// DatabasePool is the section database.pool.
type DatabasePool struct {
	Max int `key:"max" doc:"connection pool size" min:"1" max:"1000"`
}

// SMTP is the section smtp.
type SMTP struct {
	Transport       string        `key:"transport" doc:"smtp, or sendmail for the local program" oneof:"smtp sendmail"`
	Sendmail        string        `key:"sendmail" doc:"path of sendmail binary"`
	Hostname        string        `key:"hostname" doc:"mail server; empty: no mail is sent"`
	Port            int           `key:"port" doc:"port" min:"1" max:"65535"`
	Username        string        `key:"username" doc:"user name"`
	Password        string        `key:"password" doc:"password" secret:"yes"`
	TLS             bool          `key:"tls" doc:"TLS from the first byte (port 465)"`
	DisableStartTLS bool          `key:"disable_starttls" doc:"never switch to TLS in the middle"`
	CAFile          string        `key:"ca_file" doc:"file of a CA to trust as well"`
	FromAddress     string        `key:"from_address" doc:"sender of every mail"`
	Timeout         time.Duration `key:"timeout" doc:"longest time one message may take"`
}

// Log is the section log.
type Log struct {
	Level                     string `key:"level" doc:"debug, info, warn or error" oneof:"debug info warn warning error"`
	AnonymizeIP               bool   `key:"anonymize_ip" doc:"hide the last part of addresses in the log"`
	LogPingRequests           bool   `key:"log_ping_requests" doc:"log requests for /api/v1/ping"`
	LogTrackerUnknownInfohash bool   `key:"log_tracker_unknown_infohash" doc:"log unknown torrents"`
	LogHTTPRequests           bool   `key:"log_http_requests" doc:"access log"`
	AcceptClientLog           bool   `key:"accept_client_log" doc:"accept browser error reports"`
}

// OpenTelemetry is the section open_telemetry.
type OpenTelemetry struct {
	Metrics OpenTelemetryMetrics `key:"metrics"`
}

// OpenTelemetryMetrics is the section open_telemetry.metrics.
type OpenTelemetryMetrics struct {
	Enabled               bool                                   `key:"enabled" doc:"metrics on"`
	PlaybackStatsInterval time.Duration                          `key:"playback_stats_interval" doc:"player report period"`
	HTTPRequestDuration   Switch                                 `key:"http_request_duration"`
	PrometheusExporter    OpenTelemetryMetricsPrometheusExporter `key:"prometheus_exporter"`
}

// OpenTelemetryMetricsPrometheusExporter is the section open_telemetry.metrics.prometheus_exporter.
type OpenTelemetryMetricsPrometheusExporter struct {
	Hostname string `key:"hostname" doc:"address to listen on"`
	Port     int    `key:"port" doc:"port" min:"1" max:"65535"`
}

// CSP is the section csp.
type CSP struct {
	Enabled    bool   `key:"enabled" doc:"send a Content-Security-Policy with API answers too; pages always have one"`
	ReportOnly bool   `key:"report_only" doc:"report only"`
	ReportURI  string `key:"report_uri" doc:"report endpoint"`
}

// Security is the section security.
type Security struct {
	Frameguard      Switch `key:"frameguard"`
	PoweredByHeader Switch `key:"powered_by_header"`
}

// Webadmin is the section webadmin.
type Webadmin struct {
	Configuration WebadminConfiguration `key:"configuration"`
}

// WebadminConfiguration is the section webadmin.configuration.
type WebadminConfiguration struct {
	Edition WebadminConfigurationEdition `key:"edition"`
}

// WebadminConfigurationEdition is the section webadmin.configuration.edition.
type WebadminConfigurationEdition struct {
	Allowed bool `key:"allowed" doc:"web config edition"`
}

// Stats is the section stats.
type Stats struct {
	RegistrationRequests Switch `key:"registration_requests"`
	Abuses               Switch `key:"abuses"`
	TotalModerators      Switch `key:"total_moderators"`
	TotalAdmins          Switch `key:"total_admins"`
}

// Download is the section download.
type Download struct {
	MaxTotalBytesPerSecond Bytes `key:"max_total_bytes_per_second" doc:"global throttle of downloads (null/0 none)"`
	MaxBytesPerIPPerSecond Bytes `key:"max_bytes_per_ip_per_second" doc:"per-IP throttle"`
}

// DownloadGenerateVideo is the section download_generate_video.
type DownloadGenerateVideo struct {
	MaxParallelDownloads int `key:"max_parallel_downloads" doc:"remux downloads at once"`
}
