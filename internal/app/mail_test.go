package app

import (
	"testing"

	"sepiola/internal/config"
	"sepiola/internal/domain/instance"
	"sepiola/internal/i18n"
	"sepiola/internal/server/web/markdown"
)

func TestLettersShowTextsAsTheyAreRead(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSender(func() *config.Config { return new(config.Config) }, words, instance.Site{}, markdown.New())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Excerpt("# One\n\n**two**.", 100), "One\ntwo."; got != want {
		t.Errorf("a description: got %q, want %q", got, want)
	}
	if got, want := s.CommentExcerpt("<p>One <b>two</b></p>", true, 100), "One two"; got != want {
		t.Errorf("a comment of another site: got %q, want %q", got, want)
	}
}
