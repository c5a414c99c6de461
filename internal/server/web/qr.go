package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/manage"
)

// watchQR serves the address of a video, or of a clip of it, as a code for
// phones. It tells nothing that the address does not tell: the video is not
// looked up.
func (s *Pages) watchQR(w http.ResponseWriter, r *http.Request) error {
	ref, err := video.ParseRef(rest.Path(r, "id"))
	if err != nil {
		return notFound()
	}
	id := video.ShortUUID(ref.UUID)
	if ref.ID != 0 {
		id = strconv.FormatInt(int64(ref.ID), 10)
	}
	return sendQR(w, s.Site.URL("/w/"+id)+sharedQuery(r.URL.Query(), "?"))
}

// sharedQuery is what the share dialog adds to an address, behind sep: where to
// begin and to end, and how it plays. Anything else is left out: the code
// says no more than the dialog.
func sharedQuery(q url.Values, sep string) string {
	out := ""
	add := func(name, value string) {
		out += sep + name + "=" + value
		sep = "&"
	}
	for _, name := range []string{"start", "stop"} {
		if n := seconds(q.Get(name)); n > 0 {
			add(name, strconv.Itoa(n)+"s")
		}
	}
	for _, name := range []string{"autoplay", "muted", "loop"} {
		if q.Get(name) == "1" {
			add(name, "1")
		}
	}
	if l := q.Get("subtitle"); video.KnownLanguage(l) {
		add("subtitle", l)
	}
	return out
}

// sendQR answers with a text as a picture of squares.
func sendQR(w http.ResponseWriter, text string) error {
	code, err := drawQR(text)
	if err != nil {
		return errs.Wrap(errs.Invalid, err, "This is too long for a code")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%[3]s"/></svg>`, code.Size, code.Size, code.Path)
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // the reader may be gone
	return nil
}

// drawQR draws a text.
func drawQR(text string) (manage.QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return manage.QR{}, err
	}
	return manage.NewQR(code.Bounds().Dx(), func(x, y int) bool { return dark(code, x, y) }), nil
}

func dark(code barcode.Barcode, x, y int) bool {
	red, _, _, _ := code.At(x, y).RGBA()
	return red == 0
}
