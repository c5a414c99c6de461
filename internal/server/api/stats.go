package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/redundancy"
	"sepiola/internal/server/rest"
)

// Stats serves /server/stats.
type Stats struct {
	// Stats returns figures that may be some hours old: StatsKeeper.Stats.
	Stats func(ctx context.Context) (instance.Stats, error)
	// Mirroring returns what this site mirrors of others, redundancy.Admin.Usage
	// kept in the same way: everybody may ask, and it sums all mirrors.
	Mirroring func(ctx context.Context) ([]redundancy.Usage, error)
	// What is told (stats.*.enabled).
	Registrations, Moderators, Admins, Abuses bool
}

// Mount adds the routes to r.
func (h *Stats) Mount(r *rest.Router) {
	r.Get("/server/stats", h.get)
}

// activities are the messages of servers that PeerTube counts.
var activities = []string{
	"Create", "Update", "Delete", "Follow", "Accept", "Reject", "Announce", "Undo", "Like", "Dislike", "Flag", "View",
	"ApproveReply", "RejectReply",
}

func (h *Stats) get(w http.ResponseWriter, r *http.Request) error {
	s, err := h.Stats(r.Context())
	if err != nil {
		return err
	}
	mirroring, err := h.Mirroring(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "max-age=14400")
	return rest.JSON(w, http.StatusOK, h.present(s, mirroring))
}

// mirroringJSON is PeerTube's VideosRedundancyStats.
type mirroringJSON struct {
	Used     int64               `json:"totalUsed"`
	Videos   int                 `json:"totalVideos"`
	Files    int                 `json:"totalVideoFiles"`
	Strategy redundancy.Strategy `json:"strategy"`
	Size     *int64              `json:"totalSize"` // null for what has no bound
}

// presentMirroring presents the strategies of the settings and then what was
// chosen by hand, as PeerTube does.
func presentMirroring(list []redundancy.Usage) []mirroringJSON {
	out := make([]mirroringJSON, len(list))
	for i, u := range list {
		out[i] = mirroringJSON{Used: u.Used, Videos: u.Videos, Files: u.Files, Strategy: u.Strategy}
		if u.Strategy != redundancy.Manual {
			out[i].Size = &u.Size
		}
	}
	slices.SortStableFunc(out, func(a, b mirroringJSON) int { return order(a) - order(b) })
	return out
}

func order(m mirroringJSON) int {
	if m.Strategy == redundancy.Manual {
		return 1
	}
	return 0
}

func (h *Stats) present(s instance.Stats, mirroring []redundancy.Usage) *object {
	o := new(object)
	o.set("totalUsers", s.Users)
	o.set("totalDailyActiveUsers", s.DailyUsers)
	o.set("totalWeeklyActiveUsers", s.WeeklyUsers)
	o.set("totalMonthlyActiveUsers", s.MonthlyUsers)
	if h.Moderators {
		o.set("totalModerators", s.Moderators)
	}
	if h.Admins {
		o.set("totalAdmins", s.Admins)
	}
	o.set("totalLocalVideos", s.LocalVideos)
	o.set("totalLocalVideoViews", s.LocalViews)
	o.set("totalLocalVideoDownloads", s.LocalDownloads)
	o.set("totalLocalVideoComments", s.LocalComments)
	o.set("totalLocalVideoFilesSize", s.LocalBytes)
	o.set("totalVideos", s.Videos)
	o.set("totalVideoComments", s.VideoComments)
	o.set("totalLocalVideoChannels", s.LocalChannels)
	o.set("totalLocalDailyActiveVideoChannels", s.DailyChannels)
	o.set("totalLocalWeeklyActiveVideoChannels", s.WeeklyChannels)
	o.set("totalLocalMonthlyActiveVideoChannels", s.MonthlyChannels)
	o.set("totalLocalPlaylists", s.LocalPlaylists)
	o.set("totalInstanceFollowers", s.Followers)
	o.set("totalInstanceFollowing", s.Following)
	o.set("videosRedundancy", presentMirroring(mirroring))
	if h.Abuses {
		o.set("averageAbuseResponseTimeMs", averageMs(s.AbuseResponse))
		o.set("totalAbuses", s.Abuses)
		o.set("totalAbusesProcessed", s.AbusesProcessed)
	}
	if h.Registrations {
		o.set("averageRegistrationRequestResponseTimeMs", averageMs(s.RegistrationResponse))
		o.set("totalRegistrationRequests", s.Registrations)
		o.set("totalRegistrationRequestsProcessed", s.RegistrationsProcessed)
	}
	h.presentActivities(o, s)
	return o
}

// presentActivities adds what other sites sent. Each type has its figures; the
// totals have all types, also those that PeerTube does not tell one by one.
func (h *Stats) presentActivities(o *object, s instance.Stats) {
	var successes, failures int64
	done, failed := map[string]int64{}, map[string]int64{}
	for _, c := range s.Activities {
		done[c.Type], failed[c.Type] = c.Successes, c.Errors
		successes += c.Successes
		failures += c.Errors
	}
	o.set("totalActivityPubMessagesProcessed", successes+failures)
	o.set("totalActivityPubMessagesSuccesses", successes)
	for _, kind := range activities {
		o.set("totalActivityPub"+kind+"MessagesSuccesses", done[kind])
	}
	for _, kind := range activities {
		o.set("totalActivityPub"+kind+"MessagesErrors", failed[kind])
	}
	o.set("totalActivityPubMessagesErrors", failures)
	o.set("activityPubMessagesProcessedPerSecond", s.ActivitiesPerSecond)
	o.set("totalActivityPubMessagesWaiting", s.ActivitiesWaiting)
}

// averageMs is an average in milliseconds; null unknown.
func averageMs(d time.Duration) *int64 {
	if d < 0 {
		return nil
	}
	ms := d.Milliseconds()
	return &ms
}
