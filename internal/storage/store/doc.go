// Package store keeps what the domain knows, in SQLite or PostgreSQL: one
// struct per group of tables, each the Store interface of its domain package.
//
// SQL is written out once for both databases, next to its scan function; see
// sqldb. A page with its relations is loaded in a fixed number of queries.
//
// Not here: rules. A store saves what it is given.
package store
