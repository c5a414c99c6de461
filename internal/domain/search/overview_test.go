package search

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// manySamples has more than pages show of tags, and counts how often it is
// asked.
type manySamples struct{ asked, limit int }

func (m *manySamples) Samples(_ context.Context, _, limit int) (o Samples, err error) {
	m.asked, m.limit = m.asked+1, limit
	for i := range limit {
		o.Tags = append(o.Tags, strconv.Itoa(i))
	}
	for i := range 15 {
		o.Categories, o.Channels = append(o.Categories, i+1), append(o.Channels, actor.ChannelID(i+1))
	}
	return o, nil
}

// oneVideo answers each list with one video.
type oneVideo struct{ Videos }

func (oneVideo) List(_ context.Context, _ video.Viewer, p video.ListParams) ([]*video.Video, int, error) {
	return []*video.Video{{Channel: &actor.Channel{ChannelID: p.Channel}}}, 1, nil
}

func topics(t *testing.T, o *Overview) (list []string) {
	t.Helper()
	for page := 1; page <= MaxOverview; page++ {
		sections, err := o.Page(t.Context(), nil, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sections {
			switch {
			case s.Tag != "":
				list = append(list, "#"+s.Tag)
			case s.Category != 0:
				list = append(list, "category "+strconv.Itoa(s.Category))
			default:
				list = append(list, "channel "+strconv.Itoa(int(s.Channel.ChannelID)))
			}
		}
	}
	return list
}

// Who comes again later finds other topics; meanwhile they stay, on all nodes,
// and the tables are asked once.
func TestTheOverviewShowsOtherTopicsEachTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	store := new(manySamples)
	at := func() *Overview {
		return &Overview{Store: store, Videos: oneVideo{}, Now: func() time.Time { return now }}
	}
	here, other := at(), at()
	first := topics(t, here)
	if len(first) != MaxOverview+15+15 || len(slices.Compact(slices.Sorted(slices.Values(first)))) != len(first) {
		t.Errorf("%d topics, or some twice: %v", len(first), first)
	}
	now = now.Add(samplesLife - time.Second)
	if again := topics(t, here); !slices.Equal(again, first) || store.asked != 1 {
		t.Errorf("a little later there are others, or %d questions", store.asked)
	}
	if there := topics(t, other); !slices.Equal(there, first) {
		t.Error("another node shows others")
	}
	now = now.Add(time.Second)
	later := topics(t, here)
	if slices.Equal(later, first) || slices.Equal(slices.Sorted(slices.Values(later)), slices.Sorted(slices.Values(first))) {
		t.Error("they are the same later")
	}
	if store.limit != mostSamples {
		t.Errorf("asked for %d", store.limit)
	}
}
