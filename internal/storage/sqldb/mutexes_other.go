//go:build !linux

package sqldb

// useFewerMutexes leaves SQLite the mutexes that it comes with.
func useFewerMutexes() error { return nil }
