package api

import (
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// commentJSON is PeerTube's VideoComment.
type commentJSON struct {
	ID                          comment.ID   `json:"id"`
	URL                         string       `json:"url"`
	Text                        string       `json:"text"`
	ThreadID                    comment.ID   `json:"threadId"`
	InReplyToCommentID          *comment.ID  `json:"inReplyToCommentId"`
	VideoID                     video.ID     `json:"videoId"`
	CreatedAt                   isoTime      `json:"createdAt"`
	UpdatedAt                   isoTime      `json:"updatedAt"`
	DeletedAt                   isoTime      `json:"deletedAt"`
	HeldForReview               bool         `json:"heldForReview"`
	IsDeleted                   bool         `json:"isDeleted"`
	TotalRepliesFromVideoAuthor int64        `json:"totalRepliesFromVideoAuthor"`
	TotalReplies                int64        `json:"totalReplies"`
	Account                     *accountJSON `json:"account"`
}

func presentComment(site instance.Site, c *comment.Comment) commentJSON {
	return commentJSON{
		ID: c.ID, URL: c.URL, Text: c.Text, ThreadID: c.ThreadID, InReplyToCommentID: replyTo(c), VideoID: c.VideoID,
		CreatedAt: isoTime(c.CreatedAt), UpdatedAt: isoTime(c.UpdatedAt), DeletedAt: isoTimeOf(c.DeletedAt),
		HeldForReview: c.HeldForReview, IsDeleted: c.Deleted(),
		TotalRepliesFromVideoAuthor: c.AuthorReplies, TotalReplies: c.TotalReplies,
		Account: presentAuthor(site, c.Account),
	}
}

func replyTo(c *comment.Comment) *comment.ID {
	if c.IsThread() {
		return nil
	}
	return &c.ReplyTo
}

func presentAuthor(site instance.Site, a *actor.Account) *accountJSON {
	if a == nil {
		return nil
	}
	out := presentAccount(site, a)
	return &out
}

// commentTreeJSON is PeerTube's VideoCommentThreadTree, with what 8.3 adds.
type commentTreeJSON struct {
	Comment       commentJSON        `json:"comment"`
	Children      []*commentTreeJSON `json:"children"`
	TotalChildren int64              `json:"totalChildren"`
}

// presentTree presents a tree without recursion: it is as deep as people
// answer each other.
func presentTree(site instance.Site, root *comment.Node) *commentTreeJSON {
	type pair struct {
		from *comment.Node
		to   *commentTreeJSON
	}
	present := func(n *comment.Node) pair {
		return pair{n, &commentTreeJSON{Comment: presentComment(site, n.Comment), Children: make([]*commentTreeJSON, len(n.Children)), TotalChildren: n.Total}}
	}
	top := present(root)
	for open := []pair{top}; len(open) > 0; {
		p := open[len(open)-1]
		open = open[:len(open)-1]
		for i, child := range p.from.Children {
			c := present(child)
			p.to.Children[i] = c.to
			open = append(open, c)
		}
	}
	return top.to
}

// commentOfListJSON is PeerTube's VideoCommentForAdminOrUser.
type commentOfListJSON struct {
	ID                 comment.ID       `json:"id"`
	URL                string           `json:"url"`
	Text               string           `json:"text"`
	ThreadID           comment.ID       `json:"threadId"`
	InReplyToCommentID *comment.ID      `json:"inReplyToCommentId"`
	VideoID            video.ID         `json:"videoId"`
	CreatedAt          isoTime          `json:"createdAt"`
	UpdatedAt          isoTime          `json:"updatedAt"`
	HeldForReview      bool             `json:"heldForReview"`
	AutomaticTags      []string         `json:"automaticTags"`
	Video              commentVideoJSON `json:"video"`
	Account            *accountJSON     `json:"account"`
}

type commentVideoJSON struct {
	ID      video.ID          `json:"id"`
	UUID    string            `json:"uuid"`
	Name    string            `json:"name"`
	Channel *actorSummaryJSON `json:"channel,omitempty"`
}

func presentCommentOfList(site instance.Site, c *comment.Comment) commentOfListJSON {
	out := commentOfListJSON{
		ID: c.ID, URL: c.URL, Text: c.Text, ThreadID: c.ThreadID, InReplyToCommentID: replyTo(c), VideoID: c.VideoID,
		CreatedAt: isoTime(c.CreatedAt), UpdatedAt: isoTime(c.UpdatedAt), HeldForReview: c.HeldForReview,
		AutomaticTags: []string{}, Account: presentAuthor(site, c.Account),
	}
	if v := c.Video; v != nil {
		out.Video = commentVideoJSON{ID: v.ID, UUID: v.UUID, Name: v.Name}
		if v.Channel != nil {
			ch := presentChannelSummary(site, v.Channel)
			out.Video.Channel = &ch
		}
	}
	return out
}
