package i18n

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// RegionName is what the country with this ISO 3166-1 code is called, by the
// tables of Unicode, or the code where they know none.
func (l *Locale) RegionName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if namer := display.Regions(l.tag); namer != nil {
		if name := namer.Name(region); name != "" {
			return name
		}
	}
	return code
}
