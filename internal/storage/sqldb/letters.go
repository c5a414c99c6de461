package sqldb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// letters opens connections to SQLite on which lower() knows the letters of
// all scripts, as PostgreSQL's does: its own knows only ASCII, and people
// search for names in lists, too. No index is made of it.
type letters struct {
	driver *sqlite.Driver
	name   string // of the database, with its settings
}

func newLetters(name string) (driver.Connector, error) {
	if _, err := sqlite.NewConnector(name); err != nil { // which checks the name
		return nil, err
	}
	d := &sqlite.Driver{}
	if err := d.RegisterDeterministicScalarFunction("lower", 1, lower); err != nil {
		return nil, err
	}
	return letters{d, name}, nil
}

// Connect implements driver.Connector.
func (l letters) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return l.driver.Open(l.name)
}

// Driver implements driver.Connector.
func (l letters) Driver() driver.Driver { return l.driver }

func lower(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	switch v := args[0].(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL is NULL
	case string:
		return strings.ToLower(v), nil
	case []byte:
		return strings.ToLower(string(v)), nil
	default:
		return fmt.Sprint(v), nil
	}
}
