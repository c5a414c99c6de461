package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/ui"
	"sepiola/internal/server/web/watch"
)

// fileFacts serves GET /w/{id}/files/{file}: what ffprobe said of a file, to
// read; of a file of another site, what that said. It lies below the page of the video, so that the cookie with the
// password comes along.
func (s *Pages) fileFacts(w http.ResponseWriter, r *http.Request) error {
	a, ref, err := watchAccess(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[video.FileID](r, "file")
	if err != nil {
		return notFound()
	}
	v, err := s.Videos.Watch(r.Context(), a, ref)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(v.Files, func(f video.File) bool { return f.ID == id })
	if at < 0 || !v.DownloadEnabled {
		return notFound()
	}
	f := &v.Files[at]
	if v.Remote {
		return s.factsElsewhere(w, r, v, f)
	}
	b, err := s.Videos.FileMetadata(r.Context(), a, ref, id)
	if err != nil {
		return err
	}
	p := s.newPage(r, "web.watch.facts")
	p.NoIndex = true
	return s.ok(w, r, watch.Facts(p, watch.FactsView{
		Video: v, File: quality(p, f) + " " + fileKind(p, f), Size: f.Size, Parts: probed(p, b),
	}))
}

// factsElsewhere is what is known of a file that nobody here has probed.
func (s *Pages) factsElsewhere(w http.ResponseWriter, r *http.Request, v *video.Video, f *video.File) error {
	at, err := url.Parse(f.FileURL)
	if err != nil || originOf(f.FileURL) == "" {
		return notFound()
	}
	p := s.newPage(r, "web.watch.facts")
	p.NoIndex = true
	number := func(n int) any {
		if n == 0 {
			return nil
		}
		return n
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	parts := []watch.FactsPart{{Heading: p.T("web.watch.facts_container"), Facts: flatFacts("", map[string]any{
		"format_name": text(strings.TrimPrefix(f.Extname, ".")), "size": number(int(f.Size)), "info_hash": text(f.InfoHash),
	})}}
	if f.HasVideo {
		parts = append(parts, watch.FactsPart{Heading: p.T("web.watch.facts_video"), Facts: flatFacts("", map[string]any{
			"width": number(f.Width), "height": number(f.Height), "frame_rate": number(f.FPS),
		})})
	}
	return s.ok(w, r, watch.Facts(p, watch.FactsView{
		Video: v, File: quality(p, f) + " " + kindElsewhere(p, f, split(v.Files)), Size: f.Size, Host: at.Host,
		Parts: slices.DeleteFunc(parts, func(part watch.FactsPart) bool { return len(part.Facts) == 0 }),
	}))
}

// probed reads ffprobe's JSON: the container, then its tracks. What cannot be
// read is nothing.
func probed(p *ui.Page, b []byte) []watch.FactsPart {
	var in struct {
		Format  map[string]any   `json:"format"`
		Streams []map[string]any `json:"streams"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // sizes are long
	if d.Decode(&in) != nil {
		return nil
	}
	var parts []watch.FactsPart
	add := func(heading string, of map[string]any) {
		// Where the file lies is the machine's business.
		delete(of, "filename")
		if facts := flatFacts("", of); len(facts) > 0 {
			parts = append(parts, watch.FactsPart{Heading: heading, Facts: facts})
		}
	}
	add(p.T("web.watch.facts_container"), in.Format)
	for _, stream := range in.Streams[:min(len(in.Streams), maxTracks)] {
		heading := "web.watch.facts_other"
		switch stream["codec_type"] {
		case "video":
			heading = "web.watch.facts_video"
		case "audio":
			heading = "web.watch.facts_audio"
		}
		add(p.T(heading), stream)
	}
	return parts
}

// Files of strangers may say a lot of themselves.
const (
	maxTracks    = 20
	maxFacts     = 100
	maxFactRunes = 300
)

// flatFacts lists what an object says, by name; of what lies in others with both
// names.
func flatFacts(prefix string, of map[string]any) []watch.Fact {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	var list []watch.Fact
	for _, name := range names {
		switch value := of[name].(type) {
		case map[string]any:
			if prefix == "" { // ffprobe has one level
				list = append(list, flatFacts(name+".", value)...)
			}
		case nil, []any:
		default:
			text := []rune(strings.ToValidUTF8(fmt.Sprint(value), "?"))
			if len(text) > maxFactRunes {
				text = append(text[:maxFactRunes], '…')
			}
			list = append(list, watch.Fact{Name: prefix + name, Value: string(text)})
		}
	}
	return list[:min(len(list), maxFacts)]
}
