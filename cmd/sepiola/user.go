package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"sepiola/internal/app"
)

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Make a user."`
	List   userListCmd   `cmd:"" help:"List the users."`
	Reset  userResetCmd  `cmd:"" name:"reset-password" help:"Give a user another password, and end all log-ins."`
}

// people opens the users of a site, lets fn work with them and closes them.
func (f source) people(ctx context.Context, s *streams, fn func(*app.Users) error) error {
	cfg, log, err := f.open(s, "")
	if err != nil {
		return err
	}
	users, err := app.OpenUsers(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer users.Close()
	return fn(users)
}

// password is how commands come by one.
type password struct {
	Stdin bool `name:"password-stdin" help:"Read the password from the first line of the standard input; without this one is made and printed."`
}

// maxPassword bounds what is read; the site's own limit is lower.
const maxPassword = 4096

// get returns the password, and whether it was made here.
func (p password) get(s *streams) (text string, made bool, err error) {
	if !p.Stdin {
		return rand.Text(), true, nil
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, maxPassword)).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), false, err
}

// tell prints a password that was made here.
func (s *streams) tell(username, text string, made bool) {
	if made {
		fmt.Fprintf(s.out, "Password of %s: %s\n", username, text)
	}
}

type userCreateCmd struct {
	source
	password
	Username string `arg:"" help:"Name to log in with: small letters, digits, dots and underscores."`
	Email    string `required:"" help:"Address of the person."`
	Role     string `default:"user" enum:"user,moderator,administrator" help:"user, moderator or administrator."`
}

// Run makes the user and prints the password if it was made here.
func (c *userCreateCmd) Run(ctx context.Context, s *streams) error {
	text, made, err := c.get(s)
	if err != nil {
		return err
	}
	return c.people(ctx, s, func(users *app.Users) error {
		if err := users.Create(ctx, c.Username, c.Email, text, c.Role); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s can log in.\n", c.Username)
		s.tell(c.Username, text, made)
		return nil
	})
}

type userListCmd struct{ source }

// Run prints a line for each user.
func (c *userListCmd) Run(ctx context.Context, s *streams) error {
	return c.people(ctx, s, func(users *app.Users) error {
		table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tEMAIL\tROLE\t")
		err := users.List(ctx, func(p app.Person) {
			blocked := ""
			if p.Blocked {
				blocked = "blocked"
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", p.ID, p.Username, p.Email, p.Role, blocked)
		})
		if err != nil {
			return err
		}
		return table.Flush()
	})
}

type userResetCmd struct {
	source
	password
	Username string `arg:"" help:"Name that the user logs in with."`
}

// Run changes the password and prints it if it was made here.
func (c *userResetCmd) Run(ctx context.Context, s *streams) error {
	text, made, err := c.get(s)
	if err != nil {
		return err
	}
	return c.people(ctx, s, func(users *app.Users) error {
		if err := users.ResetPassword(ctx, c.Username, text); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s has another password; all log-ins have ended.\n", c.Username)
		s.tell(c.Username, text, made)
		return nil
	})
}
