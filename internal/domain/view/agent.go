package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Devices are the kinds of devices that players may name, PeerTube's.
var Devices = []string{"console", "embedded", "mobile", "smarttv", "tablet", "wearable", "xr", "desktop"}

// MaxAgent is the most characters of what a player says of itself.
const MaxAgent = 200

// ValidAgent reports whether a player may call its client or system so.
func ValidAgent(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= MaxAgent && !strings.ContainsFunc(s, unicode.IsControl)
}

// ValidDevice reports whether s is one of Devices.
func ValidDevice(s string) bool { return slices.Contains(Devices, s) }

// ValidSession reports whether a player may call a session so: 1 to 100
// letters, digits and hyphens.
func ValidSession(s string) bool {
	return s != "" && len(s) <= 100 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// mark is a word of a User-Agent and what it means. The first that is found
// counts: browsers name those that they descend from too.
type mark struct{ word, name string }

var (
	clientMarks = []mark{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Vivaldi", "Vivaldi"},
		{"DuckDuckGo/", "DuckDuckGo"},
		{"Focus/", "Firefox Focus"},
		{"FxiOS", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS", "Chrome"},
		{"HeadlessChrome", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"VLC/", "VLC"},
		{"Kodi/", "Kodi"},
		{"okhttp", "Android app"},
		{"AppleCoreMedia", "Apple media player"},
		{"curl/", "curl"},
	}
	osMarks = []mark{
		{"Xbox", "Xbox"},
		{"PlayStation", "PlayStation"},
		{"Tizen", "Tizen"},
		{"Web0S", "webOS"},
		{"KAIOS", "KaiOS"},
		{"Windows Phone", "Windows Phone"},
		{"Windows", "Windows"},
		{"CrOS", "ChromeOS"},
		{"Android", "Android"},
		{"iPhone", "iOS"},
		{"iPad", "iPadOS"},
		{"Mac OS X", "macOS"},
		{"FreeBSD", "FreeBSD"},
		{"OpenBSD", "OpenBSD"},
		{"Ubuntu", "Ubuntu"},
		{"Linux", "Linux"},
	}
	deviceMarks = []mark{
		{"Xbox", "console"},
		{"PlayStation", "console"},
		{"Nintendo", "console"},
		{"OculusBrowser", "xr"},
		{"SmartTV", "smarttv"},
		{"SMART-TV", "smarttv"},
		{"Web0S", "smarttv"},
		{"AppleTV", "smarttv"},
		{"CrKey", "smarttv"},
		{"BRAVIA", "smarttv"},
		{"iPad", "tablet"},
		{"Tablet", "tablet"},
		{"Watch", "wearable"},
		{"iPhone", "mobile"},
		{"Mobile", "mobile"},
		{"Android", "tablet"},
		{"Windows", "desktop"},
		{"Macintosh", "desktop"},
		{"X11", "desktop"},
		{"CrOS", "desktop"},
	}
)

// agentOf is what a report tells, and where it tells nothing its User-Agent.
func agentOf(r Report) Agent {
	a := Agent{Client: r.Client, Device: r.Device, OS: r.OS}
	for _, fill := range []struct {
		to    *string
		marks []mark
	}{{&a.Client, clientMarks}, {&a.OS, osMarks}, {&a.Device, deviceMarks}} {
		if *fill.to == "" {
			*fill.to = find(fill.marks, r.UserAgent)
		}
	}
	return a
}

func find(marks []mark, s string) string {
	for _, m := range marks {
		if strings.Contains(s, m.word) {
			return m.name
		}
	}
	return ""
}
