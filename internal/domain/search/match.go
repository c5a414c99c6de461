package search

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"sepiola/internal/domain/video"
)

// How many other words stand for one that was typed.
const (
	endings     = 6  // longer forms of a word: boat, boats
	endingChars = 3  // which are so much longer at most
	openEndings = 20 // of the last word, which may not be typed to its end
	likeWords   = 8  // of a word that may hold typing errors
)

// outcome is what a query found: the best videos in their order.
type outcome struct {
	ids       []video.ID
	corrected string
	partial   bool // nothing has all of the words
}

// groups are the words of a query with what may be meant by them. The word
// that was typed is the first of its group.
func (s *Service) groups(q Query) [][]string {
	list := make([][]string, len(q.Words))
	for i, w := range q.Words {
		n, longer := endings, endingChars
		if i == len(q.Words)-1 && q.Open {
			n, longer = openEndings, maxWord
		}
		list[i] = []string{w}
		if chars := utf8.RuneCountInString(w); chars > 2 || n == openEndings {
			list[i] = append(list[i], s.vocabulary.startingWith(w, longer, n)...)
		}
	}
	return list
}

// corrected are the groups with words like those that were typed: like those
// that are not in the vocabulary, or like each of them.
func (s *Service) corrected(q Query, groups [][]string, each bool) (with [][]string, changed bool) {
	with = make([][]string, len(groups))
	for i, w := range q.Words {
		with[i] = groups[i][:len(groups[i]):len(groups[i])]
		if !each && s.vocabulary.known(w) {
			continue
		}
		if like := s.vocabulary.like(w, likeWords); len(like) > 0 {
			with[i] = append(with[i], like...)
			changed = true
		}
	}
	return with, changed
}

// widen tries expressions until one finds something: the words and what begins
// with them; words like those that nobody uses; words like each of them; all
// of these but one. fixed says that typing errors were corrected.
func (s *Service) widen(ctx context.Context, q Query, try func(Expr) (bool, error)) (e Expr, fixed bool, err error) {
	if err := s.vocabulary.refresh(ctx, s.Store, s.Now()); err != nil {
		return e, false, err
	}
	groups := s.groups(q)
	e.Groups = groups
	if ok, err := try(e); ok || err != nil {
		return e, false, err
	}
	for _, each := range []bool{false, true} {
		with, changed := s.corrected(q, groups, each)
		if !changed {
			continue
		}
		e.Groups = with
		if ok, err := try(e); ok || err != nil {
			return e, true, err
		}
	}
	if len(groups) < 2 {
		return e, false, nil
	}
	e.AnyButOne = true
	_, err = try(e)
	return e, false, err
}

// ranked finds the best videos. What was found is remembered for a moment.
func (s *Service) ranked(ctx context.Context, q Query, p video.ListParams) (outcome, error) {
	key, err := s.key(q, p)
	if err != nil {
		return outcome{}, err
	}
	if r, ok := s.found.get(key, s.Now()); ok {
		return r, nil
	}
	r, err := s.rankNow(ctx, q, p)
	if err == nil {
		s.found.put(key, r, s.Now())
	}
	return r, err
}

func (s *Service) key(q Query, p video.ListParams) (string, error) {
	f, err := json.Marshal(p.Filter)
	changes := 0
	if s.Changes != nil {
		changes = s.Changes()
	}
	return fmt.Sprint(changes, q.Open, p.Sort, strings.Join(q.Words, " ")) + string(f), err
}

func (s *Service) rankNow(ctx context.Context, q Query, p video.ListParams) (o outcome, err error) {
	var docs []DocID
	var hits []Hit
	more := false
	expr, fixed, err := s.widen(ctx, q, func(e Expr) (bool, error) {
		if docs, more, err = s.Store.FindVideos(ctx, e, p.Filter, -1, MaxResults); err != nil || len(docs) == 0 {
			hits = nil
			return false, err
		}
		if more && !newest(p.Sort) {
			if docs, err = s.popular(ctx, e, p.Filter); err != nil {
				return false, err
			}
		}
		hits, err = s.Store.VideoHits(ctx, docs, p.Filter, string(p.Sort))
		return len(hits) > 0, err
	})
	if err != nil || len(hits) == 0 {
		return o, err
	}
	if p.Sort == "" {
		rank(hits, expr.Groups)
	}
	o.ids = make([]video.ID, len(hits))
	for i, h := range hits {
		o.ids[i] = video.ID(h.ID)
	}
	o.partial = expr.AnyButOne
	if fixed {
		o.corrected = correction(expr.Groups, hits[0])
	}
	return o, nil
}

// newest reports whether an order wants what is newest.
func newest(sort video.Sort) bool { return sort == "-publishedAt" || sort == "-createdAt" }

// popular finds, of very many, those that are watched most.
func (s *Service) popular(ctx context.Context, e Expr, f video.Filter) ([]DocID, error) {
	var docs []DocID
	for band := MaxBand; band >= 0 && len(docs) < MaxResults; band-- {
		some, _, err := s.Store.FindVideos(ctx, e, f, band, MaxResults-len(docs))
		if err != nil {
			return nil, err
		}
		docs = append(docs, some...)
	}
	return docs, nil
}

// correction says which words of the groups a hit has.
func correction(groups [][]string, h Hit) string {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = g[0]
		for _, w := range g {
			if is, _ := holds(h.Title+h.Tags+h.Owner, []string{w}); is {
				words[i] = w
				break
			}
		}
	}
	return strings.Join(words, " ")
}
