package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/follow"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/notification"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/i18n"
	"sepiola/internal/mail"
)

func TestLettersAboutNotifications(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(words, instance.Site{Scheme: "https", Host: "video.example"}, nil, func() string { return "A site" }, func() string { return "en" })
	if err != nil {
		t.Fatal(err)
	}
	of := func(text string) *notification.Notification {
		return &notification.Notification{Type: notification.NewComment, Comment: &comment.Comment{
			ID: 4, ThreadID: 4, Text: text, Account: &actor.Account{DisplayName: "Eve\r\nBcc: all@example.com"},
			Video: &video.Video{UUID: "11111111-1111-4111-8111-111111111111", Name: `Boats <b>`},
		}}
	}
	u := &user.User{Username: "ada", Email: "ada@example.com"}
	l, err := s.WriteNotifications(&notification.Letter{User: u, List: []*notification.Notification{of("<script>alert(1)</script>")}, Unsubscribe: "https://video.example/unsubscribe?x"})
	if err != nil {
		t.Fatal(err)
	}
	if l.To != "ada@example.com" || l.Subject != "[A site] \u2068Eve Bcc: all@example.com\u2069 commented on your video \u2068Boats <b>\u2069" || l.Unsubscribe == "" {
		t.Errorf("got %+v", l)
	}
	for _, want := range []string{"/w/", "Hello ada,", "https://video.example/unsubscribe?x", "https://video.example/my-account/notifications/settings"} {
		if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, want) {
			t.Errorf("%q is missing in\n%s\n%s", want, l.Text, l.HTML)
		}
	}
	if strings.Contains(l.HTML, "<script>") || strings.Contains(l.HTML, "Boats <b>") {
		t.Errorf("not escaped: %s", l.HTML)
	}
	n := &notification.Notification{Type: notification.NewVideo, Video: &video.Video{ID: 7, UUID: "11111111-1111-4111-8111-111111111111", Name: "Boats", Channel: &actor.Channel{DisplayName: "Ships"}}}
	shown := &video.Video{ID: 7, Duration: 83, Description: "All <i>afloat</i> " + strings.Repeat("x", 300), Thumbnails: []video.Thumbnail{
		{Filename: "square.jpg", Width: 300, Height: 300, AspectRatio: "1:1"}, {Filename: "large.jpg", Width: 850, Height: 480, AspectRatio: "16:9"}, {Filename: "small.jpg", Width: 280, Height: 157, AspectRatio: "16:9"},
	}}
	l, err = s.WriteNotifications(&notification.Letter{User: u, List: []*notification.Notification{n}, Videos: map[video.ID]*video.Video{7: shown}, Unsubscribe: "x"})
	if err != nil || !strings.Contains(l.HTML, `src="https://video.example/lazy-static/thumbnails/small.jpg" alt="" width="280" height="157"`) ||
		!strings.Contains(l.HTML, ">1:23<") || !strings.Contains(l.HTML, "All &lt;i&gt;afloat") || strings.Contains(l.HTML, strings.Repeat("x", 251)) || !strings.Contains(l.Text, "\u2068Boats\u2069 (1:23)\n\nAll <i>afloat") {
		t.Errorf("a new video: %+v %v", l, err)
	}
	l, err = s.WriteNotifications(&notification.Letter{User: u, List: []*notification.Notification{n}, Unsubscribe: "x"})
	if err != nil || strings.Contains(l.HTML, "<img") || !strings.Contains(l.HTML, "Boats") {
		t.Errorf("a new video that is not shown: %+v %v", l, err)
	}
	s.Excerpt = func(text string, most int) string { return fmt.Sprintf("about %d of %d", most, len(text)) }
	s.CommentExcerpt = func(text string, remote bool, most int) string { return fmt.Sprint("said ", text, remote, most) }
	reported := &notification.Notification{Type: notification.NewAbuse, Abuse: &abuse.Abuse{ID: 1, Reason: "It is **bad**"}}
	l, err = s.WriteNotifications(&notification.Letter{User: u, List: []*notification.Notification{n, of("*one*"), reported}, Videos: map[video.ID]*video.Video{7: shown}, Unsubscribe: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprint("about 250 of ", len(shown.Description)), "said *one*false 300", "It is **bad**"} {
		if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, want) {
			t.Errorf("texts as they are read: %q is missing in\n%s\n%s", want, l.Text, l.HTML)
		}
	}
	u.Preferences.Language = "fr"
	l, err = s.WriteNotifications(&notification.Letter{User: u, List: []*notification.Notification{of("one"), of("two"), of("three")}, Unsubscribe: "x"})
	if err != nil || l.Subject != "[A site] 3 notifications" || !strings.Contains(l.HTML, `lang="fr"`) ||
		strings.Count(l.Text, "a commenté votre vidéo") != 3 || !strings.Contains(l.Text, "Ne plus recevoir") {
		t.Errorf("several: %+v %v", l, err)
	}
}

// A letter reads in the direction of its language, whatever names are in it: also
// where a mail program takes only the body.
func TestNamesInLettersAreIsolated(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(words, instance.Site{Scheme: "https", Host: "video.example"}, nil, func() string { return "A site" }, func() string { return "en" })
	if err != nil {
		t.Fatal(err)
	}
	n := &notification.Notification{Type: notification.NewVideo, Video: &video.Video{UUID: "11111111-1111-4111-8111-111111111111", Name: "فيلم", Channel: &actor.Channel{DisplayName: "قناة"}}}
	l, err := s.WriteNotifications(&notification.Letter{User: &user.User{Username: "ada"}, List: []*notification.Notification{n}})
	if err != nil {
		t.Fatal(err)
	}
	want := "\u2068قناة\u2069 published \u2068فيلم\u2069"
	if !strings.Contains(l.Text, want) || !strings.Contains(l.HTML, `<div lang="en" dir="ltr"`) || !strings.Contains(l.HTML, `">`+want+"</a>") || strings.Contains(l.HTML, `dir="auto">`) {
		t.Errorf("got %s\n%s", l.Text, l.HTML)
	}
}

// Administrators read who follows the site, in each language, without its name
// for software.
func TestLettersAboutFollowsOfTheSite(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := mail.New(words, instance.Site{Scheme: "https", Host: "video.example"}, nil, func() string { return "A site" }, func() string { return "en" })
	if err != nil {
		t.Fatal(err)
	}
	me := &actor.Actor{Type: actor.Application, Username: "peertube"}
	far := &actor.Actor{Type: actor.Application, Username: "peertube", Host: "far.example"}
	of := func(kind notification.Type, state follow.State) *notification.Notification {
		f := &follow.Follow{State: state, Follower: far, Following: me}
		if kind == notification.AutoInstanceFollowing {
			f.Follower, f.Following = me, far
		}
		return &notification.Notification{Type: kind, Follow: &notification.Follow{Follow: f}}
	}
	for language, want := range map[string][3]string{
		"en": {"\u2068far.example\u2069 follows this site", "\u2068far.example\u2069 wants to follow this site and waits for your answer", "This site follows \u2068far.example\u2069, by itself"},
		"fr": {"\u2068far.example\u2069 suit ce site", "\u2068far.example\u2069 veut suivre ce site", "Ce site suit \u2068far.example\u2069"},
		"de": {"\u2068far.example\u2069 folgt dieser Site", "\u2068far.example\u2069 möchte dieser Site folgen", "Diese Site folgt von selbst \u2068far.example\u2069"},
		"es": {"\u2068far.example\u2069 sigue este sitio", "\u2068far.example\u2069 quiere seguir este sitio", "sigue automáticamente a \u2068far.example\u2069"},
		"ja": {"\u2068far.example\u2069 がこのサイトをフォローしました", "承認を待っています", "自動的に \u2068far.example\u2069 をフォロー"},
		"ar": {"يتابع \u2068far.example\u2069 هذا الموقع", "وينتظر ردك", "يتابع هذا الموقع \u2068far.example\u2069 تلقائيًا"},
	} {
		u := &user.User{Username: "ada", Email: "ada@example.com"}
		u.Preferences.Language = language
		l, err := s.WriteNotifications(&notification.Letter{User: u, Unsubscribe: "x", List: []*notification.Notification{
			of(notification.NewInstanceFollower, follow.Accepted), of(notification.NewInstanceFollower, follow.Pending), of(notification.AutoInstanceFollowing, follow.Pending),
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range append(want[:], "https://video.example/admin/settings/follows/followers-list", "https://video.example/admin/settings/follows/following-list") {
			if !strings.Contains(l.Text, text) || !strings.Contains(l.HTML, text) {
				t.Errorf("%s: %q is missing in\n%s", language, text, l.Text)
			}
		}
	}
}
