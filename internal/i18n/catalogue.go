package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// catalogue is what a language needs to speak.
type catalogue struct {
	texts   map[string]text
	printer *message.Printer
	// err is what was wrong with the files. Their texts are then English; a
	// test keeps such files out of the program.
	err error
}

// text is one text, or one for each plural category.
type text struct {
	other string
	forms *forms // nil: only other
}

// forms are the texts of plural categories, "" where a language has none.
type forms [plural.Many + 1]string

var categories = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two,
	"few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// form returns the text of a category, or that of the rest.
func (t text) form(c plural.Form) string {
	if t.forms != nil && t.forms[c] != "" {
		return t.forms[c]
	}
	return t.other
}

// UnmarshalJSON reads a string or an object of plural categories.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return json.Unmarshal(b, &t.other)
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	t.forms = new(forms)
	for name, s := range m {
		c, known := categories[name]
		if !known {
			return fmt.Errorf("%q is no plural category", name)
		}
		t.forms[c] = s
	}
	if t.other = t.forms[plural.Other]; t.other == "" {
		return errors.New(`a text with plural forms needs "other"`)
	}
	return nil
}

// readCatalogue reads all files of a language.
func readCatalogue(fsys fs.FS, dir string, tag language.Tag) *catalogue {
	c := &catalogue{texts: map[string]text{}, printer: message.NewPrinter(digits(tag))}
	parts, err := fs.Glob(fsys, dir+"/*.json")
	c.err = err
	for _, part := range parts {
		if err := c.add(fsys, part); err != nil {
			c.err = errors.Join(c.err, fmt.Errorf("%s: %w", part, err))
		}
	}
	return c
}

func (c *catalogue) add(fsys fs.FS, file string) error {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	var texts map[string]text
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	for key, t := range texts {
		if _, twice := c.texts[key]; twice {
			return fmt.Errorf("%q is already in another file", key)
		}
		c.texts[key] = t
	}
	return nil
}

// digits makes numbers of every language those of 0 to 9. Times (1:23),
// qualities (1080p) and sizes stand beside them on every page, in addresses and
// in what people type to jump to a place, and are Latin there; a page should
// not count in two ways. It is what most Arabic sites do.
func digits(tag language.Tag) language.Tag {
	if latin, err := tag.SetTypeForKey("nu", "latn"); err == nil {
		return latin
	}
	return tag
}
