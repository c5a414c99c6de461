package config

import (
	"reflect"
	"strings"
)

// notApplicable are keys of PeerTube, sections or single ones, that have no
// meaning here, with the reason. They are noted and otherwise ignored.
var notApplicable = map[string]string{
	"redis":                                 "not needed: there is no Redis",
	"cache":                                 "removed from PeerTube too",
	"http_server":                           "removed from PeerTube too",
	"plugins":                               "PeerTube's plugins do not run here",
	"peertube":                              "this is not PeerTube: no question for its newest version is sent",
	"storage.bin":                           "no programs are fetched",
	"storage.plugins":                       "PeerTube's plugins do not run here",
	"storage.client_overrides":              "the pages are another program's",
	"storage.logs":                          "the log goes to the standard error output",
	"log.rotation":                          "the log goes to the standard error output; journald or the container keeps it",
	"log.prettify_sql":                      "the log does not hold SQL",
	"open_telemetry.tracing":                "no traces are sent",
	"security.password_confirmation":        "a key of a later PeerTube",
	"database.read_replicas":                "a key of a later PeerTube",
	"import.videos.http.youtube_dl_release": "no programs are fetched",
	"services.csp-logger":                   "removed from PeerTube too; see csp.report_uri",
	"services.twitter.whitelisted":          "removed from PeerTube too",
	"defaults.publish.comments_enabled":     "replaced by defaults.publish.comments_policy",
}

// renamed are keys that older PeerTubes wrote otherwise.
var renamed = map[string]string{
	"storage.videos":                  "storage.web_videos",
	"storage.playlists":               "storage.streaming_playlists",
	"transcoding.webtorrent":          "transcoding.web_videos",
	"object_storage.videos":           "object_storage.web_videos",
	"views.videos.ip_view_expiration": "views.videos.view_expiration",
}

// laterFeatures are sections that are understood and shown, but that ask for
// what this version does not do yet. Whoever builds one removes it here.
var laterFeatures = map[string]string{
	"live":                       "live streams",
	"video_studio":               "the studio",
	"video_transcription":        "automatic captions",
	"import":                     "imports",
	"export":                     "exports",
	"object_storage":             "object storage",
	"remote_runners":             "remote runners",
	"auto_blacklist":             "review of new videos",
	"transcoding.remote_runners": "remote runners",
	"storyboards.remote_runners": "remote runners",
}

// later returns a remark when the key belongs to a feature that does not exist
// yet, or "".
func later(path string) string {
	for p := path; p != ""; {
		if what, ok := laterFeatures[p]; ok {
			return "understood, but this version does not do " + what + " yet"
		}
		i := strings.LastIndexByte(p, '.')
		p = p[:max(i, 0)]
	}
	return ""
}

// same reports whether two values of one key mean the same.
func same(a, b any) bool {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	if v.Kind() == reflect.Slice && v.Len() == 0 && w.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}
