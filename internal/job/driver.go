package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivershared/baseservice"
	"github.com/riverqueue/river/rivershared/riverpilot"
	"github.com/riverqueue/river/rivertype"

	"sepiola/internal/storage/sqldb"
)

// driver is River's driver of the database with four changes:
//
//   - on SQLite, where there is one process, leadership is not written to the
//     database: that would be a synced write every five seconds for nothing;
//   - jobs inserted in our transactions are fetched at once after the commit
//     (River does so only for those it inserts in its own);
//   - the outcome of a job that was taken from this process (see lease.go) is
//     not recorded: it is somebody else's job now;
//   - a job that was wanted anew while it ran is queued again when its outcome
//     is recorded (see anew.go).
//
// The last three use the hooks of River's plugins. These are not promised to
// stay, so the version of River is pinned and the tests of this package cover
// them.
type driver struct {
	riverdriver.Driver[*sql.Tx]
	alone bool // the only process
	pilot pilot
}

func newDriver(q *Queue) *driver {
	d := &driver{Driver: riverdatabasesql.New(q.db.SQL())}
	if q.db.Dialect == sqldb.SQLite {
		d.Driver, d.alone = riversqlite.New(q.db.SQL()), true
	}
	d.pilot.isLost, d.pilot.outcomes = q.running.isLost, q.outcomes
	return d
}

// PluginInit implements River's plugin of a driver.
func (d *driver) PluginInit(*baseservice.Archetype) {}

// PluginPilot implements River's plugin of a driver.
func (d *driver) PluginPilot() riverpilot.Pilot { return &d.pilot }

// fetch makes this process look for the job that was inserted.
func (d *driver) fetch(ctx context.Context, res *rivertype.JobInsertResult) {
	if d.pilot.notify != nil && !res.UniqueSkippedAsDuplicate {
		d.pilot.notify(ctx, []*rivertype.JobInsertResult{res})
	}
}

type pilot struct {
	riverpilot.StandardPilot
	notify func(ctx context.Context, res []*rivertype.JobInsertResult)
	isLost func(id int64) bool
	// outcomes is Queue's.
	outcomes func(ctx context.Context, set func(exec riverdriver.Executor) ([]*rivertype.JobRow, error)) ([]*rivertype.JobRow, error)
}

func (p *pilot) PilotInit(archetype *baseservice.Archetype, params *riverpilot.PilotInitParams) {
	p.StandardPilot.PilotInit(archetype, params)
	p.notify = params.NotifyNonTxJobInsert
}

func (p *pilot) JobSetStateIfRunningMany(ctx context.Context, _ riverdriver.Executor, params *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	if slices.ContainsFunc(params.ID, p.isLost) {
		params = p.withoutLost(params)
		if len(params.ID) == 0 {
			return nil, nil
		}
	}
	return p.outcomes(ctx, func(exec riverdriver.Executor) ([]*rivertype.JobRow, error) {
		return p.StandardPilot.JobSetStateIfRunningMany(ctx, exec, params)
	})
}

func (p *pilot) withoutLost(all *riverdriver.JobSetStateIfRunningManyParams) *riverdriver.JobSetStateIfRunningManyParams {
	kept := &riverdriver.JobSetStateIfRunningManyParams{Now: all.Now, Schema: all.Schema}
	for i, id := range all.ID {
		if p.isLost(id) {
			continue
		}
		kept.ID = append(kept.ID, id)
		kept.Attempt = append(kept.Attempt, all.Attempt[i])
		kept.ErrData = append(kept.ErrData, all.ErrData[i])
		kept.FinalizedAt = append(kept.FinalizedAt, all.FinalizedAt[i])
		kept.MetadataDoMerge = append(kept.MetadataDoMerge, all.MetadataDoMerge[i])
		kept.MetadataUpdates = append(kept.MetadataUpdates, all.MetadataUpdates[i])
		kept.ScheduledAt = append(kept.ScheduledAt, all.ScheduledAt[i])
		kept.State = append(kept.State, all.State[i])
	}
	return kept
}

// GetExecutor implements riverdriver.Driver.
func (d *driver) GetExecutor() riverdriver.Executor {
	if d.alone {
		return loneExecutor{d.Driver.GetExecutor()}
	}
	return d.Driver.GetExecutor()
}

// loneExecutor is that of the only process, which always leads.
type loneExecutor struct{ riverdriver.Executor }

// Begin implements riverdriver.Executor.
func (e loneExecutor) Begin(ctx context.Context) (riverdriver.ExecutorTx, error) {
	tx, err := e.Executor.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return loneTx{tx}, nil
}

// LeaderResign implements riverdriver.Executor.
func (loneExecutor) LeaderResign(context.Context, *riverdriver.LeaderResignParams) (bool, error) {
	return true, nil
}

type loneTx struct{ riverdriver.ExecutorTx }

func (loneTx) LeaderDeleteExpired(context.Context, *riverdriver.LeaderDeleteExpiredParams) (int, error) {
	return 0, nil
}

func (loneTx) LeaderAttemptElect(context.Context, *riverdriver.LeaderElectParams) (bool, error) {
	return true, nil
}

func (loneTx) LeaderAttemptReelect(context.Context, *riverdriver.LeaderElectParams) (bool, error) {
	return true, nil
}

func (loneTx) LeaderResign(context.Context, *riverdriver.LeaderResignParams) (bool, error) {
	return true, nil
}

// migrationLock is the key of PostgreSQL's advisory lock under which River's
// tables are migrated.
const migrationLock = 0x5e91_01a0_0001

// migrate brings River's tables up to date. On PostgreSQL several processes
// may start together: one works, the others wait. SQLite has one process.
func (q *Queue) migrate(ctx context.Context) error {
	if q.db.Dialect == sqldb.SQLite {
		return q.migrateLocked(ctx)
	}
	conn, err := q.db.SQL().Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
	}()
	return q.migrateLocked(ctx)
}

func (q *Queue) migrateLocked(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver.Driver, &rivermigrate.Config{Logger: slog.New(quiet{q.log.Handler()})})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
