package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"sepiola/internal/config"
)

// source says where the settings come from. Commands embed it.
type source struct {
	File string `name:"config" short:"c" env:"SEPIOLA_CONFIG" placeholder:"FILE" help:"YAML file of settings; none is needed."`
	Data string `short:"d" placeholder:"DIR" help:"Directory of everything that is kept; data here unless SEPIOLA_DATA says otherwise."`
}

// settingsError is what is wrong with the settings, a line each.
type settingsError struct{ cause error }

func (e *settingsError) Error() string {
	return "The settings are wrong:\n" + e.cause.Error()
}

func (e *settingsError) Unwrap() error { return e.cause }

// load reads the settings. listen may be empty.
func (f source) load(s *streams, listen string) (*config.Config, []config.Note, error) {
	cfg, notes, err := config.Load(config.Options{File: f.File, DataDir: f.Data, Listen: listen, Env: s.env})
	if err != nil {
		return nil, notes, &settingsError{err}
	}
	return cfg, notes, nil
}

// open reads the settings and makes the log that they ask for.
func (f source) open(s *streams, listen string) (*config.Config, *slog.Logger, error) {
	cfg, notes, err := f.load(s, listen)
	if err != nil {
		return nil, nil, err
	}
	log := newLog(s.err, cfg.Log.Level)
	for _, n := range notes {
		log.Info("setting has no effect as it stands", "where", string(n.Where), "key", n.Key, "note", n.Text)
	}
	return cfg, log, nil
}

// newLog is for people on a terminal and for machines elsewhere.
func newLog(w io.Writer, level string) *slog.Logger {
	o := &slog.HandlerOptions{}
	var l slog.Level
	if l.UnmarshalText([]byte(level)) == nil {
		o.Level = l
	}
	if isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printNotes tells what the settings have in vain.
func printNotes(w io.Writer, notes []config.Note) {
	for _, n := range notes {
		fmt.Fprintln(w, "note:", n)
	}
}
