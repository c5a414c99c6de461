package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"sepiola/internal/i18n"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/player"
	"sepiola/internal/server/web/ui"
)

// playerWords are the texts of the player in each language, made when a reader
// of that language comes. They change only with the program, so browsers keep
// them; a page names them by their content.
type playerWords map[string]func() playerText

type playerText struct {
	body []byte
	url  string
}

const playerWordsPath = "/player/words/"

// mountPlayer serves the texts.
func (s *Pages) mountPlayer(r *rest.Router) {
	s.playerWords = playerWords{}
	for _, tag := range s.Words.Tags() {
		s.playerWords[tag] = sync.OnceValue(func() playerText { return newPlayerText(s.Words.Locale(tag)) })
	}
	r.Get(playerWordsPath+"{file}", s.servePlayerWords)
}

func newPlayerText(l *i18n.Locale) playerText {
	body, err := json.Marshal(player.Words(l))
	if err != nil {
		panic(err) // a map of texts is always JSON
	}
	sum := sha256.Sum256(body)
	version := base64.RawURLEncoding.EncodeToString(sum[:6])
	return playerText{body, playerWordsPath + l.Tag + ".json?v=" + version}
}

func (s *Pages) servePlayerWords(w http.ResponseWriter, r *http.Request) error {
	text, ok := s.playerWords[strings.TrimSuffix(rest.Path(r, "file"), ".json")]
	if !ok {
		return notFound()
	}
	t := text()
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Length", strconv.Itoa(len(t.body)))
	_, _ = w.Write(t.body) // the reader may be gone
	return nil
}

// playerWordsURL is the address of the texts in the language of a page.
func (s *Pages) playerWordsURL(p *ui.Page) string { return s.playerWords[p.Tag]().url }
