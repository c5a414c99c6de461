package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"sepiola/internal/app"
)

type doctorCmd struct{ source }

// Run prints what was found and fails when the site cannot work.
func (c *doctorCmd) Run(ctx context.Context, s *streams) error {
	cfg, notes, err := c.load(s, "")
	if err != nil {
		return err
	}
	printNotes(s.out, notes)
	failures := 0
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, f := range app.Doctor(ctx, cfg) {
		if f.Level == app.Fail {
			failures++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Level, f.Subject, f.Text)
		if f.Do != "" {
			fmt.Fprintf(table, "\t\t→ %s\n", f.Do)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if failures > 0 {
		return exit(1)
	}
	return nil
}
