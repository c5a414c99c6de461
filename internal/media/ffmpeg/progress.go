package ffmpeg

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// readProgress reads what ffmpeg writes with -progress and calls report after
// each block. Values that are not known ("N/A") keep their last value.
func readProgress(r io.Reader, report func(Progress)) {
	lines := bufio.NewScanner(r)
	var p Progress
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "frame":
			setInt(&p.Frame, value)
		case "fps":
			setFloat(&p.FPS, value)
		case "speed":
			setFloat(&p.Speed, strings.TrimSuffix(value, "x"))
		case "out_time_us":
			var us int64
			if setInt(&us, value) && us >= 0 {
				p.OutTime = time.Duration(us) * time.Microsecond
			}
		case "total_size":
			setInt(&p.size, value)
		case "progress":
			p.Done = value == "end"
			report(p)
		}
	}
	_, _ = io.Copy(io.Discard, r) // a line too long: never block the writer
}

func setInt(dst *int64, s string) bool {
	v, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		*dst = v
	}
	return err == nil
}

func setFloat(dst *float64, s string) {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		*dst = v
	}
}
