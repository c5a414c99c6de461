package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever the words, the walk finds those that are measured one by one.
func TestWalkFindsAllThatIsNear(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		var b strings.Builder
		for range 1 + random.IntN(7) {
			b.WriteRune([]rune("abcé東1🦑")[random.IntN(7)])
		}
		return b.String()
	}
	var list wordList
	seen := map[string]bool{}
	for range 5000 {
		if w := word(); !seen[w] {
			seen[w] = true
			list.add(w, int64(len(w)))
		}
	}
	sorted := list.inOrder()
	for i := range sorted.len() {
		if w := sorted.word(i); i > 0 && sorted.word(i-1) >= w || int(sorted.docs[i]) != len(w) {
			t.Fatalf("%q of %d documents is at %d, after %q", w, sorted.docs[i], i, sorted.word(max(i-1, 0)))
		}
	}
	for range 300 {
		like := []rune(word())
		for errors := range 3 {
			var got, want []string
			for i, d := range newWalk(&sorted, like, errors).all {
				got = append(got, fmt.Sprint(sorted.word(i), d))
			}
			m := newMeter(like)
			for i := range sorted.len() {
				if d := m.distance(sorted.word(i), errors); d > 0 && d <= errors {
					want = append(want, fmt.Sprint(sorted.word(i), d))
				}
			}
			if !slices.Equal(want, got) {
				t.Fatalf("%d from %q: %s", errors, string(like), cmp.Diff(want, got))
			}
		}
	}
}

// The words like one are the best of all that are near, whether few of them
// have one error or many.
func TestLikeIsTheBestOfAllThatIsNear(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	var v vocabulary
	docs := map[string]int64{}
	for i := range 4000 {
		w := fmt.Sprint(100_000 + random.IntN(4000))
		if i%2 == 0 {
			w = string([]rune{rune('a' + i%9), 'u', rune('m' + i%5), 'b', rune('c' + i%7), 'r', rune('a' + i%11)})
		}
		if docs[w] == 0 {
			docs[w] = 1 + random.Int64N(4)
		}
	}
	var list wordList
	for w, n := range docs {
		if random.IntN(50) == 0 {
			v.fresh = append(v.fresh, entry{w, n})
		} else {
			list.add(w, n)
		}
	}
	v.sorted = list.inOrder()
	few, many := 0, 0
	for range 200 {
		like := fmt.Sprint(100_000 + random.IntN(6000))
		if random.IntN(2) == 0 {
			like = string([]rune{rune('a' + random.IntN(26)), 'u', rune('m' + random.IntN(9)), 'b', 'e', 'r'})
		}
		var all []ranked
		m := newMeter([]rune(like))
		for w, n := range docs {
			if d := m.distance(w, 2); d > 0 && d <= 2 {
				all = append(all, ranked{entry{w, n}, d})
			}
		}
		slices.SortFunc(all, ranked.compare)
		const n = 8
		want := make([]string, min(n, len(all)))
		for i := range want {
			want[i] = all[i].text
		}
		if got := v.like(like, n); !slices.Equal(got, want) {
			t.Fatalf("like %q: %s", like, cmp.Diff(want, got))
		}
		if len(all) >= n && all[n-1].far == 1 {
			many++
		} else {
			few++
		}
	}
	if few < 20 || many < 20 {
		t.Errorf("%d of few, %d of many", few, many)
	}
}

// A word that is not there is found where it would be, in a list of none too.
func TestWordListFindsPlaces(t *testing.T) {
	t.Parallel()
	var none wordList
	none = none.inOrder()
	if i, ok := none.find("a"); i != 0 || ok {
		t.Errorf("at %d in a list of none, %v", i, ok)
	}
	for range newWalk(&none, []rune("word"), 2).all {
		t.Error("something is near in a list of none")
	}
	var list wordList
	list.add("cup", 3)
	list.add("bag", -1)
	list.add("bags", 1<<40)
	sorted := list.inOrder()
	for word, want := range map[string]int{"a": 0, "bag": 0, "bagg": 1, "bags": 1, "cup": 2, "d": 3} {
		if i, ok := sorted.find(word); i != want || ok != (word == "bag" || word == "bags" || word == "cup") {
			t.Errorf("%q is at %d, %v", word, i, ok)
		}
	}
	if sorted.docs[0] != 0 || sorted.docs[1] != 1<<32-1 {
		t.Errorf("documents are %v", sorted.docs)
	}
}
