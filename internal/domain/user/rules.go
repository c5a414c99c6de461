package user

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
)

// Bounds of texts, in code points.
const (
	MaxPassword      = 50
	MaxPasswordBytes = 72
	MaxEmail         = 254 // bytes
	MinReason        = 2   // of registrations
	MaxReason        = 3000
	MinBlockedReason = 3
	MaxBlockedReason = 250
	MaxLanguages     = 499
	MaxAgent         = 300 // bytes of a User-Agent that are kept
)

// Fold returns an address as it is compared: case is folded in Unicode.
func Fold(email string) string { return cases.Fold().String(strings.TrimSpace(email)) }

// ValidPassword reports whether a password may be chosen.
func ValidPassword(s string, least int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= MaxPassword && len(s) <= MaxPasswordBytes
}

var domainForm = regexp.MustCompile(`^([\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$`)

// ValidEmail reports whether s is a bare address at a domain with a dot.
func ValidEmail(s string) bool {
	if len(s) > MaxEmail || strings.ContainsAny(s, " \"<>()[],;:\\\t\r\n") {
		return false
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return false
	}
	return domainForm.MatchString(s[strings.LastIndexByte(s, '@')+1:])
}

func validQuota(n int64) bool { return n >= Unlimited }

// ValidReason reports whether s may be a reason of a registration or a
// moderator's answer to one.
func ValidReason(s string) bool { return within(s, MinReason, MaxReason) }

func within(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= least && n <= most
}

// nsfwPolicies are what may be done with sensitive videos.
var nsfwPolicies = []string{"do_not_list", "warn", "blur", "display"}

// ValidNSFWPolicy reports whether s is one of PeerTube's policies.
func ValidNSFWPolicy(s string) bool { return slices.Contains(nsfwPolicies, s) }

// themes are those that somebody may choose: as the site has it under PeerTube's
// two names, ours, and the two that PeerTube brings, which clients know by name
// and which mean ours. PeerTube refuses those that are not there, too; others
// come with plugins, which there are none of.
var themes = []string{"default", "instance-default", "light", "dark", "peertube-core-light-beige", "peertube-core-dark-brown"}

// problems gathers what is wrong with an input.
type problems []errs.Param

func (p *problems) check(ok bool, name string, value any) { p.checkMsg(ok, name, "", value) }

func (p *problems) checkMsg(ok bool, name, msg string, value any) {
	if !ok {
		*p = append(*p, errs.Param{Name: name, Msg: msg, Value: value})
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return errs.Fields(p...)
}

// Why the first channel of somebody who registers cannot be made: pages say it
// beside its handle.
const (
	ReasonChannelTaken    = "channel_taken"
	ReasonChannelLikeUser = "channel_like_user"
)

// checkChannelName is the rule for the name of the channel that comes with a
// new user.
func checkChannelName(username, channel string) error {
	if channel == username {
		return errs.New(errs.Invalid, "Channel name cannot be the same as user username.").Because(ReasonChannelLikeUser)
	}
	return nil
}

func errChannelExists(name string) error {
	return errs.New(errs.Conflict, "Channel with name %s already exists.", name).Because(ReasonChannelTaken)
}

// channelName is the n-th name to try for the first channel of a user, from 1.
// It keeps within the bound of names.
func channelName(username string, n int) string {
	suffix := "_channel"
	if n > 1 {
		suffix += "_" + string(rune('0'+n))
	}
	base := username[:min(len(username), actor.MaxName-len(suffix))]
	return strings.TrimRight(base, ".-") + suffix
}
