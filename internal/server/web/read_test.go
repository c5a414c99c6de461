package web

import "testing"

func TestSeconds(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"": 0, "83": 83, "83s": 83, "1m23s": 83, "1h0m5s": 3605, "1:23": 83, "1:00:05": 3605, "2m": 120,
		"x": 0, "-5": 0, "1:x": 0, "99999999999": 0, "1h2h": 0,
	} {
		if got := seconds(in); got != want {
			t.Errorf("seconds(%q): got %d, want %d", in, got, want)
		}
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/w/x?start=5": "/w/x?start=5", "": "/", "about": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example/": "/",
		"javascript:alert(1)": "/", "/a\r\nSet-Cookie: x=y": "/", "/\t/evil.example": "/",
	} {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestTitleOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"my_holiday.mp4": "my holiday", "a.mkv": "a__", ".mp4": "___", "no ending": "no ending", "x\u202Egpj.mp4": "xgpj",
	} {
		if got := titleOf(in); got != want {
			t.Errorf("titleOf(%q): got %q, want %q", in, got, want)
		}
	}
}
