package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"sepiola/internal/config"
)

type configCmd struct {
	Show    configShowCmd    `cmd:"" help:"Print every setting and where it came from. Secrets are hidden."`
	Check   configCheckCmd   `cmd:"" help:"Say what is wrong with the settings, with file and line."`
	Example configExampleCmd `cmd:"" help:"Print a file of all settings with their defaults and meanings."`
}

type configShowCmd struct {
	source
	Changed bool   `help:"Only those that are not the default."`
	Prefix  string `arg:"" optional:"" help:"Only keys that begin so, such as transcoding."`
}

// Run prints a line for each setting.
func (c *configShowCmd) Run(s *streams) error {
	cfg, notes, err := c.load(s, "")
	if err != nil {
		return err
	}
	printNotes(s.err, notes)
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, setting := range cfg.Explain() {
		if c.Changed && setting.Origin == "default" || !strings.HasPrefix(setting.Key, c.Prefix) {
			continue
		}
		fmt.Fprintf(table, "%s:\t%s\t# %s\n", setting.Key, setting.Value, setting.Origin)
	}
	return table.Flush()
}

type configCheckCmd struct{ source }

// Run fails when the settings are wrong.
func (c *configCheckCmd) Run(s *streams) error {
	cfg, notes, err := c.load(s, "")
	if err != nil {
		return err
	}
	printNotes(s.out, notes)
	fmt.Fprintf(s.out, "The settings are right. The site will be %s, answered at %s, with its data in %s.\n",
		cfg.PublicURL(), cfg.ListenAddr(), cfg.DataDir)
	return nil
}

type configExampleCmd struct{}

// Run prints the file that "make generate" keeps as config.example.yaml.
func (configExampleCmd) Run(s *streams) error { return config.WriteExample(s.out) }
