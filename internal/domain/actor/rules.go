package actor

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"sepiola/internal/errs"
)

// Bounds of texts, in code points: PeerTube's validators count UTF-16 units but
// take a surrogate pair for one.
const (
	MinName        = 1
	MaxName        = 50
	MinDisplayName = 1
	MaxDisplayName = 120
	MinText        = 3 // descriptions and support texts
	MaxText        = 1000
)

var nameForm = regexp.MustCompile(`^[a-z0-9_]+([a-z0-9_.-]+[a-z0-9_]+)?$`)

// ValidName reports whether name may be the name of a local account or
// channel.
func ValidName(name string) bool {
	return len(name) >= MinName && len(name) <= MaxName && nameForm.MatchString(name)
}

// ValidDisplayName reports whether s may be shown as somebody's name.
func ValidDisplayName(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= MinDisplayName && n <= MaxDisplayName
}

// ValidText reports whether s may be a description or a support text. Empty
// means there is none.
func ValidText(s string) bool {
	n := utf8.RuneCountInString(s)
	return s == "" || n >= MinText && n <= MaxText
}

// ParseHandle reads "name" or "name@host", with "@" or "acct:" before it as
// other software writes them. The site's own host is dropped, so
// host is empty for local actors. Names of local actors are lower case.
func ParseHandle(handle, ownHost string) (name, host string) {
	handle = strings.TrimPrefix(handle, "acct:")
	name, host, _ = strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	host = strings.ToLower(host)
	if host == strings.ToLower(ownHost) {
		host = ""
	}
	if host == "" {
		name = strings.ToLower(name)
	}
	return name, host
}

// hostName is a host as it stands in handles, with its port where that is not
// the usual one.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$`)

// ValidHost reports whether s may be the host of a handle.
func ValidHost(s string) bool { return hostName.MatchString(s) }

// ErrNameTaken is PeerTube's answer to a name that is or was somebody's.
func ErrNameTaken() error {
	return errs.New(errs.Conflict, "Another actor (account/channel) with this name on this instance already exists or has already existed.")
}
