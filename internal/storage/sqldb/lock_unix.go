//go:build unix

package sqldb

import (
	"errors"
	"os"
	"syscall"
	"time"

	"sepiola/internal/errs"
)

// fileLock says that this process is the one that serves a SQLite file. The
// kernel drops it when the process dies, so a crash leaves nothing behind.
type fileLock struct{ f *os.File }

// lockWait is how long a process waits for the one before it. What a process
// was about to start when it was killed has its files for a moment longer.
const lockWait = time.Second

func acquire(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "the database directory cannot be written: %s", path)
	}
	for end := time.Now().Add(lockWait); ; time.Sleep(lockWait / 50) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errs.New(errs.Conflict, "another sepiola process already serves this database (%s); stop it first, or use PostgreSQL for several processes", path)
		}
		return nil, errs.Wrap(errs.Unavailable, err, "the database cannot be locked: %s", path)
	}
	return &fileLock{f}, nil
}

func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
