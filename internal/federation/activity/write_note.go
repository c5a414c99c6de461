package activity

import (
	"time"

	"sepiola/internal/domain/comment"
)

// NoteParts are what a comment's document says beside the comment.
type NoteParts struct {
	// InReplyTo is the id of what it answers: the comment, or the video.
	InReplyTo string
	// VideoOwnerURL and ChannelURL are whose the video is.
	VideoOwnerURL, ChannelURL string
	// Parents are the authors of the comments that it answers, up to the
	// thread, with their handles (@name@host).
	Parents []Mention
	// Approval is the id of the owner's approval, "" when there is none.
	Approval string
}

// WriteNote returns the document of a local comment with its Account.
func WriteNote(c *comment.Comment, p NoteParts) Doc {
	d := Doc{
		"type": "Note", "id": c.URL, "url": c.URL, "content": c.Text, "mediaType": "text/markdown",
		"inReplyTo": p.InReplyTo, "published": iso(c.CreatedAt), "updated": iso(c.UpdatedAt), "replyApproval": null(p.Approval),
	}
	a := Audience{To: []string{Public}, Group: p.ChannelURL}
	if c.Account != nil {
		d["attributedTo"] = c.Account.URL
		a.Cc = some(c.Account.FollowersURL)
	}
	a.Cc = append(a.Cc, some(p.VideoOwnerURL)...)
	a.Cc = append(a.Cc, some(p.ChannelURL)...)
	tag := []any{}
	seen := map[string]bool{}
	for _, m := range p.Parents {
		if m.URL == "" || seen[m.URL] {
			continue
		}
		seen[m.URL] = true
		a.Cc = append(a.Cc, m.URL)
		tag = append(tag, map[string]any{"type": "Mention", "href": m.URL, "name": m.Name})
	}
	d["tag"] = tag
	return a.on(d).in(noteKind)
}

// ApprovalURL is the id of the owner's approval of a comment that has an id
// below the video's.
func ApprovalURL(commentURL string) string { return commentURL + "/approve-reply" }

// WriteNoteTombstone returns the document of a deleted comment.
func WriteNoteTombstone(c *comment.Comment, inReplyTo string) Doc {
	deleted := c.UpdatedAt
	if c.DeletedAt != nil {
		deleted = *c.DeletedAt
	}
	d := WriteTombstone(c.URL, "Note", deleted)
	d["published"], d["updated"] = iso(c.CreatedAt), iso(c.UpdatedAt)
	if inReplyTo != "" {
		d["inReplyTo"] = inReplyTo
	}
	return d.in(noteKind)
}

// WriteTombstone returns the document of what is gone.
func WriteTombstone(url, formerType string, deleted time.Time) Doc {
	d := Doc{"type": "Tombstone", "id": url, "deleted": iso(deleted)}
	if formerType != "" {
		d["formerType"] = formerType
	}
	return d.in(baseKind)
}
