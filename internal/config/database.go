package config

import (
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// databaseFile is the SQLite file in the data directory.
const databaseFile = "sepiola.db"

// databaseURL returns the database's address. PostgreSQL is meant as soon as
// one of its keys is set, with PeerTube's defaults for the others.
func (l *loader) databaseURL() string {
	c := l.cfg
	if c.Database.URL != "" {
		if strings.Contains(c.Database.URL, "://") || filepath.IsAbs(c.Database.URL) {
			return c.Database.URL
		}
		return filepath.Join(c.DataDir, strings.TrimPrefix(c.Database.URL, "sqlite:"))
	}
	d := c.Database
	if d.Hostname == "" && d.Name == "" && d.Suffix == "" && d.Username == "" && d.Password == "" {
		return filepath.Join(c.DataDir, databaseFile)
	}
	return postgresURL(d)
}

// Postgres reports whether the database is PostgreSQL; otherwise it is SQLite
// and URL is a path.
func (d Database) Postgres() bool {
	return strings.HasPrefix(d.URL, "postgres://") || strings.HasPrefix(d.URL, "postgresql://")
}

func postgresURL(d Database) string {
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(cmpOr(d.Username, "peertube"), cmpOr(d.Password, "peertube")),
		Host:   net.JoinHostPort(cmpOr(d.Hostname, "127.0.0.1"), strconv.Itoa(d.Port)),
		Path:   "/" + cmpOr(d.Name, "peertube"+d.Suffix),
	}
	q := url.Values{}
	if strings.HasPrefix(d.Hostname, "/") { // the directory of a Unix socket
		u.Host = ""
		q.Set("host", d.Hostname)
		q.Set("port", strconv.Itoa(d.Port))
	}
	switch {
	case d.SSL && d.SSLSettings.RejectUnauthorized:
		q.Set("sslmode", "verify-full")
	case d.SSL:
		q.Set("sslmode", "require")
	default:
		q.Set("sslmode", "disable")
	}
	for name, file := range map[string]string{
		"sslrootcert": d.SSLSettings.CA, "sslcert": d.SSLSettings.Cert, "sslkey": d.SSLSettings.Key,
	} {
		if d.SSL && file != "" {
			q.Set(name, file)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
