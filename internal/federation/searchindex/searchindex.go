// Package searchindex asks an index that finds things on many sites, such as
// SepiaSearch: the same questions as to a site's own search, posted as JSON.
//
// What comes back is from strangers about strangers. Of it is taken only what
// is understood, and each thing is of the site that its address is on: an
// index cannot show one site's name and lead to another, nor have pictures
// loaded from somewhere else.
//
// Not here: what a site does with the answers (domain/search.Elsewhere).
package searchindex

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// maxAnswer is the size of an answer in bytes.
const maxAnswer = 4 << 20

// Client asks. It is a search.Outside.
type Client struct {
	Fetch interface {
		Question(ctx context.Context, raw string, body []byte, size int64) (*fetch.Response, error)
	}
	// Plain takes http addresses too: only when this site itself is reached so.
	Plain bool
}

var _ search.Outside = (*Client)(nil)

// question is the body of a request; PeerTube's names.
type question struct {
	Search string `json:"search,omitempty"`
	Start  int    `json:"start"`
	Count  int    `json:"count"`
	Sort   string `json:"sort,omitempty"`
	Host   string `json:"host,omitempty"`

	UUIDs   []string `json:"uuids,omitempty"`
	Handles []string `json:"handles,omitempty"`

	BlockedHosts    []string `json:"blockedHosts"`
	BlockedAccounts []string `json:"blockedAccounts"`

	*videoQuestion
}

// videoQuestion is what is asked of videos alone.
type videoQuestion struct {
	NSFW              string     `json:"nsfw"`
	NSFWFlagsIncluded int        `json:"nsfwFlagsIncluded,omitempty"`
	NSFWFlagsExcluded int        `json:"nsfwFlagsExcluded,omitempty"`
	IsLive            *bool      `json:"isLive,omitempty"`
	CategoryOneOf     []int      `json:"categoryOneOf,omitempty"`
	LicenceOneOf      []int      `json:"licenceOneOf,omitempty"`
	LanguageOneOf     []string   `json:"languageOneOf,omitempty"`
	TagsOneOf         []string   `json:"tagsOneOf,omitempty"`
	TagsAllOf         []string   `json:"tagsAllOf,omitempty"`
	StartDate         *time.Time `json:"startDate,omitempty"`
	EndDate           *time.Time `json:"endDate,omitempty"`
	OriginallyFrom    *time.Time `json:"originallyPublishedStartDate,omitempty"`
	OriginallyTo      *time.Time `json:"originallyPublishedEndDate,omitempty"`
	DurationMin       *int       `json:"durationMin,omitempty"`
	DurationMax       *int       `json:"durationMax,omitempty"`
}

func questionOf(a search.Asked) question {
	return question{
		Search: a.Text, Start: a.Start, Count: a.Count, Sort: a.Sort, Host: a.Filter.Host,
		UUIDs: a.Filter.UUIDs, Handles: a.Handles,
		BlockedHosts: append([]string{}, a.BlockedHosts...), BlockedAccounts: append([]string{}, a.BlockedAccounts...),
	}
}

func videoQuestionOf(f *video.Filter) *videoQuestion {
	nsfw := "both"
	if f.NSFW != nil {
		nsfw = map[bool]string{true: "true", false: "false"}[*f.NSFW]
	}
	return &videoQuestion{
		NSFW: nsfw, NSFWFlagsIncluded: f.NSFWFlagsIncluded, NSFWFlagsExcluded: f.NSFWFlagsExcluded, IsLive: f.IsLive,
		CategoryOneOf: f.Categories, LicenceOneOf: f.Licences, LanguageOneOf: f.Languages, TagsOneOf: f.TagsOneOf, TagsAllOf: f.TagsAllOf,
		StartDate: f.PublishedAfter, EndDate: f.PublishedBefore, OriginallyFrom: f.OriginallyAfter, OriginallyTo: f.OriginallyBefore,
		DurationMin: f.DurationMin, DurationMax: f.DurationMax,
	}
}

// Videos implements search.Outside.
func (c *Client) Videos(ctx context.Context, url string, a search.Asked) ([]search.IndexedVideo, int, error) {
	q := questionOf(a)
	q.videoQuestion = videoQuestionOf(&a.Filter)
	return ask(ctx, c, url, "videos", q, reader{c.Plain}.video)
}

// Channels implements search.Outside.
func (c *Client) Channels(ctx context.Context, url string, a search.Asked) ([]search.IndexedChannel, int, error) {
	return ask(ctx, c, url, "video-channels", questionOf(a), reader{c.Plain}.channel)
}

// Playlists implements search.Outside.
func (c *Client) Playlists(ctx context.Context, url string, a search.Asked) ([]search.IndexedPlaylist, int, error) {
	return ask(ctx, c, url, "video-playlists", questionOf(a), reader{c.Plain}.playlist)
}

func ask[T any](ctx context.Context, c *Client, url, what string, q question, read func([]byte) (T, bool)) ([]T, int, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, 0, err
	}
	res, err := c.Fetch.Question(ctx, strings.TrimRight(url, "/")+"/api/v1/search/"+what, body, maxAnswer)
	if err != nil {
		return nil, 0, err
	}
	return parse(res.Body, q.Count, read)
}

// parse reads an answer: at most most things, those that can be shown.
func parse[T any](body []byte, most int, read func([]byte) (T, bool)) ([]T, int, error) {
	var answer struct {
		Total *number           `json:"total"`
		Data  []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Total == nil {
		return nil, 0, errs.Wrap(errs.Unprocessable, err, "the index does not answer as an index does")
	}
	list := make([]T, 0, min(len(answer.Data), max(most, 0)))
	for _, one := range answer.Data[:cap(list)] {
		if it, ok := read(one); ok {
			list = append(list, it)
		}
	}
	return list, int(*answer.Total), nil
}
