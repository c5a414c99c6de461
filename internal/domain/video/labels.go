package video

import (
	"slices"
	"strings"
)

// Category labels, PeerTube's. The index is the id; 0 is unknown.
var categories = []string{
	"", "Music", "Films", "Vehicles", "Art", "Sports", "Travels", "Gaming", "People", "Comedy", "Entertainment",
	"News & Politics", "How To", "Education", "Activism", "Science & Technology", "Animals", "Kids", "Food",
}

// Licence labels, PeerTube's. The index is the id; 0 is unknown.
var licences = []string{
	"", "Attribution", "Attribution - Share Alike", "Attribution - No Derivatives", "Attribution - Non Commercial",
	"Attribution - Non Commercial - Share Alike", "Attribution - Non Commercial - No Derivatives",
	"Public Domain Dedication", "Public Domain Mark", "All Rights Reserved",
}

// Unknown is the label of what is not set.
const Unknown = "Unknown"

// Constant is a value that people choose from, with its English label.
type Constant[ID any] struct {
	ID    ID
	Label string
}

// Categories are all categories, by id.
func Categories() []Constant[int] { return numbered(categories) }

// Licences are all licences, by id.
func Licences() []Constant[int] { return numbered(licences) }

// Languages are all languages that a video or a caption may have, in
// PeerTube's order.
func Languages() []Constant[string] { return slices.Clone(languages) }

// WrittenLanguages are those of Languages that captions can be in: not those of
// signs.
func WrittenLanguages() []Constant[string] {
	return slices.DeleteFunc(Languages(), func(c Constant[string]) bool { return strings.Contains(c.Label, "Sign Language") })
}

// Privacies are all privacies, by number.
func Privacies() []Constant[int] {
	return numbered([]string{"", Public.Label(), Unlisted.Label(), Private.Label(), InternalOnly.Label(), PasswordProtected.Label()})
}

func numbered(labels []string) []Constant[int] {
	list := make([]Constant[int], 0, len(labels)-1)
	for id, label := range labels[1:] {
		list = append(list, Constant[int]{id + 1, label})
	}
	return list
}

func labelOf(labels []string, id int) string {
	if id > 0 && id < len(labels) {
		return labels[id]
	}
	return Unknown
}

// CategoryLabel names a category; "Unknown" when there is none.
func CategoryLabel(id int) string { return labelOf(categories, id) }

// LicenceLabel names a licence; "Unknown" when there is none.
func LicenceLabel(id int) string { return labelOf(licences, id) }

// LanguageLabel names a language; "Unknown" when there is none. Remote videos
// may have languages that we do not know: those are named by their id.
func LanguageLabel(id string) string {
	if id == "" {
		return Unknown
	}
	if i := slices.IndexFunc(languages, func(c Constant[string]) bool { return c.ID == id }); i >= 0 {
		return languages[i].Label
	}
	return id
}

// KnownLanguage reports whether a video or a caption may have the language.
func KnownLanguage(id string) bool {
	return slices.ContainsFunc(languages, func(c Constant[string]) bool { return c.ID == id })
}

// Label is PeerTube's name of a privacy.
func (p Privacy) Label() string {
	return labelOf([]string{"", "Public", "Unlisted", "Private", "Internal", "Password protected"}, int(p))
}

// Valid reports whether p is one of the privacies.
func (p Privacy) Valid() bool { return p >= Public && p <= PasswordProtected }

// Label is PeerTube's name of a state.
func (s State) Label() string {
	return labelOf([]string{
		"", "Published", "To transcode", "To import", "Waiting for livestream", "Livestream ended",
		"To move to an external storage", "Transcoding failed", "External storage move failed", "To edit",
		"To move to file system", "Move to file system failed", "Import failed",
	}, int(s))
}

// Valid reports whether s is one of the states.
func (s State) Valid() bool { return s >= Published && s <= ToImportFailed }

// Label is PeerTube's name of a comments policy.
func (p CommentsPolicy) Label() string {
	return labelOf([]string{"", "Enabled", "Disabled", "Requires approval"}, int(p))
}

// Valid reports whether p is one of the policies.
func (p CommentsPolicy) Valid() bool { return p >= CommentsEnabled && p <= CommentsRequiresApproval }

// languages are those of PeerTube: ISO 639-1 and 639-3 codes with labels.
var languages = []Constant[string]{
	{"aa", "Afar"},
	{"ab", "Abkhazian"},
	{"af", "Afrikaans"},
	{"ak", "Akan"},
	{"am", "Amharic"},
	{"ar", "Arabic"},
	{"an", "Aragonese"},
	{"ase", "American Sign Language"},
	{"as", "Assamese"},
	{"asq", "Austrian Sign Language"},
	{"av", "Avaric"},
	{"avk", "Kotava"},
	{"ay", "Aymara"},
	{"az", "Azerbaijani"},
	{"ba", "Bashkir"},
	{"bm", "Bambara"},
	{"be", "Belarusian"},
	{"bn", "Bengali"},
	{"bfi", "British Sign Language"},
	{"bi", "Bislama"},
	{"bo", "Tibetan"},
	{"bs", "Bosnian"},
	{"br", "Breton"},
	{"bg", "Bulgarian"},
	{"bzs", "Brazilian Sign Language"},
	{"ca", "Catalan"},
	{"cs", "Czech"},
	{"ch", "Chamorro"},
	{"ce", "Chechen"},
	{"cv", "Chuvash"},
	{"kw", "Cornish"},
	{"co", "Corsican"},
	{"cr", "Cree"},
	{"cse", "Czech Sign Language"},
	{"csl", "Chinese Sign Language"},
	{"cy", "Welsh"},
	{"da", "Danish"},
	{"de", "German"},
	{"dv", "Dhivehi"},
	{"dsl", "Danish Sign Language"},
	{"dz", "Dzongkha"},
	{"el", "Greek"},
	{"en", "English"},
	{"eo", "Esperanto"},
	{"et", "Estonian"},
	{"eu", "Basque"},
	{"ee", "Ewe"},
	{"fo", "Faroese"},
	{"fa", "Persian"},
	{"fj", "Fijian"},
	{"fi", "Finnish"},
	{"fr", "French"},
	{"fy", "Western Frisian"},
	{"fse", "Finnish Sign Language"},
	{"fsl", "French Sign Language"},
	{"ff", "Fulah"},
	{"gcf", "Guadeloupean Creole French"},
	{"gd", "Scottish Gaelic"},
	{"ga", "Irish"},
	{"gl", "Galician"},
	{"gv", "Manx"},
	{"gn", "Guarani"},
	{"gsg", "German Sign Language"},
	{"gu", "Gujarati"},
	{"ht", "Haitian"},
	{"ha", "Hausa"},
	{"sh", "Serbo-Croatian"},
	{"he", "Hebrew"},
	{"hz", "Herero"},
	{"hi", "Hindi"},
	{"ho", "Hiri Motu"},
	{"hr", "Croatian"},
	{"hu", "Hungarian"},
	{"hy", "Armenian"},
	{"ig", "Igbo"},
	{"ii", "Sichuan Yi"},
	{"iu", "Inuktitut"},
	{"id", "Indonesian"},
	{"ik", "Inupiaq"},
	{"is", "Icelandic"},
	{"it", "Italian"},
	{"jv", "Javanese"},
	{"jbo", "Lojban"},
	{"ja", "Japanese"},
	{"jsl", "Japanese Sign Language"},
	{"kab", "Kabyle"},
	{"kl", "Kalaallisut"},
	{"kn", "Kannada"},
	{"ks", "Kashmiri"},
	{"ka", "Georgian"},
	{"kr", "Kanuri"},
	{"kk", "Kazakh"},
	{"km", "Khmer"},
	{"ki", "Kikuyu"},
	{"rw", "Kinyarwanda"},
	{"ky", "Kirghiz"},
	{"kv", "Komi"},
	{"kg", "Kongo"},
	{"ko", "Korean"},
	{"kj", "Kuanyama"},
	{"ku", "Kurdish"},
	{"lo", "Lao"},
	{"la", "Latin"},
	{"lv", "Latvian"},
	{"li", "Limburgan"},
	{"ln", "Lingala"},
	{"lt", "Lithuanian"},
	{"lb", "Luxembourgish"},
	{"lu", "Luba-Katanga"},
	{"lg", "Ganda"},
	{"mh", "Marshallese"},
	{"ml", "Malayalam"},
	{"mr", "Marathi"},
	{"mk", "Macedonian"},
	{"mg", "Malagasy"},
	{"mt", "Maltese"},
	{"mn", "Mongolian"},
	{"mi", "Maori"},
	{"ms", "Malay (macrolanguage)"},
	{"my", "Burmese"},
	{"na", "Nauru"},
	{"nv", "Navajo"},
	{"nr", "South Ndebele"},
	{"nd", "North Ndebele"},
	{"ng", "Ndonga"},
	{"ne", "Nepali (macrolanguage)"},
	{"nl", "Dutch"},
	{"nn", "Norwegian Nynorsk"},
	{"nb", "Norwegian Bokmål"},
	{"no", "Norwegian"},
	{"ny", "Nyanja"},
	{"oc", "Occitan"},
	{"oj", "Ojibwa"},
	{"or", "Oriya (macrolanguage)"},
	{"om", "Oromo"},
	{"os", "Ossetian"},
	{"pa", "Panjabi"},
	{"pks", "Pakistan Sign Language"},
	{"pl", "Polish"},
	{"pt", "Portuguese (Brazilian)"},
	{"ps", "Pushto"},
	{"qu", "Quechua"},
	{"rm", "Romansh"},
	{"ro", "Romanian"},
	{"rsl", "Russian Sign Language"},
	{"rn", "Rundi"},
	{"ru", "Russian"},
	{"sg", "Sango"},
	{"sdl", "Saudi Arabian Sign Language"},
	{"sfs", "South African Sign Language"},
	{"si", "Sinhala"},
	{"sk", "Slovak"},
	{"sl", "Slovenian"},
	{"se", "Northern Sami"},
	{"sm", "Samoan"},
	{"sn", "Shona"},
	{"sd", "Sindhi"},
	{"so", "Somali"},
	{"st", "Southern Sotho"},
	{"es", "Spanish (Spain)"},
	{"sq", "Albanian"},
	{"sc", "Sardinian"},
	{"sr", "Serbian"},
	{"ss", "Swati"},
	{"su", "Sundanese"},
	{"sw", "Swahili (macrolanguage)"},
	{"sv", "Swedish"},
	{"swl", "Swedish Sign Language"},
	{"ty", "Tahitian"},
	{"ta", "Tamil"},
	{"tt", "Tatar"},
	{"te", "Telugu"},
	{"tg", "Tajik"},
	{"tl", "Tagalog"},
	{"th", "Thai"},
	{"ti", "Tigrinya"},
	{"tlh", "Klingon"},
	{"to", "Tonga (Tonga Islands)"},
	{"tn", "Tswana"},
	{"ts", "Tsonga"},
	{"tk", "Turkmen"},
	{"tr", "Turkish"},
	{"tw", "Twi"},
	{"ug", "Uighur"},
	{"uk", "Ukrainian"},
	{"ur", "Urdu"},
	{"uz", "Uzbek"},
	{"ve", "Venda"},
	{"vi", "Vietnamese"},
	{"wa", "Walloon"},
	{"wo", "Wolof"},
	{"xh", "Xhosa"},
	{"yi", "Yiddish"},
	{"yo", "Yoruba"},
	{"za", "Zhuang"},
	{"zh", "Chinese"},
	{"zu", "Zulu"},
	{"zxx", "No linguistic content"},
	{"tok", "Toki Pona"},
	{"pt-PT", "Portuguese (Portugal)"},
	{"es-419", "Spanish (Latin America)"},
	{"zh-Hans", "Simplified Chinese"},
	{"zh-Hant", "Traditional Chinese"},
	{"ca-valencia", "Valencian"},
}
