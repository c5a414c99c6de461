package video_test

import (
	"testing"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

func TestWhoMayChangeAVideo(t *testing.T) {
	t.Parallel()
	ours := &video.Video{Channel: &actor.Channel{OwnerID: 7}}
	remote := &video.Video{Remote: true, Channel: &actor.Channel{OwnerID: 7}}
	owner, other := &user.User{AccountID: 7, Role: user.Member}, &user.User{AccountID: 8, Role: user.Member}
	moderator := &user.User{AccountID: 9, Role: user.Moderator}
	for _, tt := range []struct {
		name  string
		v     *video.Video
		w     video.Viewer
		right user.Right
		want  errs.Kind
		ok    bool
	}{
		{"its owner", ours, owner, user.UpdateAnyVideo, 0, true},
		{"another person", ours, other, user.UpdateAnyVideo, errs.Forbidden, false},
		{"somebody without account", ours, &user.User{Role: user.Member}, user.UpdateAnyVideo, errs.Forbidden, false},
		{"nobody", ours, nil, user.UpdateAnyVideo, errs.Unauthorized, false},
		{"a moderator", ours, moderator, user.UpdateAnyVideo, 0, true},
		{"a moderator without the right", ours, moderator, user.ManageVideoFiles, errs.Forbidden, false},
		{"one of another server", remote, moderator, user.UpdateAnyVideo, errs.Forbidden, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.v.MayManage(tt.w, tt.right)
			if (err == nil) != tt.ok || err != nil && errs.KindOf(err) != tt.want {
				t.Errorf("got %v, want kind %d", err, tt.want)
			}
		})
	}
}

func TestHotScoreOrdersByYouthAndReactions(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-21T05:00:00Z")
	fresh := video.HotScore(0, 0, 0, 0, now)
	if old := video.HotScore(0, 0, 0, 0, now.AddDate(0, 0, -1)); old >= fresh {
		t.Errorf("of two without reactions the newer is first: %v >= %v", old, fresh)
	}
	if loved := video.HotScore(3000, 300, 0, 20, now.AddDate(0, 0, -1)); loved <= fresh {
		t.Errorf("a loved one of yesterday is before a new one: %v <= %v", loved, fresh)
	}
	if hated := video.HotScore(0, 0, 1000, 0, now); hated != fresh {
		t.Errorf("dislikes take likes away, not time: %v, want %v", hated, fresh)
	}
}
