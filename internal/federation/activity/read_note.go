package activity

import (
	"time"

	"sepiola/internal/domain/comment"
	"sepiola/internal/errs"
)

// Note is what somebody of another site says. Of a Tombstone only URL and
// DeletedAt are set.
type Note struct {
	URL, ActorURL, InReplyTo string
	// WebURL is its page for people, "" unknown.
	WebURL string
	// HTML is the text, of markdown what that makes, without what could do
	// harm.
	HTML string
	// Name is the title of notes that have one (pages, articles).
	Name     string
	Mentions []Mention
	// ReplyApproval is where it says that the owner of what is answered
	// agrees, "" nowhere.
	ReplyApproval        string
	Public               bool
	To, Cc               []string
	Published, Updated   time.Time
	DeletedAt            *time.Time
	Sensitive            bool
	AudienceURL          string
	Language             string
	FormerType, RawMedia string
}

// Mention is somebody whom a note names.
type Mention struct{ URL, Name string }

// maxContent is the longest content that is read, in characters: HTML needs
// more than what it shows.
const maxContent = 4 * comment.MaxText

// ReadNote reads a note of the author's own site, or the Tombstone of one.
func ReadNote(d Doc) (*Note, error) {
	n := &Note{URL: d.ID(), FormerType: d.Text("formerType")}
	if n.URL == "" {
		return nil, errs.New(errs.Invalid, "a note without a valid id")
	}
	if d.Is("Tombstone") {
		at := d.Time("deleted")
		n.DeletedAt, n.InReplyTo = &at, d.Ref("inReplyTo")
		return n, nil
	}
	if !d.Is("Note") {
		return nil, errs.New(errs.Invalid, "%s is no note but %q", n.URL, cut(d.Type(), 50))
	}
	n.ActorURL, n.InReplyTo = d.Ref("attributedTo"), d.Ref("inReplyTo")
	if !SameHost(n.URL, n.ActorURL) {
		return nil, errs.New(errs.Forbidden, "the note %s is attributed to another host", n.URL)
	}
	text, language := d.contentOf()
	n.HTML, n.Language = d.htmlOf(text, maxContent), language
	if n.HTML == "" {
		return nil, errs.New(errs.Invalid, "the note %s is empty", n.URL)
	}
	n.Name, n.RawMedia = line(d.Text("name"), 120), cut(d.Text("mediaType"), 50)
	n.WebURL, n.ReplyApproval, n.AudienceURL = webURL(d), d.Ref("replyApproval"), d.Ref("audience")
	n.Published, n.Updated = d.Time("published"), d.Time("updated")
	n.Public = d.public("to") || d.public("cc")
	n.To, n.Cc = d.Refs("to"), d.Refs("cc")
	n.Sensitive, _ = d.Bool("sensitive")
	for _, t := range d.Docs("tag") {
		if href := t.Text("href"); t.Is("Mention") && ValidURL(href) && len(n.Mentions) < comment.MaxMentions {
			n.Mentions = append(n.Mentions, Mention{URL: href, Name: line(t.Text("name"), 300)})
		}
	}
	return n, nil
}
