package ui

import (
	"iter"
	"net/url"
	"path"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/video"
)

// WatchURL is the page of a video.
func WatchURL(v *video.Video) string { return "/w/" + video.ShortUUID(v.UUID) }

// SaveURL is the page that saves a video to playlists. Links to it marked
// data-dialog open in a dialog.
func SaveURL(v *video.Video) string { return WatchURL(v) + "/save" }

// MenuURL is the page of what can be done with a video. Links to it marked
// data-dialog open in a dialog.
func MenuURL(v *video.Video) string { return WatchURL(v) + "/menu" }

// EmbedSitesURL is the page that says where a video may be embedded.
func EmbedSitesURL(v *video.Video) string {
	return "/videos/manage/" + video.ShortUUID(v.UUID) + "/embed"
}

// LaterURL takes what LaterForm sends.
func LaterURL(v *video.Video) string { return WatchURL(v) + "/later" }

// LaterForm is the id of the form, one for a page, that cards send to LaterURL:
// they are kept for many readers, and it holds what is one reader's.
const LaterForm = "later"

// ReportURL is the page that reports a video to the moderation. Links to it and
// to the two below marked data-dialog open in a dialog.
func ReportURL(v *video.Video) string { return WatchURL(v) + "/report" }

// ReportCommentURL is the page that reports a comment of a video.
func ReportCommentURL(v *video.Video, comment int64) string {
	return WatchURL(v) + "/comments/" + strconv.FormatInt(comment, 10) + "/report"
}

// ReportAccountURL is the page that reports an account.
func ReportAccountURL(a *actor.Account) string {
	return "/a/" + url.PathEscape(a.Handle()) + "/report"
}

// ChannelURL is the page of a channel.
func ChannelURL(c *actor.Channel) string { return "/c/" + url.PathEscape(c.Handle()) + "/videos" }

// AccountURL is the page of an account.
func AccountURL(a *actor.Account) string {
	return "/a/" + url.PathEscape(a.Handle()) + "/video-channels"
}

// Image returns the address of the smallest of images that is at least wide
// pixels wide, or of the largest; "" when there is none.
func Image(kind string, images []actor.Image, wide int) string {
	if len(images) == 0 {
		return ""
	}
	best := images[0]
	for _, i := range images {
		if i.Width >= wide && (best.Width < wide || i.Width < best.Width) {
			best = i
		}
	}
	return "/lazy-static/" + kind + "/" + best.Filename
}

// Avatar is the address of an actor's picture, or "".
func Avatar(images []actor.Image, wide int) string { return Image("avatars", images, wide) }

// Banner is the address of an actor's banner, or "".
func Banner(images []actor.Image) string { return Image("banners", images, 1920) }

// thumbnails are the wide ones of a video.
func thumbnails(v *video.Video) iter.Seq[*video.Thumbnail] {
	return func(yield func(*video.Thumbnail) bool) {
		for i := range v.Thumbnails {
			t := &v.Thumbnails[i]
			if (t.AspectRatio == "16:9" || t.AspectRatio == "") && !yield(t) {
				return
			}
		}
	}
}

// ThumbnailURL is the address of a thumbnail that is at least wide pixels wide,
// or of the largest; "" when there is none.
func ThumbnailURL(v *video.Video, wide int) string {
	var best *video.Thumbnail
	for t := range thumbnails(v) {
		if best == nil || best.Width < wide && t.Width > best.Width || t.Width >= wide && t.Width < best.Width {
			best = t
		}
	}
	if best == nil {
		return ""
	}
	return thumbnailURL(best)
}

func thumbnailURL(t *video.Thumbnail) string {
	return "/lazy-static/thumbnails/" + path.Base(t.Filename)
}

// ThumbnailSet is all thumbnails, for srcset.
func ThumbnailSet(v *video.Video) string {
	set := make([]byte, 0, 256)
	for t := range thumbnails(v) {
		if len(set) > 0 {
			set = append(set, ", "...)
		}
		set = append(append(set, thumbnailURL(t)...), ' ')
		set = append(strconv.AppendInt(set, int64(t.Width), 10), 'w')
	}
	return string(set)
}
