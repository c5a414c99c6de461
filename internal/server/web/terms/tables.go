package terms

import "sepiola/internal/domain/abuse"

// What each table understands; PeerTube's prefixes where it has the table.
var (
	Comments = []Prefix{
		{"account:", nil, "web.terms.account"},
		{"video:", nil, "web.terms.video"},
		{"local:", YesNo, "web.terms.local_comment"},
		{"localVideo:", YesNo, "web.terms.local_video"},
		{"heldForReview:", YesNo, "web.terms.held"},
	}
	MyComments = []Prefix{
		{"account:", nil, "web.terms.account"},
		{"video:", nil, "web.terms.video"},
		{"local:", YesNo, "web.terms.local_comment"},
		{"heldForReview:", YesNo, "web.terms.held"},
	}
	Abuses = []Prefix{
		{"#", nil, "web.terms.number"},
		{"state:", []string{"pending", "accepted", "rejected"}, "web.terms.abuse_state"},
		{"reporter:", nil, "web.terms.reporter"},
		{"reportee:", nil, "web.terms.reportee"},
		{"tag:", reasons(), "web.terms.tag"},
		{"videoIs:", []string{"deleted"}, "web.terms.video_is"},
	}
	MyAbuses = []Prefix{
		{"#", nil, "web.terms.number"},
		{"state:", []string{"pending", "accepted", "rejected"}, "web.terms.abuse_state"},
	}
	Users         = []Prefix{{"banned:", YesNo, "web.terms.banned"}}
	Registrations = []Prefix{{"state:", []string{"pending", "accepted", "rejected"}, "web.terms.registration_state"}}
	Follows       = []Prefix{{"state:", []string{"pending", "accepted", "rejected"}, "web.terms.follow_state"}}
	Followers     = []Prefix{{"channel:", nil, "web.terms.channel_followers"}}
	MyVideos      = []Prefix{
		{"channel:", nil, "web.terms.channel_videos"},
		{"isLive:", YesNo, "web.terms.live"},
	}
)

func reasons() []string {
	var names []string
	for _, r := range abuse.Reasons() {
		names = append(names, r.Name())
	}
	return names
}
