package search

import (
	"context"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// Suggestion is what somebody who types may mean: one of a video, a channel or
// a tag.
type Suggestion struct {
	Video   *video.Video
	Channel *actor.Channel
	Tag     string
}

// How many suggestions there are of each kind.
const (
	suggestedChannels = 2
	suggestedTags     = 2
	suggestedVideos   = 6
)

// Suggest returns what w may mean by what is typed so far: channels, tags and
// videos that w may see in lists.
func (s *Service) Suggest(ctx context.Context, w video.Viewer, text string) ([]Suggestion, error) {
	list := []Suggestion{}
	q := ParseQuery(text, s.Site.Host)
	if q.Empty() || q.URL != "" {
		return list, nil
	}
	channels, err := s.FindChannels(ctx, w, Params{Text: text, Count: suggestedChannels}, ChannelFilter{})
	if err != nil {
		return nil, err
	}
	for _, c := range channels.List {
		if channels.Corrected == "" && !channels.Partial {
			list = append(list, Suggestion{Channel: c})
		}
	}
	if prefix := video.Fold(strings.TrimPrefix(q.Text, "#")); prefix != "" {
		tags, err := s.Store.Tags(ctx, prefix, suggestedTags)
		if err != nil {
			return nil, err
		}
		for _, t := range tags {
			list = append(list, Suggestion{Tag: t})
		}
	}
	videos, err := s.FindVideos(ctx, w, Params{Text: text, Count: suggestedVideos})
	for _, v := range videos.List {
		list = append(list, Suggestion{Video: v})
	}
	return list, err
}
