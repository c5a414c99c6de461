package video_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestFiltersFollowWhatSomebodyWithoutAnAccountChose(t *testing.T) {
	t.Parallel()
	hidden, shown := false, true
	for _, tt := range []struct {
		name  string
		asked video.Filter
		chose user.Preferences
		want  video.Filter
	}{
		{"without a choice the site's policy holds", video.Filter{}, user.Preferences{}, video.Filter{}},
		{"hidden", video.Filter{}, user.Preferences{NSFWPolicy: video.NSFWHidden}, video.Filter{NSFW: &hidden}},
		{"blurred is listed", video.Filter{}, user.Preferences{NSFWPolicy: video.NSFWBlur}, video.Filter{AnyNSFW: true}},
		{
			"one kind hidden",
			video.Filter{},
			user.Preferences{NSFWPolicy: video.NSFWDisplay, NSFWFlagsHidden: video.FlagViolent},
			video.Filter{AnyNSFW: true, NSFWFlagsExcluded: video.FlagViolent},
		},
		{
			"one kind shown",
			video.Filter{},
			user.Preferences{NSFWPolicy: video.NSFWHidden, NSFWFlagsBlurred: video.FlagViolent},
			video.Filter{NSFW: &hidden, NSFWFlagsIncluded: video.FlagViolent},
		},
		{"what was asked for stays", video.Filter{NSFW: &shown}, user.Preferences{NSFWPolicy: video.NSFWHidden, NSFWFlagsHidden: 3}, video.Filter{NSFW: &shown}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.asked
			got.Prefer(tt.chose)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
