package user_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"sepiola/internal/domain/user"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	p := user.NewPasswords(2)
	hash, err := p.Hash(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("got %q %v", hash, err)
	}
	if again, err := p.Hash(t.Context(), "correct horse"); err != nil || again == hash {
		t.Errorf("two hashes are the same: %v", err)
	}
	b, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, hash, password string
		ok, renew            bool
	}{
		{"right", hash, "correct horse", true, false},
		{"wrong", hash, "correct horse ", false, false},
		{"empty", hash, "", false, false},
		{"of PeerTube", string(b), "correct horse", true, true},
		{"of PeerTube, wrong", string(b), "battery", false, true},
		{"of nobody", "", "correct horse", false, false},
		{"other parameters are renewed", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$y8yTEZLb0AHY2GQJRq9KTRpQJW9fX0kJ8mJ8BqU1zvU", "x", false, true},
		{"a hash that asks for too much", "$argon2id$v=19$m=4294967295,t=9,p=1$c29tZXNhbHQ$y8yTEZLb0AHY2GQJRq9KTRpQJW9fX0kJ8mJ8BqU1zvU", "x", false, false},
		{"nonsense", "$argon2id$", "x", false, false},
	} {
		ok, renew, err := p.Verify(t.Context(), tt.hash, tt.password)
		if err != nil || ok != tt.ok || renew != tt.renew {
			t.Errorf("%s: got %v %v %v, want %v %v", tt.name, ok, renew, err, tt.ok, tt.renew)
		}
	}
}

// Not parallel: it watches the memory of the whole process.
func TestManyHashesTakeTheirTurns(t *testing.T) {
	const parallel = 2
	p := user.NewPasswords(parallel)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var g sync.WaitGroup
	for range 12 {
		g.Go(func() {
			if _, err := p.Hash(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	runtime.ReadMemStats(&after)
	const most = 8 * 19 << 20 // twelve at once would need 12 * 19 MiB; the collector may lag behind two
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > most {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

func TestWhoGivesUpIsNotHashed(t *testing.T) {
	t.Parallel()
	p := user.NewPasswords(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

// BenchmarkHash is what a log-in costs, in time and in memory.
func BenchmarkHash(b *testing.B) {
	p := user.NewPasswords(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Hash(b.Context(), "correct horse"); err != nil {
			b.Fatal(err)
		}
	}
}
