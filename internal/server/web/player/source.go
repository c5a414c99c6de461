// Package player is the video player: a native <video> that works as it is,
// and player.ts, which puts its own controls and hls.js around it.
package player

import (
	"strconv"

	"sepiola/internal/domain/instance"
	"sepiola/internal/i18n"
	"sepiola/internal/server/web/ui"
)

// Source is what is played.
type Source struct {
	ID       string // of the video, for the curious
	Title    string
	Poster   string
	Duration int // seconds
	// Theme is how it looks: one of instance.PlayerThemes.
	Theme  instance.PlayerTheme
	Width  int
	Height int

	HLS   string // master playlist, "" none
	Sound string // playlist of the sound alone, "" none
	Files []File // progressive, best first
	// Split says that sound has its own rendition, which only the full hls.js
	// plays.
	Split bool
	// Token is added to the requests of private videos' files.
	Token string

	Captions    []Caption
	Chapters    []Chapter
	Storyboard  *Storyboard
	Start, Stop int // seconds; 0 none
	// Watching is nil where nobody wants to know.
	Watching *Watching
	// Sharing is nil where viewers do not share.
	Sharing *Sharing
	// Report is nil where nobody wants to know how playing goes.
	Report *Reporting
	// Words is the address of the texts of the controls.
	Words string
	// Link is the path of the video's page, which the player's menu copies.
	Link string
	// Magnets are those of its files, best first.
	Magnets []Magnet

	Options
}

// Sharing is what viewers need to pass pieces of the stream to each other.
type Sharing struct {
	// Swarm names the swarm: the address of the master playlist, the same for
	// viewers on all sites.
	Swarm    string   `json:"swarm"`
	Trackers []string `json:"trackers"`
	STUN     []string `json:"stun"`
	// Hashes is the address of the SHA-256 of all segments.
	Hashes string `json:"hashes,omitempty"`
	// MaxUpload is how many bytes a viewer passes on at most; 0 is no limit.
	MaxUpload int64 `json:"maxUpload,omitempty"`
	// Mirrors are directories of other sites that have the same files; they end
	// with a slash. What comes from there is checked by Hashes.
	Mirrors []string `json:"mirrors,omitempty"`
}

// Reporting is where the player says how playing goes.
type Reporting struct {
	URL   string `json:"url"`
	Every int    `json:"every"` // milliseconds
}

// Watching is how the player says where its viewer is.
type Watching struct {
	URL   string `json:"url"`
	Every int    `json:"every"` // milliseconds
	CSRF  string `json:"csrf,omitempty"`
	// Here lets the browser remember where its viewer stopped: nobody is
	// logged in, whose history would.
	Here bool `json:"here,omitempty"`
}

// Options are how the player behaves. The zero value is that of a page.
type Options struct {
	// Autoplay: it plays by itself (on pages only where somebody came by a
	// link of this site). AutoplayNext goes on to the next video.
	Autoplay, AutoplayNext bool
	// Asked is what the address of a page says of playing by itself; nil nothing.
	Asked *bool
	// Muted is nil to take what the reader had last.
	Muted *bool
	Loop  bool
	Rate  float64 // 0: what the reader had last
	// Subtitle is a language, shown whatever the reader had last.
	Subtitle string
	// Mode is "web-video" for the progressive files where there are some.
	Mode string
	// Embed: the page is a frame in another's.
	Embed bool
	// NoBar leaves the bar out, NoControls all controls.
	NoBar, NoControls bool
}

// File is a progressive file.
type File struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Magnet is the magnet link of a file: File is its name, as its playlist has it
// too, without what comes after.
type Magnet struct {
	File string `json:"file"`
	URI  string `json:"uri"`
}

// Caption is a subtitle file.
type Caption struct {
	Language, Label, URL string
}

// Chapter is a titled place.
type Chapter struct {
	At    int    `json:"at"` // seconds
	Title string `json:"title"`
}

// Storyboard is the sheet of the previews.
type Storyboard struct {
	URL     string `json:"url"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Columns int    `json:"columns"`
	Every   int    `json:"every"` // seconds
}

// config is what player.ts reads.
type config struct {
	ID           string      `json:"id,omitempty"`
	Title        string      `json:"title"`
	Duration     int         `json:"duration"`
	HLS          string      `json:"hls,omitempty"`
	Sound        string      `json:"sound,omitempty"`
	Files        []File      `json:"files,omitempty"`
	Split        bool        `json:"split,omitempty"`
	Token        string      `json:"token,omitempty"`
	Chapters     []Chapter   `json:"chapters,omitempty"`
	Storyboard   *Storyboard `json:"storyboard,omitempty"`
	Start        int         `json:"start,omitempty"`
	Stop         int         `json:"stop,omitempty"`
	Icons        string      `json:"icons"`
	Words        string      `json:"words"`
	Watching     *Watching   `json:"watching,omitempty"`
	Sharing      *Sharing    `json:"sharing,omitempty"`
	Report       *Reporting  `json:"report,omitempty"`
	Link         string      `json:"link,omitempty"`
	Magnets      []Magnet    `json:"magnets,omitempty"`
	Autoplay     bool        `json:"autoplay,omitempty"`
	AutoplayNext bool        `json:"autoplayNext,omitempty"`
	Asked        *bool       `json:"asked,omitempty"`
	Muted        *bool       `json:"muted,omitempty"`
	Loop         bool        `json:"loop,omitempty"`
	Rate         float64     `json:"rate,omitempty"`
	Subtitle     string      `json:"subtitle,omitempty"`
	Mode         string      `json:"mode,omitempty"`
	Embed        bool        `json:"embed,omitempty"`
	NoBar        bool        `json:"noBar,omitempty"`
	NoControls   bool        `json:"noControls,omitempty"`
	Account      bool        `json:"account,omitempty"`
}

func (s Source) config(p *ui.Page) config {
	return config{
		ID: s.ID, Title: s.Title, Duration: s.Duration, HLS: s.HLS, Sound: s.Sound, Files: s.Files, Split: s.Split, Token: s.Token,
		Chapters: s.Chapters, Storyboard: s.Storyboard, Start: s.Start, Stop: s.Stop, Icons: p.Asset("icons.svg"), Words: s.Words, Link: s.Link, Magnets: s.Magnets, Watching: s.Watching, Sharing: s.Sharing, Report: s.Report,
		Autoplay: s.Autoplay, AutoplayNext: s.AutoplayNext, Asked: s.Asked, Muted: s.Muted, Loop: s.Loop, Rate: s.Rate, Subtitle: s.Subtitle, Mode: s.Mode,
		Embed: s.Embed, NoBar: s.NoBar, NoControls: s.NoControls, Account: p.User != nil,
	}
}

// words are the texts of the controls, by the names that the scripts know.
var words = []string{
	"play", "pause", "replay", "mute", "unmute", "volume", "seek", "settings", "quality", "auto", "speed", "normal",
	"captions", "off", "pip", "fullscreen", "leave_fullscreen", "retry", "audio",
	"loop", "flip", "theatre", "help", "stats", "menu", "remote", "remote_failed", "close", "cancel",
	"copied", "copy_failed", "copy_link", "copy_link_at", "copy_magnet",
	"captions_look", "style_size", "style_colour", "style_background", "style_normal", "style_small", "style_large", "style_huge",
	"style_white", "style_yellow", "style_cyan", "style_green", "style_dark", "style_black", "style_none",
	"flash_volume", "flash_back", "flash_on",
	"next", "previous", "next_in", "next_now", "autoplay_next", "autoplay_playlist",
	"error_waiting", "error_network", "error_gone", "error_refused", "error_elsewhere", "error_decode", "error_unsupported",
	"key_space", "help_play", "help_seek5", "help_seek10", "help_volume", "help_mute", "help_part", "help_ends", "help_chapter", "help_frame",
	"help_speed", "help_captions", "help_fullscreen", "help_theatre", "help_pip", "help_flip", "help_next", "help_like", "help_subscribe", "help_help", "help_all",
	"stats_video", "stats_stream", "stats_picture", "stats_window", "stats_codecs", "stats_dropped", "stats_of", "stats_buffer", "stats_speed",
	"stats_volume", "stats_rate", "stats_site", "stats_mirrors", "stats_peers", "stats_sent", "stats_connected",
}

// Words are the texts of the controls in a language. {n} and the like are
// filled in by the scripts.
func Words(l *i18n.Locale) map[string]string {
	m := make(map[string]string, len(words))
	for _, w := range words {
		m[w] = l.T("web.player." + w)
	}
	return m
}

// Played is how many seconds are played from Start to Stop, of live videos 0.
func (s Source) Played() int {
	end := s.Duration
	if s.Stop > 0 {
		end = min(s.Stop, end)
	}
	return max(0, end-s.Start)
}

// fragment is the part of the address that says where to begin and to end.
func (s Source) fragment() string {
	switch {
	case s.Stop > 0:
		return "#t=" + strconv.Itoa(s.Start) + "," + strconv.Itoa(s.Stop)
	case s.Start > 0:
		return "#t=" + strconv.Itoa(s.Start)
	}
	return ""
}

// native is the playlist's address for players that cannot add the token to
// the requests that follow: the server writes it into the playlist.
func (s Source) native() string {
	if s.Token == "" {
		return s.HLS + s.fragment()
	}
	return s.HLS + "?videoFileToken=" + s.Token + "&reinjectVideoFileToken=true" + s.fragment()
}

func (s Source) file(f File) string {
	if s.Token == "" {
		return f.URL + s.fragment()
	}
	return f.URL + "?videoFileToken=" + s.Token + s.fragment()
}
