package abuse

import (
	"context"

	"sepiola/internal/domain/video"
)

// MostOpen bounds Open: more are not counted.
const MostOpen = 1000

// Open is how many reports wait for a decision, MostOpen at most, for who
// manages reports.
func (s *Service) Open(ctx context.Context, w video.Viewer) (int, error) {
	if err := mayManage(w); err != nil {
		return 0, err
	}
	return s.Store.Open(ctx, MostOpen)
}
