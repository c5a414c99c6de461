package inbox_test

import (
	"bufio"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sepiola/internal/storage/sqldb"
)

const (
	// crashDir tells the process that is killed where its database is, and
	// crashKey with which key others sign.
	crashDir = "SEPIOLA_TEST_INBOX_CRASH"
	crashKey = "SEPIOLA_TEST_INBOX_KEY"
	// crashKills is how often it is killed; some unless this says more.
	crashKills = "SEPIOLA_TEST_INBOX_KILLS"
)

// TestCrashChild is the process that is killed: it receives without end, says
// what was acknowledged, and does what waits.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("runs in a process of its own, see TestWhatWasAcknowledgedSurvivesKills")
	}
	db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: filepath.Join(dir, "db")})
	if err != nil {
		t.Fatal(err)
	}
	w := openWorld(t, db)
	start := time.Now().UnixNano()
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s/views/%d-%d-%d", farSite, start, worker, i)
				if err := w.deliver(farSite, encode(t, act("View", id, farSite, mine()))); err == nil {
					fmt.Println("acknowledged", id)
				}
			}
		}()
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); { // it is killed long before
		if err := w.processor.Lane(t.Context(), "far.test"); err != nil {
			t.Fatal(err)
		}
	}
}

// What was answered with 202 is done, and done once, however often the process
// is killed between receiving and doing.
func TestWhatWasAcknowledgedSurvivesKills(t *testing.T) {
	t.Parallel()
	kills := 3
	if n, err := strconv.Atoi(os.Getenv(crashKills)); err == nil {
		kills = n
	}
	dir := t.TempDir()
	open := func() *sqldb.DB {
		db, err := sqldb.Open(t.Context(), sqldb.Options{DSN: filepath.Join(dir, "db")})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	fill(t, db)
	openWorld(t, db).know(farSite)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for range kills {
		acknowledged = append(acknowledged, runAndKill(t, dir)...)
	}
	db = open()
	defer db.Close()
	w := openWorld(t, db)
	before := w.left()
	if err := w.processor.Lane(t.Context(), "far.test"); err != nil {
		t.Fatal(err)
	}
	seen := w.number(`SELECT COUNT(*) FROM inbox_seen`)
	if n := w.number(`SELECT COALESCE(SUM(views), 0) FROM view_buffer`); n != seen || w.left() != 0 {
		t.Errorf("%d were received and %d done; %d are left", seen, n, w.left())
	}
	for _, id := range acknowledged {
		if w.number(`SELECT COUNT(*) FROM inbox_seen WHERE activity_url = $1`, id) != 1 {
			t.Fatalf("%s was acknowledged and is lost", id)
		}
	}
	if len(acknowledged) == 0 || seen < len(acknowledged) {
		t.Errorf("%d were acknowledged, %d received", len(acknowledged), seen)
	}
	t.Logf("%d kills: %d acknowledged, %d received, %d were still waiting", kills, len(acknowledged), seen, before)
}

// runAndKill lets the process work for a moment and returns what it
// acknowledged.
func runAndKill(t *testing.T, dir string) (acknowledged []string) {
	t.Helper()
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestCrashChild$", "-test.v")
	key := hex.EncodeToString(x509.MarshalPKCS1PrivateKey(testKeys()[0]))
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashKey+"="+key)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	most := 5 + rand.IntN(150)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		if !ok {
			continue
		}
		acknowledged = append(acknowledged, id)
		if len(acknowledged) == most {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(acknowledged) < most {
		t.Fatalf("the process ended by itself after %d", len(acknowledged))
	}
	return acknowledged
}
