package sqldb

import (
	"errors"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite takes the mutex of a connection for each value of a row, twice for
// most: a sixth of what it took to read a page of videos. The driver opens all
// connections that way, although it must never be given one connection by two
// goroutines (so says its documentation, since its own part of a connection
// has no mutex), and database/sql never does. What may come from a second
// goroutine is sqlite3_interrupt, which takes no mutex. So connections get one
// that is none, as SQLite's "multi-thread" mode has it
// (https://sqlite.org/threadsafe.html); all that connections share keeps its
// mutexes.
var mutexes struct {
	once   sync.Once
	err    error
	ofOne  uintptr // stands for the mutex of a connection
	before sqlite3.Tsqlite3_mutex_methods
}

// useFewerMutexes gives SQLite those mutexes, before it is used for the first
// time, and spares it the sums of its memory, for which each allocation takes
// one more.
func useFewerMutexes() error {
	m := &mutexes
	m.once.Do(func() { m.err = installMutexes() })
	return m.err
}

func installMutexes() error {
	m := &mutexes
	tls := libc.NewTLS()
	defer tls.Close()
	at := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(m.before)))
	list := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(at)))
	m.ofOne = libc.Xcalloc(tls, 1, 1) // never given back
	if at == 0 || list == 0 || m.ofOne == 0 {
		return errors.New("mutexes of the database: there is no memory")
	}
	defer libc.Xfree(tls, list)
	defer libc.Xfree(tls, at)
	// It knows its own mutexes only once it was made ready, and takes others
	// only while it is not.
	if err := answered("to begin", sqlite3.Xsqlite3_initialize(tls)); err != nil {
		return err
	}
	if err := answered("to end", sqlite3.Xsqlite3_shutdown(tls)); err != nil {
		return err
	}
	if err := configure(tls, list, sqlite3.SQLITE_CONFIG_GETMUTEX, at); err != nil {
		return err
	}
	methods := pointed[*sqlite3.Tsqlite3_mutex_methods](at)
	m.before = *methods
	methods.FxMutexAlloc = pointer(mutexAlloc)
	methods.FxMutexFree = pointer(mutexFree)
	methods.FxMutexEnter = pointer(mutexEnter)
	methods.FxMutexTry = pointer(mutexTry)
	methods.FxMutexLeave = pointer(mutexLeave)
	if err := configure(tls, list, sqlite3.SQLITE_CONFIG_MUTEX, at); err != nil {
		return err
	}
	return configure(tls, list, sqlite3.SQLITE_CONFIG_MEMSTATUS, int32(0))
}

// mutexAlloc knows the mutex of a connection by its kind: only those of
// connections may be taken again by who has them.
func mutexAlloc(tls *libc.TLS, kind int32) uintptr {
	if kind == sqlite3.SQLITE_MUTEX_RECURSIVE {
		return mutexes.ofOne
	}
	return pointed[func(*libc.TLS, int32) uintptr](mutexes.before.FxMutexAlloc)(tls, kind)
}

func mutexFree(tls *libc.TLS, p uintptr) {
	if p != mutexes.ofOne {
		pointed[func(*libc.TLS, uintptr)](mutexes.before.FxMutexFree)(tls, p)
	}
}

func mutexEnter(tls *libc.TLS, p uintptr) {
	if p != mutexes.ofOne {
		pointed[func(*libc.TLS, uintptr)](mutexes.before.FxMutexEnter)(tls, p)
	}
}

func mutexTry(tls *libc.TLS, p uintptr) int32 {
	if p == mutexes.ofOne {
		return sqlite3.SQLITE_OK
	}
	return pointed[func(*libc.TLS, uintptr) int32](mutexes.before.FxMutexTry)(tls, p)
}

func mutexLeave(tls *libc.TLS, p uintptr) {
	if p != mutexes.ofOne {
		pointed[func(*libc.TLS, uintptr)](mutexes.before.FxMutexLeave)(tls, p)
	}
}
