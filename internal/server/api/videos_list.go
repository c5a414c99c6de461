package api

import (
	"net/http"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
)

// videoListJSON is a page of videos; total is left out with skipCount.
type videoListJSON struct {
	Total *int        `json:"total,omitempty"`
	Data  []videoJSON `json:"data"`
}

// list serves GET /videos.
func (h *Videos) list(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(*video.ListParams) error { return nil })
}

// listOfAccount serves GET /accounts/{handle}/videos.
func (h *Videos) listOfAccount(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(p *video.ListParams) (err error) {
		name, host := actor.ParseHandle(rest.Path(r, "handle"), h.Site.Host)
		p.Account, err = h.Actors.AccountID(r.Context(), name, host)
		return err
	})
}

// listOfChannel serves GET /video-channels/{handle}/videos.
func (h *Videos) listOfChannel(w http.ResponseWriter, r *http.Request) error {
	return h.serveList(w, r, func(p *video.ListParams) (err error) {
		name, host := actor.ParseHandle(rest.Path(r, "handle"), h.Site.Host)
		p.Channel, err = h.Actors.ChannelID(r.Context(), name, host)
		return err
	})
}

func (h *Videos) serveList(w http.ResponseWriter, r *http.Request, scope func(*video.ListParams) error) error {
	p, err := h.listParams(r)
	if err != nil {
		return err
	}
	if err := scope(&p); err != nil {
		return err
	}
	list, total, err := h.Videos.List(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	if p.Include == 0 {
		return h.writeList(w, list, total)
	}
	return rest.JSON(w, http.StatusOK, h.presentList(list, total, p.Include))
}

func (h *Videos) presentList(list []*video.Video, total int, include video.Include) videoListJSON {
	out := videoListJSON{Data: make([]videoJSON, len(list))}
	if total >= 0 {
		out.Total = &total
	}
	for i, v := range list {
		out.Data[i] = presentVideo(h.Site, v, include)
	}
	return out
}

// listMine serves GET /users/me/videos: the person's own, with what is still
// made of them.
func (h *Videos) listMine(w http.ResponseWriter, r *http.Request) error {
	p, err := h.listParams(r)
	if err != nil {
		return err
	}
	q := rest.NewQuery(r)
	p.Channel = actor.ChannelID(q.Int("channelId", 0, 1, 1<<31-1))
	p.ChannelNames = q.Strings("channelNameOneOf")
	if err := q.Err(); err != nil {
		return err
	}
	list, total, err := h.Videos.Mine(r.Context(), auth.User(r.Context()), p)
	if err != nil {
		return err
	}
	progress, err := h.Videos.Progress(r.Context(), list)
	if err != nil {
		return err
	}
	out := h.presentList(list, total, p.Include|video.NotPublishedState|video.Blacklisted|video.WithTags)
	for i, v := range list {
		if steps := progress[v.ID]; len(steps) > 0 {
			out.Data[i].Transcoding = presentTranscodes(steps)
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// listParams reads PeerTube's common filters of videos. As there, a wrong
// page or sort is reported before anything else.
func (h *Videos) listParams(r *http.Request) (p video.ListParams, err error) {
	q := rest.NewQuery(r)
	page := q.Page(video.Sorts...)
	if err := q.Err(); err != nil {
		return p, err
	}
	if err := refuseLegacyFilter(q); err != nil {
		return p, err
	}
	p = video.ListParams{Start: page.Start, Count: page.Count, Sort: video.Sort(page.Sort)}
	readFilter(q, &p.Filter)
	if len(p.Search) > maxSearch {
		q.Reject("search", "Is too long")
	}
	if skip := q.Bool("skipCount"); skip != nil {
		p.SkipCount = *skip
	}
	if strings.EqualFold(p.Host, h.Site.Host) {
		local := true
		p.Host, p.IsLocal = "", &local
	}
	return p, q.Err()
}

func refuseLegacyFilter(q *rest.Query) error {
	if q.Has("filter") {
		return errs.New(errs.Invalid, `"filter" query parameter is not supported anymore by PeerTube. Please use "isLocal" and "include" instead`)
	}
	return nil
}

func readFilter(q *rest.Query, f *video.Filter) {
	f.Categories, f.Licences = q.Ints("categoryOneOf"), q.Ints("licenceOneOf")
	f.Languages = q.Strings("languageOneOf")
	f.TagsOneOf, f.TagsAllOf = q.Strings("tagsOneOf"), q.Strings("tagsAllOf")
	for _, n := range q.Ints("privacyOneOf") {
		f.Privacies = append(f.Privacies, video.Privacy(n))
	}
	for _, n := range q.Ints("stateOneOf") {
		f.States = append(f.States, video.State(n))
	}
	switch s := q.String("nsfw"); s {
	case "":
	case "both":
		f.AnyNSFW = true
	default:
		f.NSFW = q.Bool("nsfw")
	}
	f.NSFWFlagsIncluded = q.Int("nsfwFlagsIncluded", 0, 0, 1<<20)
	f.NSFWFlagsExcluded = q.Int("nsfwFlagsExcluded", 0, 0, 1<<20)
	f.IsLive, f.IsLocal = q.Bool("isLive"), q.Bool("isLocal")
	f.HasHLS, f.HasWebVideos = q.Bool("hasHLSFiles"), q.Bool("hasWebVideoFiles")
	f.Host, f.Search = q.String("host"), q.String("search")
	f.AutoTags = q.Strings("autoTagOneOf")
	f.Include = video.Include(q.Int("include", 0, 0, 255))
	if watched := q.Bool("excludeAlreadyWatched"); watched != nil {
		f.ExcludeWatched = *watched
	}
	boundFilter(q, f)
}

// Bounds of what a list is asked for: every value becomes an argument of SQL.
const (
	maxOneOf  = 100
	maxSearch = 200
)

func boundFilter(q *rest.Query, f *video.Filter) {
	for name, n := range map[string]int{
		"categoryOneOf": len(f.Categories), "licenceOneOf": len(f.Licences), "languageOneOf": len(f.Languages),
		"tagsOneOf": len(f.TagsOneOf), "tagsAllOf": len(f.TagsAllOf) * 10, "privacyOneOf": len(f.Privacies),
		"stateOneOf": len(f.States),
	} {
		if n > maxOneOf {
			q.Reject(name, "Has too many values")
		}
	}
	if f.Host != "" && !actor.ValidHost(f.Host) {
		q.Reject("host", "")
	}
}
