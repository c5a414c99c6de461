package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/storage/sqldb"
)

// A page of rows with dozens of columns comes as one text: on the way from the
// database each value costs more than it takes to find it. A line of such a
// text is what concat_ws makes of the columns, betweenFields after each, none
// of which may be null or hold that; the last are how many bytes texts take that
// may hold anything, and they follow.

// linesOf is a query of all lines that another one selects as line, in its
// order, with the number that total selects.
func linesOf(query, total string) string {
	return `SELECT COALESCE(string_agg(p.line, ''), ''), ` + total + ` FROM (` + query + `) p`
}

// readLines runs what linesOf has made.
func readLines(ctx context.Context, db *sqldb.DB, query string, args ...any) (text string, total int, err error) {
	text, err = sqldb.One(ctx, db, func(r sqldb.Row) (text string, err error) { return text, r.Scan(&text, &total) }, query, args...)
	return text, total, err
}

// lines reads the fields of lines one after the other. The first that is not
// as it should be is the error, and after it there is nothing more.
type lines struct {
	rest string
	err  error
}

// more reports whether there is a line more.
func (l *lines) more() bool { return l.rest != "" && l.err == nil }

func (l *lines) fail(what, value string) {
	if l.err == nil {
		l.rest, l.err = "", fmt.Errorf("%q is no %s", value, what)
	}
}

// field reads a text that holds no betweenFields.
func (l *lines) field() string {
	it, rest, ok := strings.Cut(l.rest, betweenFields)
	if !ok {
		l.fail("field", it)
		return ""
	}
	l.rest = rest
	return it
}

func (l *lines) number() int64 {
	it := l.field()
	n, err := strconv.ParseInt(it, 10, 64)
	if err != nil {
		l.fail("number", it)
	}
	return n
}

// flag reads a boolean, as SQLite or PostgreSQL writes it.
func (l *lines) flag() bool {
	it := l.field()
	switch it {
	case "1", "t":
		return true
	case "0", "f":
	default:
		l.fail("flag", it)
	}
	return false
}

func (l *lines) time() time.Time {
	it := l.field()
	t, err := sqldb.ParseTime(it)
	if err != nil {
		l.fail("time", it)
	}
	return t
}

// text reads a text of some bytes, whatever it holds.
func (l *lines) text(bytes int) string {
	if bytes < 0 || bytes > len(l.rest) {
		l.fail("text", l.rest)
		return ""
	}
	it := l.rest[:bytes]
	l.rest = l.rest[bytes:]
	return it
}
