//go:build !linux

package sqldb

// usePageMemory leaves SQLite the allocator that it comes with.
func usePageMemory() error { return nil }
