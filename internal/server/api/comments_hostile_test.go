package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sepiola/internal/domain/comment"
)

func TestHostileComments(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	text := func(s string) string { b, _ := json.Marshal(map[string]string{"text": s}); return string(b) }
	for _, tt := range []struct {
		name, body string
		want       int
		kept       string
	}{
		{"the word null", text("null"), 200, "null"},
		{"null", `{"text":null}`, 400, ""},
		{"a number", `{"text":[1]}`, 400, ""},
		{"only spaces", text(" \t\n\u2003 "), 400, ""},
		{"only what nobody sees", text("\u200b\u2060\u3164\u2800\ufeff"), 400, ""},
		{"10,000 characters", text(strings.Repeat("é", 10_000)), 200, strings.Repeat("é", 10_000)},
		{"10,000 characters of two units", text(strings.Repeat("😀", 10_000)), 200, strings.Repeat("😀", 10_000)},
		{"10,001 characters", text(strings.Repeat("x", 10_001)), 400, ""},
		{"10,001 characters of two units", text(strings.Repeat("😀", 10_001)), 400, ""},
		{"script", text("<script>alert(1)</script>"), 200, "<script>alert(1)</script>"},
		{"zalgo", text("Z" + strings.Repeat("\u0300", 50) + "a"), 200, "Z" + strings.Repeat("\u0300", 5) + "a"},
		{"directions and controls", text("a\u202eb\x07d\u2066e"), 200, "abde"},
		{"a NUL", text("a\x00b"), 400, ""},
		{"a wall of lines", text("a" + strings.Repeat("\n", 500) + "b"), 200, "a\n\n\nb"},
		{"a number", `{"text":5}`, 400, ""},
		{"a list", `{"text":["a"]}`, 400, ""},
		{"no object", `"text"`, 400, ""},
		{"broken", `{"text":`, 400, ""},
		{"broken UTF-8", "{\"text\":\"a\xff\xfeb\"}", 200, "a\ufffd\ufffdb"},
		{"two megabytes", text(strings.Repeat("x", 2<<20)), 413, ""},
	} {
		w := s.call("bob", "POST", "/videos/1/comment-threads", tt.body)
		if w.Code != tt.want {
			t.Errorf("%s: got %d, want %d: %.300s", tt.name, w.Code, tt.want, w.Body)
			continue
		}
		var got struct{ Comment struct{ Text string } }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Comment.Text != tt.kept {
			t.Errorf("%s: kept %.100q, want %.100q", tt.name, got.Comment.Text, tt.kept)
		}
	}
	s.limited = true
	if w := s.call("bob", "POST", "/videos/1/comment-threads", text("spam")); w.Code != 429 {
		t.Errorf("too many: got %d", w.Code)
	}
	if w := s.call("mod", "POST", "/videos/1/comment-threads", text("no spam")); w.Code != 200 {
		t.Errorf("moderators are not limited: got %d", w.Code)
	}
}

func TestLargeThreadsAreCut(t *testing.T) {
	t.Parallel()
	s := newCommentSite(t)
	post := func(to int) int {
		path := "/videos/1/comment-threads"
		if to > 0 {
			path = fmt.Sprintf("/videos/1/comments/%d", to)
		}
		w := s.call("bob", "POST", path, `{"text":"x"}`)
		var got struct{ Comment struct{ ID int } }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return got.Comment.ID
	}
	type node struct {
		Comment       struct{ ID int }
		Children      []*node
		TotalChildren int
	}
	tree := func(path string, into any) {
		w := s.call("", "GET", path, "")
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %.200s", path, w.Code, w.Body)
		}
	}
	depth := func(n *node) (d int) {
		for ; len(n.Children) > 0; n = n.Children[0] {
			d++
		}
		return d
	}
	root := post(0)
	at := root
	for range 150 {
		at = post(at)
	}
	var whole node
	tree(fmt.Sprintf("/videos/1/comment-threads/%d", root), &whole)
	if d := depth(&whole); d != 150 {
		t.Errorf("an ordinary thread is %d deep, want 150", d)
	}
	for range 60 {
		post(root)
	}
	var cut node
	tree(fmt.Sprintf("/videos/1/comment-threads/%d", root), &cut)
	if d := depth(&cut); d != comment.CutLevels || len(cut.Children) != comment.CutReplies || cut.TotalChildren != 61 {
		t.Errorf("a large thread is %d deep, with %d of %d replies", d, len(cut.Children), cut.TotalChildren)
	}
	var page struct {
		Total int
		Data  []*node
	}
	tree(fmt.Sprintf("/videos/1/comments/%d/replies?start=10&count=100", root), &page)
	if page.Total != 61 || len(page.Data) != 51 {
		t.Errorf("the rest: %d of %d", len(page.Data), page.Total)
	}
	// What is left out below is found there as well.
	last := &cut
	for len(last.Children) > 0 {
		last = last.Children[0]
	}
	tree(fmt.Sprintf("/videos/1/comments/%d/replies", last.Comment.ID), &page)
	if last.TotalChildren != 1 || page.Total != 1 || len(page.Data) != 1 || depth(page.Data[0]) != comment.CutLevels {
		t.Errorf("below the fifth level: %d of %d", len(page.Data), page.Total)
	}
}
