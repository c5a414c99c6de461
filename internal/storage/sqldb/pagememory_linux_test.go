package sqldb

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"unsafe"

	"modernc.org/libc"
)

// What SQLite keeps of a file lies in slots. If a new version asks for more
// beside a page than a slot has, this fails, and pageSlot has to grow.
func TestPagesOfSQLiteLieInSlots(t *testing.T) {
	db, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	used := func() int {
		pageMemory.mu.Lock()
		defer pageMemory.mu.Unlock()
		return int(pageMemory.used) - len(pageMemory.freed)
	}
	before := used()
	if _, err := db.Exec(t.Context(), `CREATE TABLE lines (id INTEGER PRIMARY KEY, line TEXT)`); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if _, err := db.Exec(t.Context(), `INSERT INTO lines (line) VALUES ($1)`, fmt.Sprintf("%01000d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := used() - before; got < 50 {
		t.Errorf("200 kB written: %d more slots in use, want 50 at least", got)
	}
	lines, err := All(t.Context(), db, Value[string], `SELECT line FROM lines ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range lines {
		if line != fmt.Sprintf("%01000d", i) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

func TestSlotsAreGivenOutOnceAndTakenBack(t *testing.T) {
	t.Parallel()
	s := pageSlab{base: 1 << 40}
	seen := map[uintptr]bool{}
	for range pageSlots {
		p := s.give()
		if p == 0 || seen[p] || !s.has(p) || !s.has(p+pageSlot-1) {
			t.Fatalf("slot %#x after %d", p, len(seen))
		}
		seen[p] = true
	}
	if p := s.give(); p != 0 {
		t.Errorf("one more than there are: %#x", p)
	}
	if s.has(s.base-1) || s.has(s.base+pageSlot*pageSlots) || s.has(0) {
		t.Error("what is beside the slots is taken for one")
	}
	back := s.base + 7*pageSlot
	s.take(back)
	if p := s.give(); p != back {
		t.Errorf("after %#x was taken back: %#x", back, p)
	}
}

func TestMemoryOfPagesGrows(t *testing.T) {
	if err := usePageMemory(); err != nil {
		t.Fatal(err)
	}
	tls := libc.NewTLS()
	defer tls.Close()
	p := pageMalloc(tls, pageAtLeast+1)
	at := func(p uintptr, n int) []byte { return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n) }
	want := bytes.Repeat([]byte{'s'}, pageSlot)
	copy(at(p, pageSlot), want)
	if q := pageRealloc(tls, p, pageSlot); q != p || pageSize(tls, q) != pageSlot {
		t.Errorf("within its slot it moved to %#x from %#x, size %d", q, p, pageSize(tls, q))
	}
	q := pageRealloc(tls, p, 3*pageSlot)
	if pageMemory.has(q) || pageSize(tls, q) < 3*pageSlot || !bytes.Equal(at(q, pageSlot), want) {
		t.Errorf("out of its slot: %#x of %d bytes", q, pageSize(tls, q))
	}
	q = pageRealloc(tls, q, 5*pageSlot)
	if !bytes.Equal(at(q, pageSlot), want) {
		t.Error("what was not in a slot is lost when it grows")
	}
	pageFree(tls, q)
}
