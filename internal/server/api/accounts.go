package api

import (
	"context"
	"net/http"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/view"
	"sepiola/internal/server/rest"
)

// ActorDirectory is the part of actor.Directory that lists need.
type ActorDirectory interface {
	Account(ctx context.Context, handle string) (*actor.Account, error)
	Accounts(ctx context.Context, p actor.AccountList) ([]*actor.Account, int, error)
	Channels(ctx context.Context, p actor.ChannelList) ([]*actor.Channel, int, error)
}

// ChannelViews sums the views of all videos of channels; those without videos
// may be missing.
type ChannelViews func(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]int64, error)

// ChannelDays returns the views of channels on each of the last days.
type ChannelDays func(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID][]view.DayViews, error)

// Accounts serves /accounts. The videos of an account are Videos'.
type Accounts struct {
	Directory ActorDirectory
	Views     ChannelViews
	Days      ChannelDays
	Site      instance.Site
}

// Mount adds the routes to r.
func (h *Accounts) Mount(r *rest.Router) {
	r.Get("/accounts", h.list)
	r.Get("/accounts/{handle}", h.get)
	r.Get("/accounts/{handle}/video-channels", h.channels)
}

func (h *Accounts) list(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := q.Page("-createdAt")
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Directory.Accounts(r.Context(), actor.AccountList{Sort: p.Sort, Start: p.Start, Count: p.Count})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, func(a *actor.Account) accountJSON { return presentAccount(h.Site, a) }))
}

func (h *Accounts) get(w http.ResponseWriter, r *http.Request) error {
	a, err := h.Directory.Account(r.Context(), rest.Path(r, "handle"))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, presentAccount(h.Site, a))
}

func (h *Accounts) channels(w http.ResponseWriter, r *http.Request) error {
	q := rest.NewQuery(r)
	p := q.Page(channelSorts...)
	withStats := q.Bool("withStats")
	if err := q.Err(); err != nil {
		return err
	}
	a, err := h.Directory.Account(r.Context(), rest.Path(r, "handle"))
	if err != nil {
		return err
	}
	list, total, err := h.Directory.Channels(r.Context(), actor.ChannelList{
		AccountID: a.AccountID, Search: r.URL.Query().Get("search"), Sort: p.Sort, Start: p.Start, Count: p.Count,
	})
	if err != nil {
		return err
	}
	present := func(c *actor.Channel) channelStatsJSON {
		return channelStatsJSON{channelJSON: presentChannel(h.Site, c)}
	}
	if withStats != nil && *withStats {
		if present, err = h.withStats(r.Context(), list); err != nil {
			return err
		}
	}
	return rest.JSON(w, http.StatusOK, rest.NewList(total, list, present))
}

// channelStatsJSON is a VideoChannel with stats.
type channelStatsJSON struct {
	channelJSON
	VideosCount *int64           `json:"videosCount,omitempty"`
	ViewsPerDay *[]viewsDateJSON `json:"viewsPerDay,omitempty"`
	TotalViews  *int64           `json:"totalViews,omitempty"`
}

// viewsDateJSON is PeerTube's ViewsPerDate.
type viewsDateJSON struct {
	Date  isoTime `json:"date"`
	Views int64   `json:"views"`
}

func (h *Accounts) withStats(ctx context.Context, list []*actor.Channel) (func(*actor.Channel) channelStatsJSON, error) {
	ids := make([]actor.ChannelID, len(list))
	for i, c := range list {
		ids[i] = c.ChannelID
	}
	views, err := h.Views(ctx, ids)
	if err != nil {
		return nil, err
	}
	days, err := h.Days(ctx, ids)
	if err != nil {
		return nil, err
	}
	return func(c *actor.Channel) channelStatsJSON {
		total := views[c.ChannelID]
		perDay := make([]viewsDateJSON, len(days[c.ChannelID]))
		for i, d := range days[c.ChannelID] {
			perDay[i] = viewsDateJSON{isoTime(d.Day), d.Views}
		}
		return channelStatsJSON{presentChannel(h.Site, c), &c.VideosCount, &perDay, &total}
	}, nil
}

// channelSorts are what channels may be sorted by; the first is the default.
var channelSorts = []string{"-createdAt", "id", "name", "updatedAt"}
