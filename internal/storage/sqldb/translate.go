package sqldb

import (
	"database/sql"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"sepiola/internal/errs"
)

// PostgreSQL's codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	pgUniqueViolation      = "23505"
	pgForeignKeyViolation  = "23503"
	pgSerializationFailure = "40001"
	pgDeadlock             = "40P01"
	pgDiskFull             = "53100"
	pgNoCharacter          = "22021" // a NUL, or what is not UTF-8
	pgNoNumber             = "22003" // out of the range of its type
)

// translate gives the errors that both databases know one face.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return errs.Wrap(errs.NotFound, err, "not found")
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case pgUniqueViolation:
			return errs.Wrap(errs.Conflict, err, "already exists")
		case pgForeignKeyViolation:
			return errs.Wrap(errs.NotFound, err, "what this refers to does not exist")
		case pgDiskFull:
			return errs.Wrap(errs.Unavailable, err, "the disk of the database is full")
		case pgNoCharacter:
			return errs.Wrap(errs.Invalid, err, "holds a character that no text may have")
		case pgNoNumber:
			return errs.Wrap(errs.Invalid, err, "holds a number that is too large")
		}
	}
	if tooLarge(err) {
		return errs.Wrap(errs.Invalid, err, "holds a number that is too large")
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return errs.Wrap(errs.Conflict, err, "already exists")
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return errs.Wrap(errs.NotFound, err, "what this refers to does not exist")
		case sqlite3.SQLITE_FULL:
			return errs.Wrap(errs.Unavailable, err, "the disk of the database is full")
		}
	}
	return err
}

// tooLarge reports whether an argument has no room in a column of PostgreSQL.
// pgx finds it before it sends it, and has no type for that error.
func tooLarge(err error) bool {
	s := err.Error()
	return strings.Contains(s, "unable to encode") && strings.Contains(s, " for int") &&
		(strings.Contains(s, "greater than maximum value") || strings.Contains(s, "less than minimum value"))
}

// mayRunAgain reports whether PostgreSQL asks for a transaction to be run again.
func mayRunAgain(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == pgSerializationFailure || e.Code == pgDeadlock)
}
