package comment

import (
	"strings"

	"sepiola/internal/domain/actor"
)

// MaxMentions is how many people one comment can call.
const MaxMentions = 30

// Mention is an account that a text names as @name or @name@host.
type Mention struct {
	// Start and End are where it stands in the text, in bytes, with its @.
	Start, End int
	// Name as it stands there, and Host, "" without one.
	Name, Host string
}

// Mentions finds the accounts that a text names, in its order, MaxMentions at
// most. What looks like the middle of an address (a@b) is none.
func Mentions(text string) []Mention {
	var list []Mention
	for i := 0; i < len(text) && len(list) < MaxMentions; {
		at := strings.IndexByte(text[i:], '@')
		if at < 0 {
			break
		}
		start := i + at
		m, ok := mentionAt(text, start)
		if !ok {
			i = start + 1
			continue
		}
		list = append(list, m)
		i = m.End
	}
	return list
}

func mentionAt(text string, start int) (m Mention, ok bool) {
	if start > 0 && (isNameByte(text[start-1]) || strings.IndexByte("@/&=", text[start-1]) >= 0 || text[start-1] >= 0x80) {
		return m, false
	}
	m = Mention{Start: start, Name: word(text[start+1:])}
	m.End = start + 1 + len(m.Name)
	if m.Name == "" || len(m.Name) > actor.MaxName {
		return m, false
	}
	if m.End < len(text) && text[m.End] == '@' {
		if host := hostAt(text[m.End+1:]); host != "" && len(host) <= 260 {
			m.Host = strings.ToLower(host)
			m.End += 1 + len(host)
		}
	}
	return m, true
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.'
}

// word is the name at the beginning of s; a dot or dash at its end belongs to
// the sentence.
func word(s string) string {
	n := 0
	for n < len(s) && isNameByte(s[n]) {
		n++
	}
	return strings.TrimRight(s[:n], ".-")
}

// hostAt is the host at the beginning of s, with its port.
func hostAt(s string) string {
	host := word(s)
	port := 0
	if rest := s[len(host):]; strings.HasPrefix(rest, ":") {
		for port = 1; port < len(rest) && port <= 5 && rest[port] >= '0' && rest[port] <= '9'; port++ {
			continue
		}
		if port == 1 {
			port = 0
		}
	}
	return s[:len(host)+port]
}

// LocalMentions are the names of the accounts of this site that a text names,
// each once.
func LocalMentions(text, ownHost string) []string {
	var names []string
	seen := map[string]bool{}
	for _, m := range Mentions(text) {
		name, host := actor.ParseHandle(m.Name+"@"+m.Host, ownHost)
		if host == "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
