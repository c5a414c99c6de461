package instance

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sepiola/internal/errs"
)

// SettingsStore keeps texts by key. Missing ones are errs.NotFound.
type SettingsStore interface {
	Get(ctx context.Context, key string) (string, error)
	Set(ctx context.Context, key, value string) error
	Delete(ctx context.Context, key string) error
}

// Values are settings by their path in the configuration, as bool, string,
// int64, time.Duration, []string or nil. A set of Values never changes; a
// change makes another.
type Values map[string]any

// Text returns a text, or "".
func (v Values) Text(key string) string { s, _ := v[key].(string); return s }

// Bool returns whether something is on.
func (v Values) Bool(key string) bool { b, _ := v[key].(bool); return b }

// Int returns a number, or 0.
func (v Values) Int(key string) int64 { n, _ := v[key].(int64); return n }

// Duration returns a duration, or 0.
func (v Values) Duration(key string) time.Duration { d, _ := v[key].(time.Duration); return d }

// List returns a list, or nil.
func (v Values) List(key string) []string { l, _ := v[key].([]string); return l }

// Settings is how the site is set up now: its start-up configuration, with
// what administrators edited laid over it. Edits take effect at once, on other
// nodes after their next Refresh.
type Settings struct {
	Store SettingsStore
	// Base is the start-up configuration.
	Base Values
	// Locked forbids edits (webadmin.configuration.edition.allowed: false).
	Locked bool

	change    sync.Mutex // held while something changes
	stored    string
	current   atomic.Pointer[state]
	listeners []func(overrides Values)
}

type state struct{ overrides, values Values }

// Keys in the store.
const (
	customKey   = "custom_config"
	homepageKey = "homepage"
)

// OnChange calls fn with what is laid over the configuration: at once when
// that is known, and after each change. It must be called before others use
// the settings.
func (s *Settings) OnChange(fn func(overrides Values)) {
	s.change.Lock()
	defer s.change.Unlock()
	s.listeners = append(s.listeners, fn)
	if st := s.current.Load(); st != nil {
		fn(st.overrides)
	}
}

// Values returns every setting as it is now. The map must not be changed.
func (s *Settings) Values() Values {
	if st := s.current.Load(); st != nil {
		return st.values
	}
	return s.Base
}

// Refresh reads the edits from the store and tells the listeners when they are
// others than before. Stored values that no longer mean anything are left out.
func (s *Settings) Refresh(ctx context.Context) error {
	s.change.Lock()
	defer s.change.Unlock()
	stored, err := s.Store.Get(ctx, customKey)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if s.current.Load() != nil && stored == s.stored {
		return nil
	}
	overrides := make(Values)
	if stored != "" {
		var flat map[string]any
		if err := json.Unmarshal([]byte(stored), &flat); err != nil {
			return err
		}
		for _, f := range fields {
			if raw, ok := flat[f.Name]; ok {
				if v, ok := f.read(raw); ok {
					overrides[f.Key] = v
				}
			}
		}
	}
	s.use(stored, overrides)
	return nil
}

func (s *Settings) use(stored string, overrides Values) {
	values := maps.Clone(s.Base)
	maps.Copy(values, overrides)
	s.stored = stored
	s.current.Store(&state{overrides, values})
	for _, fn := range s.listeners {
		fn(overrides)
	}
}

// Update replaces the edits by in, a tree of the API's names. All that is
// wrong is named in one errs.Invalid error.
func (s *Settings) Update(ctx context.Context, in map[string]any) error {
	return s.edit(ctx, in, true)
}

// Change edits what is in a tree of the API's names and leaves everything else
// as it is. All that is wrong is named in one errs.Invalid error.
func (s *Settings) Change(ctx context.Context, in map[string]any) error {
	return s.edit(ctx, in, false)
}

// edit takes a tree; a whole one must have all that is required.
func (s *Settings) edit(ctx context.Context, in map[string]any, whole bool) error {
	if err := s.editable(); err != nil {
		return err
	}
	s.change.Lock()
	defer s.change.Unlock()
	overrides, err := s.parse(in, whole)
	if err != nil {
		return err
	}
	values := maps.Clone(s.Base)
	maps.Copy(values, overrides)
	if err := consistent(values); err != nil {
		return err
	}
	flat := make(map[string]any, len(overrides))
	for _, f := range fields {
		if v, ok := overrides[f.Key]; ok {
			flat[f.Name] = f.Show(v)
		}
	}
	b, err := json.Marshal(flat)
	if err != nil {
		return err
	}
	if err := s.Store.Set(ctx, customKey, string(b)); err != nil {
		return err
	}
	s.use(string(b), overrides)
	return nil
}

// parse reads a tree of values. What is as configured is not an edit.
func (s *Settings) parse(in map[string]any, whole bool) (Values, error) {
	now, overrides := s.Values(), make(Values)
	var bad []errs.Param
	for _, f := range fields {
		raw, sent := lookup(in, f.Name)
		v, ok := now[f.Key], true
		if sent || f.Required && whole {
			v, ok = f.read(raw)
		}
		switch {
		case !ok:
			bad = append(bad, errs.Param{Name: f.Name, Value: raw})
		case !same(v, s.Base[f.Key]):
			overrides[f.Key] = v
		}
	}
	if len(bad) > 0 {
		return nil, errs.Fields(bad...)
	}
	return overrides, nil
}

func same(a, b any) bool {
	x, isList := a.([]string)
	y, areLists := b.([]string)
	if isList || areLists {
		return slices.Equal(x, y)
	}
	return a == b
}

func lookup(tree map[string]any, path string) (any, bool) {
	head, rest, deeper := cutPath(path)
	v, ok := tree[head]
	if !deeper || !ok {
		return v, ok
	}
	sub, _ := v.(map[string]any)
	return lookup(sub, rest)
}

func cutPath(path string) (head, rest string, deeper bool) {
	for i := range len(path) {
		if path[i] == '.' {
			return path[:i], path[i+1:], true
		}
	}
	return path, "", false
}

// consistent reports what contradicts itself, in PeerTube's words.
func consistent(v Values) error {
	for _, rule := range []struct {
		broken bool
		msg    string
	}{
		{
			v.Bool("signup.requires_email_verification") && v.Text("smtp.hostname") == "" && v.Text("smtp.transport") == "smtp",
			"SMTP is not configured but you require signup email verification.",
		},
		{
			v.Bool("transcoding.enabled") && !v.Bool("transcoding.web_videos.enabled") && !v.Bool("transcoding.hls.enabled"),
			"You need to enable at least web_videos transcoding or hls transcoding",
		},
		{
			v.Bool("import.video_channel_synchronization.enabled") && !v.Bool("import.videos.http.enabled"),
			"You need to enable HTTP import to allow synchronization",
		},
		{
			v.Bool("live.enabled") && v.Bool("live.allow_replay") && !v.Bool("transcoding.enabled"),
			"You cannot allow live replay if transcoding is not enabled",
		},
		{
			v.Bool("video_studio.enabled") && !v.Bool("transcoding.enabled"),
			"You cannot enable video studio if transcoding is not enabled",
		},
		{
			v.Bool("search.search_index.enabled") && !v.Bool("search.remote_uri.users"),
			"You cannot enable search index without enabling remote URI search for users.",
		},
	} {
		if rule.broken {
			return errs.New(errs.Invalid, "%s", rule.msg)
		}
	}
	return nil
}

// Reset removes all edits.
func (s *Settings) Reset(ctx context.Context) error {
	if err := s.editable(); err != nil {
		return err
	}
	s.change.Lock()
	defer s.change.Unlock()
	if err := s.Store.Delete(ctx, customKey); err != nil {
		return err
	}
	s.use("", Values{})
	return nil
}

// ErrLocked is returned for edits that the configuration forbids. It is
// NotSupported to everyone but the API, which knows PeerTube's status for it.
var ErrLocked = errs.New(errs.NotSupported, "Server configuration is static and cannot be edited")

func (s *Settings) editable() error {
	if s.Locked {
		return ErrLocked
	}
	return nil
}

// Homepage returns the page that administrators wrote, as markdown and HTML,
// or errs.NotFound.
func (s *Settings) Homepage(ctx context.Context) (string, error) {
	content, err := s.Store.Get(ctx, homepageKey)
	if errs.Is(err, errs.NotFound) || err == nil && content == "" {
		return "", errs.New(errs.NotFound, "Instance homepage could not be found")
	}
	return content, err
}

// SetHomepage writes that page; "" removes it.
func (s *Settings) SetHomepage(ctx context.Context, content string) error {
	if len(content) > maxText {
		return errs.Fields(errs.Param{Name: "content"})
	}
	if content == "" {
		return s.Store.Delete(ctx, homepageKey)
	}
	return s.Store.Set(ctx, homepageKey, content)
}
