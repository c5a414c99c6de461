package search

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
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
		first, _ := utf8.DecodeRuneInString(w)
		chars := utf8.RuneCountInString(w)
		if chars == 1 && spaceless(first) { // a word, as others are of many letters
			n, longer = openEndings, maxWord
		}
		if chars > 2 || n == openEndings {
			list[i] = append(list[i], s.vocabulary.startingWith(w, longer, n)...)
		}
	}
	return list
}

// likeness remembers what is like the words of one query: looking for it goes
// through much of the vocabulary.
type likeness struct {
	*vocabulary
	of map[string][]string
}

func (l *likeness) like(word string) []string {
	list, ok := l.of[word]
	if !ok {
		list = l.vocabulary.like(word, likeWords)
		l.of[word] = list
	}
	return list
}

// corrected are the groups with words like those that were typed: like those
// that are not in the vocabulary, or like each of them.
func (l *likeness) corrected(q Query, groups [][]string, each bool) (with [][]string, changed bool) {
	with = make([][]string, len(groups))
	for i, w := range q.Words {
		with[i] = groups[i][:len(groups[i]):len(groups[i])]
		if !each && l.known(w) {
			continue
		}
		if like := l.like(w); len(like) > 0 {
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
	l := likeness{&s.vocabulary, make(map[string][]string, len(groups))}
	for _, each := range []bool{false, true} {
		with, changed := l.corrected(q, groups, each)
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

// ranked finds videos. What was found is remembered for a moment.
func (s *Service) ranked(ctx context.Context, q Query, p video.ListParams) (*finding, error) {
	key, err := s.key(q, p)
	if err != nil {
		return nil, err
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
	part, err := s.parts(p)
	return fmt.Sprint(q.Open, p.Sort, strings.Join(q.Words, " ")) + part.of, err
}

func (s *Service) rankNow(ctx context.Context, q Query, p video.ListParams) (*finding, error) {
	var found *finding
	question := s.Store.Ask(p.Filter)
	part, err := s.parts(p)
	if err != nil {
		return nil, err
	}
	expr, fixed, err := s.widen(ctx, q, func(e Expr) (ok bool, err error) {
		found = &finding{store: s.Store, filter: p.Filter, parts: part}
		if p.Sort == "" {
			err = found.best(ctx, question, e, s.vocabulary.rarest)
		} else {
			err = found.sorted(ctx, question, e, p.Sort, s.vocabulary.rarest)
		}
		return len(found.ids) > 0, err
	})
	if err != nil {
		return nil, err
	}
	found.partial = expr.AnyButOne
	if fixed && len(found.ids) > 0 {
		found.corrected = correction(expr.Groups, found.first)
	}
	return found, nil
}

// parts is where findings with a filter look for what others have found by some
// of the same words.
func (s *Service) parts(p video.ListParams) (parts, error) {
	f, err := json.Marshal(p.Filter)
	changes := 0
	if s.Changes != nil {
		changes = s.Changes()
	}
	return parts{known: &s.broad, now: s.Now, of: strconv.Itoa(changes) + string(f)}, err
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
