package feeds_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/feeds"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/markdown"
)

type said []*comment.Comment

func (s said) Newest(context.Context, feeds.CommentScope, int) ([]*comment.Comment, error) {
	return s, nil
}

// Comments of other sites are HTML, those of this one are not.
func TestFeedsShowWhatIsSaidElsewhere(t *testing.T) {
	t.Parallel()
	v := &video.Video{UUID: "11111111-1111-4111-8111-111111111111", Name: "Squid"}
	router := rest.NewRouter(slog.New(slog.DiscardHandler))
	(&feeds.Server{
		Comments: said{{ID: 1, Video: v, Text: "<p>from <b>far</b></p>", Remote: true}, {ID: 2, Video: v, Text: "<p>from here</p>"}},
		Site:     instance.Site{Scheme: "https", Host: "here.example"}, Markdown: markdown.New(),
		Settings: func() feeds.Settings { return feeds.Settings{Comments: 20} },
	}).Mount(router)
	w := httptest.NewRecorder()
	router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/feeds/video-comments.atom", nil))
	for _, want := range []string{"&lt;p&gt;from &lt;b&gt;far&lt;/b&gt;&lt;/p&gt;", "&lt;p&gt;&amp;lt;p&amp;gt;from here&amp;lt;/p&amp;gt;"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %d %s", want, w.Code, w.Body)
		}
	}
}
