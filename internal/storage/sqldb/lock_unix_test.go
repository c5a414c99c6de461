//go:build unix

package sqldb

import (
	"path/filepath"
	"testing"
	"time"

	"sepiola/internal/errs"
)

// Who comes a moment before the file is free waits for it; who comes while
// another serves it is told so.
func TestALockThatIsGivenFreeSoon(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	before, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	freed := time.AfterFunc(lockWait/4, func() { _ = before.release() })
	defer freed.Stop()
	mine, err := acquire(path)
	if err != nil {
		t.Fatalf("freed after a moment: %v", err)
	}
	if _, err := acquire(path); !errs.Is(err, errs.Conflict) {
		t.Errorf("taken: got %v, want a conflict", err)
	}
	if err := mine.release(); err != nil {
		t.Error(err)
	}
}
