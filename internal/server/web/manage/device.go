package manage

import (
	"strings"

	"sepiola/internal/server/web/ui"
)

// browsers and systems are what User-Agent headers hold, and its name. The
// first that is found counts: most browsers also call themselves others.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"},
		{"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// device names a browser by its User-Agent header; other programs by the
// header itself.
func device(p *ui.Page, agent string) string {
	browser, system := find(browsers, agent), find(systems, agent)
	if browser == "" || system == "" {
		return agent
	}
	return p.T("web.sessions.device_on", "browser", browser, "system", system)
}

func find(list [][2]string, agent string) string {
	for _, l := range list {
		if strings.Contains(agent, l[0]) {
			return l[1]
		}
	}
	return ""
}
