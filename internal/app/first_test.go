package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"sepiola/internal/config"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

// The settings of a PeerTube name a database, a secret and every directory, so
// that nothing else makes the data directory before the first password.
func TestFirstStartWithTheSettingsOfAPeerTube(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, file := filepath.Join(dir, "not", "there"), filepath.Join(dir, "production.yaml")
	text := "secrets:\n  peertube: 0123456789abcdef0123456789abcdef\nredis:\n  hostname: localhost\nstorage:\n"
	for _, name := range []string{"tmp", "avatars", "web_videos", "streaming_playlists", "thumbnails", "torrents"} {
		text += "  " + name + ": '" + filepath.Join(dir, "storage", name) + "/'\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := config.Load(config.Options{
		File: file, DataDir: data, Listen: "127.0.0.1:0",
		Env: []string{"SEPIOLA_DATABASE_URL=" + sqldbtest.PostgresURL(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	kept, err := os.ReadFile(filepath.Join(data, "initial-root-password"))
	if err != nil || string(kept) != a.welcome.Password+"\n" {
		t.Errorf("got %q, %v, want the password %q", kept, err, a.welcome.Password)
	}
}
