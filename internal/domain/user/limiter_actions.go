package user

import (
	"context"
	"strconv"
)

// Act counts something that a user does, in a scope of its own. Too many are
// errs.TooMany.
func (l *Limiter) Act(ctx context.Context, scope string, id ID, r Rate) error {
	_, err := l.take(ctx, scope, strconv.FormatInt(int64(id), 10), r)
	return err
}
