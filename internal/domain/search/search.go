// Package search finds videos, channels, playlists and what is said in videos,
// and says which videos belong beside each other.
//
// What is found lies in an index of documents (Doc), which the stores keep in
// the transactions that change the things themselves (Index). Its words are
// normalised here (Words), so that every database finds the same. A query
// (ParseQuery) becomes an expression: of each group of words one must be in
// the document. Groups hold the word that was typed, words that begin with it,
// and, when nothing is found, words like it from the vocabulary of titles,
// tags and names. The store returns what matches, newest first and bounded,
// and Service ranks it: the words in their order in the title before all of
// them in the title, before tags, names of channels and descriptions; among
// equals what is watched more comes first. Of what very many videos have, the
// index itself finds the best few (finding), and those are ranked.
//
// Who may see what is not decided by the index: it holds public and internal
// videos, and what is shown passes the same conditions as every list of
// videos (video.Service.Listed).
//
// Not here: SQL (storage/store), reading caption files (worker).
package search

import (
	"context"
	"strconv"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
)

// Kind is what a document is of. The numbers are part of what is stored.
type Kind int

// The kinds.
const (
	VideoKind    Kind = 1
	ChannelKind  Kind = 2
	PlaylistKind Kind = 3
	// CaptionKind has no documents of its own: captions are cut into cues.
	CaptionKind Kind = 4
)

// Doc is what the index knows of a thing. Videos that are neither public nor
// internal, and playlists that are not public, have none.
type Doc struct {
	Kind  Kind
	ID    int64
	Title string
	Tags  []string
	// Owner is the names of who it is of: channel, account, handles.
	Owner string
	// Text is a description, markdown and all.
	Text string
	// Popularity is the number of views.
	Popularity int64
	// Facets are words that nobody can type, by which the store filters.
	Facets []string
}

// Index keeps documents, in the transaction of ctx.
type Index interface {
	// Put adds a document or replaces it.
	Put(ctx context.Context, d Doc) error
	// Remove takes a document out; one that is not there is fine.
	Remove(ctx context.Context, kind Kind, id int64) error
}

// Band is the digits of a number of views: what is watched most is found by
// it when very much is found.
func Band(popularity int64) int {
	if popularity <= 0 {
		return 0
	}
	return len(strconv.FormatInt(popularity, 10))
}

// The highest band that there is, and the one from which on videos are looked
// for together.
const (
	MaxBand = 19
	TopBand = 6
)

// DocID is the number of a document in the index.
type DocID int64

// Expr is what a document must hold: of each group one word. Words are
// normalised. An expression without groups finds nothing.
type Expr struct {
	Groups [][]string
	// AnyButOne finds documents that lack one of the groups.
	AnyButOne bool
	// Rarest are the numbers of the groups, those first that the fewest
	// documents seem to have. It says what is looked at first, not what is
	// found; none is the order in which they are.
	Rarest []int
}

// Place is where a video has words.
type Place int

// The places, each of which has all of what those after it in this list have.
const (
	Anywhere Place = iota
	InNames        // title, tags and names of who it is of
	InTitle
	IsTitle // which has as many words as there are groups
)

// Matches are the videos that an expression finds.
type Matches interface {
	// First returns at most limit of their documents with all of the words at
	// a place, the newest first. With a band they are of it, with TopBand of
	// that or a higher one; -1 means any. more says that there are more.
	First(ctx context.Context, at Place, band, limit int) (docs []DocID, more bool, err error)
	// Without returns what has all groups but one, whether it has this one or
	// not.
	Without(group int) Matches
}

// Question is what somebody asks of videos, in one expression after the other.
// It remembers what was read for those before, and is for one to use at a time.
type Question interface {
	// Find returns what an expression finds, with all groups.
	Find(e Expr) Matches
}

// Hit is a document that matches, as much of it as ranking needs. The texts
// hold words with one space before and after each.
type Hit struct {
	ID                 int64
	Doc                DocID // of videos
	Title, Tags, Owner string
	Popularity         int64
}

// Word is one of the vocabulary, with how many documents have it.
type Word struct {
	ID   int64
	Text string
	Docs int64
}

// Cue is a passage of a caption. Second is when it begins; Service makes it
// that of the cue in it that was looked for.
type Cue struct {
	ID       int64
	VideoID  video.ID
	Language string
	Second   int
	Text     string
	Marks    []Mark
	Views    int64
	// Video is filled by Service.
	Video *video.Video
}

// Store reads the index.
type Store interface {
	// Ask begins a question about videos that pass f: what the index knows of f,
	// not the rest.
	Ask(f video.Filter) Question
	// VideoTexts returns what the index has of documents of videos, as it was
	// when they were last read into it: of the popularity the band.
	VideoTexts(ctx context.Context, docs []DocID) ([]Hit, error)
	// VideoHits returns the videos of documents that pass f, in an order of
	// video.Sorts, or without one newest first and with their words.
	VideoHits(ctx context.Context, docs []DocID, f video.Filter, sort string) ([]Hit, error)
	// Channels returns at most limit channels of e, or without groups of all,
	// in the order of sort (displayName, createdAt, with "-" before it for
	// descending; anything else is newest first).
	Channels(ctx context.Context, e Expr, f ChannelFilter, sort string, limit int) ([]Hit, error)
	// Playlists returns at most limit public playlists with videos of e, or
	// without groups of all, in the order of sort as Channels.
	Playlists(ctx context.Context, e Expr, f PlaylistFilter, sort string, limit int) ([]Hit, error)
	// Cues returns at most limit passages of videos that pass f, the latest
	// indexed first.
	Cues(ctx context.Context, e Expr, f video.Filter, limit int) ([]Cue, error)
	// Words returns the vocabulary after an id, in its order, at most limit.
	Words(ctx context.Context, after int64, limit int) ([]Word, error)
	// Tags returns at most limit tags of public videos that begin with a folded
	// text, short ones first.
	Tags(ctx context.Context, prefix string, limit int) ([]string, error)
	// LoadChannels returns channels with owners and images.
	LoadChannels(ctx context.Context, ids []actor.ChannelID) (map[actor.ChannelID]*actor.Channel, error)
	// VideoByURL returns the video that a URL is the id of.
	VideoByURL(ctx context.Context, url string) (video.ID, error)
	// FollowedURL reports whether a URL is the id of a video of this site, or of
	// one that comes from whom it follows.
	FollowedURL(ctx context.Context, url string) (bool, error)
}

// ChannelFilter says which channels are asked for.
type ChannelFilter struct {
	// Host is of the site they are of; Local means our own.
	Host  string
	Local bool
	// Handles are names with or without host; none means all.
	Handles []Handle
	// Muted leaves out channels of accounts and sites that the site, and
	// MutedBy when it is not 0, have muted.
	Muted   bool
	MutedBy actor.AccountID
}

// PlaylistFilter says which playlists are asked for.
type PlaylistFilter struct {
	Host  string
	Local bool
	UUIDs []string
	// As in ChannelFilter.
	Muted   bool
	MutedBy actor.AccountID
}

// Handle is the name of a channel; Host is "" for our own.
type Handle struct{ Name, Host string }

// Videos is the part of video.Service that search needs.
type Videos interface {
	Listed(w video.Viewer, p *video.ListParams) error
	List(ctx context.Context, w video.Viewer, p video.ListParams) ([]*video.Video, int, error)
	See(ctx context.Context, a video.Access, ref video.Ref) (*video.Video, error)
}

// Channels is the part of actor.Store that search needs.
type Channels interface {
	ChannelByName(ctx context.Context, name, host string) (*actor.Channel, error)
	ChannelsOf(ctx context.Context, id actor.AccountID) ([]*actor.Channel, error)
}

// Playlists reads playlists by their ids. Missing ones are left out.
type Playlists interface {
	ByIDs(ctx context.Context, ids []playlist.ID) (map[playlist.ID]*playlist.Playlist, error)
}

// Watched says which of some videos somebody has watched to their end.
type Watched func(ctx context.Context, u user.ID, ids []video.ID) (map[video.ID]bool, error)
