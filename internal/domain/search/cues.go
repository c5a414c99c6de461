package search

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the passages that a caption is cut into.
const (
	passageChars   = 160
	passageSeconds = 20
	maxPassages    = 5000 // of one caption: more than a day of speech
)

// Passage is some seconds of a caption.
type Passage struct {
	Language string
	Second   int
	Text     string
	// Marks say when the cues in it begin that are not the first.
	Marks []Mark
	// Words are those of the passage and of the cue after it: a sentence may
	// go on there.
	Words []string
}

// Mark is when a cue of a passage begins, and where in its text, in bytes.
type Mark struct{ At, Second int }

// secondOf is when that cue of a passage begins which has most of what is
// looked for.
func secondOf(c Cue, groups [][]string) int {
	best, second := 0, c.Second
	for i := 0; i <= len(c.Marks); i++ {
		from, to, at := 0, len(c.Text), c.Second
		if i > 0 {
			from, at = c.Marks[i-1].At, c.Marks[i-1].Second
		}
		if i < len(c.Marks) {
			to = c.Marks[i].At
		}
		text, has := line(c.Text[from:to]), 0
		for _, g := range groups {
			if is, _ := holds(text, g); is {
				has++
			}
		}
		if has > best {
			best, second = has, at
		}
	}
	return second
}

// Passages cuts a caption, in WebVTT as video.ToVTT writes it, into passages
// of some seconds. What is no cue is left out.
func Passages(language, vtt string) []Passage {
	var list []Passage
	cues := cuesOf(vtt)
	for i := 0; i < len(cues) && len(list) < maxPassages; {
		p := Passage{Language: language, Second: cues[i].second, Text: cues[i].text}
		for i++; i < len(cues); i++ {
			c := cues[i]
			if c.second-p.Second >= passageSeconds || utf8.RuneCountInString(p.Text)+utf8.RuneCountInString(c.text) > passageChars {
				break
			}
			if c.text != cues[i-1].text {
				p.Text += " "
				p.Marks = append(p.Marks, Mark{len(p.Text), c.second})
				p.Text += c.text
			}
		}
		said := p.Text
		if i < len(cues) && cues[i].second-p.Second < 2*passageSeconds {
			said += " " + cues[i].text
		}
		if p.Words = unique(Words(said)); len(p.Words) > 0 {
			list = append(list, p)
		}
	}
	return list
}

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

type cue struct {
	second int
	text   string
}

func cuesOf(vtt string) []cue {
	const most = 2000 // characters of one cue
	var list []cue
	for block := range strings.SplitSeq(strings.ReplaceAll(vtt, "\r\n", "\n"), "\n\n") {
		head, text, found := strings.Cut(strings.Trim(block, "\n"), "\n")
		if found && !strings.Contains(head, "-->") { // an identifier
			head, text, found = strings.Cut(text, "\n")
		}
		start, _, isCue := strings.Cut(head, "-->")
		second, ok := seconds(strings.TrimSpace(start))
		if !found || !isCue || !ok {
			continue
		}
		text = strings.Join(strings.FieldsFunc(spoken(text), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
		if chars := []rune(text); len(chars) > most {
			text = string(chars[:most])
		}
		if text != "" {
			list = append(list, cue{second, text})
		}
	}
	return list
}

// spoken is the text of a cue without its tags (<v Anna>, <i>) and entities.
func spoken(text string) string {
	var b strings.Builder
	for text != "" {
		before, rest, tag := strings.Cut(text, "<")
		b.WriteString(before)
		if !tag {
			break
		}
		_, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString("<" + rest)
			break
		}
		b.WriteByte(' ')
		text = after
	}
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&nbsp;", " ", "&lrm;", "", "&rlm;", "").Replace(b.String())
}

// seconds reads [hours:]minutes:seconds.milliseconds.
func seconds(s string) (int, bool) {
	clock, _, _ := strings.Cut(s, ".")
	total := 0
	for part := range strings.SplitSeq(clock, ":") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > 9999 {
			return 0, false
		}
		total = total*60 + n
	}
	return min(total, 1<<30), strings.Contains(clock, ":")
}
