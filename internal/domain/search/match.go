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

// outcome is what a query found: the best videos in their order, or that all
// must be asked of the store.
type outcome struct {
	ids       []video.ID
	all       bool
	expr      Expr
	corrected string
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

func (s *Service) rankNow(ctx context.Context, q Query, p video.ListParams) (r outcome, err error) {
	var hits []Hit
	more := false
	limit := MaxResults
	if p.Sort != "" {
		limit = 1 // enough to know what to ask for
	}
	var fixed bool
	r.expr, fixed, err = s.widen(ctx, q, func(e Expr) (bool, error) {
		hits, more, err = s.Store.Videos(ctx, e, p.Filter, -1, limit)
		return len(hits) > 0 || more, err
	})
	if err != nil {
		return r, err
	}
	if fixed && len(hits) > 0 {
		r.corrected = correction(r.expr.Groups, hits[0])
	}
	switch {
	case p.Sort != "", more && selective(&p.Filter):
		r.all = len(hits) > 0 || more
		return r, nil
	case more:
		if hits, err = s.popular(ctx, r.expr, p.Filter); err != nil {
			return r, err
		}
	}
	rank(hits, r.expr.Groups)
	r.ids = make([]video.ID, len(hits))
	for i, h := range hits {
		r.ids[i] = video.ID(h.ID)
	}
	if fixed && len(hits) > 0 {
		r.corrected = correction(r.expr.Groups, hits[0])
	}
	return r, nil
}

// popular finds, of very many, those that are watched most.
func (s *Service) popular(ctx context.Context, e Expr, f video.Filter) ([]Hit, error) {
	var hits []Hit
	for band := MaxBand; band >= 0 && len(hits) < MaxResults; band-- {
		some, _, err := s.Store.Videos(ctx, e, f, band, MaxResults-len(hits))
		if err != nil {
			return nil, err
		}
		hits = append(hits, some...)
	}
	return hits, nil
}

// selective reports whether a filter may leave out most of what is found.
func selective(f *video.Filter) bool {
	return len(f.Categories)+len(f.Licences)+len(f.Languages)+len(f.TagsOneOf)+len(f.TagsAllOf)+len(f.UUIDs)+len(f.IDs) > 0 ||
		f.NSFW != nil && *f.NSFW || f.IsLive != nil || f.IsLocal != nil || f.HasHLS != nil || f.HasWebVideos != nil ||
		f.Host != "" || f.PublishedAfter != nil || f.PublishedBefore != nil || f.OriginallyAfter != nil || f.OriginallyBefore != nil ||
		f.DurationMin != nil || f.DurationMax != nil || f.Watcher != 0 || f.Channel != 0 || f.Account != 0 || f.Search != ""
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
