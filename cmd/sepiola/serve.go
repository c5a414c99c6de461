package main

import (
	"context"
	"fmt"

	"sepiola/internal/app"
)

type serveCmd struct {
	source
	Listen string `short:"l" env:"SEPIOLA_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on; 127.0.0.1:9000 unless the settings say otherwise."`
}

// Run serves until it is told to stop.
func (c *serveCmd) Run(ctx context.Context, s *streams) error {
	cfg, log, err := c.open(s, c.Listen)
	if err != nil {
		return err
	}
	site, err := app.New(ctx, cfg, log)
	if err != nil {
		return err
	}
	site.Announce = s.welcome
	return site.Run(ctx)
}

// welcome tells a person where the site is and, the first time, how to get in.
func (s *streams) welcome(w app.Welcome) {
	fmt.Fprintf(s.out, "\nThe site is at %s\n", w.URL)
	switch {
	case w.User != "":
		fmt.Fprintf(s.out, "Administrator: %s, password: %s\n(shown this once; it is also in %s)\n", w.User, w.Password, w.PasswordFile)
	case w.PasswordFile != "":
		fmt.Fprintf(s.out, "Administrator: root; the first password is in %s\n(delete that file once you are in)\n", w.PasswordFile)
	}
	fmt.Fprintln(s.out)
}

type migrateCmd struct{ source }

// Run brings the database to this version.
func (c *migrateCmd) Run(ctx context.Context, s *streams) error {
	cfg, log, err := c.open(s, "")
	if err != nil {
		return err
	}
	if err := app.Migrate(ctx, cfg, log); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "The database is up to date.")
	return nil
}
