package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// indexName is the list of sites: the same binary as the sites, as "sepiola
// index".
const indexName = "index.test"

// startIndex starts the list of sites, with TLS before it.
func (w *world) startIndex(ctx context.Context) error {
	n := w.net
	s := &site{name: indexName, url: "https://" + n.host(indexName), backend: n.addresses[indexName] + ":9000", dir: filepath.Join(w.options.dir, indexName), binary: w.options.binary}
	s.env = append(os.Environ(), "SSL_CERT_FILE="+n.caFile)
	s.args = []string{
		"index", "serve", "--data", s.dir, "--listen", s.backend, "--url", s.url, "--name", "Sites of the walk",
		"--crawl-every", "2s", "--allow-network", "127.0.0.0/8", "--log-level", "debug",
	}
	for name := range n.addresses {
		s.args = append(s.args, "--host-address", name+"="+n.listenAddress(name))
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	w.index = s
	if err := s.listen(n, w.arrived.saw); err != nil {
		return err
	}
	return s.start(ctx)
}

// listed is what the list of sites tells of one.
type listed struct {
	Host, Name, Version string
	Health              int
}

func (w *world) onList(ctx context.Context, query string) (total int, list []listed, err error) {
	nobody := &person{site: w.index, net: w.net}
	var page struct {
		Total int
		Data  []listed
	}
	err = nobody.call(ctx, "GET", "/instances"+query, nil, &page)
	return page.Total, page.Data, err
}

// listSites puts sites on the list, by the API and on its page.
func listSites(ctx context.Context, w *world) (string, error) {
	if err := w.startIndex(ctx); err != nil {
		return "", err
	}
	nobody := &person{site: w.index, net: w.net}
	a, b := w.net.host("a.test"), w.net.host("b.test")
	if err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": a}, nil); err != nil {
		return "", err
	}
	if err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": a}, nil); err == nil || !strings.Contains(err.Error(), "409") {
		return "", fmt.Errorf("a site that is listed already: %v, want 409", err)
	}
	if err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": w.net.host(indexName)}, nil); err == nil || !strings.Contains(err.Error(), "409") {
		return "", fmt.Errorf("what is no site: %v, want 409", err)
	}
	form := &page{client: &http.Client{Transport: w.net.client.Transport}, at: w.index.url}
	if err := form.send(ctx, "/add", url.Values{"host": {w.b.url + "/about"}}); err != nil {
		return "", err
	}
	total, list, err := w.onList(ctx, "?sort=host")
	if err != nil || total != 2 || list[0].Host != a || list[1].Host != b || list[0].Health != 100 {
		return "", fmt.Errorf("listed are %d: %+v %v, want %s and %s", total, list, err, a, b)
	}
	shown, err := w.get(ctx, w.index.url+"/", "text/html")
	if err != nil || !strings.Contains(shown, a) || !strings.Contains(shown, b) {
		return "", fmt.Errorf("the page does not show them: %v", err)
	}
	return fmt.Sprintf("%s %s and %s %s", a, list[0].Version, b, list[1].Version), nil
}

// followIndex lets c.test follow all that are on the list.
func followIndex(ctx context.Context, w *world) (string, error) {
	for _, name := range []string{"a.test", "b.test"} {
		if err := w.roots[w.c].call(ctx, "DELETE", "/server/following/"+w.net.host(name), nil, nil); err != nil {
			return "", err
		}
	}
	if err := w.followIs(ctx, w.c, w.b, ""); err != nil {
		return "", err
	}
	if err := w.indexOfC(ctx, w.index.url+"/api/v1/instances/hosts"); err != nil {
		return "", err
	}
	began := time.Now()
	// It is looked for once a minute.
	if _, err := w.within(ctx, 90*time.Second, func() (string, error) {
		f, err := w.follow(ctx, w.c, w.c, w.a)
		if err == nil && f == nil {
			err = errNotYet
		}
		return "", err
	}); err != nil {
		return "", err
	}
	for _, of := range []*site{w.a, w.b} {
		if err := w.followIs(ctx, w.c, of, "accepted"); err != nil {
			return "", err
		}
	}
	took := time.Since(began).Round(time.Second)
	return fmt.Sprintf("c.test follows a.test and b.test after %s", took), w.indexOfC(ctx, "")
}

// indexOfC names the list that c.test follows; "" for none.
func (w *world) indexOfC(ctx context.Context, at string) error {
	return w.roots[w.c].set(ctx, func(c map[string]any) {
		c["followings"].(map[string]any)["instance"].(map[string]any)["autoFollowIndex"] = map[string]any{"enabled": at != "", "indexUrl": at}
	})
}

// leaveList has a site that does not answer lose its health, be hidden, and come
// back.
func leaveList(ctx context.Context, w *world) (string, error) {
	w.c.stop()
	nobody := &person{site: w.index, net: w.net}
	host := w.net.host("c.test")
	err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": host}, nil)
	if startErr := w.c.start(ctx); startErr != nil {
		return "", startErr
	}
	if err == nil || !strings.Contains(err.Error(), "409") {
		return "", fmt.Errorf("a site that does not answer: %v, want 409", err)
	}
	if err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": host}, nil); err != nil {
		return "", err
	}
	w.c.stop()
	seen, err := w.within(ctx, 3*time.Minute, func() (string, error) {
		total, list, err := w.onList(ctx, "?sort=host")
		if err == nil && total != 2 {
			err = fmt.Errorf("%w: listed are %+v", errNotYet, list)
		}
		return fmt.Sprintf("%d are left", total), err
	})
	if startErr := w.c.start(ctx); startErr != nil || err != nil {
		return "", fmt.Errorf("%v %w", startErr, err)
	}
	if err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": host}, nil); err != nil {
		return "", err
	}
	total, _, err := w.onList(ctx, "?healthy=true")
	return fmt.Sprintf("%s; added again it is back at once, %d of three are healthy", seen, total), err
}
