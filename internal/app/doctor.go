package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"sepiola/internal/config"
	"sepiola/internal/storage/sqldb"
)

// Level says how bad a finding is.
type Level string

// The levels. Warn is for what works less well than it could, Fail for what
// keeps the site from working.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is what a check of the doctor found.
type Finding struct {
	Level   Level
	Subject string
	Text    string
	// Do is what to do about it; empty when all is well.
	Do string
}

func fine(subject, format string, args ...any) Finding {
	return Finding{Level: OK, Subject: subject, Text: fmt.Sprintf(format, args...)}
}

// Doctor looks at everything that the site needs from its machine. It changes
// nothing, and may run beside the site.
func Doctor(ctx context.Context, cfg *config.Config) []Finding {
	var list []Finding
	for _, check := range []func(context.Context, *config.Config) []Finding{
		checkFFmpeg, checkDirectories, checkDisk, checkDatabase, checkClock, checkPorts, checkAddress, checkMail, checkGeoIP,
	} {
		list = append(list, check(ctx, cfg)...)
	}
	return list
}

func checkFFmpeg(ctx context.Context, cfg *config.Config) []Finding {
	const subject = "ffmpeg"
	can, err := newTools(cfg).Check(ctx)
	if err != nil {
		return []Finding{{
			Level: Fail, Subject: subject, Text: err.Error(),
			Do: "install ffmpeg (apt install ffmpeg), or set ffmpeg.path and ffmpeg.probe_path",
		}}
	}
	list := []Finding{fine(subject, "version %s, encoders libx264 %v, %s", can.Version, can.Encoders["libx264"], can.AACEncoder())}
	for _, p := range can.Problems {
		level := Fail
		if can.Encoders["libx264"] && !can.CanToneMap() && len(can.Problems) == 1 {
			level = Warn // only the colours of HDR suffer
		}
		list = append(list, Finding{Level: level, Subject: subject, Text: p, Do: "install a complete build of ffmpeg"})
	}
	return list
}

func checkDatabase(ctx context.Context, cfg *config.Config) []Finding {
	const subject = "database"
	if !cfg.Database.Postgres() {
		if _, err := os.Stat(cfg.Database.URL); errors.Is(err, fs.ErrNotExist) {
			return []Finding{fine(subject, "SQLite; %s is made at the first start", cfg.Database.URL)}
		}
	}
	db, err := openDB(ctx, cfg, true, slog.New(slog.DiscardHandler))
	if err != nil {
		message, _ := Explain(err)
		return []Finding{{
			Level: Fail, Subject: subject, Text: message,
			Do: "check the keys database.* (sepiola config show)",
		}}
	}
	defer db.Close()
	return []Finding{databaseVersion(ctx, db)}
}

func databaseVersion(ctx context.Context, db *sqldb.DB) Finding {
	const subject = "database"
	server, err := db.Server(ctx)
	if err != nil {
		return Finding{Level: Fail, Subject: subject, Text: err.Error(), Do: "see the log of the database"}
	}
	current, newest, err := db.Versions(ctx)
	switch {
	case err != nil:
		return Finding{Level: Fail, Subject: subject, Text: server + ": " + err.Error(), Do: "let this user read the tables"}
	case current > newest:
		return Finding{
			Level: Fail, Subject: subject,
			Text: fmt.Sprintf("%s: the tables have version %d, this program knows up to %d", server, current, newest),
			Do:   "start the newer sepiola that used it, or restore a backup",
		}
	case current < newest:
		return fine(subject, "%s answers; its tables go from version %d to %d at the next start", server, current, newest)
	default:
		return fine(subject, "%s answers, tables of version %d", server, current)
	}
}
