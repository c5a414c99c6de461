package search

import (
	"context"
	"slices"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/playlist"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// The targets of a search.
const (
	Here      = "local"
	ThatIndex = "search-index"
)

// IndexSettings is how the site searches through an index of many sites.
type IndexSettings struct {
	// URL of the index; "" searches through none.
	URL string
	// First is where a search begins that says nothing else, Only offers pages
	// no other.
	First, Only bool
}

// Target is where a search goes that asks for one, or for none (""). ok is
// false for what there is not.
func (i IndexSettings) Target(asked string) (target string, ok bool) {
	switch {
	case asked == "" && i.URL != "" && i.First:
		return ThatIndex, true
	case asked == "" || asked == Here:
		return Here, true
	}
	return asked, asked == ThatIndex && i.URL != ""
}

// IndexedVideo is a video of another site as an index knows it, and without
// ID; or, with it, the one that this site has.
type IndexedVideo struct {
	*video.Video
	// Picture and Embed are addresses on its site, "" when they are not known;
	// Avatar is the channel's.
	Picture, Embed, Avatar string
}

// IndexedChannel is a channel, as IndexedVideo.
type IndexedChannel struct {
	*actor.Channel
	Avatar string
}

// IndexedPlaylist is a playlist, as IndexedVideo.
type IndexedPlaylist struct {
	*playlist.Playlist
	Picture string
}

// Asked is what an index is asked.
type Asked struct {
	Params
	// Handles are of channels, with their hosts.
	Handles []string
	// BlockedHosts and BlockedAccounts (name@host) are to be left out.
	BlockedHosts, BlockedAccounts []string
}

// Outside asks an index, whose address is url. What it returns is checked in
// itself: each thing is of the site that its address is on.
type Outside interface {
	Videos(ctx context.Context, url string, a Asked) (list []IndexedVideo, total int, err error)
	Channels(ctx context.Context, url string, a Asked) (list []IndexedChannel, total int, err error)
	Playlists(ctx context.Context, url string, a Asked) (list []IndexedPlaylist, total int, err error)
}

// Mutes lists whom the site or somebody does not want to hear of.
type Mutes interface {
	MutedAccounts(ctx context.Context, p user.BlockList) ([]user.AccountBlock, int, error)
	MutedServers(ctx context.Context, p user.BlockList) ([]user.ServerBlock, int, error)
}

// maxMutes is how many mutes of one an index is told.
const maxMutes = 2000

// Elsewhere searches through an index of many sites. Of what it finds, this
// site shows what it has itself as it has it, and nothing that is blocked or
// muted here.
type Elsewhere struct {
	Outside   Outside
	Store     Store
	Videos    Videos
	Channels  Channels
	Playlists Playlists
	Mutes     Mutes
	Settings  func() IndexSettings
	// NSFWPolicy is the site's.
	NSFWPolicy func() string
	Site       instance.Site
}

// Address reports whether a text is an address, which is looked up here and not
// asked of an index.
func Address(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// Handled reports whether a text is the handle of a channel, name@host, which
// is looked up here too.
func Handled(text string) bool {
	name, host, ok := strings.Cut(strings.TrimPrefix(text, "@"), "@")
	return ok && name != "" && host != "" && !strings.ContainsAny(text, " ") && !strings.Contains(host, "@")
}

// Index returns how the site searches through one.
func (s *Elsewhere) Index() IndexSettings { return s.Settings() }

// FindVideos searches videos.
func (s *Elsewhere) FindVideos(ctx context.Context, w video.Viewer, p Params) (Page[IndexedVideo], error) {
	none := Page[IndexedVideo]{List: []IndexedVideo{}}
	a, muted, err := s.asked(ctx, w, p)
	if err != nil {
		return none, err
	}
	s.sensitive(w, &a.Filter)
	found, total, err := s.Outside.Videos(ctx, s.Settings().URL, a)
	if err != nil {
		return none, unusable(err, "video")
	}
	have, err := s.videosHere(ctx, w, found)
	if err != nil {
		return none, err
	}
	list := make([]IndexedVideo, 0, len(found))
	for _, v := range found {
		if ours := have[v.URL]; ours != nil {
			v = IndexedVideo{Video: ours}
		} else if muted.has(&v.Channel.Owner.Actor) || muted.has(&v.Channel.Actor) {
			continue
		} else if lost, err := s.lost(ctx, v.URL, v.Channel.Host); err != nil || lost {
			if err != nil {
				return none, err
			}
			continue
		}
		if unwanted(v.Video, &a.Filter) {
			continue
		}
		list = append(list, v)
	}
	return Page[IndexedVideo]{List: list, Total: total}, nil
}

// unwanted reports whether a filter hides a video for being sensitive.
func unwanted(v *video.Video, f *video.Filter) bool {
	hidden := f.NSFW != nil && !*f.NSFW && v.NSFWFlags&f.NSFWFlagsIncluded == 0
	return v.NSFW && (hidden || v.NSFWFlags&f.NSFWFlagsExcluded != 0)
}

// videosHere are those that the site shows by their addresses.
func (s *Elsewhere) videosHere(ctx context.Context, w video.Viewer, found []IndexedVideo) (map[string]*video.Video, error) {
	have := make(map[string]*video.Video)
	if len(found) == 0 {
		return have, nil
	}
	p := video.ListParams{Filter: video.Filter{AnyNSFW: true, Anywhere: true}, Count: len(found), SkipCount: true, Sort: "-publishedAt"}
	for _, v := range found {
		p.UUIDs = append(p.UUIDs, v.UUID)
	}
	list, _, err := s.Videos.List(ctx, w, p)
	for _, v := range list {
		have[v.URL] = v
	}
	return have, err
}

// lost reports whether a video that the site does not list is of here, or is
// known here and hidden. Who may not watch it here only because the site does
// not follow where it comes from is led there.
func (s *Elsewhere) lost(ctx context.Context, url, host string) (bool, error) {
	if s.ours(host) {
		return true, nil
	}
	return s.Store.FollowedURL(ctx, url)
}

// FindChannels searches channels.
func (s *Elsewhere) FindChannels(ctx context.Context, w video.Viewer, p Params, f ChannelFilter) (Page[IndexedChannel], error) {
	none := Page[IndexedChannel]{List: []IndexedChannel{}}
	p.Filter = video.Filter{Host: s.hostOf(f.Host, f.Local)}
	p.Text = strings.TrimPrefix(p.Text, "@")
	a, muted, err := s.asked(ctx, w, p)
	if err != nil {
		return none, err
	}
	for _, h := range f.Handles {
		a.Handles = append(a.Handles, h.Name+"@"+s.hostOf(h.Host, h.Host == ""))
	}
	found, total, err := s.Outside.Channels(ctx, s.Settings().URL, a)
	if err != nil {
		return none, unusable(err, "video channels")
	}
	list := make([]IndexedChannel, 0, len(found))
	for _, c := range found {
		if muted.has(&c.Owner.Actor) || muted.has(&c.Actor) {
			continue
		}
		host := c.Host
		if s.ours(host) {
			host = ""
		}
		ours, err := s.Channels.ChannelByName(ctx, c.Username, host)
		switch {
		case err == nil && ours.URL == c.URL:
			c = IndexedChannel{Channel: ours}
		case err != nil && !errs.Is(err, errs.NotFound):
			return none, err
		case host == "":
			continue
		}
		list = append(list, c)
	}
	return Page[IndexedChannel]{List: list, Total: total}, nil
}

// FindPlaylists searches playlists.
func (s *Elsewhere) FindPlaylists(ctx context.Context, w video.Viewer, p Params, f PlaylistFilter) (Page[IndexedPlaylist], error) {
	none := Page[IndexedPlaylist]{List: []IndexedPlaylist{}}
	p.Filter = video.Filter{Host: s.hostOf(f.Host, f.Local), UUIDs: f.UUIDs}
	a, muted, err := s.asked(ctx, w, p)
	if err != nil {
		return none, err
	}
	found, total, err := s.Outside.Playlists(ctx, s.Settings().URL, a)
	if err != nil {
		return none, unusable(err, "video playlists")
	}
	have, err := s.playlistsHere(ctx, w, found)
	if err != nil {
		return none, err
	}
	list := make([]IndexedPlaylist, 0, len(found))
	for _, l := range found {
		if ours := have[l.URL]; ours != nil {
			l = IndexedPlaylist{Playlist: ours}
		} else if s.ours(l.Owner.Host) || muted.has(&l.Owner.Actor) || l.Channel != nil && muted.has(&l.Channel.Actor) {
			continue
		}
		list = append(list, l)
	}
	return Page[IndexedPlaylist]{List: list, Total: total}, nil
}

func (s *Elsewhere) playlistsHere(ctx context.Context, w video.Viewer, found []IndexedPlaylist) (map[string]*playlist.Playlist, error) {
	have := make(map[string]*playlist.Playlist)
	if len(found) == 0 {
		return have, nil
	}
	f := PlaylistFilter{Muted: true}
	if w != nil {
		f.MutedBy = w.AccountID
	}
	for _, l := range found {
		f.UUIDs = append(f.UUIDs, l.UUID)
	}
	hits, err := s.Store.Playlists(ctx, Expr{}, f, "", len(found))
	if err != nil {
		return nil, err
	}
	ids := make([]playlist.ID, len(hits))
	for i, h := range hits {
		ids[i] = playlist.ID(h.ID)
	}
	byID, err := s.Playlists.ByIDs(ctx, ids)
	for _, l := range byID {
		have[l.URL] = l
	}
	return have, err
}

func (s *Elsewhere) ours(host string) bool { return strings.EqualFold(host, s.Site.Host) }

// hostOf names the host that is asked for to somebody else.
func (s *Elsewhere) hostOf(host string, local bool) string {
	if local {
		return s.Site.Host
	}
	return host
}

// sensitive says whether sensitive videos are asked for: as who asks says, as
// that person's settings say, or as the site's.
func (s *Elsewhere) sensitive(w video.Viewer, f *video.Filter) {
	if f.IsLocal != nil && *f.IsLocal {
		f.Host = s.Site.Host
	}
	if w != nil {
		f.Prefer(w.Preferences)
	}
	if f.NSFW == nil && !f.AnyNSFW {
		f.Prefer(user.Preferences{NSFWPolicy: s.NSFWPolicy()})
	}
}

// mutedNames are the hosts and accounts (name@host) that are muted.
type mutedNames map[string]bool

func (m mutedNames) has(a *actor.Actor) bool {
	return m[strings.ToLower(a.Host)] || m[strings.ToLower(a.Username+"@"+a.Host)]
}

// asked adds who is left out: whom the site has muted the index is told, whom
// somebody has is seen when its answer is there, as it is nobody else's business.
func (s *Elsewhere) asked(ctx context.Context, w video.Viewer, p Params) (Asked, mutedNames, error) {
	a, muted := Asked{Params: p}, make(mutedNames)
	by := []actor.AccountID{user.SiteBlocks}
	if w != nil {
		by = append(by, w.AccountID)
	}
	for _, id := range by {
		list := user.BlockList{By: id, Count: maxMutes}
		hosts, _, err := s.Mutes.MutedServers(ctx, list)
		if err != nil {
			return a, nil, err
		}
		for _, b := range hosts {
			if id == user.SiteBlocks {
				a.BlockedHosts = append(a.BlockedHosts, b.Host)
			}
			muted[strings.ToLower(b.Host)] = true
		}
		accounts, _, err := s.Mutes.MutedAccounts(ctx, list)
		if err != nil {
			return a, nil, err
		}
		for _, b := range accounts {
			if b.Target == nil {
				continue
			}
			handle := b.Target.FullHandle(s.Site.Host)
			if id == user.SiteBlocks {
				a.BlockedAccounts = append(a.BlockedAccounts, handle)
			}
			muted[strings.ToLower(handle)] = true
		}
	}
	for _, list := range []*[]string{&a.BlockedHosts, &a.BlockedAccounts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return a, muted, nil
}

// unusable says in PeerTube's words that an index does not answer as it should.
func unusable(err error, what string) error {
	return errs.Wrap(errs.Unavailable, err, "Cannot use search index to make %s search", what)
}
