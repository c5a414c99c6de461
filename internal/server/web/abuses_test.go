package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/web"
	"sepiola/internal/storage/store"
)

const (
	allReports = "/admin/moderation/abuses/list"
	myReports  = "/my-account/abuses"
)

func (s *site) withAbuses(at instance.Site, now func() time.Time) {
	s.pages.Abuses = &abuse.Service{
		Store: store.Abuses{DB: s.db, Videos: s.videos}, Videos: s.pages.Videos.(*video.Service), Comments: s.pages.Comments.(*comment.Service).Store,
		Accounts: store.Actors{DB: s.db}, Limits: s.limiter, InTx: s.db.InTx, Now: now,
		Blocks: &user.Blocks{Store: store.Blocks{DB: s.db}, Accounts: &actor.Directory{Store: store.Actors{DB: s.db}, Site: at}, Site: at, Now: now},
		Rates:  abuse.Rates{Reports: user.Rate{Max: 3, Window: time.Hour}, Messages: user.Rate{Max: 100, Window: time.Hour}},
	}
}

// asUser logs the browser in as somebody, or out with "".
func (s *site) asUser(name string) {
	s.t.Helper()
	s.post("/about", "/logout", url.Values{})
	switch name {
	case "":
	case "root":
		s.login()
	default:
		s.loginAs(name)
	}
}

func TestReportsWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.policy.Contact, s.policy.Mail, s.policy.AdminEmail = true, true, "boss@example.org"
	report := publicPath + "/report"

	// Who has no account is told what to do, and finds the letter.
	s.get(publicPath).wants(t, 200, `href="`+report+`"`)
	a := s.get(report)
	a.wants(t, 200, "Report this video", "First &lt;video&gt;", "/login?to="+url.QueryEscape(report), `href="/about/contact?`)
	a.lacks(t, "<textarea")
	// What was typed while the session ended is not lost.
	s.post(report, report, url.Values{"reason": {"Long words & more"}, "predefinedReasons": {"spamOrMisleading"}}).
		wants(t, http.StatusUnauthorized, "Long words &amp; more</textarea>", "reason%3DLong%2Bwords")
	s.asUser("eve")
	s.get(report+"?reason=Long+words&predefinedReasons=privacy").wants(t, 200, ">Long words</textarea>", `value="privacy" checked`)

	// Mistakes stand beside their fields.
	a = s.post(report, report, url.Values{"reason": {"x"}, "predefinedReasons": {"rights", "captions"}, "startAt": {"0:05"}, "endAt": {"0:02"}})
	a.wants(t, http.StatusBadRequest, `id="error-reason"`, "between 2 and 3,000 characters", ">x</textarea>", `value="rights" checked`, `value="captions" checked`, `value="0:05"`)
	a = s.post(report, report, url.Values{"reason": {"It lies."}, "startAt": {"0:05"}, "endAt": {"0:02"}})
	a.wants(t, http.StatusBadRequest, `id="error-abuse-end"`, "The end comes after the beginning.", "<details open")
	s.post(report, report, url.Values{"reason": {"It lies."}, "startAt": {"9:59"}}).wants(t, http.StatusBadRequest, `id="error-abuse-start"`)

	a = s.post(report, report, url.Values{"reason": {"It lies.\r\nTwice <b>"}, "predefinedReasons": {"spamOrMisleading"}, "startAt": {"0:05"}, "to": {publicPath}})
	a.wants(t, 200, "Your report was sent.")
	if a.url.Path != publicPath {
		t.Errorf("led to %s, want the video", a.url)
	}
	s.get(myReports).wants(t, 200, "First &lt;video&gt;", "Waits", "Spam or misleading", "It lies.\nTwice &lt;b&gt;", "From 0:05", myReports+"/1")

	// An account, which has no captions; and enough is enough.
	a = s.get("/a/root/report")
	a.wants(t, 200, "Report this account", "@root")
	a.lacks(t, "captions", "startAt")
	s.get("/a/root/video-channels").wants(t, 200, `href="/a/root/report"`)
	s.post("/a/root/report", "/a/root/report", url.Values{"reason": {"Bad company"}}).wants(t, 200, "Your report was sent.")
	s.post(report, report, url.Values{"reason": {"Again"}}).wants(t, 200, "Your report was sent.")
	s.post(report, report, url.Values{"reason": {"And again"}}).wants(t, http.StatusTooManyRequests, ">And again</textarea>")
	for _, path := range []string{report, "/a/root/report", myReports, myReports + "/1"} {
		for _, bad := range mistakes(t, s.get(path).body) {
			t.Errorf("%s: %s", path, bad)
		}
	}
	s.get("/a/nobody/report").wants(t, http.StatusNotFound)
}

func TestReportsOfComments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.login()
	s.say("Buy *cheap* boats", nil)
	s.get(publicPath+"/comments").lacks(t, "/comments/1/report") // one's own
	s.asUser("eve")
	report := publicPath + "/comments/1/report"
	s.get(publicPath+"/comments").wants(t, 200, `href="`+report+`"`)
	s.get(report).wants(t, 200, "Report this comment", "Buy <em>cheap</em> boats", "Comment on First")
	s.post(report, report, url.Values{"reason": {"Spam"}}).wants(t, 200, "Your report was sent.")
	s.get(myReports).wants(t, 200, "Buy <em>cheap</em> boats", `href="`+publicPath+"?threadId=1#comments")
	s.get(publicPath+"/comments/99/report").wants(t, http.StatusNotFound)

	s.asUser("root")
	one := "/admin/moderation/abuses/1"
	s.get(one).wants(t, 200, "Delete the comment")
	a := s.post(one, publicPath+"/comments/1/delete", url.Values{"to": {one}})
	a.wants(t, 200, "Deleted", "Buy <em>cheap</em> boats")
	a.lacks(t, "Delete the comment")
}

var abuseNumber = regexp.MustCompile(`/admin/moderation/abuses/(\d+)"`)

func TestModeratorsWorkThroughReports(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.addUser("mod", user.Moderator)
	s.member("ann") // has a video
	boats := "/w/" + video.ShortUUID("99999999-9999-4999-8999-999999999999")
	s.asUser("eve")
	for _, reason := range []string{"It sinks", "Not a boat"} {
		s.post(boats+"/report", boats+"/report", url.Values{"reason": {reason}, "predefinedReasons": {"serverRules"}, "startAt": {"0:03"}, "endAt": {"0:04"}})
	}
	s.post("/a/ann/report", "/a/ann/report", url.Values{"reason": {"Rude"}})

	s.asUser("mod")
	a := s.get(allReports)
	a.wants(t, 200, "Boats of ann", "It sinks", "Not a boat", "Rude", "@eve", "@ann", "3 reports by this account", "3 reports about this account", "Report 1 of 2 about this video", "From 0:03 to 0:04", `href="`+boats+`?start=3s"`)
	if got := len(abuseNumber.FindAllString(a.body, -1)); got != 3 {
		t.Errorf("%d reports, want 3", got)
	}
	for _, bad := range append(mistakes(t, a.body), mistakes(t, s.get("/admin/moderation/abuses/1").body)...) {
		t.Error(bad)
	}
	for query, want := range map[string]int{
		"?filter=account": 1, "?filter=video": 2, "?filter=comment": 0, "?search=sinks": 1, "?search=%233": 1, "?search=%2399": 0, "?predefinedReason=serverRules": 2,
		"?search=reporter:eve": 3, "?search=reporter:ann": 0, "?search=reportee:ann+Rude": 1, "?search=tag:serverRules": 2, "?search=%231+state:pending": 1,
		"?search=state:accepted": 0, "?state=2&search=state:pending": 3, "?search=state:gone": 0, "?search=%23x": 0, "?search=videoIs:deleted": 0,
		"?predefinedReason=privacy": 0, "?state=2": 0, "?state=0": 3, "?videoIs=deleted": 0, "?page=2": 3, "?filter=evil&state=9&predefinedReason=x": 3,
	} {
		if got := len(abuseNumber.FindAllString(s.get(allReports+query).body, -1)); got != want {
			t.Errorf("%s: %d reports, want %d", query, got, want)
		}
	}

	// The menu says how many wait, at once.
	s.get("/about").wants(t, 200, `<span class="menu-count" aria-hidden="true">3</span>`, "3 open reports")

	// Decisions, from the list and back.
	a = s.post(allReports, "/admin/moderation/abuses/1/reject", url.Values{"to": {allReports}})
	a.wants(t, 200, "The report was rejected.", "Not a boat", "2 open reports")
	a.lacks(t, "It sinks")
	s.post(allReports, "/admin/moderation/abuses/1/accept", url.Values{}).wants(t, 200, "The report was accepted.", "Decide later", "Accepted")
	s.post(allReports, "/admin/moderation/abuses/1/pending", url.Values{}).wants(t, 200, "The report waits again.")
	s.post(allReports, "/admin/moderation/abuses/1/eat", url.Values{}).wants(t, http.StatusNotFound)
	s.post(allReports, "/admin/moderation/abuses/99/accept", url.Values{}).wants(t, http.StatusNotFound)

	// The note, which reporters never read.
	one := "/admin/moderation/abuses/1"
	s.post(one, one+"/note", url.Values{"moderationComment": {"!"}}).wants(t, http.StatusBadRequest, `id="error-moderationComment"`, ">!</textarea>")
	s.post(one, one+"/note", url.Values{"moderationComment": {"a third secret"}}).wants(t, 200, "The note was saved.", "a third secret")

	// Messages, from both sides.
	s.post(one, one+"/messages", url.Values{"message": {"x"}}).wants(t, http.StatusBadRequest, `id="error-message"`, ">x</textarea>")
	s.post(one, one+"/messages", url.Values{"message": {"Which boat?"}}).wants(t, 200, "Your message was sent.", "Which boat?", "Discussion with eve")
	s.asUser("eve")
	mine := myReports + "/1"
	a = s.get(mine)
	a.wants(t, 200, "Which boat?", "Moderation</span>", "It sinks", "has not decided yet")
	a.lacks(t, "a third secret", "@mod", "Delete the message", "reports by this account")
	s.post(mine, mine+"/messages", url.Values{"message": {"The red one"}}).wants(t, 200, "The red one", "Delete the message")
	s.post(mine, mine+"/messages/1/delete", url.Values{}).wants(t, http.StatusForbidden) // not one's own
	s.post(mine, mine+"/messages/2/delete", url.Values{}).wants(t, 200, "The message was deleted.")
	s.get(mine).lacks(t, "The red one")
	s.get(myReports).wants(t, 200, "1 message")

	// What is done about it.
	s.asUser("mod")
	a = s.get(one)
	a.wants(t, 200, "Delete the video", "Mute ANN for everybody", "/admin/overview/users?search=ann")
	s.post(one, "/videos/delete/99999999-9999-4999-8999-999999999999", url.Values{"to": {one}}).wants(t, 200, "Deleted", "Boats of ann")
	s.get(allReports+"?videoIs=deleted").wants(t, 200, "Boats of ann")
	s.asUser("eve")
	a = s.get(mine)
	a.wants(t, 200, "Boats of ann", "Deleted")
	a.lacks(t, `href="`+boats)
	s.asUser("mod")
	s.post(one, one+"/delete", url.Values{}).wants(t, 200, "The report was deleted.")
	s.get(one).wants(t, http.StatusNotFound)
}

func TestReportsAreForTheirReaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.addUser("bob", user.Member)
	s.asUser("eve")
	s.post(publicPath+"/report", publicPath+"/report", url.Values{"reason": {"a secret reason"}})
	s.get("/about").lacks(t, allReports, "open report")
	private := video.ShortUUID(preparingUUID)
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET privacy = $1 WHERE uuid = $2`, video.Private, preparingUUID); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"", "bob", "eve"} {
		s.asUser(who)
		paths := map[string]int{
			allReports: http.StatusForbidden, "/admin/moderation/abuses/1": http.StatusForbidden,
			"/w/" + private + "/report": http.StatusForbidden, myReports: http.StatusOK, myReports + "/1": http.StatusNotFound,
		}
		for path, want := range paths {
			if who == "eve" && strings.HasPrefix(path, myReports) {
				continue
			}
			a := s.get(path)
			if who == "" && a.url.Path != "/login" || who != "" && a.status != want {
				t.Errorf("%q reads %s: %d at %s, want %d", who, path, a.status, a.url, want)
			}
			a.lacks(t, "a secret reason", "still being prepared")
		}
		for _, path := range []string{"/accept", "/note", "/delete", "/messages", "/messages/1/delete"} {
			a := s.post("/about", "/admin/moderation/abuses/1"+path, url.Values{"moderationComment": {"text"}, "message": {"text"}})
			if a.status != http.StatusForbidden && a.status != http.StatusUnauthorized {
				t.Errorf("%q does %s: %d", who, path, a.status)
			}
		}
		if who == "bob" {
			s.post("/about", myReports+"/1/messages", url.Values{"message": {"text"}}).wants(t, http.StatusNotFound)
		}
	}
	// A password opens the form as it opens the video.
	protected := "/w/" + video.ShortUUID(protectedUUID)
	a := s.get(protected + "/report")
	if a.url.Path != protected {
		t.Errorf("without the password: %d at %s", a.status, a.url)
	}
	s.post(protected, protected, url.Values{"password": {"open sesame"}})
	s.get(protected+"/report").wants(t, 200, "Protected video")
	// To moderators others' reports are not their own.
	s.asUser("root")
	s.get(myReports+"/1").wants(t, http.StatusNotFound)
	s.get(myReports).lacks(t, "a secret reason")
	s.get("/about").wants(t, 200, allReports)

	s.pages.Abuses = nil
	s.get("/about").lacks(t, allReports, myReports)
}

// What may not be seen is not named by the page that would report it, and
// unlisted videos are reported by those who know their address.
func TestReportsOfHiddenVideos(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser("eve", user.Member)
	s.login()
	s.say("a word below", nil)
	for _, tt := range []struct {
		privacy         video.Privacy
		anonymous, user bool
	}{
		{video.Public, true, true}, {video.Unlisted, true, true}, {video.Private, false, false}, {video.InternalOnly, false, true}, {video.PasswordProtected, false, false},
	} {
		if _, err := s.db.Exec(t.Context(), `UPDATE videos SET privacy = $1 WHERE uuid = $2`, tt.privacy, publicUUID); err != nil {
			t.Fatal(err)
		}
		if err := s.videos.Touch(t.Context(), 1); err != nil { // what is remembered of it goes
			t.Fatal(err)
		}
		for who, open := range map[string]bool{"": tt.anonymous, "eve": tt.user} {
			s.asUser(who)
			for _, path := range []string{"/report", "/comments/1/report"} {
				a := s.get(publicPath + path)
				if got := strings.Contains(a.body, "friends") || strings.Contains(a.body, "a word below"); got != open {
					t.Errorf("privacy %d, %q reads %s: told %v, want %v", tt.privacy, who, path, got, open)
				}
			}
		}
	}
	if _, err := s.db.Exec(t.Context(), `UPDATE videos SET privacy = $1 WHERE uuid = $2`, video.Unlisted, publicUUID); err != nil {
		t.Fatal(err)
	}
	if err := s.videos.Touch(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.asUser("eve")
	s.get("/w/1/report").lacks(t, "friends")
	report := publicPath + "/comments/1/report"
	s.post(report, report, url.Values{"reason": {"Spam"}}).wants(t, 200, "Your report was sent.")
}

var _ web.AbuseService = (*abuse.Service)(nil)
