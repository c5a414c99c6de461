package video

// OpenFile is a file of a video that whoever knows its name may fetch, whatever
// the video's privacy: browsers and PeerTube's clients ask for pictures and
// captions without a login. The name is random, so that only those know it who
// saw the video; when a video is hidden from them the file gets another name.
type OpenFile struct {
	Kind OpenKind
	Name string
}

// OpenKind says what an OpenFile is.
type OpenKind string

// The kinds.
const (
	OpenThumbnail  OpenKind = "thumbnail"
	OpenStoryboard OpenKind = "storyboard"
	OpenCaption    OpenKind = "caption"
)
