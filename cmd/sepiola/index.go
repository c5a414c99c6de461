package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"text/tabwriter"
	"time"

	"sepiola/internal/app"
)

type indexCmd struct {
	Serve   indexServeCmd   `cmd:"" default:"withargs" help:"Serve the list and visit its sites. This is what happens without a command."`
	Add     indexAddCmd     `cmd:"" help:"Visit sites and put them on the list."`
	List    indexListCmd    `cmd:"" help:"List the sites."`
	Block   indexBlockCmd   `cmd:"" help:"Take a site off the list for good."`
	Unblock indexUnblockCmd `cmd:"" help:"Let a site be added again."`
}

// Help tells what the command is for.
func (indexCmd) Help() string {
	return `A public list of PeerTube and Sepiola sites: people choose one from it, and
sites follow those on it (followings.instance.auto_follow_index with
https://YOUR-INDEX/api/v1/instances/hosts). It needs no site of its own and may
run beside one. docs/index.md tells more.`
}

// directorySource says where a directory of sites is kept and how it reaches
// sites.
type directorySource struct {
	Data     string   `short:"d" default:"data" env:"SEPIOLA_DATA" placeholder:"DIR" help:"Directory of index.db, where the list is kept."`
	Database string   `env:"SEPIOLA_INDEX_DATABASE" placeholder:"URL" help:"postgres:// URL of a database, or another SQLite file."`
	Networks []string `name:"allow-network" placeholder:"CIDR" help:"Network whose sites are reached although it is private; without this public addresses alone are. For tests, or for the list of an organisation."`
	Hosts    []string `name:"host-address" placeholder:"NAME=ADDRESS:PORT" help:"Site whose address is not asked of the DNS. For tests and closed networks."`
	Plain    bool     `name:"plain-http" help:"Ask sites by http instead of https. For tests."`
}

// options turns the flags into what app wants.
func (f directorySource) options() (app.IndexOptions, error) {
	o := app.IndexOptions{Data: f.Data, Database: f.Database, PlainHTTP: f.Plain, Every: time.Hour, Hosts: map[string]netip.AddrPort{}}
	for _, text := range f.Networks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return o, &settingsError{fmt.Errorf("--allow-network: %w", err)}
		}
		o.Networks = append(o.Networks, network.Masked())
	}
	for _, text := range f.Hosts {
		name, address, _ := strings.Cut(text, "=")
		at, err := netip.ParseAddrPort(address)
		if name == "" || err != nil {
			return o, &settingsError{fmt.Errorf("--host-address: %q is not of the form name=address:port", text)}
		}
		o.Hosts[strings.ToLower(name)] = at
	}
	return o, nil
}

// open opens the directory beside a server, lets fn work with it and closes it.
func (f directorySource) open(ctx context.Context, s *streams, fn func(*app.Index) error) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	x, err := app.OpenIndex(ctx, o, newLog(s.err, "warn"))
	if err != nil {
		return err
	}
	return errors.Join(fn(x), x.Close())
}

type indexServeCmd struct {
	directorySource
	Listen   string        `short:"l" default:"127.0.0.1:9100" env:"SEPIOLA_INDEX_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on."`
	URL      string        `env:"SEPIOLA_INDEX_URL" placeholder:"URL" help:"Address that people use, such as https://sites.example.org; a proxy in front speaks TLS."`
	Name     string        `env:"SEPIOLA_INDEX_NAME" placeholder:"TEXT" help:"What the list is called."`
	Every    time.Duration `name:"crawl-every" default:"1h" placeholder:"TIME" help:"How often a site is visited, such as 30m."`
	Parallel int           `default:"8" placeholder:"N" help:"How many sites are visited at a time."`
	Proxies  []string      `name:"trust-proxy" default:"loopback" placeholder:"NETWORK" help:"Proxies that are believed about who asks: addresses, networks, loopback, linklocal or uniquelocal."`
	LogLevel string        `default:"info" enum:"debug,info,warn,error" help:"How much is written: debug, info, warn or error."`
}

// Bounds of the flags.
const (
	shortestCrawl = time.Second
	mostParallel  = 64
)

// Run serves until it is told to stop.
func (c *indexServeCmd) Run(ctx context.Context, s *streams) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.Every < shortestCrawl || c.Parallel < 1 || c.Parallel > mostParallel {
		return &settingsError{fmt.Errorf("--crawl-every is at least %s, --parallel from 1 to %d", shortestCrawl, mostParallel)}
	}
	o.Listen, o.URL, o.Name, o.Every, o.Parallel, o.Proxies = c.Listen, c.URL, c.Name, c.Every, c.Parallel, c.Proxies
	x, err := app.NewIndex(ctx, o, newLog(s.err, c.LogLevel))
	if err != nil {
		return err
	}
	x.Announce = func(url string) { fmt.Fprintf(s.out, "\nThe list of sites is at %s\n\n", url) }
	return x.Run(ctx)
}

type indexAddCmd struct {
	directorySource
	Hosts []string `arg:"" name:"host" help:"Hosts of sites, such as videos.example.org."`
}

// Run adds the hosts that it can, and fails if there were others.
func (c *indexAddCmd) Run(ctx context.Context, s *streams) error {
	return c.open(ctx, s, func(x *app.Index) error {
		failed := false
		for _, host := range c.Hosts {
			if err := x.Add(ctx, host); err != nil {
				failed = true
				message, _ := app.Explain(err)
				fmt.Fprintf(s.err, "%s: %s\n", host, message)
				continue
			}
			fmt.Fprintf(s.out, "%s is on the list.\n", host)
		}
		if failed {
			return exit(app.ExitInput)
		}
		return nil
	})
}

type indexListCmd struct{ directorySource }

// Run prints a line for each listed site.
func (c *indexListCmd) Run(ctx context.Context, s *streams) error {
	return c.open(ctx, s, func(x *app.Index) error {
		table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "HOST\tNAME\tVERSION\tHEALTH\tVIDEOS\t")
		err := x.List(ctx, func(one app.IndexSite) {
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t\n", one.Host, one.Name, one.Version, one.Health, one.Videos)
		})
		if err != nil {
			return err
		}
		return table.Flush()
	})
}

type indexBlockCmd struct {
	directorySource
	Host string `arg:"" help:"Host of the site."`
}

// Run blocks the host.
func (c *indexBlockCmd) Run(ctx context.Context, s *streams) error {
	return c.block(ctx, s, c.Host, true, "%s is off the list for good.\n")
}

type indexUnblockCmd struct {
	directorySource
	Host string `arg:"" help:"Host of the site."`
}

// Run takes the block of the host back.
func (c *indexUnblockCmd) Run(ctx context.Context, s *streams) error {
	return c.block(ctx, s, c.Host, false, "%s can be added again.\n")
}

func (f directorySource) block(ctx context.Context, s *streams, host string, blocked bool, done string) error {
	return f.open(ctx, s, func(x *app.Index) error {
		name, err := x.Block(ctx, host, blocked)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, done, name)
		return nil
	})
}
