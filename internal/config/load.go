package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"sepiola/internal/errs"
)

// maxFile is the largest configuration file that is read.
const maxFile = 4 << 20

// Options are the layers above the defaults.
type Options struct {
	// File is a YAML file, or empty for none.
	File string
	// DataDir and Listen (HOST:PORT) are flags; empty when not given.
	DataDir string
	Listen  string
	// Env is the environment as os.Environ returns it.
	Env []string
}

// Note is something an admin should know about a setting that is not an error.
type Note struct {
	Where Origin
	Key   string
	Text  string
}

// String returns the note as one line.
func (n Note) String() string {
	return fmt.Sprintf("%s: %s: %s", n.Where, n.Key, n.Text)
}

// loader puts the layers into a Config and collects all that is wrong, so that
// an admin can mend it in one go.
type loader struct {
	cfg      *Config
	root     *key
	notes    []Note
	problems []string
}

// Load returns the settings of all layers: defaults < file < PEERTUBE_*
// variables < SEPIOLA_* variables < flags. Wrong settings give one errs.Invalid
// error that lists each with its place.
func Load(o Options) (*Config, []Note, error) {
	cfg := Default()
	cfg.origins = map[string]Origin{}
	l := &loader{cfg: cfg, root: tree(cfg)}
	if o.File != "" {
		if err := l.loadFile(o.File); err != nil {
			return nil, nil, err
		}
	}
	l.loadEnv(o.Env)
	l.loadFlags(o)
	l.finish()
	l.validate()
	if len(l.problems) > 0 {
		return nil, l.notes, errs.New(errs.Invalid, "%s", strings.Join(l.problems, "\n"))
	}
	return cfg, l.notes, nil
}

func (l *loader) problem(where Origin, path, format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf("%s: %s: %s", where, path, fmt.Sprintf(format, args...)))
}

func (l *loader) note(where Origin, path, text string) {
	l.notes = append(l.notes, Note{Where: where, Key: path, Text: text})
}

func (l *loader) loadFile(name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.Invalid, "there is no configuration file %s", name)
	}
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "the configuration file cannot be read")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "the configuration file cannot be read")
	}
	if len(text) > maxFile {
		return errs.New(errs.Invalid, "%s is larger than %d bytes; is it a configuration file?", name, maxFile)
	}
	return l.parse(name, text)
}

// parse applies the YAML text of the file called name.
func (l *loader) parse(name string, text []byte) error {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var doc, second yaml.Node
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil // empty, or comments alone
	}
	if err != nil {
		return errs.New(errs.Invalid, "%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if !errors.Is(decoder.Decode(&second), io.EOF) {
		return errs.New(errs.Invalid, "%s: only one YAML document may be in the file", name)
	}
	l.section(name, l.root, doc.Content[0])
	return nil
}

// at is the place of a node.
func at(file string, n *yaml.Node) Origin {
	return Origin(file + ":" + strconv.Itoa(n.Line))
}

// section applies the keys of n to section k.
func (l *loader) section(file string, k *key, n *yaml.Node) {
	where := at(file, n)
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a section whose keys are all commented out
	}
	if n.Kind != yaml.MappingNode {
		l.problem(where, cmpOr(k.path, "the file"), "expected a section with keys of its own, found %s", describe(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if first := seen[name.Value]; first != 0 {
			l.problem(at(file, name), join(k.path, name.Value), "written twice, first in line %d", first)
			continue
		}
		seen[name.Value] = name.Line
		l.entry(file, k, name, value)
	}
}

// entry applies one key of section k.
func (l *loader) entry(file string, k *key, name, value *yaml.Node) {
	path, where := join(k.path, name.Value), at(file, name)
	if to, ok := renamed[path]; ok {
		l.note(where, path, "is now called "+to)
		path = to
	}
	if reason, ok := notApplicable[path]; ok {
		l.note(where, path, reason)
		return
	}
	target := l.root.find(path)
	switch {
	case target == nil:
		l.unknown(where, k, path, name.Value)
	case target.children != nil:
		l.section(file, target, value)
	default:
		before := target.value.Interface()
		if err := assign(target.value, target.tag, value); err != nil {
			l.problem(at(file, value), path, "%s", err)
			return
		}
		l.origin(target, where, before)
	}
}

func (l *loader) unknown(where Origin, k *key, path, name string) {
	if s := k.suggest(l.root, name); s != "" {
		l.problem(where, clip(path), "there is no such key; did you mean %s?", s)
		return
	}
	l.problem(where, clip(path), "there is no such key")
}

// origin records where a value came from, and says so when what it asks for
// does not exist yet.
func (l *loader) origin(k *key, where Origin, before any) {
	l.cfg.origins[k.path] = where
	if text := later(k.path); text != "" && !same(before, k.value.Interface()) {
		l.note(where, k.path, text)
	}
}

func (l *loader) loadFlags(o Options) {
	l.loadDataDir(o)
	if o.Listen == "" {
		return
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		l.problem("--listen", "listen", "expected HOST:PORT, found %q", clip(o.Listen))
		return
	}
	for path, text := range map[string]string{"listen.hostname": host, "listen.port": port} {
		k := l.root.find(path)
		if err := assignScalar(k.value, k.tag, text); err != nil {
			l.problem("--listen", path, "%s", err)
		}
		l.cfg.origins[path] = "--listen"
	}
}

// finish derives what depends on other settings and resolves paths.
func (l *loader) finish() {
	c := l.cfg
	if c.TLS.ACME.Enabled || c.TLS.CertFile != "" {
		if _, set := c.origins["webserver.https"]; !set {
			c.Webserver.HTTPS = true
		}
	}
	if c.Webserver.Port == 0 {
		c.Webserver.Port = c.Listen.Port
		if c.Webserver.HTTPS {
			c.Webserver.Port = 443
		}
	}
	for i, s := range c.Thumbnails.Sizes {
		if s.AspectRatio == "" { // as written before PeerTube 8
			c.Thumbnails.Sizes[i].AspectRatio = "16:9"
			if s.Width == s.Height {
				c.Thumbnails.Sizes[i].AspectRatio = "1:1"
			}
		}
	}
	if c.Log.Level == "warning" {
		c.Log.Level = "warn"
	}
	l.resolve()
}

// resolve makes paths absolute: the data directory below the working
// directory, everything else below the data directory.
func (l *loader) resolve() {
	c := l.cfg
	if c.DataDir == "" {
		c.DataDir = "data"
	}
	abs, err := filepath.Abs(c.DataDir)
	if err != nil {
		l.problem(c.Origin("data"), "data", "the path cannot be resolved: %s", err)
		return
	}
	c.DataDir = abs
	for _, k := range l.root.child("storage").children {
		if dir := k.value.String(); !filepath.IsAbs(dir) {
			k.value.SetString(filepath.Join(abs, dir))
		}
	}
	if !filepath.IsAbs(c.TLS.ACME.Cache) {
		c.TLS.ACME.Cache = filepath.Join(abs, c.TLS.ACME.Cache)
	}
	c.Database.URL = l.databaseURL()
}
