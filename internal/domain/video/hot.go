package video

import (
	"math"
	"time"
)

// hotHalf is how much older a video may be that has ten times the reactions
// and still ranks beside a newer one.
const hotHalf = 12*time.Hour + 30*time.Minute

// hotEpoch keeps scores small. Its value does not matter to the order.
var hotEpoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// HotScore is what "hot" and "best" sort by: reactions count by their
// logarithm, and every 12.5 hours of youth weigh as much as ten times the
// reactions. A like counts three, a comment two, three views one; dislikes
// take likes away. Because age enters as the fixed time of publication, a
// score changes only with its counters and can be kept in an index.
func HotScore(views, likes, dislikes, comments int64, published time.Time) float64 {
	reactions := 3*float64(likes-dislikes) + 2*float64(comments) + float64(views)/3
	return math.Log10(max(1, 1+reactions)) + float64(published.Sub(hotEpoch))/float64(hotHalf)
}
