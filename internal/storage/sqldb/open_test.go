package sqldb

import (
	"os"
	"path/filepath"
	"testing"
)

// What was written last lies beside the file, hashes of passwords too.
func TestNobodyElseReadsWhatIsBesideTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := Open(t.Context(), Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(t.Context(), `CREATE TABLE secrets (secret TEXT)`); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("x.db%s: mode %v, want -rw-------", suffix, got)
		}
	}
}

func TestReadersAreAsManyAsTheMachineCanUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ most, cores, want int }{
		{10, 1, 3}, {10, 2, 4}, {10, 8, 10}, {10, 64, 10}, {4, 8, 4}, {1, 2, 1},
	} {
		if got := readers(tt.most, tt.cores); got != tt.want {
			t.Errorf("at most %d on %d cores: got %d, want %d", tt.most, tt.cores, got, tt.want)
		}
	}
}
