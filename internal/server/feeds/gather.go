package feeds

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/rest"
)

// owner is whose videos a feed is of; nil fields for the whole site.
type owner struct {
	account *actor.Account
	channel *actor.Channel
}

// ownerOf reads accountId, accountName, videoChannelId and videoChannelName.
func (s *Server) ownerOf(r *http.Request, q *rest.Query) (o owner, err error) {
	ctx := r.Context()
	const most = 1<<53 - 1
	accountID, channelID := q.Int("accountId", 0, 1, most), q.Int("videoChannelId", 0, 1, most)
	if err := q.Err(); err != nil {
		return o, err
	}
	switch account, channel := q.String("accountName"), q.String("videoChannelName"); {
	case channelID != 0:
		o.channel, err = s.Actors.Channel(ctx, actor.ChannelID(channelID))
	case channel != "":
		name, host := actor.ParseHandle(channel, s.Site.Host)
		o.channel, err = s.Actors.ChannelByName(ctx, name, host)
	case accountID != 0:
		o.account, err = s.Actors.Account(ctx, actor.AccountID(accountID))
	case account != "":
		name, host := actor.ParseHandle(account, s.Site.Host)
		o.account, err = s.Actors.AccountByName(ctx, name, host)
	}
	return o, err
}

// head is a feed without items.
func (s *Server) head(o owner) *Feed {
	site := s.Settings()
	switch {
	case o.channel != nil:
		return &Feed{
			Title: o.channel.DisplayName, Link: s.Site.URL("/c/" + o.channel.Handle()),
			Description: s.Markdown.Plain(o.channel.Description, maxSummary),
		}
	case o.account != nil:
		return &Feed{
			Title: o.account.DisplayName, Link: s.Site.URL("/a/" + o.account.Handle()),
			Description: s.Markdown.Plain(o.account.Description, maxSummary),
		}
	}
	return &Feed{Title: site.Name, Link: s.Site.URL(""), Description: site.Description}
}

// sorts are the orders that a feed may be asked for, the default first.
var sorts = []string{
	"-originallyPublishedAt", "publishedAt", "name", "duration", "createdAt", "views", "likes", "comments", "trending", "hot", "best",
}

// Bounds of what is asked for: each value becomes an argument of SQL.
const (
	maxOneOf  = 50
	maxSearch = 200
)

// params reads which videos are asked for: PeerTube's common filters of videos.
// What only moderators may ask for is refused by Public.
func (s *Server) params(q *rest.Query) (video.ListParams, error) {
	p := video.ListParams{Sort: video.Sort(q.Page(sorts...).Sort), Count: s.Settings().Videos}
	f := &p.Filter
	f.Categories, f.Licences, f.Languages = q.Ints("categoryOneOf"), q.Ints("licenceOneOf"), q.Strings("languageOneOf")
	f.TagsOneOf, f.TagsAllOf = q.Strings("tagsOneOf"), q.Strings("tagsAllOf")
	f.IsLocal, f.IsLive = q.Bool("isLocal"), q.Bool("isLive")
	f.HasHLS, f.HasWebVideos = q.Bool("hasHLSFiles"), q.Bool("hasWebVideoFiles")
	f.NSFWFlagsIncluded, f.NSFWFlagsExcluded = q.Int("nsfwFlagsIncluded", 0, 0, 1<<20), q.Int("nsfwFlagsExcluded", 0, 0, 1<<20)
	for _, n := range q.Ints("privacyOneOf") {
		f.Privacies = append(f.Privacies, video.Privacy(n))
	}
	for _, n := range q.Ints("stateOneOf") {
		f.States = append(f.States, video.State(n))
	}
	f.AutoTags, f.Include = q.Strings("autoTagOneOf"), video.Include(q.Int("include", 0, 0, 255))
	if watched := q.Bool("excludeAlreadyWatched"); watched != nil {
		f.ExcludeWatched = *watched
	}
	f.Search, f.Host = q.String("search"), q.String("host")
	switch {
	case len(f.Search) > maxSearch:
		q.Reject("search", "Is too long")
	case strings.EqualFold(f.Host, s.Site.Host):
		local := true
		f.Host, f.IsLocal = "", &local
	case f.Host != "" && !actor.ValidHost(f.Host):
		q.Reject("host", "")
	}
	if q.String("nsfw") == "both" {
		f.AnyNSFW = true
	} else {
		f.NSFW = q.Bool("nsfw")
	}
	if max(len(f.Categories), len(f.Licences), len(f.Languages), len(f.TagsOneOf), len(f.TagsAllOf)) > maxOneOf {
		return p, errs.New(errs.Invalid, "Has too many values")
	}
	return p, q.Err()
}

// videos is the feed of the site's videos, or of an account or a channel.
func (s *Server) videos(r *http.Request, q *rest.Query) (*Feed, error) {
	o, err := s.ownerOf(r, q)
	if err != nil {
		return nil, err
	}
	p, err := s.params(q)
	if err != nil {
		return nil, err
	}
	if o.channel != nil {
		p.Channel = o.channel.ChannelID
	} else if o.account != nil {
		p.Account = o.account.AccountID
	}
	p.Include |= video.WithFiles | video.WithTags
	list, err := s.Videos.Public(r.Context(), p)
	if err != nil {
		return nil, err
	}
	feed := s.head(o)
	s.fill(feed, list)
	return feed, nil
}

// subscriptions is the feed of what somebody subscribed to. Its address holds
// a token instead of a login, and so must not tell what a login would.
func (s *Server) subscriptions(r *http.Request, q *rest.Query) (*Feed, error) {
	if s.Subscriptions == nil {
		return nil, errs.New(errs.NotSupported, "There are no subscriptions on this site")
	}
	const most = 1<<53 - 1
	id := q.Int("accountId", 0, 1, most)
	token := q.String("token")
	if id == 0 {
		q.Reject("accountId", "")
	}
	if token == "" {
		q.Reject("token", "Should have a token")
	}
	p, err := s.params(q)
	if err != nil {
		return nil, err
	}
	if !q.Has("sort") {
		p.Sort = "-publishedAt"
	}
	u, err := s.Subscriptions.ByFeedToken(r.Context(), actor.AccountID(id), token)
	if err != nil {
		return nil, err
	}
	// Whoever has the address reads it, so only what everybody may see.
	p.SubscribedBy, p.Include = u.AccountID, p.Include|video.WithFiles|video.WithTags
	list, err := s.Videos.Public(r.Context(), p)
	if err != nil {
		return nil, err
	}
	account, err := s.Actors.Account(r.Context(), u.AccountID)
	if err != nil {
		return nil, err
	}
	feed := s.head(owner{account: account})
	feed.Title = "Subscriptions of " + account.DisplayName
	s.fill(feed, list)
	return feed, nil
}

// maxSummary is the length of plain descriptions in characters.
const maxSummary = 250

func (s *Server) fill(feed *Feed, list []*video.Video) {
	for _, v := range list {
		feed.add(s.item(v))
	}
}

func (s *Server) watchURL(v *video.Video) string { return s.Site.URL("/w/" + video.ShortUUID(v.UUID)) }

func (s *Server) item(v *video.Video) Item {
	it := Item{
		Title: v.Name, URL: s.watchURL(v), HTML: s.Markdown.Text(v.Description), Summary: s.Markdown.Plain(v.Description, maxSummary),
		Author: v.Channel.DisplayName, AuthorURL: s.Site.URL("/c/" + v.Channel.Handle() + "/videos"),
		Published: v.PublishedAt, Updated: latest(v.PublishedAt, v.UpdatedAt), Tags: v.Tags, Video: v, EmbedURL: s.Site.URL("/videos/embed/" + v.UUID),
	}
	if v.OriginallyPublishedAt != nil {
		it.Published = *v.OriginallyPublishedAt
	}
	if v.Category != 0 {
		it.Category = video.CategoryLabel(v.Category)
	}
	for i := range v.Thumbnails {
		if t := &v.Thumbnails[i]; t.AspectRatio == "16:9" && (it.Thumbnail == nil || t.Width <= wideThumbnail) {
			it.Thumbnail = t
		}
	}
	return it
}

// wideThumbnail is the width of the pictures in feeds, in pixels.
const wideThumbnail = 1280

// comments is the feed of the newest comments.
func (s *Server) comments(r *http.Request, q *rest.Query) (*Feed, error) {
	if s.Comments == nil {
		return nil, errs.New(errs.NotSupported, "There are no comments on this site")
	}
	o, err := s.ownerOf(r, q)
	if err != nil {
		return nil, err
	}
	feed := s.head(o)
	var scope CommentScope
	if o.channel != nil {
		scope.Channel = o.channel.ChannelID
	} else if o.account != nil {
		scope.Account = o.account.AccountID
	}
	if id := q.String("videoId"); id != "" {
		if o != (owner{}) {
			return nil, errs.New(errs.Invalid, "videoId cannot be mixed with a channel filter")
		}
		ref, err := video.ParseRef(id)
		if err != nil {
			return nil, err
		}
		v, err := s.Videos.See(r.Context(), video.As(nil), ref)
		if err != nil {
			return nil, err
		}
		scope.Video = v.ID
		feed.Title, feed.Link, feed.Description = v.Name, s.Site.URL("/videos/watch/"+v.UUID), s.Markdown.Plain(v.Description, maxSummary)
	}
	list, err := s.Comments.Newest(r.Context(), scope, s.Settings().Comments)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		feed.add(s.commentItem(c))
	}
	return feed, nil
}

func (s *Server) commentItem(c *comment.Comment) Item {
	it := Item{
		ID: c.URL, URL: s.watchURL(c.Video) + ";threadId=" + strconv.FormatInt(int64(cmp.Or(c.ThreadID, c.ID)), 10),
		HTML: s.Markdown.CommentText(c.Text, c.Remote), Published: c.CreatedAt, Updated: latest(c.CreatedAt, c.UpdatedAt),
	}
	name := ""
	if c.Account != nil {
		name, it.AuthorURL = c.Account.DisplayName, c.Account.URL
	}
	it.Author, it.Title = name, c.Video.Name+" - "+name
	return it
}
