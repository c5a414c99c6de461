package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// containerNames are the variables of PeerTube's container whose names do not
// follow from the key.
var containerNames = map[string]string{
	"SECRET":                     "secrets.peertube",
	"SMTP_FROM":                  "smtp.from_address",
	"SEARCH_REMOTEURI_USERS":     "search.remote_uri.users",
	"SEARCH_REMOTEURI_ANONYMOUS": "search.remote_uri.anonymous",
	"IMPORT_VIDEOS_HTTP":         "import.videos.http.enabled",
	"IMPORT_VIDEOS_TORRENT":      "import.videos.torrent.enabled",
}

// containerPrefixes are the groups of such variables.
var containerPrefixes = []struct{ env, path string }{
	{"DB_", "DATABASE_"},
	{"TRANSCODING_", "TRANSCODING_RESOLUTIONS_"},
	{"LIVE_TRANSCODING_", "LIVE_TRANSCODING_RESOLUTIONS_"},
}

// loadEnv applies PEERTUBE_* and then SEPIOLA_* variables. An empty variable
// counts as absent, as in PeerTube's container. One that fits no key is only
// noted: container platforms add variables of their own.
func (l *loader) loadEnv(env []string) {
	byName := map[string]*key{}
	l.root.leaves(func(k *key) { byName[k.env()] = k })
	env = slices.Sorted(slices.Values(env))
	for _, prefix := range []string{"PEERTUBE_", "SEPIOLA_"} {
		for _, variable := range env {
			name, value, _ := strings.Cut(variable, "=")
			short, ours := strings.CutPrefix(name, prefix)
			if ours && value != "" {
				l.variable(byName, prefix, short, value)
			}
		}
	}
}

func (l *loader) variable(byName map[string]*key, prefix, short, value string) {
	where := Origin(prefix + short)
	k := byName[short]
	if k == nil && prefix == "PEERTUBE_" {
		k = l.containerKey(byName, short)
	}
	if k == nil {
		l.unknownVariable(byName, where, prefix, short)
		return
	}
	before := k.value.Interface()
	if err := assignText(k, value); err != nil {
		l.problem(where, k.path, "%s", err)
		return
	}
	l.origin(k, where, before)
}

func (l *loader) containerKey(byName map[string]*key, short string) *key {
	if path, ok := containerNames[short]; ok {
		return l.root.find(path)
	}
	for _, p := range containerPrefixes {
		if rest, ok := strings.CutPrefix(short, p.env); ok && byName[p.path+rest] != nil {
			return byName[p.path+rest]
		}
	}
	return nil
}

func (l *loader) unknownVariable(byName map[string]*key, where Origin, prefix, short string) {
	if prefix == "SEPIOLA_" && slices.Contains([]string{"DATA", "LISTEN", "CONFIG"}, short) {
		return // the flags' own
	}
	text := "is not a setting of this site; ignored"
	best := max(2, len(short)/5) + 1
	for name := range byName {
		if d := distance(short, name); d < best {
			best, text = d, "is not a setting; did you mean "+prefix+name+"?"
		}
	}
	l.note(where, "environment", text)
}

// assignText sets k from a variable: text as it is, anything else as YAML, of
// which JSON is a part.
func assignText(k *key, value string) error {
	var doc yaml.Node
	if k.value.Kind() == reflect.String || yaml.Unmarshal([]byte(value), &doc) != nil || len(doc.Content) == 0 {
		doc = yaml.Node{Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}}}
	}
	return assign(k.value, k.tag, doc.Content[0])
}

// loadDataDir takes --data, or SEPIOLA_DATA.
func (l *loader) loadDataDir(o Options) {
	if o.DataDir != "" {
		l.cfg.DataDir, l.cfg.origins["data"] = o.DataDir, "--data"
		return
	}
	for _, variable := range o.Env {
		if dir, ok := strings.CutPrefix(variable, "SEPIOLA_DATA="); ok && dir != "" {
			l.cfg.DataDir, l.cfg.origins["data"] = dir, "SEPIOLA_DATA"
		}
	}
}
