package sqldb

import (
	"strconv"
	"strings"
)

// Query builds a SELECT with optional conditions. Conditions are written with
// ? for their arguments, which become $1, $2 …; values never enter the text.
type Query struct {
	from  string
	where []string
	args  []any
	order string
	start int
	count int
}

// From starts a query on a table or a join.
func From(from string) *Query { return &Query{from: from, count: -1} }

// Where adds a condition.
func (q *Query) Where(cond string, args ...any) *Query {
	q.where = append(q.where, q.number(cond, args))
	return q
}

// If adds a condition when on is true.
func (q *Query) If(on bool, cond string, args ...any) *Query {
	if on {
		return q.Where(cond, args...)
	}
	return q
}

// In adds "expr IN (values)"; no values add nothing.
func In[T any](q *Query, expr string, values []T) *Query {
	if len(values) == 0 {
		return q
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return q.Where(expr+` IN (`+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+`)`, args...)
}

// OrderBy sets the order. It must be total: end it with an id.
func (q *Query) OrderBy(order string) *Query {
	q.order = order
	return q
}

// Page limits the answer to count rows after the first start ones.
func (q *Query) Page(start, count int) *Query {
	q.start, q.count = start, count
	return q
}

// Select returns the text and arguments that read columns.
func (q *Query) Select(columns string) (string, []any) {
	var b strings.Builder
	b.WriteString(`SELECT ` + columns)
	q.writeFrom(&b)
	if q.order != "" {
		b.WriteString(` ORDER BY ` + q.order)
	}
	args := q.args
	if q.count >= 0 {
		args = append(args[:len(args):len(args)], q.count, q.start)
		b.WriteString(` LIMIT $` + strconv.Itoa(len(args)-1) + ` OFFSET $` + strconv.Itoa(len(args)))
	}
	return b.String(), args
}

// Count returns the text and arguments that count all rows, of every page.
func (q *Query) Count() (string, []any) {
	var b strings.Builder
	b.WriteString(`SELECT count(*)`)
	q.writeFrom(&b)
	return b.String(), q.args
}

func (q *Query) writeFrom(b *strings.Builder) {
	b.WriteString(` FROM ` + q.from)
	if len(q.where) > 0 {
		b.WriteString(` WHERE (` + strings.Join(q.where, `) AND (`) + `)`)
	}
}

// number replaces each ? by the next $n. Conditions hold no literals with
// question marks: values are arguments.
func (q *Query) number(cond string, args []any) string {
	var b strings.Builder
	for i := range len(cond) {
		if cond[i] != '?' {
			b.WriteByte(cond[i])
			continue
		}
		q.args = append(q.args, args[0])
		args = args[1:]
		b.WriteString("$" + strconv.Itoa(len(q.args)))
	}
	return b.String()
}
