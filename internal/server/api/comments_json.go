package api

import (
	"sepiola/internal/domain/comment"
	ja "sepiola/internal/jsonappend"
)

// Pages of threads are written by appending, as videos are (videos_json.go):
// the same bytes as json.Marshal makes of the structs, see
// TestThreadsAreWrittenAsTheirStructsSay.

func (o *threadsJSON) append(b []byte) []byte {
	b = putNumber(b, `{"total":`, o.Total)
	b = ja.List(append(b, `,"data":`...), o.Data, appendComment)
	return append(putNumber(b, `,"totalNotDeletedComments":`, o.TotalNotDeletedComments), '}')
}

func appendComment(b []byte, o *commentJSON) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putText(b, `,"url":`, o.URL)
	b = putText(b, `,"text":`, o.Text)
	b = putNumber(b, `,"threadId":`, o.ThreadID)
	b = ja.Or(append(b, `,"inReplyToCommentId":`...), o.InReplyToCommentID, ja.Int[comment.ID])
	b = putNumber(b, `,"videoId":`, o.VideoID)
	b = putTime(b, `,"createdAt":`, o.CreatedAt)
	b = putTime(b, `,"updatedAt":`, o.UpdatedAt)
	b = putTime(b, `,"deletedAt":`, o.DeletedAt)
	b = putFlag(b, `,"heldForReview":`, o.HeldForReview)
	b = putFlag(b, `,"isDeleted":`, o.IsDeleted)
	b = putNumber(b, `,"totalRepliesFromVideoAuthor":`, o.TotalRepliesFromVideoAuthor)
	b = putNumber(b, `,"totalReplies":`, o.TotalReplies)
	b = append(b, `,"account":`...)
	if o.Account == nil {
		return append(b, `null}`...)
	}
	return append(o.Account.append(b), '}')
}
