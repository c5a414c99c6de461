package app

import (
	"context"
	"log/slog"
	"path/filepath"

	"sepiola/internal/config"
	"sepiola/internal/storage/blob"
	"sepiola/internal/storage/sqldb"
)

// openDB opens the database that the configuration names. A server has an
// SQLite file for itself; commands share it.
func openDB(ctx context.Context, cfg *config.Config, shared bool, log *slog.Logger) (*sqldb.DB, error) {
	return sqldb.Open(ctx, sqldb.Options{
		DSN:      cfg.Database.URL,
		MaxConns: cfg.Database.Pool.Max,
		Shared:   shared,
		Log:      log,
	})
}

// newDisk places the sections of files in the directories of storage.*.
func newDisk(cfg *config.Config) *blob.Disk {
	s := cfg.Storage
	dirs := map[blob.Section]string{
		blob.Tmp:                s.Tmp,
		blob.Avatars:            s.Avatars,
		blob.WebVideos:          s.WebVideos,
		blob.StreamingPlaylists: s.StreamingPlaylists,
		blob.Originals:          s.OriginalVideoFiles,
		blob.Thumbnails:         s.Thumbnails,
		blob.Storyboards:        s.Storyboards,
		blob.Torrents:           s.Torrents,
		blob.Captions:           s.Captions,
		blob.Logos:              filepath.Join(s.Uploads, "images"),
		blob.Redundancy:         s.Redundancy,
	}
	for section, dir := range dirs {
		dirs[section] = filepath.Clean(dir)
	}
	return &blob.Disk{Dirs: dirs}
}
