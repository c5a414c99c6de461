package ui_test

import (
	"testing"

	"sepiola/internal/errs"
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
		reason errs.Reason
		want   string
		known  bool
	}{
		{errs.Reason{"empty"}, "Le fichier est vide.", true},
		{errs.Reason{"too_large", "width", "20000", "height", "10"}, "L’image est trop grande (20000 × 10 pixels).", true},
		{errs.New(errs.Invalid, "x").Because("too_long", "days", 7).Reason, "Le fichier prétend durer plus de 7 jours.", true},
		{errs.Reason{"of another version"}, "ffmpeg: exit status 1", false},
		{nil, "ffmpeg: exit status 1", false},
	} {
		if got, known := p.Reason(tt.reason, "ffmpeg: exit status 1"); got != tt.want || known != tt.known {
			t.Errorf("%q: got %q, %v; want %q, %v", tt.reason, got, known, tt.want, tt.known)
		}
	}
}
