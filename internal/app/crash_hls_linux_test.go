package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// checkHLS holds the playlists and the hashes of a video against its files,
// with a parser of its own: what it names is there, lies within the file and
// has the bytes that the hashes say.
func checkHLS(t *testing.T, dir, hashes string, rows map[string]int64) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, hashes))
	if err != nil {
		t.Error(err)
		return
	}
	var sums map[string]map[string]string
	if err := json.Unmarshal(b, &sums); err != nil {
		t.Errorf("%s: %v", hashes, err)
		return
	}
	masters, err := filepath.Glob(filepath.Join(dir, "*master.m3u8"))
	if err != nil || len(masters) != 1 {
		t.Errorf("master playlists in %s: %v %v, want one", dir, masters, err)
		return
	}
	named := map[string]bool{}
	for _, list := range addresses(t, masters[0]) {
		named[list] = true
	}
	media := 0
	for path := range rows {
		name, ok := strings.CutSuffix(filepath.Base(path), "-fragmented.mp4")
		if !ok || filepath.Base(filepath.Dir(path)) != filepath.Base(dir) {
			continue
		}
		media++
		list := name + ".m3u8"
		checkMediaPlaylist(t, filepath.Join(dir, list), sums)
		if !named[list] && !strings.HasSuffix(name, "-0") { // sound alone is named where pictures have none
			t.Errorf("%s: the master playlist does not name %s", dir, list)
		}
		delete(named, list)
	}
	if len(named) != 0 || len(sums) != media {
		t.Errorf("%s: the master playlist names %v, which are not in the database; there are hashes of %d files, and %d files", dir, named, len(sums), media)
	}
}

func checkMediaPlaylist(t *testing.T, path string, sums map[string]map[string]string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("a playlist is named and not there: %v", err)
		return
	}
	if !bytes.Contains(b, []byte("#EXT-X-ENDLIST")) {
		t.Errorf("%s does not end", path)
	}
	spans := byteRanges(string(b))
	for _, name := range addresses(t, path)[:1] { // all segments lie in one file
		media, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Errorf("%s names what is not there: %v", filepath.Base(path), err)
			return
		}
		if len(spans) == 0 || len(sums[name]) != len(spans) {
			t.Errorf("%s: %d segments, %d hashes", name, len(spans), len(sums[name]))
		}
		for span, want := range sums[name] {
			first, last, ok := cutSpan(span)
			if !ok || last >= int64(len(media)) || !spans[span] {
				t.Errorf("%s has %d bytes; hashed is %s, which the playlist names: %v", name, len(media), span, spans[span])
				continue
			}
			got := sha256.Sum256(media[first : last+1])
			if hex.EncodeToString(got[:]) != want {
				t.Errorf("bytes %s of %s are not those that were hashed", span, name)
			}
		}
	}
}

func cutSpan(s string) (first, last int64, ok bool) {
	a, b, ok := strings.Cut(s, "-")
	first, err1 := strconv.ParseInt(a, 10, 64)
	last, err2 := strconv.ParseInt(b, 10, 64)
	return first, last, ok && err1 == nil && err2 == nil && first >= 0 && first <= last
}

// byteRanges returns the segments of a playlist as "first-last".
func byteRanges(playlist string) map[string]bool {
	spans, next := map[string]bool{}, int64(0)
	for line := range strings.Lines(playlist) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "#EXT-X-BYTERANGE:")
		if !ok {
			continue
		}
		length, at, explicit := strings.Cut(text, "@")
		n, _ := strconv.ParseInt(length, 10, 64)
		if explicit {
			next, _ = strconv.ParseInt(at, 10, 64)
		}
		spans[fmt.Sprintf("%d-%d", next, next+n-1)] = true
		next += n
	}
	return spans
}

// addresses returns what a playlist names: lines that are no tags, and what
// tags have as URI. There is at least one.
func addresses(t *testing.T, path string) (list []string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		switch uri := between(line, `URI="`, `"`); {
		case strings.HasPrefix(line, "#") && uri != "":
			list = append(list, uri)
		case line != "" && !strings.HasPrefix(line, "#"):
			list = append(list, line)
		}
	}
	if len(list) == 0 {
		t.Errorf("%s names nothing", path)
		list = []string{"nothing"}
	}
	return list
}

// nobodyLeft checks that no process lives on that works in dir: an ffmpeg of a
// killed server dies with it.
func nobodyLeft(t *testing.T, dir string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		left := workingIn(dir)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for pid, command := range left {
				t.Errorf("process %d was left behind: %s", pid, command)
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			return
		}
		time.Sleep(20 * time.Millisecond) // until the kernel has ended them
	}
}

func workingIn(dir string) map[int]string {
	left := map[int]string{}
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range commands {
		b, err := os.ReadFile(path)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && pid != os.Getpid() && bytes.Contains(b, []byte(dir)) {
			left[pid] = string(bytes.ReplaceAll(b, []byte{0}, []byte{' '}))
		}
	}
	return left
}
