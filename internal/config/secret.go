package config

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretFile keeps a secret that nobody configured, in the data directory.
const secretFile = "secret"

// Secret returns secrets.peertube, or when that is empty the one kept in the
// data directory, which it makes the first time. Two processes that start at
// once get the same.
func (c *Config) Secret() (string, error) {
	if c.Secrets.Peertube != "" {
		return c.Secrets.Peertube, nil
	}
	name := filepath.Join(c.DataDir, secretFile)
	secret, err := readSecret(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := os.MkdirAll(c.DataDir, 0o750); err != nil {
		return "", err
	}
	if err := writeSecret(name); err != nil {
		return "", err
	}
	return readSecret(name)
}

func readSecret(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < 32 {
		return "", fmt.Errorf("%s is damaged: put back its copy from a backup; without it two-factor log-ins are lost", name)
	}
	return secret, nil
}

// writeSecret makes the file whole or not at all, and leaves one that another
// process has made meanwhile.
func writeSecret(name string) error {
	random := make([]byte, 32)
	_, _ = rand.Read(random)                                     // documented never to fail
	f, err := os.CreateTemp(filepath.Dir(name), secretFile+"-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(random) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
