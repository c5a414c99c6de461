// Package instance is this site as a whole: the address people know it by and
// the settings that its administrators edit while it runs.
//
// Not here: start-up configuration (config), which app turns into the values
// that services get.
package instance

// Site is the public address of this site. It becomes part of every id that
// is given to the fediverse, so it cannot change later.
type Site struct {
	// Scheme is "http" or "https".
	Scheme string
	// Host is the host, with the port unless it is the scheme's own.
	Host string
}

// URL returns the absolute URL of a path that begins with a slash.
func (s Site) URL(path string) string { return s.Scheme + "://" + s.Host + path }

// WebSocketURL returns the absolute ws:// or wss:// URL of a path.
func (s Site) WebSocketURL(path string) string {
	if s.Scheme == "https" {
		return "wss://" + s.Host + path
	}
	return "ws://" + s.Host + path
}

// Secure reports whether people reach the site over TLS.
func (s Site) Secure() bool { return s.Scheme == "https" }

// AccountURL is the ActivityPub id of a local account.
func (s Site) AccountURL(name string) string { return s.URL("/accounts/" + name) }

// ChannelURL is the ActivityPub id of a local channel.
func (s Site) ChannelURL(name string) string { return s.URL("/video-channels/" + name) }

// VideoURL is the ActivityPub id of a local video.
func (s Site) VideoURL(uuid string) string { return s.URL("/videos/watch/" + uuid) }
