package i18n

import (
	"slices"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// languageNames remembers what languages are called in one language: looking
// a name up costs more than the rest of a menu of them.
type languageNames struct {
	mu    sync.RWMutex
	names map[string]string // "" for those that Unicode does not know
}

// maxNames bounds what is remembered: tags may come from anyone.
const maxNames = 1000

// named are the languages that have another's name in the tables of Unicode, in
// some languages or all: the catalogue names them.
var named = []string{"tw", "no", "ca-valencia", "es-419"}

// LanguageName is what the language with this BCP 47 tag is called, by the
// tables of Unicode, or "".
func (l *Locale) LanguageName(tag string) string {
	l.names.mu.RLock()
	name, known := l.names.names[tag]
	l.names.mu.RUnlock()
	if known {
		return name
	}
	if slices.Contains(named, tag) {
		name = l.T("language." + tag)
	} else if parsed, err := language.Parse(tag); err == nil {
		if namer := display.Languages(l.tag); namer != nil {
			name = namer.Name(parsed)
		}
	}
	l.names.mu.Lock()
	defer l.names.mu.Unlock()
	if l.names.names == nil {
		l.names.names = make(map[string]string)
	}
	if len(l.names.names) < maxNames {
		l.names.names[tag] = name
	}
	return name
}
