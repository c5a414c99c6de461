package instance_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/errs"
)

// settingsStore keeps settings in memory.
type settingsStore map[string]string

func (s settingsStore) Get(_ context.Context, key string) (string, error) {
	v, ok := s[key]
	if !ok {
		return "", errs.New(errs.NotFound, "no")
	}
	return v, nil
}

func (s settingsStore) Set(_ context.Context, key, value string) error { s[key] = value; return nil }

func (s settingsStore) Delete(_ context.Context, key string) error { delete(s, key); return nil }

func newSettings(t *testing.T, store settingsStore) *instance.Settings {
	t.Helper()
	s := &instance.Settings{Store: store, Base: config.Default().Values()}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// tree is the settings as a client sends them.
func tree(t *testing.T, s *instance.Settings, changes map[string]any) map[string]any {
	t.Helper()
	root := map[string]any{}
	for _, f := range instance.Fields() {
		v := f.Show(s.Values()[f.Key])
		if c, ok := changes[f.Name]; ok {
			v = c
		}
		put(root, f.Name, v)
	}
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func put(tree map[string]any, path string, v any) {
	for i := range len(path) {
		if path[i] == '.' {
			sub, _ := tree[path[:i]].(map[string]any)
			if sub == nil {
				sub = map[string]any{}
				tree[path[:i]] = sub
			}
			put(sub, path[i+1:], v)
			return
		}
	}
	tree[path] = v
}

func TestEveryFieldIsASettingOfTheConfiguration(t *testing.T) {
	t.Parallel()
	base := config.Default().Values()
	for _, f := range instance.Fields() {
		if _, ok := base[f.Key]; !ok {
			t.Errorf("%s: the configuration has no %s", f.Name, f.Key)
		}
	}
}

func TestEditsTakeEffectEverywhereAndStay(t *testing.T) {
	t.Parallel()
	store := settingsStore{}
	s, other := newSettings(t, store), newSettings(t, store)
	var told instance.Values
	other.OnChange(func(overrides instance.Values) { told = maps.Clone(overrides) })
	edit := tree(t, s, map[string]any{
		"instance.name": "Cuttlefish", "instance.categories": []int{15, 3}, "signup.enabled": true, "signup.limit": -1,
		"live.maxDuration": 60000, "export.users.exportExpiration": 1000, "defaults.publish.licence": 7,
	})
	if err := s.Update(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
	if err := other.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := other.Values()
	if v.Text("instance.name") != "Cuttlefish" || !v.Bool("signup.enabled") || v.Int("signup.limit") != -1 ||
		v.Duration("live.max_duration") != time.Minute || v.Int("defaults.publish.licence") != 7 || len(v.List("instance.categories")) != 2 {
		t.Errorf("the other node has %v", v)
	}
	if len(told) != 7 {
		t.Errorf("only edits are laid over the configuration: got %v", told)
	}
	if _, err := config.Default().With(told); err != nil {
		t.Errorf("the configuration does not take the edits: %v", err)
	}
	if err := other.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := other.Values().Text("instance.name"); got != config.Default().Instance.Name {
		t.Errorf("after a reset: got name %q", got)
	}
}

func TestWrongEditsAreNamedAndChangeNothing(t *testing.T) {
	t.Parallel()
	s := newSettings(t, settingsStore{})
	err := s.Update(t.Context(), map[string]any{"instance": map[string]any{"name": "x"}})
	if e := errs.As(err); e == nil || len(e.Params) < 80 || e.Params[0].Name != "instance.shortDescription" || e.Params[0].Value != nil {
		t.Errorf("a partial body: got %v", err)
	}
	for name, bad := range map[string]any{
		"instance.name": 3, "instance.defaultNSFWPolicy": "maybe", "signup.limit": -2, "signup.enabled": "perhaps",
		"transcoding.threads": 1.5, "trending.videos.algorithms.enabled": []string{"coldest"}, "transcoding.concurrency": 0,
		"instance.categories": []string{"x"}, "broadcastMessage.level": "loud", "user.videoQuota": nil,
	} {
		err := s.Update(t.Context(), tree(t, s, map[string]any{name: bad}))
		if e := errs.As(err); e == nil || len(e.Params) != 1 || e.Params[0].Name != name {
			t.Errorf("%s = %v: got %v", name, bad, err)
		}
	}
	for msg, edit := range map[string]map[string]any{
		"You need to enable at least web_videos transcoding or hls transcoding": {"transcoding.enabled": true, "transcoding.hls.enabled": false, "transcoding.webVideos.enabled": false},
		"SMTP is not configured but you require signup email verification.":     {"signup.requiresEmailVerification": true},
		"You cannot enable video studio if transcoding is not enabled":          {"transcoding.enabled": false, "live.allowReplay": false, "videoStudio.enabled": true},
	} {
		if err := s.Update(t.Context(), tree(t, s, edit)); err == nil || err.Error() != msg {
			t.Errorf("got %v, want %q", err, msg)
		}
	}
	if got := s.Values().Text("instance.name"); got != config.Default().Instance.Name {
		t.Errorf("the name became %q", got)
	}
}

func TestLockedSettings(t *testing.T) {
	t.Parallel()
	s := newSettings(t, settingsStore{})
	s.Locked = true
	if err := s.Update(t.Context(), tree(t, s, nil)); !errors.Is(err, instance.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if err := s.Reset(t.Context()); !errors.Is(err, instance.ErrLocked) {
		t.Errorf("got %v", err)
	}
}

func TestConfigKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"instance.defaultNSFWPolicy": "instance.default_nsfw_policy", "instance.isNSFW": "instance.is_nsfw",
		"instance.social.xLink": "instance.social.x_link", "transcoding.resolutions.0p": "transcoding.resolutions.0p",
		"followings.instance.autoFollowIndex.indexUrl": "followings.instance.auto_follow_index.index_url",
	} {
		if got := instance.ConfigKey(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestChangeLeavesTheRestAsItIs(t *testing.T) {
	t.Parallel()
	store := settingsStore{}
	s := newSettings(t, store)
	if err := s.Update(t.Context(), tree(t, s, map[string]any{"instance.name": "Here"})); err != nil {
		t.Fatal(err)
	}
	viewers := func(n any) map[string]any { return map[string]any{"sharing": map[string]any{"minViewers": n}} }
	if err := s.Change(t.Context(), viewers("12")); err != nil {
		t.Fatal(err)
	}
	again := newSettings(t, store)
	if v := again.Values(); v.Int("sharing.min_viewers") != 12 || v.Text("instance.name") != "Here" {
		t.Errorf("after the change: %d viewers, the name %q", v.Int("sharing.min_viewers"), v.Text("instance.name"))
	}
	for _, wrong := range []any{"-1", "many", float64(100_001), 1.5, nil} {
		if err := s.Change(t.Context(), viewers(wrong)); !errs.Is(err, errs.Invalid) || s.Values().Int("sharing.min_viewers") != 12 {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	for _, wrong := range []any{"-1", "much", 1_000_001.0, nil} {
		if err := s.Change(t.Context(), map[string]any{"sharing": map[string]any{"maxUpload": wrong}}); !errs.Is(err, errs.Invalid) || s.Values().Int("sharing.max_upload") != 2000 {
			t.Errorf("%v megabytes: %v", wrong, err)
		}
	}
	s.Locked = true
	if err := s.Change(t.Context(), viewers("1")); !errors.Is(err, instance.ErrLocked) {
		t.Errorf("locked: %v", err)
	}
}
