package config

import (
	"testing"
	"time"
)

func TestWithLaysValuesOverACopy(t *testing.T) {
	t.Parallel()
	base := Default()
	name := base.Instance.Name
	c, err := base.With(map[string]any{
		"instance.name":                   "Cuttlefish",
		"instance.languages":              []string{"en"},
		"transcoding.threads":             int64(3),
		"user.video_quota":                int64(5),
		"export.users.export_expiration":  time.Hour,
		"defaults.publish.licence":        int64(2),
		"transcoding.resolutions.720p":    true,
		"live.transcoding.resolutions.0p": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if base.Instance.Name != name || base.Defaults.Publish.Licence != nil {
		t.Error("the original changed")
	}
	v := c.Values()
	if c.Instance.Name != "Cuttlefish" || c.Transcoding.Threads != 3 || c.User.VideoQuota != 5 || *c.Defaults.Publish.Licence != 2 ||
		v["export.users.export_expiration"] != time.Hour || v["defaults.publish.licence"] != int64(2) || v["transcoding.resolutions.720p"] != true {
		t.Errorf("got %+v", v)
	}
	for path, value := range map[string]any{"instance.nome": "x", "instance.name": int64(3), "transcoding.threads": "3"} {
		if _, err := base.With(map[string]any{path: value}); err == nil {
			t.Errorf("%s took %v", path, value)
		}
	}
}
