package ffmpeg

import (
	"os"
	"slices"
	"time"
)

const (
	// mostExamined bounds the files of which is remembered what they are: as many
	// as a busy site works on at a time.
	mostExamined = 32
	// longestExamined bounds what is remembered of one of them, in bytes of
	// ffprobe's description.
	longestExamined = 256 << 10
)

// examined is what was found out about a file. It holds as long as the file has
// the same content, which its identity, size and time of change stand for: what
// was uploaded is examined when it arrives, and again by each job that makes
// something of it, under other names and after minutes or hours. Examining
// takes a start of ffprobe or two, and for keyframes a reading of all of it.
type examined struct {
	file os.FileInfo
	info *Info         // never changed
	gop  time.Duration // -1 until it was measured
}

func (e *examined) is(file os.FileInfo) bool {
	return e.file.Size() == file.Size() && e.file.ModTime().Equal(file.ModTime()) && os.SameFile(e.file, file)
}

// recall returns what is known of a file.
func (t *Tools) recall(file os.FileInfo) (examined, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := slices.IndexFunc(t.examined, func(e examined) bool { return e.is(file) })
	if n < 0 {
		return examined{}, false
	}
	return t.examined[n], true
}

// remember keeps e instead of what was known of the same file, and of the
// oldest where there are too many.
func (t *Tools) remember(e examined) {
	if len(e.info.Raw) > longestExamined {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.examined = slices.DeleteFunc(t.examined, func(old examined) bool { return old.is(e.file) })
	if len(t.examined) >= mostExamined {
		t.examined = slices.Delete(t.examined, 0, len(t.examined)-mostExamined+1)
	}
	t.examined = append(t.examined, e)
}
