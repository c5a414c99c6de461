package video

import "context"

// RunSchedule makes the change of privacy that was scheduled for a video. What
// its owner changed meanwhile counts: without a schedule nothing happens.
func (s *Service) RunSchedule(ctx context.Context, id ID) error {
	defer s.openFiles.forget()
	return s.InTx(ctx, func(ctx context.Context) error {
		v, err := s.Store.ByRef(ctx, ByID(id))
		if err != nil {
			return err
		}
		if err := s.Store.Load(ctx, v); err != nil {
			return err
		}
		if v.Schedule == nil || v.Schedule.UpdateAt.After(s.Now()) {
			return nil
		}
		before := *v
		if v.Schedule.Privacy != 0 {
			v.Privacy = v.Schedule.Privacy
		}
		v.Schedule = nil
		v.UpdatedAt = s.Now()
		if v.State == Published && wasHidden(before.Privacy) && !wasHidden(v.Privacy) {
			v.PublishedAt = s.Now()
		}
		if err := s.Store.Update(ctx, v); err != nil {
			return err
		}
		if err := s.opened(ctx, &before, v, true); err != nil {
			return err
		}
		if err := s.edited(ctx, &before, v); err != nil {
			return err
		}
		return s.follow(ctx, &before, v)
	})
}
