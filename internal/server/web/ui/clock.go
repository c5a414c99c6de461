package ui

import (
	"strconv"
	"strings"
)

// maxClock bounds times in seconds; no video is as long.
const maxClock = 14 * 24 * 3600

// Clock reads a time as people and PeerTube's addresses write it: "83",
// "1:23", "90:00", "1:02:03", "1h2m3s" or "1h2m3". The result is in seconds.
func Clock(s string) (seconds int, ok bool) {
	if s == "" {
		return 0, false
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.ContainsAny(s, "hms") {
		if last := s[len(s)-1]; '0' <= last && last <= '9' {
			s += "s"
		}
		return letters(s)
	}
	parts := strings.Split(s, ":")
	if len(parts) > 3 {
		return 0, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || len(parts) > 1 && n > 99 || i > 0 && n > 59 {
			return 0, false
		}
		seconds = seconds*60 + int(n)
	}
	return seconds, seconds <= maxClock
}

func letters(s string) (seconds int, ok bool) {
	for _, unit := range []struct {
		letter  string
		seconds int
	}{{"h", 3600}, {"m", 60}, {"s", 1}} {
		text, rest, found := strings.Cut(s, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n > maxClock {
			return 0, false
		}
		seconds += int(n) * unit.seconds
		s = rest
	}
	return seconds, s == "" && seconds <= maxClock
}
