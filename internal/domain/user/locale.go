package user

import "slices"

// locales are the languages of interfaces that PeerTube's clients know, whole
// and in their short form. A site need not speak all of them: who chose one
// that it lacks reads the next best until it comes.
var locales = []string{
	"ar", "ca", "ca-ES", "cs", "cs-CZ", "de", "de-DE", "el", "el-GR", "en", "en-US", "eo", "es", "es-ES", "eu", "eu-ES",
	"fa", "fa-IR", "fi", "fi-FI", "fr", "fr-FR", "gd", "gl", "gl-ES", "hr", "hu", "hu-HU", "is", "it", "it-IT", "ja", "ja-JP",
	"kab", "nb", "nb-NO", "nl", "nl-NL", "nn", "oc", "pl", "pl-PL", "pt", "pt-BR", "pt-PT", "ru", "ru-RU", "sk", "sk-SK", "sq",
	"sv", "sv-SE", "th", "th-TH", "tok", "tr", "tr-TR", "uk", "uk-UA", "vi", "vi-VN", "zh", "zh-Hans", "zh-Hans-CN", "zh-Hant",
	"zh-Hant-TW", "zh-CN", "zh-TW",
}

// ValidLocale reports whether an interface may speak a language.
func ValidLocale(tag string) bool { return slices.Contains(locales, tag) }
