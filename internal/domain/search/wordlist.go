package search

import (
	"math"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// wordList is words one after the other in one text: half a million take some
// ten megabytes less than as texts of their own.
type wordList struct {
	text []byte
	ends []uint32
	docs []uint32
	all  string // text, once nothing is added any more
}

func (l *wordList) len() int { return len(l.ends) }

// maxListText bounds the text: ends are of 32 bits.
const maxListText = math.MaxUint32 - 4*maxWord*utf8.UTFMax

// add adds a word, unless there is no room for it.
func (l *wordList) add(word string, docs int64) {
	if len(l.text) > maxListText {
		return
	}
	l.text = append(l.text, word...)
	l.ends = append(l.ends, uint32(len(l.text)))
	l.docs = append(l.docs, uint32(min(max(docs, 0), math.MaxUint32)))
}

func (l *wordList) start(i int) uint32 {
	if i == 0 {
		return 0
	}
	return l.ends[i-1]
}

// word is the i-th; it shares the text of the list.
func (l *wordList) word(i int) string {
	if l.all == "" {
		return string(l.text[l.start(i):l.ends[i]])
	}
	return l.all[l.start(i):l.ends[i]]
}

func (l *wordList) entry(i int) entry { return entry{l.word(i), int64(l.docs[i])} }

// inOrder is the list sorted, to which nothing is added any more.
func (l *wordList) inOrder() wordList {
	if l.all == "" {
		l.all = string(l.text)
		l.text = nil
	}
	order := make([]uint32, l.len())
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(l.word(int(a)), l.word(int(b))) })
	var b strings.Builder
	b.Grow(len(l.all))
	sorted := wordList{ends: make([]uint32, 0, l.len()), docs: make([]uint32, 0, l.len())}
	for _, i := range order {
		b.WriteString(l.word(int(i)))
		sorted.ends = append(sorted.ends, uint32(b.Len()))
		sorted.docs = append(sorted.docs, l.docs[i])
	}
	sorted.all = b.String()
	return sorted
}

// find returns where a word is in a sorted list, or would be.
func (l *wordList) find(word string) (int, bool) {
	i := sort.Search(l.len(), func(i int) bool { return l.word(i) >= word })
	return i, i < l.len() && l.word(i) == word
}

// walk goes through those words of a sorted list that are few errors from one
// word. Words that begin alike are measured together as far as they do, and
// are left out together when their beginning is too far from any of the word.
type walk struct {
	list   *wordList
	word   []rune
	errors int

	prefix []byte // of the words that are looked at
	chars  []rune // the same
	ends   []int  // where each of chars ends in prefix
	rows   [][]int
}

func newWalk(list *wordList, word []rune, errors int) *walk {
	w := &walk{list: list, word: word, errors: errors, rows: [][]int{make([]int, len(word)+1)}}
	for j := range w.rows[0] {
		w.rows[0][j] = j
	}
	return w
}

// all yields the numbers of the words and how far they are.
func (w *walk) all(yield func(i, far int) bool) {
	for i := 0; i < w.list.len(); {
		text := w.list.word(i)
		w.back(text)
		if !w.on(text) {
			i = w.next(i)
			continue
		}
		if d := w.rows[len(w.chars)][len(w.word)]; d > 0 && d <= w.errors && !yield(i, d) {
			return
		}
		i++
	}
}

// back keeps of the prefix what a text begins with too.
func (w *walk) back(text string) {
	n := 0
	for n < len(text) && n < len(w.prefix) && text[n] == w.prefix[n] {
		n++
	}
	keep := len(w.chars)
	for keep > 0 && w.ends[keep-1] > n {
		keep--
	}
	w.chars, w.ends, w.prefix = w.chars[:keep], w.ends[:keep], w.prefix[:w.end(keep)]
}

func (w *walk) end(chars int) int {
	if chars == 0 {
		return 0
	}
	return w.ends[chars-1]
}

// on goes on to the end of a text, or until what it begins with is too far.
func (w *walk) on(text string) bool {
	for len(w.prefix) < len(text) {
		c, size := utf8.DecodeRuneInString(text[len(w.prefix):])
		w.prefix = append(w.prefix, text[len(w.prefix):len(w.prefix)+size]...)
		w.chars, w.ends = append(w.chars, c), append(w.ends, len(w.prefix))
		if w.row() > w.errors {
			return false
		}
	}
	return true
}

// row measures the last character as meter.distance does, and returns the
// least of its distances.
func (w *walk) row() int {
	n := len(w.chars)
	if n == len(w.rows) {
		w.rows = append(w.rows, make([]int, len(w.word)+1))
	}
	before, row, c := w.rows[n-1], w.rows[n], w.chars[n-1]
	row[0] = n
	least := n
	for j, letter := range w.word {
		d := before[j]
		if letter != c {
			d = 1 + min(d, before[j+1], row[j])
			if n > 1 && j > 0 && c == w.word[j-1] && w.chars[n-2] == letter {
				d = min(d, w.rows[n-2][j-1]+1)
			}
		}
		row[j+1] = d
		least = min(least, d)
	}
	return least
}

// next returns the number of the first word after i, whose beginning is too
// far, that may be near.
func (w *walk) next(i int) int {
	n := len(w.chars)
	if least := slices.Min(w.rows[n-1]); least < w.errors {
		return w.past(i)
	}
	// What is before the last character has all errors already: only some
	// characters may follow it.
	next := w.mayFollow()
	w.chars, w.ends, w.prefix = w.chars[:n-1], w.ends[:n-1], w.prefix[:w.end(n-1)]
	if next == 0 {
		return w.past(i)
	}
	to := string(w.prefix) + string(next)
	return w.first(i, func(text string) bool { return text >= to })
}

// mayFollow returns the least character after the last of the prefix that may
// stand in its place, when none may be an error; 0 is none.
func (w *walk) mayFollow() (next rune) {
	n, row := len(w.chars), w.rows[len(w.chars)-1]
	may := func(c rune) {
		if c > w.chars[n-1] && (next == 0 || c < next) {
			next = c
		}
	}
	for j, c := range w.word {
		if row[j] <= w.errors {
			may(c)
		}
		if n > 1 && j > 0 && w.chars[n-2] == c && w.rows[n-2][j-1] < w.errors { // swapped
			may(w.word[j-1])
		}
	}
	return next
}

// past returns the number of the first word after i that does not begin with
// the prefix.
func (w *walk) past(i int) int {
	return w.first(i, func(text string) bool { return !strings.HasPrefix(text, string(w.prefix)) })
}

// first returns the number of the first word after i for which is is true, as
// it is for all after that one.
func (w *walk) first(i int, is func(text string) bool) int {
	step := 1
	for i+step < w.list.len() && !is(w.list.word(i+step)) {
		i += step
		step *= 2
	}
	return i + 1 + sort.Search(min(step, w.list.len()-i)-1, func(n int) bool { return is(w.list.word(i + 1 + n)) })
}
