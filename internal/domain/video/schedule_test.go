package video

import (
	"context"
	"testing"
	"time"

	"sepiola/internal/errs"
)

// shelf holds one video.
type shelf struct {
	Store
	v     *Video
	steps []Transcode
	moved int
}

func (s *shelf) ByRef(_ context.Context, ref Ref) (*Video, error) {
	if s.v == nil || ref.ID != s.v.ID {
		return nil, errs.New(errs.NotFound, "Video not found")
	}
	v := *s.v
	return &v, nil
}

func (s *shelf) Load(context.Context, *Video) error { return nil }

func (s *shelf) Update(_ context.Context, v *Video) error {
	s.v = v
	return nil
}

func (s *shelf) Transcodes(context.Context, []ID) (map[ID][]Transcode, error) {
	return map[ID][]Transcode{s.v.ID: s.steps}, nil
}

func (s *shelf) MoveFiles(context.Context, ID) error        { s.moved++; return nil }
func (s *shelf) RefreshFiles(context.Context, ID) error     { return nil }
func (s *shelf) RemoveFiles(context.Context, Removal) error { return nil }

func TestRunSchedule(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	due, later := &ScheduleUpdate{UpdateAt: now, Privacy: Public}, &ScheduleUpdate{UpdateAt: now.Add(time.Second), Privacy: Public}
	for _, tt := range []struct {
		name    string
		v       Video
		privacy Privacy
		moved   int
		fresh   bool // its publication is now
		left    bool // the schedule is
	}{
		{"a private video is published", Video{Privacy: Private, State: Published, Schedule: due}, Public, 1, true, false},
		{"one that is still transcoded is published later", Video{Privacy: Private, State: ToTranscode, Schedule: due}, Public, 1, false, false},
		{"an unlisted one was published before", Video{Privacy: Unlisted, State: Published, Schedule: due}, Public, 0, false, false},
		{"its time has not come", Video{Privacy: Private, State: Published, Schedule: later}, Private, 0, false, true},
		{"its owner took it back", Video{Privacy: Private, State: Published}, Private, 0, false, false},
		{"without a privacy it keeps its own", Video{Privacy: Private, State: Published, Schedule: &ScheduleUpdate{UpdateAt: now}}, Private, 0, false, false},
	} {
		tt.v.ID = 1
		s := &shelf{v: &tt.v}
		svc := &Service{
			Store: s, Queue: s, Now: func() time.Time { return now },
			InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
		}
		if err := svc.RunSchedule(t.Context(), 1); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if s.v.Privacy != tt.privacy || s.moved != tt.moved || s.v.PublishedAt.Equal(now) != tt.fresh || (s.v.Schedule != nil) != tt.left {
			t.Errorf("%s: got privacy %d, %d moves, published %v, schedule %v", tt.name, s.v.Privacy, s.moved, s.v.PublishedAt, s.v.Schedule)
		}
	}
}

// A clock that goes back and forth publishes a video once, and not early.
func TestRunScheduleWhileTheClockJumps(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	s := &shelf{v: &Video{ID: 1, Privacy: Private, State: Published, Schedule: &ScheduleUpdate{UpdateAt: at, Privacy: Public}}}
	var now time.Time
	svc := &Service{
		Store: s, Queue: s, Now: func() time.Time { return now },
		InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
	}
	for _, tt := range []struct {
		by   time.Duration
		want Privacy
	}{{-time.Hour, Private}, {-time.Second, Private}, {-24 * time.Hour, Private}, {time.Minute, Public}, {-time.Hour, Public}, {time.Hour, Public}} {
		now = at.Add(tt.by)
		if err := svc.RunSchedule(t.Context(), 1); err != nil || s.v.Privacy != tt.want {
			t.Errorf("at %v: privacy %d, %v; want %d", tt.by, s.v.Privacy, err, tt.want)
		}
	}
	if s.moved != 1 || !s.v.PublishedAt.Equal(at.Add(time.Minute)) {
		t.Errorf("files moved %d times, published %v; want once, at its time", s.moved, s.v.PublishedAt)
	}
}

// reruns notes what was queued.
type reruns []TranscodeKind

func (r *reruns) Transcode(_ context.Context, _ ID, kind TranscodeKind) error {
	*r = append(*r, kind)
	return nil
}

func TestReruns(t *testing.T) {
	t.Parallel()
	open := []Transcode{{State: TranscodeRunning}}
	for _, tt := range []struct {
		name    string
		v       Video
		steps   []Transcode
		force   bool
		enabled bool
		want    errs.Kind // Internal: none
	}{
		{"a finished video", Video{ID: 1, State: Published}, []Transcode{{State: TranscodeDone}}, false, true, errs.Internal},
		{"one that failed", Video{ID: 1, State: TranscodingFailed}, []Transcode{{State: TranscodeFailed}}, false, true, errs.Internal},
		{"one that is being transcoded", Video{ID: 1, State: Published}, open, false, true, errs.Conflict},
		{"one that is being transcoded, by force", Video{ID: 1, State: Published}, open, true, true, errs.Internal},
		{"a new one", Video{ID: 1, State: ToTranscode}, nil, false, true, errs.Conflict},
		{"a live", Video{ID: 1, IsLive: true}, nil, false, true, errs.Invalid},
		{"a remote one", Video{ID: 1, Remote: true}, nil, false, true, errs.Invalid},
		{"a site that does not transcode", Video{ID: 1, State: Published}, nil, false, false, errs.Invalid},
		{"none", Video{ID: 2}, nil, false, true, errs.NotFound},
	} {
		var q reruns
		s := &Reruns{Store: &shelf{v: &tt.v, steps: tt.steps}, Queue: &q, Enabled: func(context.Context) bool { return tt.enabled }}
		err := s.Transcode(t.Context(), ByID(1), HLS, tt.force)
		if tt.want == errs.Internal && (err != nil || len(q) != 1) || tt.want != errs.Internal && (!errs.Is(err, tt.want) || len(q) != 0) {
			t.Errorf("%s: got %v, queued %v; want kind %d", tt.name, err, q, tt.want)
		}
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	files := []File{{ID: 1, Resolution: 720, PlaylistID: 1}, {ID: 2, Resolution: 480, PlaylistID: 1}, {ID: 3, Resolution: 480}}
	done := func(kind TranscodeKind, r int) Transcode {
		return Transcode{Kind: kind, Resolution: r, State: TranscodeDone}
	}
	for _, tt := range []struct {
		name  string
		steps []Transcode
		want  int
	}{
		{"all were made", []Transcode{done(HLS, 720), done(HLS, 480), done(WebVideo, 480)}, 0},
		{"the new file is smaller", []Transcode{done(HLS, 480), done(WebVideo, 480)}, 1},
		{"a step is missing", []Transcode{done(HLS, 480), {Kind: HLS, Resolution: 240, State: TranscodePending}}, 0},
		{"none would be left", []Transcode{done(HLS, 240)}, 0},
		{"nothing was planned", nil, 0},
	} {
		v := Video{Files: files}
		if got := v.Stale(tt.steps); len(got) != tt.want {
			t.Errorf("%s: %v are stale, want %d", tt.name, got, tt.want)
		}
	}
}
