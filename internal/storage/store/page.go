package store

import (
	"context"
	"strings"

	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

// page returns one page of q and the number of all rows that match.
func page[T any](ctx context.Context, db *sqldb.DB, q *sqldb.Query, columns string, scan func(sqldb.Row) (T, error)) ([]T, int, error) {
	text, args := q.Count()
	total, err := sqldb.One(ctx, db, sqldb.Value[int], text, args...)
	if err != nil {
		return nil, 0, err
	}
	text, args = q.Select(columns)
	list, err := sqldb.All(ctx, db, scan, text, args...)
	return list, total, err
}

// orderOf returns the ORDER BY of a sort key, newest first when none was asked
// for. An unknown key is errs.Invalid.
func orderOf(orders map[string]string, sort string) (string, error) {
	if sort == "" {
		sort = "-createdAt"
	}
	order, ok := orders[sort]
	if !ok {
		return "", errs.Fields(errs.Param{Name: "sort", Value: sort, In: "query"})
	}
	return order, nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// containing is the argument of LIKE … ESCAPE '\' for texts that contain s.
func containing(s string) string { return "%" + likeEscaper.Replace(s) + "%" }

// startingWith is the argument of LIKE … ESCAPE '\' for texts that start with s.
func startingWith(s string) string { return likeEscaper.Replace(s) + "%" }
