package instance

import (
	"context"
	"sync"
	"time"
)

// Stats are the figures of the site.
type Stats struct {
	Users, Moderators, Admins               int64
	DailyUsers, WeeklyUsers, MonthlyUsers   int64 // who were here
	HalfYearUsers                           int64 // in 180 days
	LocalVideos, LocalViews, LocalDownloads int64
	LocalComments, LocalBytes, Videos       int64
	VideoComments                           int64 // of videos of other sites, too
	LocalChannels, LocalPlaylists           int64
	Followers, Following                    int64 // of the site itself
	DailyChannels, WeeklyChannels           int64 // that published
	MonthlyChannels                         int64
	Registrations, RegistrationsProcessed   int64
	RegistrationResponse                    time.Duration // average; -1 unknown
	Abuses, AbusesProcessed                 int64         // what people report
	AbuseResponse                           time.Duration // average; -1 unknown

	// Activities are what other sites sent and was done, on average
	// ActivitiesPerSecond since they are counted. ActivitiesWaiting are still to
	// be done.
	Activities          []ActivityCount
	ActivitiesPerSecond float64
	ActivitiesWaiting   int64
}

// ActivityCount is how many activities of a type, such as Create, were done and
// how many could not be.
type ActivityCount struct {
	Type              string
	Successes, Errors int64
}

// StatsKeeper keeps figures, such as Stats, for a while: counting reads whole
// tables. All who ask get the same ones, which nobody changes.
type StatsKeeper[T any] struct {
	// Count counts; now is when.
	Count  func(ctx context.Context, now time.Time) (T, error)
	MaxAge time.Duration
	Now    func() time.Time

	mu      sync.Mutex
	counted time.Time
	stats   T
}

// Stats returns figures that are at most MaxAge old. Of many who ask at once,
// one counts and the others wait for it; if counting fails, older figures are
// given out as long as there are any.
func (k *StatsKeeper[T]) Stats(ctx context.Context) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Now()
	if age := now.Sub(k.counted); !k.counted.IsZero() && age >= 0 && age < k.MaxAge { // below 0 when the clock was set back
		return k.stats, nil
	}
	// Who asked first may go away; the figures are for the others too.
	fresh, err := k.Count(context.WithoutCancel(ctx), now)
	if err != nil {
		if k.counted.IsZero() {
			var none T
			return none, err
		}
		return k.stats, nil
	}
	k.stats, k.counted = fresh, now
	return fresh, nil
}
