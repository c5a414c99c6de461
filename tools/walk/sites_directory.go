package main

import (
	"context"
	"errors"
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

// refused is an error unless something was refused as a conflict.
func refused(what string, err error) error {
	switch {
	case err == nil:
		return fmt.Errorf("%s was taken on", what)
	case !strings.Contains(err.Error(), "409"):
		return fmt.Errorf("%s: want 409, got %w", what, err)
	}
	return nil
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
	if err := refused("a site that is listed already", nobody.call(ctx, "POST", "/instances", map[string]any{"host": a}, nil)); err != nil {
		return "", err
	}
	if err := refused("what is no site", nobody.call(ctx, "POST", "/instances", map[string]any{"host": w.net.host(indexName)}, nil)); err != nil {
		return "", err
	}
	form := &page{client: &http.Client{Transport: w.net.client.Transport}, at: w.index.url}
	if err := form.send(ctx, "/add", url.Values{"host": {w.b.url + "/about"}}); err != nil {
		return "", err
	}
	total, list, err := w.onList(ctx, "?sort=host")
	if err != nil {
		return "", err
	}
	if total != 2 || list[0].Host != a || list[1].Host != b || list[0].Health != 100 {
		return "", fmt.Errorf("listed are %d: %+v, want %s and %s", total, list, a, b)
	}
	shown, err := w.get(ctx, w.index.url+"/", "text/html")
	if err != nil {
		return "", err
	}
	if !strings.Contains(shown, a) || !strings.Contains(shown, b) {
		return "", errors.New("the page does not show them")
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
	if err := refused("a site that does not answer", err); err != nil {
		return "", err
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
	if err := errors.Join(err, w.c.start(ctx)); err != nil {
		return "", err
	}
	if err := nobody.call(ctx, "POST", "/instances", map[string]any{"host": host}, nil); err != nil {
		return "", err
	}
	total, _, err := w.onList(ctx, "?healthy=true")
	return fmt.Sprintf("%s; added again it is back at once, %d of three are healthy", seen, total), err
}
