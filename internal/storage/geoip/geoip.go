// Package geoip tells in which country an address is, by files in MaxMind's
// format (.mmdb: GeoLite2, DB-IP) that the site's owner has put there.
//
// Nothing is downloaded, and no address leaves the machine.
package geoip

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
)

// Files are the databases that are open. It is a view.Locator.
type Files struct {
	// country and city may be nil; each of them may know countries.
	country, city *maxminddb.Reader
}

var _ view.Locator = (*Files)(nil)

// Path returns the file that a setting names: a path, or a file: address. A
// web address is a file that would have to be downloaded: "", false.
func Path(setting string) (path string, local bool) {
	if rest, ok := strings.CutPrefix(setting, "file://"); ok {
		if path, err := url.PathUnescape(strings.TrimPrefix(rest, "localhost")); err == nil {
			return path, path != ""
		}
		return "", false
	}
	return setting, setting != "" && !strings.Contains(setting, "://")
}

// Open opens the files at these paths; "" is none. One that cannot be read is
// errs.Unavailable.
func Open(country, city string) (*Files, error) {
	f := new(Files)
	for _, it := range []struct {
		path string
		to   **maxminddb.Reader
	}{{country, &f.country}, {city, &f.city}} {
		if it.path == "" {
			continue
		}
		r, err := maxminddb.Open(it.path)
		if err != nil {
			return nil, errors.Join(errs.Wrap(errs.Unavailable, err, "the file of countries cannot be read: %s", it.path), f.Close())
		}
		*it.to = r
	}
	return f, nil
}

// Close closes the files.
func (f *Files) Close() error {
	var err error
	for _, r := range []*maxminddb.Reader{f.country, f.city} {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
	}
	return err
}

// String names the kinds of databases that are open.
func (f *Files) String() string {
	var kinds []string
	for _, r := range []*maxminddb.Reader{f.country, f.city} {
		if r != nil {
			kinds = append(kinds, fmt.Sprintf("%s of %s", r.Metadata.DatabaseType, r.Metadata.BuildTime().Format("2006-01-02")))
		}
	}
	return strings.Join(kinds, ", ")
}

// record is what is wanted of both kinds of databases.
type record struct {
	Country struct {
		ISOCode string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	Subdivisions []struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	} `maxminddb:"subdivisions"`
}

// Locate implements view.Locator. What a damaged file says is nowhere.
func (f *Files) Locate(a netip.Addr) (p view.Place) {
	for _, r := range []*maxminddb.Reader{f.city, f.country} {
		if r == nil || !a.IsValid() {
			continue
		}
		var rec record
		if r.Lookup(a.Unmap().WithZone("")).Decode(&rec) != nil {
			continue
		}
		if code := rec.Country.ISOCode; len(code) == 2 {
			p.Country = strings.ToUpper(code)
		}
		if len(rec.Subdivisions) > 0 && p.Subdivision == "" {
			p.Subdivision = clean(rec.Subdivisions[0].Names.English)
		}
	}
	return p
}

// maxName bounds the name of a subdivision, in bytes.
const maxName = 100

func clean(name string) string {
	if len(name) > maxName || !view.ValidAgent(name) {
		return ""
	}
	return name
}
