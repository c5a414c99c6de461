package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/user"
)

func TestChoicesComeBack(t *testing.T) {
	t.Parallel()
	for _, p := range []user.Preferences{
		{},
		{AutoPlayNext: true, AutoPlayDisabled: true, AutoPlayNextPlaylistDisabled: true, P2PDisabled: true, HistoryDisabled: true, ShortcutsDisabled: true},
		{NSFWPolicy: "blur", NSFWFlagsHidden: 1, NSFWFlagsDisplayed: 2},
		{NSFWPolicy: "do_not_list", NSFWFlagsWarned: 3},
		{VideoLanguages: []string{"_unknown", "fr", "zh-Hans"}},
	} {
		cookie := writeChoices(p)
		if strings.ContainsAny(cookie, " ;,\"\\") {
			t.Errorf("%q cannot be in a cookie", cookie)
		}
		got := user.Preferences{AutoPlayDisabled: true, HistoryDisabled: true} // what a site may begin with
		readChoices(&got, cookie)
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", cookie, diff)
		}
	}
}

func TestChoicesThatAreNoneAreLeftOut(t *testing.T) {
	t.Parallel()
	for _, cookie := range []string{
		"", "%zz", "nsfw=all", "hide=99", "hide=-1", "hide=x", "lang=xx.<script>.", "unknown=1",
	} {
		var got user.Preferences
		readChoices(&got, cookie)
		if diff := cmp.Diff(user.Preferences{}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", cookie, diff)
		}
	}
	var got user.Preferences
	readChoices(&got, "hide=3&show=3&lang=fr.fr.de")
	if got.NSFWFlagsHidden&got.NSFWFlagsDisplayed != 0 {
		t.Errorf("a kind is treated in two ways: %+v", got)
	}
	if diff := cmp.Diff([]string{"fr", "de"}, got.VideoLanguages); diff != "" {
		t.Errorf("languages (-want +got):\n%s", diff)
	}
}
