package video_test

import (
	"testing"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

func TestShown(t *testing.T) {
	t.Parallel()
	with := func(p user.Preferences) *user.User { return &user.User{Preferences: p} }
	both := video.FlagViolent | video.FlagExplicitSex
	for _, tt := range []struct {
		name   string
		nsfw   bool
		flags  int
		viewer *user.User
		want   string
	}{
		{"what is not sensitive is shown", false, 0, nil, video.NSFWDisplay},
		{"to nobody in particular as the policy says", true, both, nil, video.NSFWWarn},
		{"without flags as the policy says", true, 0, with(user.Preferences{NSFWFlagsHidden: both}), video.NSFWWarn},
		{"a flag that is hidden", true, video.FlagViolent, with(user.Preferences{NSFWFlagsHidden: video.FlagViolent}), video.NSFWHidden},
		{"a flag that is blurred", true, video.FlagViolent, with(user.Preferences{NSFWFlagsBlurred: video.FlagViolent}), video.NSFWBlur},
		{"a flag that is warned of", true, video.FlagViolent, with(user.Preferences{NSFWFlagsWarned: video.FlagViolent}), video.NSFWWarn},
		{"a flag that is displayed", true, video.FlagViolent, with(user.Preferences{NSFWFlagsDisplayed: video.FlagViolent}), video.NSFWDisplay},
		{"of two flags the strictest", true, both, with(user.Preferences{NSFWFlagsDisplayed: video.FlagViolent, NSFWFlagsHidden: video.FlagExplicitSex}), video.NSFWHidden},
		{"one displayed and one without a choice", true, both, with(user.Preferences{NSFWFlagsDisplayed: video.FlagViolent}), video.NSFWWarn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := &video.Video{NSFW: tt.nsfw, NSFWFlags: tt.flags}
			if got := v.Shown(tt.viewer, video.NSFWWarn); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
