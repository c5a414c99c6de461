package main

import (
	"context"
	"fmt"

	"sepiola/internal/app"
)

type federationCmd struct {
	Rotate rotateKeysCmd `cmd:"" name:"rotate-keys" help:"Give accounts, channels or the site itself new keys, and tell their followers."`
}

type rotateKeysCmd struct {
	source
	All    bool     `help:"Give everybody on this site new keys."`
	Actors []string `arg:"" optional:"" help:"Names of accounts and channels; without one the site's own actor."`
}

// Help says when it is for, and what follows.
func (rotateKeysCmd) Help() string {
	return `After a leak of the database, or before handing a site over. The site may run
meanwhile. Followers are told by an Update that the old key signs, so that they
accept it; others ask for the new key when a signature does not fit. A site that
runs takes up to five minutes to sign everything with the new keys; what is
refused in that time is sent again with them.`
}

// Run gives them new keys.
func (c *rotateKeysCmd) Run(ctx context.Context, s *streams) error {
	if c.All && len(c.Actors) > 0 {
		fmt.Fprintln(s.err, "sepiola: either names or --all")
		return exit(app.ExitUsage)
	}
	cfg, log, err := c.open(s, "")
	if err != nil {
		return err
	}
	keys, err := app.OpenKeys(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer keys.Close()
	tell := func(name string) { fmt.Fprintf(s.out, "%s has new keys.\n", name) }
	if c.All {
		return keys.RotateAll(ctx, tell)
	}
	if len(c.Actors) == 0 {
		if err := keys.Rotate(ctx, ""); err != nil {
			return err
		}
		tell("The site")
	}
	for _, name := range c.Actors {
		if err := keys.Rotate(ctx, name); err != nil {
			return err
		}
		tell(name)
	}
	return nil
}
