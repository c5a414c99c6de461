package view_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
)

// played keeps figures in memory. It knows the video 7.
type played struct {
	mu       sync.Mutex
	sums     view.PlaybackSums
	commits  int
	observed int
	cleaned  []int64
}

func (p *played) AddPlayback(_ context.Context, list []view.PlaybackDay) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commits++
	for _, d := range list {
		p.sums.Add(d.PlaybackSums)
	}
	return nil
}

func (p *played) Played(*view.PlaybackReport, bool, bool) { p.observed++ }

func (p *played) ByRef(_ context.Context, ref video.Ref) (*video.Video, error) {
	if ref.ID != 7 {
		return nil, errs.New(errs.NotFound, "no rows")
	}
	return &video.Video{ID: 7}, nil
}

func newPlayback(p *played, rules view.PlaybackRules) *view.Playback {
	return &view.Playback{
		Store: p, Videos: p, Meter: p, Rules: func() view.PlaybackRules { return rules },
		InTx: func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) },
		Now:  func() time.Time { return time.Unix(1_700_000_000, 0) },
	}
}

func TestOnlyPossibleReportsCount(t *testing.T) {
	t.Parallel()
	yes, long := true, time.Hour
	for name, c := range map[string]struct {
		in     view.PlaybackReport
		counts bool
	}{
		"a report":                   {view.PlaybackReport{BytesSite: 5}, true},
		"of a crawler":               {view.PlaybackReport{BytesSite: 5, UserAgent: "Googlebot/2.1"}, false},
		"of more than a line brings": {view.PlaybackReport{BytesPeers: 1<<30 + 1}, false},
		"of endless stalls":          {view.PlaybackReport{Stalls: 10_001}, false},
		"of an hour until it played": {view.PlaybackReport{First: &yes, Start: &long}, false},
	} {
		p := new(played)
		if err := newPlayback(p, view.PlaybackRules{Keep: true, Metrics: true}).Report(t.Context(), video.Ref{ID: 7}, c.in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := p.commits == 1 && p.observed == 1; got != c.counts {
			t.Errorf("%s: counted %v, want %v", name, got, c.counts)
		}
	}
}

func TestPlaybackFollowsTheSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules             view.PlaybackRules
		commits, observed int
		unknown           bool
	}{
		"nobody wants to know": {view.PlaybackRules{}, 0, 0, false},
		"only metrics":         {view.PlaybackRules{Metrics: true}, 0, 1, true},
		"only figures":         {view.PlaybackRules{Keep: true}, 1, 0, true},
	} {
		p := new(played)
		s := newPlayback(p, c.rules)
		if err := s.Report(t.Context(), video.Ref{ID: 7}, view.PlaybackReport{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p.commits != c.commits || p.observed != c.observed {
			t.Errorf("%s: %d commits, %d observed", name, p.commits, p.observed)
		}
		if err := s.Report(t.Context(), video.Ref{ID: 8}, view.PlaybackReport{}); errs.Is(err, errs.NotFound) != c.unknown {
			t.Errorf("%s: a video that does not exist: %v", name, err)
		}
	}
}

// A viewing is counted once: by what the player says, else by its address.
func TestViewingsAreCountedOnce(t *testing.T) {
	t.Parallel()
	p := new(played)
	s := newPlayback(p, view.PlaybackRules{Keep: true})
	yes, no := true, false
	report := func(in view.PlaybackReport) {
		t.Helper()
		if err := s.Report(t.Context(), video.Ref{ID: 7}, in); err != nil {
			t.Fatal(err)
		}
	}
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	report(view.PlaybackReport{Addr: here, First: &yes, Sharing: true})
	report(view.PlaybackReport{Addr: here, First: &no, Sharing: true})
	report(view.PlaybackReport{Addr: here, First: &yes})
	for range 3 {
		report(view.PlaybackReport{Addr: there})
	}
	if p.sums.Sessions != 3 || p.sums.Shared != 1 {
		t.Errorf("%d sessions, %d of them shared; want 3 and 1", p.sums.Sessions, p.sums.Shared)
	}
}

// An address that claims more than a school watches is not believed any more;
// others are.
func TestLiarsAreBounded(t *testing.T) {
	t.Parallel()
	p := new(played)
	s := newPlayback(p, view.PlaybackRules{Keep: true})
	no := false
	for range 1100 {
		if err := s.Report(t.Context(), video.Ref{ID: 7}, view.PlaybackReport{Addr: netip.MustParseAddr("2001:db8::1"), First: &no, BytesPeers: 1 << 30}); err != nil {
			t.Fatal(err)
		}
	}
	if p.sums.BytesPeers != 1<<40 {
		t.Errorf("believed %d bytes, want 1 TiB", p.sums.BytesPeers)
	}
	if err := s.Report(t.Context(), video.Ref{ID: 7}, view.PlaybackReport{Addr: netip.MustParseAddr("192.0.2.9"), BytesSite: 9}); err != nil || p.sums.BytesSite != 9 {
		t.Errorf("another address: %v, %d bytes", err, p.sums.BytesSite)
	}
}

func TestMedianStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		starts [7]int64
		want   time.Duration
	}{
		"nothing known":      {},
		"one at once":        {[7]int64{0: 1}, 250 * time.Millisecond},
		"half in between":    {[7]int64{0: 1, 2: 2, 5: 1}, 750 * time.Millisecond},
		"all below a second": {[7]int64{2: 4}, 750 * time.Millisecond},
		"all too long":       {[7]int64{6: 3}, 8 * time.Second},
	} {
		s := view.PlaybackSums{Starts: c.starts}
		if got := s.MedianStart(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if s := (view.PlaybackSums{BytesSite: 25, BytesPeers: 75}); s.Saved() != 75 {
		t.Errorf("saved %v %%, want 75", s.Saved())
	}
}

func (p *played) PlaybackSite(_ context.Context, from, to int64) ([]view.PlaybackDay, error) {
	return []view.PlaybackDay{
		{Day: from - 1, PlaybackSums: view.PlaybackSums{BytesSite: 1000}},
		{Day: to, PlaybackSums: view.PlaybackSums{BytesSite: 5}},
	}, nil
}

func (p *played) PlaybackOf(context.Context, video.ID, int64, int64) ([]view.PlaybackDay, error) {
	return []view.PlaybackDay{{Day: 1_700_000_000/86400 - 1, PlaybackSums: view.PlaybackSums{BytesPeers: 4}}}, nil
}

func (p *played) PlaybackTop(context.Context, int64, int64, int) ([]view.PlaybackDay, error) {
	return []view.PlaybackDay{{Video: 9}, {Video: 7, PlaybackSums: view.PlaybackSums{BytesSite: 5}}}, nil
}

func (p *played) CleanPlayback(_ context.Context, before int64) (int, error) {
	p.cleaned = append(p.cleaned, before)
	return 2 - len(p.cleaned), nil
}

func (p *played) ByIDs(context.Context, []video.ID) (map[video.ID]*video.Video, error) {
	return map[video.ID]*video.Video{7: {ID: 7}}, nil
}

// Managed knows the video 7, which is nobody's.
func (p *played) Managed(_ context.Context, w video.Viewer, ref video.Ref, right user.Right) (*video.Video, error) {
	if w == nil || !w.Has(right) {
		return nil, errs.New(errs.Forbidden, "not yours")
	}
	return p.ByRef(context.Background(), ref)
}

func TestPlaybackIsToldToThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	p := new(played)
	now := time.Unix(1_700_000_000, 0)
	age := 10 * 24 * time.Hour
	s := &view.PlaybackStats{Store: p, Videos: p, Finder: p, MaxAge: func() time.Duration { return age }, Now: func() time.Time { return now }}
	admin, member := &user.User{Role: user.Administrator}, &user.User{Role: user.Member}
	span, top, err := s.Site(t.Context(), admin, 7, 5)
	if err != nil || len(span.Days) != 7 || span.BytesSite != 5 || span.Days[6].BytesSite != 5 || span.Days[6].At() != now.UTC().Truncate(24*time.Hour) {
		t.Errorf("the site: %v %+v", err, span)
	}
	if len(top) != 1 || top[0].Video.ID != 7 { // 9 is gone
		t.Errorf("the top: %+v", top)
	}
	if _, _, err := s.Site(t.Context(), member, 7, 5); !errs.Is(err, errs.Forbidden) {
		t.Errorf("to a member: %v, want Forbidden", err)
	}
	if one, err := s.Video(t.Context(), admin, video.Ref{ID: 7}, 3); err != nil || one.Days[1].BytesPeers != 4 {
		t.Errorf("of a video: %v %+v", err, one)
	}
	if _, err := s.Video(t.Context(), member, video.Ref{ID: 7}, 3); !errs.Is(err, errs.Forbidden) {
		t.Errorf("of a video, to others: %v, want Forbidden", err)
	}
	if err := s.Clean(t.Context()); err != nil || len(p.cleaned) != 2 || p.cleaned[0] != 1_700_000_000/86400-10 {
		t.Errorf("cleaning: %v %v", err, p.cleaned)
	}
	if age = -1; s.Clean(t.Context()) != nil || len(p.cleaned) != 2 {
		t.Error("what is kept for ever was cleaned")
	}
}
