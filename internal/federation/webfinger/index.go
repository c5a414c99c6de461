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

// maxIndexed is how many sites of an index are asked for at once, PeerTube's,
// and maxIndexPages how often.
const (
	maxIndexed    = 1000
	maxIndexPages = 10
)

// indexPage is what an index answers.
type indexPage struct {
	Total int `json:"total"`
	Data  []struct {
		Host string `json:"host"`
	} `json:"data"`
}

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
	var hosts []string
	seen := map[string]bool{}
	for page, read := 0, 0; page < maxIndexPages; page++ {
		if read > 0 {
			q.Set("start", strconv.Itoa(read))
		}
		u.RawQuery = q.Encode()
		var answer indexPage
		if err := c.json(ctx, u.String(), nil, &answer); err != nil {
			return nil, err
		}
		fresh := false
		for _, d := range answer.Data[:min(len(answer.Data), maxIndexed)] {
			host := strings.ToLower(d.Host)
			if actor.ValidHost(host) && !seen[host] {
				fresh, seen[host] = true, true
				hosts = append(hosts, host)
			}
		}
		// An index that does not know pages begins anew.
		if read += len(answer.Data); !fresh || read >= answer.Total {
			break
		}
	}
	return hosts, nil
}
