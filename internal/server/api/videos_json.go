package api

import (
	"time"

	ja "sepiola/internal/jsonappend"
	"sepiola/internal/server/rest"
)

// Videos are written by appending: their JSON is most of what clients read,
// and reflecting on it cost more than reading it from the database. What is
// written here is what json.Marshal makes of the same structs; see
// TestVideosAreWrittenAsTheirStructsSay.

// putText and the like append `,"name":` and a value; name holds the quotes
// and punctuation.
func putText(b []byte, name, s string) []byte { return ja.String(append(b, name...), s) }

func putTextOr(b []byte, name string, s *string) []byte {
	return ja.Or(append(b, name...), s, ja.String)
}

func putNumber[T ~int | ~int64](b []byte, name string, n T) []byte {
	return ja.Int(append(b, name...), n)
}

func putNumberOr(b []byte, name string, n *int) []byte {
	return ja.Or(append(b, name...), n, ja.Int[int])
}

func putFlag(b []byte, name string, yes bool) []byte { return ja.Bool(append(b, name...), yes) }

func putTime(b []byte, name string, t isoTime) []byte {
	return ja.Time(append(b, name...), time.Time(t))
}

func putLabelled[T any](b []byte, name string, l *rest.Labelled[T], id func([]byte, T) []byte) []byte {
	b = id(append(append(b, name...), `{"id":`...), l.ID)
	return append(putText(b, `,"label":`, l.Label), '}')
}

func putIntLabel(b []byte, name string, l *rest.Labelled[int]) []byte {
	return putLabelled(b, name, l, ja.Int[int])
}

// append writes the fields without the brace that closes the object.
func (o *videoBase) append(b []byte) []byte {
	orNull := func(b []byte, n *int) []byte { return ja.Or(b, n, ja.Int[int]) }
	b = putNumber(b, `{"id":`, o.ID)
	b = putText(b, `,"uuid":`, o.UUID)
	b = putText(b, `,"shortUUID":`, o.ShortUUID)
	b = putText(b, `,"url":`, o.URL)
	b = putText(b, `,"name":`, o.Name)
	b = putLabelled(b, `,"category":`, &o.Category, orNull)
	b = putLabelled(b, `,"licence":`, &o.Licence, orNull)
	b = putLabelled(b, `,"language":`, &o.Language, func(b []byte, s *string) []byte { return ja.Or(b, s, ja.String) })
	b = putIntLabel(b, `,"privacy":`, &o.Privacy)
	b = putFlag(b, `,"nsfw":`, o.NSFW)
	b = putNumber(b, `,"nsfwFlags":`, o.NSFWFlags)
	b = putTextOr(b, `,"nsfwSummary":`, o.NSFWSummary)
	b = putTextOr(b, `,"truncatedDescription":`, o.TruncatedDescription)
	b = putTextOr(b, `,"description":`, o.Description)
	b = putFlag(b, `,"isLocal":`, o.IsLocal)
	b = putNumber(b, `,"duration":`, o.Duration)
	b = ja.Or(append(b, `,"aspectRatio":`...), o.AspectRatio, ja.Float)
	b = putNumber(b, `,"views":`, o.Views)
	b = putNumber(b, `,"viewers":`, o.Viewers)
	b = putNumber(b, `,"downloads":`, o.Downloads)
	b = putNumber(b, `,"likes":`, o.Likes)
	b = putNumber(b, `,"dislikes":`, o.Dislikes)
	b = putNumber(b, `,"comments":`, o.Comments)
	b = putTextOr(b, `,"thumbnailPath":`, o.ThumbnailPath)
	b = putTextOr(b, `,"previewPath":`, o.PreviewPath)
	b = ja.List(append(b, `,"thumbnails":`...), o.Thumbnails, appendThumbnail)
	b = putText(b, `,"embedPath":`, o.EmbedPath)
	b = putTime(b, `,"createdAt":`, o.CreatedAt)
	b = putTime(b, `,"updatedAt":`, o.UpdatedAt)
	b = putTime(b, `,"publishedAt":`, o.PublishedAt)
	b = putTime(b, `,"originallyPublishedAt":`, o.OriginallyPublishedAt)
	return putFlag(b, `,"isLive":`, o.IsLive)
}

func appendThumbnail(b []byte, t *videoThumbnailJSON) []byte {
	b = putNumber(b, `{"height":`, t.Height)
	b = putNumber(b, `,"width":`, t.Width)
	b = putText(b, `,"aspectRatio":`, t.AspectRatio)
	return append(putText(b, `,"fileUrl":`, t.FileURL), '}')
}

// append writes a video of a list that was asked for without more.
func (o *videoJSON) append(b []byte) []byte {
	b = o.videoBase.append(b)
	b = appendWhose(b, &o.Account, &o.Channel)
	b = o.UserHistory.append(b)
	return append(b, '}')
}

// appendWhose writes the fields that say whose a video of a list is.
func appendWhose(b []byte, account, channel *actorSummaryJSON) []byte {
	b = account.append(append(b, `,"account":`...))
	return channel.append(append(b, `,"channel":`...))
}

func (o *userHistoryJSON) append(b []byte) []byte {
	if o == nil {
		return b
	}
	return append(putNumber(b, `,"userHistory":{"currentTime":`, o.CurrentTime), '}')
}

func (o *actorSummaryJSON) append(b []byte) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putText(b, `,"name":`, o.Name)
	b = putText(b, `,"displayName":`, o.DisplayName)
	b = putText(b, `,"url":`, o.URL)
	b = putText(b, `,"host":`, o.Host)
	return append(ja.List(append(b, `,"avatars":`...), o.Avatars, appendActorImage), '}')
}

func appendActorImage(b []byte, o *actorImageJSON) []byte {
	b = putNumberOr(b, `{"height":`, o.Height)
	b = putNumber(b, `,"width":`, o.Width)
	b = putText(b, `,"path":`, o.Path)
	b = putText(b, `,"fileUrl":`, o.FileURL)
	b = putTime(b, `,"createdAt":`, o.CreatedAt)
	return append(putTime(b, `,"updatedAt":`, o.UpdatedAt), '}')
}

// append writes the fields without the brace that closes the object.
func (o *actorJSON) append(b []byte) []byte {
	b = putText(b, `{"url":`, o.URL)
	b = putText(b, `,"name":`, o.Name)
	b = putText(b, `,"host":`, o.Host)
	b = ja.List(append(b, `,"avatars":`...), o.Avatars, appendActorImage)
	b = putNumber(b, `,"id":`, o.ID)
	b = putFlag(b, `,"hostRedundancyAllowed":`, o.HostRedundancyAllowed)
	b = putNumber(b, `,"followingCount":`, o.FollowingCount)
	b = putNumber(b, `,"followersCount":`, o.FollowersCount)
	return putTime(b, `,"createdAt":`, o.CreatedAt)
}

func (o *accountJSON) append(b []byte) []byte {
	b = o.actorJSON.append(b)
	b = putText(b, `,"displayName":`, o.DisplayName)
	b = putTextOr(b, `,"description":`, o.Description)
	b = putTime(b, `,"updatedAt":`, o.UpdatedAt)
	if o.UserID != 0 {
		b = putNumber(b, `,"userId":`, o.UserID)
	}
	return append(b, '}')
}

func (o *channelJSON) append(b []byte) []byte {
	b = o.actorJSON.append(b)
	b = ja.List(append(b, `,"banners":`...), o.Banners, appendActorImage)
	b = putText(b, `,"displayName":`, o.DisplayName)
	b = putTextOr(b, `,"description":`, o.Description)
	b = putTextOr(b, `,"support":`, o.Support)
	b = putFlag(b, `,"isLocal":`, o.IsLocal)
	b = putTime(b, `,"updatedAt":`, o.UpdatedAt)
	if o.OwnerAccount != nil {
		b = o.OwnerAccount.append(append(b, `,"ownerAccount":`...))
	}
	if o.SharingEnabled != nil {
		b = putFlag(b, `,"sharingEnabled":`, *o.SharingEnabled)
	}
	return append(b, '}')
}

func (o *videoDetailsJSON) append(b []byte) []byte {
	b = o.videoBase.append(b)
	b = o.Account.append(append(b, `,"account":`...))
	b = o.Channel.append(append(b, `,"channel":`...))
	b = putFlag(b, `,"blacklisted":`, o.Blacklisted)
	b = putTextOr(b, `,"blacklistedReason":`, o.BlacklistedReason)
	b = ja.List(append(b, `,"streamingPlaylists":`...), o.StreamingPlaylists, appendVideoPlaylist)
	b = ja.List(append(b, `,"files":`...), o.Files, appendVideoFile)
	b = putTextOr(b, `,"support":`, o.Support)
	b = putText(b, `,"descriptionPath":`, o.DescriptionPath)
	b = ja.Strings(append(b, `,"tags":`...), o.Tags)
	b = putFlag(b, `,"commentsEnabled":`, o.CommentsEnabled)
	b = putIntLabel(b, `,"commentsPolicy":`, &o.CommentsPolicy)
	b = putFlag(b, `,"downloadEnabled":`, o.DownloadEnabled)
	b = putFlag(b, `,"sharingEnabled":`, o.SharingEnabled)
	b = putFlag(b, `,"waitTranscoding":`, o.WaitTranscoding)
	b = putTime(b, `,"inputFileUpdatedAt":`, o.InputFileUpdatedAt)
	b = putIntLabel(b, `,"state":`, &o.State)
	if s := o.ScheduledUpdate; s != nil {
		b = putTime(b, `,"scheduledUpdate":{"updateAt":`, s.UpdateAt)
		if s.Privacy != 0 {
			b = putNumber(b, `,"privacy":`, s.Privacy)
		}
		b = append(b, '}')
	}
	b = ja.Strings(append(b, `,"trackerUrls":`...), o.TrackerURLs)
	b = putIntLabel(b, `,"embedPrivacyPolicy":`, &o.EmbedPrivacyPolicy)
	b = o.UserHistory.append(b)
	return append(b, '}')
}

func appendVideoPlaylist(b []byte, o *videoPlaylistJSON) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putNumber(b, `,"type":`, o.Type)
	b = putText(b, `,"playlistUrl":`, o.PlaylistURL)
	b = putTextOr(b, `,"segmentsSha256Url":`, o.SegmentsSha256URL)
	b = ja.List(append(b, `,"redundancies":`...), o.Redundancies, appendMirror)
	return append(ja.List(append(b, `,"files":`...), o.Files, appendVideoFile), '}')
}

func appendMirror(b []byte, o *mirrorJSON) []byte {
	return append(putText(b, `{"baseUrl":`, o.BaseURL), '}')
}

func appendVideoFile(b []byte, o *videoFileJSON) []byte {
	b = putNumber(b, `{"id":`, o.ID)
	b = putIntLabel(b, `,"resolution":`, &o.Resolution)
	b = putNumberOr(b, `,"width":`, o.Width)
	b = putNumberOr(b, `,"height":`, o.Height)
	b = putTextOr(b, `,"magnetUri":`, o.MagnetURI)
	b = putNumber(b, `,"size":`, o.Size)
	b = putNumber(b, `,"fps":`, o.FPS)
	b = putTextOr(b, `,"torrentUrl":`, o.TorrentURL)
	b = putTextOr(b, `,"torrentDownloadUrl":`, o.TorrentDownloadURL)
	b = putText(b, `,"fileUrl":`, o.FileURL)
	b = putText(b, `,"fileDownloadUrl":`, o.FileDownloadURL)
	if o.MetadataURL != "" {
		b = putText(b, `,"metadataUrl":`, o.MetadataURL)
	}
	if o.PlaylistURL != "" {
		b = putText(b, `,"playlistUrl":`, o.PlaylistURL)
	}
	b = putFlag(b, `,"hasAudio":`, o.HasAudio)
	b = putFlag(b, `,"hasVideo":`, o.HasVideo)
	return append(putNumberOr(b, `,"storage":`, o.Storage), '}')
}
