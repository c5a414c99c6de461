package search_test

import (
	"context"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

var here = instance.Site{Scheme: "https", Host: "here.example"}

// elsewhere is what other sites have.
type elsewhere struct {
	found search.Resolved
	err   error
	asked []string
}

func (e *elsewhere) ByURL(_ context.Context, _ video.Viewer, url string) (search.Resolved, error) {
	e.asked = append(e.asked, url)
	return e.found, e.err
}

func (e *elsewhere) ByHandle(_ context.Context, _ video.Viewer, h search.Handle) (search.Resolved, error) {
	e.asked = append(e.asked, h.Name+"@"+h.Host)
	return e.found, e.err
}

func TestAddressesOfOtherSitesAreAskedThere(t *testing.T) {
	t.Parallel()
	videos, found := &listOf{}, &elsewhere{found: search.Resolved{Video: 7, Channel: 3}}
	s := &search.Service{Store: &unknown{}, Videos: videos, Channels: unknown{}, Site: here, Now: time.Now, Remote: found}
	if _, err := s.FindVideos(t.Context(), nil, search.Params{Text: "https://far.test/w/abc", Count: 10}); err != nil {
		t.Fatal(err)
	}
	if len(videos.ids) != 1 || videos.ids[0] != 7 {
		t.Errorf("shown are %v, want the video that was found", videos.ids)
	}
	if !videos.anywhere {
		t.Error("who may watch what the site does not follow is not shown what was fetched for them")
	}
	for _, text := range []string{"https://far.test/c/films", "films@far.test", "@films@far.test", "acct:films@far.test"} {
		page, err := s.FindChannels(t.Context(), nil, search.Params{Text: text, Count: 10}, search.ChannelFilter{})
		if err != nil || page.Total != 1 || page.List[0].ChannelID != 3 {
			t.Errorf("%s: got %+v %v", text, page, err)
		}
	}
	if last := found.asked[len(found.asked)-1]; last != "films@far.test" {
		t.Errorf("asked for %q", last)
	}
	want := 5
	for _, text := range []string{"https://" + here.Host + "/c/films", "films@" + here.Host} {
		if page, err := s.FindChannels(t.Context(), nil, search.Params{Text: text, Count: 10}, search.ChannelFilter{}); err != nil || page.Total != 0 {
			t.Errorf("%s: got %+v %v", text, page, err)
		}
	}
	if len(found.asked) != want {
		t.Errorf("asked for %v", found.asked)
	}
	for account, want := range map[actor.AccountID]int{9: 2, 8: 0} {
		found.found = search.Resolved{Account: account}
		for _, text := range []string{"https://far.test/a/alice", "@alice@far.test"} {
			page, err := s.FindChannels(t.Context(), nil, search.Params{Text: text, Count: 1}, search.ChannelFilter{})
			if err != nil || page.Total != want || len(page.List) != min(want, 1) {
				t.Errorf("%s, account %d: got %+v %v", text, account, page, err)
			}
		}
	}
	found.err = errs.New(errs.NotFound, "no")
	if page, err := s.FindVideos(t.Context(), nil, search.Params{Text: "https://far.test/x", Count: 10}); err != nil || page.Total != 0 {
		t.Errorf("nothing: got %+v %v", page, err)
	}
}

// listOf remembers which videos were asked for.
type listOf struct {
	search.Videos
	ids      []video.ID
	anywhere bool
}

func (l *listOf) List(_ context.Context, _ video.Viewer, p video.ListParams) ([]*video.Video, int, error) {
	l.ids, l.anywhere = p.IDs, p.Anywhere
	return nil, len(p.IDs), nil
}

// unknown is an index that knows nothing but channel 3.
type unknown struct{ search.Store }

func (unknown) VideoByURL(context.Context, string) (video.ID, error) {
	return 0, errs.New(errs.NotFound, "no")
}

func (unknown) ChannelByName(context.Context, string, string) (*actor.Channel, error) {
	return nil, errs.New(errs.NotFound, "no")
}

// ChannelsOf knows two channels of account 9.
func (unknown) ChannelsOf(_ context.Context, id actor.AccountID) ([]*actor.Channel, error) {
	if id != 9 {
		return nil, nil
	}
	return []*actor.Channel{{ChannelID: 3}, {ChannelID: 4}}, nil
}

func (unknown) LoadChannels(_ context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error) {
	return map[actor.ChannelID]*actor.Channel{3: {ChannelID: ids[0]}}, nil
}

func (unknown) Channels(context.Context, search.Expr, search.ChannelFilter, string, int) ([]search.Hit, error) {
	return nil, nil
}

func (unknown) Words(context.Context, int64, int) ([]search.Word, error) { return nil, nil }
