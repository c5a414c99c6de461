package sqldb

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite asks its allocator for each page of the file that it keeps: 4,096
// bytes and some 270 beside. The allocator that it comes with knows powers of
// two only, so that nearly half of a cache was waste. This one has slots of the
// right size for them and leaves all else to the one before.
const (
	pageAtLeast = 4096 // bytes: what is not longer fits a power of two
	pageSlot    = 4416
	// pageSlots is how many there are at most: 69 MiB of addresses, of which
	// only those that were ever used take memory. That is enough for 16
	// connections; what comes after gets memory as before.
	pageSlots = 16384
)

// pageMemory is of the whole process, as SQLite's settings of its allocator
// are.
var pageMemory struct {
	once sync.Once
	err  error
	pageSlab
	before sqlite3.Tsqlite3_mem_methods
}

// pageSlab are slots of equal size, given out and taken back in any order.
type pageSlab struct {
	mu    sync.Mutex
	base  uintptr
	used  uint32   // slots that were ever given out are those before
	freed []uint32 // of these
}

// usePageMemory gives SQLite the allocator, before it is used for the first
// time.
func usePageMemory() error {
	m := &pageMemory
	m.once.Do(func() { m.err = installPageMemory() })
	return m.err
}

func installPageMemory() error {
	m := &pageMemory
	region, err := unix.Mmap(-1, 0, pageSlot*pageSlots, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if errors.Is(err, unix.ENOMEM) {
		return nil // so few addresses are allowed here that the waste is the least worry
	}
	if err != nil {
		return fmt.Errorf("memory for pages of the database: %w", err)
	}
	m.base = uintptr(unsafe.Pointer(&region[0])) //nolint:gosec // SQLite knows addresses only
	tls := libc.NewTLS()
	defer tls.Close()
	// In C's memory: Go's may move while SQLite reads it.
	at := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(m.before)))
	list := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(at)))
	if at == 0 || list == 0 {
		return errors.New("memory for pages of the database: there is none")
	}
	defer libc.Xfree(tls, list)
	defer libc.Xfree(tls, at)
	if err := configure(tls, list, sqlite3.SQLITE_CONFIG_GETMALLOC, at); err != nil {
		return err
	}
	methods := pointed[*sqlite3.Tsqlite3_mem_methods](at)
	m.before = *methods
	methods.FxMalloc = pointer(pageMalloc)
	methods.FxFree = pointer(pageFree)
	methods.FxRealloc = pointer(pageRealloc)
	methods.FxSize = pointer(pageSize)
	return configure(tls, list, sqlite3.SQLITE_CONFIG_MALLOC, at)
}

// configure sets or asks what is SQLite's for the whole process; list is memory
// for one argument.
func configure(tls *libc.TLS, list uintptr, what int32, arg any) error {
	return answered("SQLite's setting "+strconv.Itoa(int(what)), sqlite3.Xsqlite3_config(tls, what, libc.VaList(list, arg)))
}

// answered is the error of a call to SQLite.
func answered(what string, rc int32) error {
	if rc == sqlite3.SQLITE_OK {
		return nil
	}
	return fmt.Errorf("%s: SQLite answers %d", what, rc)
}

// pointer and pointed turn functions into what translated C takes for pointers
// to them, and back. They are no closures, so nothing has to be kept alive.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) } //nolint:gosec // that is what it does

func pointed[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) } //nolint:gosec // that is what it does

// give returns a slot, 0 when there is none.
func (s *pageSlab) give() uintptr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.freed); n > 0 {
		i := s.freed[n-1]
		s.freed = s.freed[:n-1]
		return s.base + uintptr(i)*pageSlot
	}
	if s.used == pageSlots {
		return 0
	}
	s.used++
	return s.base + uintptr(s.used-1)*pageSlot
}

func (s *pageSlab) take(p uintptr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.freed = append(s.freed, uint32((p-s.base)/pageSlot))
}

func (s *pageSlab) has(p uintptr) bool { return p-s.base < pageSlot*pageSlots }

func pageMalloc(tls *libc.TLS, n int32) uintptr {
	m := &pageMemory
	if n > pageAtLeast && n <= pageSlot {
		if p := m.give(); p != 0 {
			return p
		}
	}
	return pointed[func(*libc.TLS, int32) uintptr](m.before.FxMalloc)(tls, n)
}

func pageFree(tls *libc.TLS, p uintptr) {
	m := &pageMemory
	if m.has(p) {
		m.take(p)
		return
	}
	pointed[func(*libc.TLS, uintptr)](m.before.FxFree)(tls, p)
}

func pageRealloc(tls *libc.TLS, p uintptr, n int32) uintptr {
	m := &pageMemory
	if !m.has(p) {
		return pointed[func(*libc.TLS, uintptr, int32) uintptr](m.before.FxRealloc)(tls, p, n)
	}
	if n <= pageSlot {
		return p
	}
	q := pageMalloc(tls, n)
	if q == 0 {
		return 0
	}
	libc.Xmemcpy(tls, q, p, pageSlot)
	m.take(p)
	return q
}

func pageSize(tls *libc.TLS, p uintptr) int32 {
	m := &pageMemory
	if m.has(p) {
		return pageSlot
	}
	return pointed[func(*libc.TLS, uintptr) int32](m.before.FxSize)(tls, p)
}
