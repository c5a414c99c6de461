package user_test

import (
	"net/netip"
	"strings"
	"testing"

	"sepiola/internal/domain/user"
)

func TestValidEmail(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]bool{
		"alice@example.com":               true,
		"a.b+c@mail.example.co.uk":        true,
		"jérôme@exämple.fr":               true,
		"alice":                           false,
		"alice@localhost":                 false,
		"alice@example":                   false,
		"@example.com":                    false,
		"alice@.com":                      false,
		"alice@-x.com":                    false,
		"Alice <alice@example.com>":       false,
		"alice@example.com\r\nBcc: x@y.z": false,
		"alice@example.com,bob@x.com":     false,
		"alice @example.com":              false,
		"":                                false,
		strings.Repeat("a", 300) + "@example.com": false,
	} {
		if got := user.ValidEmail(email); got != want {
			t.Errorf("%q: got %v, want %v", email, got, want)
		}
	}
}

func TestValidPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"12345678":              true,
		"1234567":               false,
		strings.Repeat("x", 50): true,
		strings.Repeat("x", 51): false,
		strings.Repeat("é", 36): true,  // 72 bytes
		strings.Repeat("é", 37): false, // 74 bytes
		strings.Repeat("😀", 8):  true,
		strings.Repeat("😀", 7):  false,
	} {
		if got := user.ValidPassword(password, 8); got != want {
			t.Errorf("%q: got %v, want %v", password, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"Alice@Example.COM", "alice@example.com"}, {" É@x.fr", "é@x.fr"}, {"STRASSE", "straße"}} {
		if user.Fold(pair[0]) != user.Fold(pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
}

func TestSignupNetworks(t *testing.T) {
	t.Parallel()
	net := netip.MustParsePrefix
	for _, tt := range []struct {
		name string
		s    user.Signup
		ip   string
		want bool
	}{
		{"all", user.Signup{}, "192.0.2.1", true},
		{"denied", user.Signup{Denied: []netip.Prefix{net("192.0.2.0/24")}}, "192.0.2.1", false},
		{"denied, as IPv6 shows it", user.Signup{Denied: []netip.Prefix{net("192.0.2.0/24")}}, "::ffff:192.0.2.1", false},
		{"not denied", user.Signup{Denied: []netip.Prefix{net("192.0.2.0/24")}}, "192.0.3.1", true},
		{"allowed", user.Signup{Allowed: []netip.Prefix{net("2001:db8::/32")}}, "2001:db8::5", true},
		{"not allowed", user.Signup{Allowed: []netip.Prefix{net("2001:db8::/32")}}, "2001:db9::5", false},
		{"denied wins", user.Signup{Allowed: []netip.Prefix{net("10.0.0.0/8")}, Denied: []netip.Prefix{net("10.1.0.0/16")}}, "10.1.2.3", false},
		{"nonsense", user.Signup{Denied: []netip.Prefix{net("10.0.0.0/8")}}, "x", false},
	} {
		if got := tt.s.AllowsIP(tt.ip); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCipher(t *testing.T) {
	t.Parallel()
	if _, err := user.NewCipher(""); err == nil {
		t.Error("an empty secret was taken")
	}
	c, err := user.NewCipher("one")
	if err != nil {
		t.Fatal(err)
	}
	other, err := user.NewCipher("two")
	if err != nil {
		t.Fatal(err)
	}
	sealed := c.Seal("JBSWY3DP", "user 1")
	if sealed == c.Seal("JBSWY3DP", "user 1") || strings.Contains(sealed, "JBSWY3DP") {
		t.Errorf("sealed as %s", sealed)
	}
	if text, err := c.Open(sealed, "user 1"); err != nil || text != "JBSWY3DP" {
		t.Errorf("opened as %q %v", text, err)
	}
	for name, open := range map[string]func() (string, error){
		"for another user":   func() (string, error) { return c.Open(sealed, "user 2") },
		"with another key":   func() (string, error) { return other.Open(sealed, "user 1") },
		"changed":            func() (string, error) { return c.Open(sealed[:len(sealed)-2]+"AA", "user 1") },
		"of an unknown form": func() (string, error) { return c.Open("x", "user 1") },
	} {
		if text, err := open(); err == nil {
			t.Errorf("%s: opened as %q", name, text)
		}
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	root, mod, member := &user.User{Role: user.Administrator}, &user.User{Role: user.Moderator}, &user.User{Role: user.Member}
	var nobody *user.User
	for _, tt := range []struct {
		name  string
		by    *user.User
		right user.Right
		want  bool
	}{
		{"an administrator configures", root, user.ManageConfiguration, true},
		{"a moderator does not", mod, user.ManageConfiguration, false},
		{"a moderator manages users", mod, user.ManageUsers, true},
		{"a member does not", member, user.ManageUsers, false},
		{"nobody has rights", nobody, user.SeeAllVideos, false},
	} {
		if got := tt.by.Has(tt.right); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
	if !root.MayManage(mod) || mod.MayManage(mod) || mod.MayManage(root) || !mod.MayManage(member) || member.MayManage(member) || nobody.MayManage(member) {
		t.Error("who manages whom is wrong")
	}
}
