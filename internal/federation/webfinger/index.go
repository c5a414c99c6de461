package webfinger

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/federation/fetch"
)

// maxIndexed is how many sites of an index are read at once; PeerTube's.
const maxIndexed = 1000

// Hosts reads an index of sites, such as "sepiola index" serves at
// /api/v1/instances/hosts: those that were added since a time, all when that
// is zero. What is no host is left out.
func (c *Client) Hosts(ctx context.Context, index string, since time.Time) ([]string, error) {
	u, err := url.Parse(index)
	if err != nil || fetch.HostOf(index) == "" {
		return nil, errs.New(errs.Invalid, "%q is no address of an index", index)
	}
	q := u.Query()
	q.Set("count", strconv.Itoa(maxIndexed))
	if !since.IsZero() {
		q.Set("since", since.UTC().Format(time.RFC3339))
	}
	u.RawQuery = q.Encode()
	var answer struct {
		Data []struct {
			Host string `json:"host"`
		} `json:"data"`
	}
	if err := c.json(ctx, u.String(), nil, &answer); err != nil {
		return nil, err
	}
	hosts := make([]string, 0, min(len(answer.Data), maxIndexed))
	for _, d := range answer.Data {
		if host := strings.ToLower(d.Host); actor.ValidHost(host) && len(hosts) < maxIndexed {
			hosts = append(hosts, host)
		}
	}
	return hosts, nil
}
