package ui_test

import (
	"testing"

	"sepiola/internal/i18n"
	"sepiola/internal/server/web/ui"
)

func TestReasonsAreToldInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := &ui.Page{Locale: words.Locale("fr")}
	for _, tt := range []struct {
		english, want string
		known         bool
	}{
		{"the file is empty", "Le fichier est vide.", true},
		{"the picture is too large (20000x10 pixels)", "L’image est trop grande (20000 × 10 pixels).", true},
		{"the file claims to last longer than 7 days", "Le fichier prétend durer plus de 7 jours.", true},
		{"ffmpeg: exit status 1", "ffmpeg: exit status 1", false},
	} {
		if got, known := p.Reason(tt.english); got != tt.want || known != tt.known {
			t.Errorf("%q: got %q, %v; want %q, %v", tt.english, got, known, tt.want, tt.known)
		}
	}
}
