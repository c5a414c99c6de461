package api

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
	"sepiola/internal/server/rest"
)

// videoBase are the fields that summaries and details of a video share.
type videoBase struct {
	ID                    video.ID               `json:"id"`
	UUID                  string                 `json:"uuid"`
	ShortUUID             string                 `json:"shortUUID"`
	URL                   string                 `json:"url"`
	Name                  string                 `json:"name"`
	Category              rest.Labelled[*int]    `json:"category"`
	Licence               rest.Labelled[*int]    `json:"licence"`
	Language              rest.Labelled[*string] `json:"language"`
	Privacy               rest.Labelled[int]     `json:"privacy"`
	NSFW                  bool                   `json:"nsfw"`
	NSFWFlags             int                    `json:"nsfwFlags"`
	NSFWSummary           *string                `json:"nsfwSummary"`
	TruncatedDescription  *string                `json:"truncatedDescription"`
	Description           *string                `json:"description"`
	IsLocal               bool                   `json:"isLocal"`
	Duration              int                    `json:"duration"`
	AspectRatio           *float64               `json:"aspectRatio"`
	Views                 int64                  `json:"views"`
	Viewers               int64                  `json:"viewers"`
	Downloads             int64                  `json:"downloads"`
	Likes                 int64                  `json:"likes"`
	Dislikes              int64                  `json:"dislikes"`
	Comments              int64                  `json:"comments"`
	ThumbnailPath         *string                `json:"thumbnailPath"`
	PreviewPath           *string                `json:"previewPath"`
	Thumbnails            []videoThumbnailJSON   `json:"thumbnails"`
	EmbedPath             string                 `json:"embedPath"`
	CreatedAt             isoTime                `json:"createdAt"`
	UpdatedAt             isoTime                `json:"updatedAt"`
	PublishedAt           isoTime                `json:"publishedAt"`
	OriginallyPublishedAt isoTime                `json:"originallyPublishedAt"`
	IsLive                bool                   `json:"isLive"`
}

// videoThumbnailJSON is PeerTube's Thumbnail.
type videoThumbnailJSON struct {
	Height      int    `json:"height"`
	Width       int    `json:"width"`
	AspectRatio string `json:"aspectRatio"`
	FileURL     string `json:"fileUrl"`
}

// videoJSON is PeerTube's Video.
type videoJSON struct {
	videoBase
	Account           actorSummaryJSON      `json:"account"`
	Channel           actorSummaryJSON      `json:"channel"`
	State             *rest.Labelled[int]   `json:"state,omitempty"`
	WaitTranscoding   *bool                 `json:"waitTranscoding,omitempty"`
	ScheduledUpdate   *scheduledUpdateJSON  `json:"scheduledUpdate,omitempty"`
	*videoBlockedJSON                       // with Blacklisted
	*videoMutedJSON                         // with BlockedOwner
	*videoSourceJSON                        // with WithSource
	StreamingPlaylist *[]videoPlaylistJSON  `json:"streamingPlaylists,omitempty"`
	Files             *[]videoFileJSON      `json:"files,omitempty"`
	AutomaticTags     *[]string             `json:"automaticTags,omitempty"`
	Tags              *[]string             `json:"tags,omitempty"`
	Transcoding       *[]videoTranscodeJSON `json:"transcoding,omitempty"` // ours: my videos only
	UserHistory       *userHistoryJSON      `json:"userHistory,omitempty"`
}

// userHistoryJSON says where the person who asks is in a video.
type userHistoryJSON struct {
	CurrentTime int `json:"currentTime"`
}

func presentUserHistory(v *video.Video) *userHistoryJSON {
	if v.WatchedTo == nil {
		return nil
	}
	return &userHistoryJSON{*v.WatchedTo}
}

// videoBlockedJSON says whether moderators blocked a video.
type videoBlockedJSON struct {
	Blacklisted       bool    `json:"blacklisted"`
	BlacklistedReason *string `json:"blacklistedReason"`
}

// videoMutedJSON says whether the site, or who asks, has muted a video's owner
// or the site that it is of.
type videoMutedJSON struct {
	BlockedOwner  bool `json:"blockedOwner"`
	BlockedServer bool `json:"blockedServer"`
}

// videoSourceJSON is null for videos of which nobody knows what was uploaded.
type videoSourceJSON struct {
	VideoSource *sourceJSON `json:"videoSource"`
}

// scheduledUpdateJSON is PeerTube's VideoScheduleUpdate.
type scheduledUpdateJSON struct {
	UpdateAt isoTime `json:"updateAt"`
	Privacy  int     `json:"privacy,omitempty"`
}

// videoTranscodeJSON is how far one file of a video is, for its creator.
type videoTranscodeJSON struct {
	Kind        video.TranscodeKind  `json:"kind"`
	Resolution  rest.Labelled[int]   `json:"resolution"`
	State       video.TranscodeState `json:"state"`
	Required    bool                 `json:"required"`
	Progress    float64              `json:"progress"`    // percent
	SecondsLeft *int                 `json:"secondsLeft"` // null unknown
	Error       *string              `json:"error"`
}

// videoDetailsJSON is PeerTube's VideoDetails.
type videoDetailsJSON struct {
	videoBase
	Account accountJSON `json:"account"`
	Channel channelJSON `json:"channel"`
	videoBlockedJSON
	StreamingPlaylists []videoPlaylistJSON  `json:"streamingPlaylists"`
	Files              []videoFileJSON      `json:"files"`
	Support            *string              `json:"support"`
	DescriptionPath    string               `json:"descriptionPath"`
	Tags               []string             `json:"tags"`
	CommentsEnabled    bool                 `json:"commentsEnabled"`
	CommentsPolicy     rest.Labelled[int]   `json:"commentsPolicy"`
	DownloadEnabled    bool                 `json:"downloadEnabled"`
	SharingEnabled     bool                 `json:"sharingEnabled"` // ours: viewers may pass its pieces to each other
	WaitTranscoding    bool                 `json:"waitTranscoding"`
	InputFileUpdatedAt isoTime              `json:"inputFileUpdatedAt"`
	State              rest.Labelled[int]   `json:"state"`
	ScheduledUpdate    *scheduledUpdateJSON `json:"scheduledUpdate,omitempty"`
	TrackerURLs        []string             `json:"trackerUrls"`
	EmbedPrivacyPolicy rest.Labelled[int]   `json:"embedPrivacyPolicy"`
	UserHistory        *userHistoryJSON     `json:"userHistory,omitempty"`
}

// videoPlaylistJSON is PeerTube's VideoStreamingPlaylist.
type videoPlaylistJSON struct {
	ID                video.PlaylistID `json:"id"`
	Type              int              `json:"type"`
	PlaylistURL       string           `json:"playlistUrl"`
	SegmentsSha256URL *string          `json:"segmentsSha256Url"`
	Redundancies      []mirrorJSON     `json:"redundancies"`
	Files             []videoFileJSON  `json:"files"`
}

// mirrorJSON is one of PeerTube's VideoStreamingPlaylist.redundancies.
type mirrorJSON struct {
	BaseURL string `json:"baseUrl"`
}

// videoFileJSON is PeerTube's VideoFile.
type videoFileJSON struct {
	ID                 video.FileID       `json:"id"`
	Resolution         rest.Labelled[int] `json:"resolution"`
	Width              *int               `json:"width"`
	Height             *int               `json:"height"`
	MagnetURI          *string            `json:"magnetUri"`
	Size               int64              `json:"size"`
	FPS                int                `json:"fps"`
	TorrentURL         *string            `json:"torrentUrl"`
	TorrentDownloadURL *string            `json:"torrentDownloadUrl"`
	FileURL            string             `json:"fileUrl"`
	FileDownloadURL    string             `json:"fileDownloadUrl"`
	MetadataURL        string             `json:"metadataUrl,omitempty"`
	PlaylistURL        string             `json:"playlistUrl,omitempty"` // of HLS files
	HasAudio           bool               `json:"hasAudio"`
	HasVideo           bool               `json:"hasVideo"`
	Storage            *int               `json:"storage"`
}

// hlsPlaylistType is PeerTube's VideoStreamingPlaylistType.HLS.
const hlsPlaylistType = 1

// presentVideo presents v as PeerTube's Video, with the attributes that
// include asks for. Channel, Owner and Thumbnails must be loaded.
func presentVideo(site instance.Site, v *video.Video, include video.Include) videoJSON {
	out := videoJSON{
		videoBase: presentVideoBase(site, v),
		Account:   presentAccountSummary(site, v.Channel.Owner),
		Channel:   presentChannelSummary(site, v.Channel),

		UserHistory: presentUserHistory(v),
	}
	out.Description = out.TruncatedDescription
	if include&video.NotPublishedState != 0 {
		out.State = &rest.Labelled[int]{ID: int(v.State), Label: v.State.Label()}
		out.WaitTranscoding = &v.WaitTranscoding
		out.ScheduledUpdate = presentSchedule(v.Schedule)
	}
	if include&video.Blacklisted != 0 {
		out.videoBlockedJSON = &videoBlockedJSON{}
	}
	if include&video.BlockedOwner != 0 {
		out.videoMutedJSON = new(videoMutedJSON)
		if v.Extra != nil {
			*out.videoMutedJSON = videoMutedJSON{v.Extra.OwnerMuted, v.Extra.HostMuted}
		}
	}
	if include&video.WithSource != 0 {
		out.videoSourceJSON = new(videoSourceJSON)
		if v.Extra != nil && v.Extra.Source != nil {
			src := presentSource(site, v.Extra.Source)
			out.VideoSource = &src
		}
	}
	if include&video.WithAutomaticTags != 0 {
		out.AutomaticTags = &[]string{} // no video has any
	}
	if include&video.WithFiles != 0 {
		playlists, files := presentVideoFiles(site, v)
		out.StreamingPlaylist, out.Files = &playlists, &files
	}
	if include&video.WithTags != 0 {
		tags := append([]string{}, v.Tags...)
		out.Tags = &tags
	}
	return out
}

// presentVideoDetails presents v as PeerTube's VideoDetails. All relations
// must be loaded.
func presentVideoDetails(site instance.Site, v *video.Video) videoDetailsJSON {
	playlists, files := presentVideoFiles(site, v)
	return videoDetailsJSON{
		videoBase:          presentVideoBase(site, v),
		Account:            presentAccount(site, v.Channel.Owner),
		Channel:            presentChannel(site, v.Channel),
		StreamingPlaylists: playlists,
		Files:              files,
		Support:            nullable(v.Support),
		DescriptionPath:    "/api/v1/videos/" + v.UUID + "/description",
		Tags:               append([]string{}, v.Tags...),
		CommentsEnabled:    v.CommentsPolicy != video.CommentsDisabled,
		CommentsPolicy:     rest.Labelled[int]{ID: int(v.CommentsPolicy), Label: v.CommentsPolicy.Label()},
		DownloadEnabled:    v.DownloadEnabled,
		SharingEnabled:     !v.P2PDisabled,
		WaitTranscoding:    v.WaitTranscoding,
		InputFileUpdatedAt: isoTimeOf(v.InputFileUpdatedAt),
		State:              rest.Labelled[int]{ID: int(v.State), Label: v.State.Label()},
		ScheduledUpdate:    presentSchedule(v.Schedule),
		TrackerURLs:        v.Trackers(site),
		EmbedPrivacyPolicy: rest.Labelled[int]{ID: v.EmbedPrivacyPolicy, Label: embedPolicyLabel(v.EmbedPrivacyPolicy)},
		UserHistory:        presentUserHistory(v),
	}
}

func presentVideoBase(site instance.Site, v *video.Video) videoBase {
	out := videoBase{
		ID: v.ID, UUID: v.UUID, ShortUUID: video.ShortUUID(v.UUID), URL: v.URL, Name: v.Name,
		Category:    rest.Labelled[*int]{ID: nullableID(v.Category), Label: video.CategoryLabel(v.Category)},
		Licence:     rest.Labelled[*int]{ID: nullableID(v.Licence), Label: video.LicenceLabel(v.Licence)},
		Language:    rest.Labelled[*string]{ID: nullable(v.Language), Label: video.LanguageLabel(v.Language)},
		Privacy:     rest.Labelled[int]{ID: int(v.Privacy), Label: v.Privacy.Label()},
		NSFW:        v.NSFW,
		NSFWFlags:   v.NSFWFlags,
		NSFWSummary: nullable(v.NSFWSummary),
		Description: nullable(v.Description), TruncatedDescription: nullable(truncateDescription(v.Description)),
		IsLocal: !v.Remote, Duration: v.Duration,
		Views: v.Views, Viewers: v.Viewers, Downloads: v.Downloads, Likes: v.Likes, Dislikes: v.Dislikes, Comments: v.Comments,
		Thumbnails: make([]videoThumbnailJSON, len(v.Thumbnails)),
		EmbedPath:  "/videos/embed/" + v.UUID,
		CreatedAt:  isoTime(v.CreatedAt), UpdatedAt: isoTime(v.UpdatedAt), PublishedAt: isoTime(v.PublishedAt),
		OriginallyPublishedAt: isoTimeOf(v.OriginallyPublishedAt),
		IsLive:                v.IsLive,
	}
	if v.AspectRatio > 0 {
		out.AspectRatio = &v.AspectRatio
	}
	presentThumbnails(site, v, &out)
	return out
}

// presentThumbnails fills the paths too: the smallest and the largest of the
// wide pictures.
func presentThumbnails(site instance.Site, v *video.Video, out *videoBase) {
	var smallest, largest *video.Thumbnail
	for i := range v.Thumbnails {
		t := &v.Thumbnails[i]
		out.Thumbnails[i] = videoThumbnailJSON{Height: t.Height, Width: t.Width, AspectRatio: t.AspectRatio, FileURL: site.URL(thumbnailPath(t))}
		if t.AspectRatio != "16:9" {
			continue
		}
		if smallest == nil || t.Width < smallest.Width {
			smallest = t
		}
		if largest == nil || t.Width > largest.Width {
			largest = t
		}
	}
	if smallest != nil {
		small, large := thumbnailPath(smallest), "/lazy-static/previews/"+largest.Filename
		out.ThumbnailPath, out.PreviewPath = &small, &large
	}
}

func thumbnailPath(t *video.Thumbnail) string { return "/lazy-static/thumbnails/" + t.Filename }

func presentSchedule(u *video.ScheduleUpdate) *scheduledUpdateJSON {
	if u == nil {
		return nil
	}
	return &scheduledUpdateJSON{UpdateAt: isoTime(u.UpdateAt), Privacy: int(u.Privacy)}
}

func presentTranscodes(list []video.Transcode) *[]videoTranscodeJSON {
	out := make([]videoTranscodeJSON, len(list))
	for i, t := range list {
		out[i] = videoTranscodeJSON{
			Kind: t.Kind, State: t.State, Required: t.Required, Progress: t.Progress, Error: nullable(t.Error),
			Resolution: rest.Labelled[int]{ID: t.Resolution, Label: resolutionLabel(t.Resolution, t.FPS)},
		}
		if t.SecondsLeft >= 0 {
			out[i].SecondsLeft = &t.SecondsLeft
		}
	}
	return &out
}

func embedPolicyLabel(p int) string {
	switch p {
	case 2:
		return "Only on specific websites"
	case 3:
		return "Remote restrictions"
	}
	return "Everywhere"
}

func nullableID(id int) *int {
	if id == 0 {
		return nil
	}
	return &id
}

// maxTruncated is the length of a truncated description in UTF-16 units, with
// its dots.
const maxTruncated = 250

// truncateDescription shortens a description as PeerTube does in lists.
func truncateDescription(s string) string {
	if len(s) <= maxTruncated { // a unit takes at least one byte
		return s
	}
	units, cut := 0, -1
	for i, r := range s {
		n := utf16.RuneLen(r)
		if cut < 0 && units+n > maxTruncated-len("...") {
			cut = i
		}
		if units += n; units > maxTruncated {
			return s[:cut] + "..."
		}
	}
	return s
}

// presentVideoFiles presents the HLS playlist, of which there is one at most,
// and the progressive files.
func presentVideoFiles(site instance.Site, v *video.Video) ([]videoPlaylistJSON, []videoFileJSON) {
	playlists, web, hls := []videoPlaylistJSON{}, []videoFileJSON{}, []videoFileJSON{}
	magnets := v.Magnets(site)
	for i := range v.Files {
		if f := presentFile(site, v, &v.Files[i], magnets); v.Files[i].PlaylistID != 0 {
			hls = append(hls, f)
		} else {
			web = append(web, f)
		}
	}
	if v.Playlist != nil {
		playlists = append(playlists, presentPlaylist(site, v, hls))
	}
	return playlists, web
}

func presentPlaylist(site instance.Site, v *video.Video, files []videoFileJSON) videoPlaylistJSON {
	p := v.Playlist
	out := videoPlaylistJSON{
		ID: p.ID, Type: hlsPlaylistType, Redundancies: mirrorsOf(v), Files: files,
		PlaylistURL: p.PlaylistURL, SegmentsSha256URL: nullable(p.SegmentsURL),
	}
	if !v.Remote {
		out.PlaylistURL = site.URL(hlsDirectory(v) + p.PlaylistFilename)
		if p.SegmentsFilename != "" {
			sha := site.URL(hlsDirectory(v) + p.SegmentsFilename)
			out.SegmentsSha256URL = &sha
		}
	}
	return out
}

// mirrorsOf are the mirrors of a video's files, which only what everybody may
// fetch has.
func mirrorsOf(v *video.Video) []mirrorJSON {
	list := []mirrorJSON{}
	if !v.Privacy.PrivateFiles() {
		for _, base := range v.Playlist.Mirrors {
			list = append(list, mirrorJSON{base})
		}
	}
	return list
}

func hlsDirectory(v *video.Video) string {
	if v.Privacy.PrivateFiles() {
		return "/static/streaming-playlists/hls/private/" + v.UUID + "/"
	}
	return "/static/streaming-playlists/hls/" + v.UUID + "/"
}

func webVideoDirectory(v *video.Video) string {
	if v.Privacy.PrivateFiles() {
		return "/static/web-videos/private/"
	}
	return "/static/web-videos/"
}

// presentFile presents f as PeerTube's VideoFile; magnets are those of its video.
func presentFile(site instance.Site, v *video.Video, f *video.File, magnets video.Magnets) videoFileJSON {
	out := videoFileJSON{
		ID: f.ID, Size: f.Size, FPS: f.FPS, HasAudio: f.HasAudio, HasVideo: f.HasVideo,
		Resolution: rest.Labelled[int]{ID: f.Resolution, Label: resolutionLabel(f.Resolution, f.FPS)},
		Width:      nullableID(f.Width), Height: nullableID(f.Height),
		FileURL: f.FileURL, FileDownloadURL: f.FileURL, TorrentURL: nullable(f.TorrentURL), TorrentDownloadURL: nullable(f.TorrentURL),
	}
	if !v.Remote {
		presentLocalFile(site, v, f, &out)
	}
	if out.TorrentURL != nil {
		out.MagnetURI = nullable(magnets.URI(f, *out.TorrentURL, out.FileURL))
	}
	return out
}

func presentLocalFile(site instance.Site, v *video.Video, f *video.File, out *videoFileJSON) {
	out.Storage = &f.Storage
	out.MetadataURL = site.URL("/api/v1/videos/" + v.UUID + "/metadata/" + strconv.FormatInt(int64(f.ID), 10))
	name := v.UUID + "-" + strconv.Itoa(f.Resolution)
	if f.PlaylistID != 0 {
		directory := hlsDirectory(v)
		out.FileURL = site.URL(directory + f.Filename)
		out.FileDownloadURL = site.URL("/download/streaming-playlists/hls/videos/" + name + "-fragmented" + f.Extname)
		out.PlaylistURL = site.URL(directory + strings.TrimSuffix(f.Filename, "-fragmented.mp4") + ".m3u8")
	} else {
		out.FileURL = site.URL(webVideoDirectory(v) + f.Filename)
		out.FileDownloadURL = site.URL("/download/web-videos/" + name + f.Extname)
	}
	if f.TorrentFilename != "" {
		torrent, download := site.URL("/lazy-static/torrents/"+f.TorrentFilename), site.URL("/download/torrents/"+f.TorrentFilename)
		out.TorrentURL, out.TorrentDownloadURL = &torrent, &download
	}
}

// resolutionLabel is PeerTube's name of a resolution.
func resolutionLabel(resolution, fps int) string {
	if resolution == 0 {
		return "Audio only"
	}
	label := strconv.Itoa(resolution) + "p"
	if fps >= 50 {
		label += strconv.Itoa(fps)
	}
	return label
}
