package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	found "sepiola/internal/domain/search"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/server/auth"
	"sepiola/internal/server/rest"
	"sepiola/internal/server/web/search"
	"sepiola/internal/server/web/ui"
)

// ElsewhereService is the part of search.Elsewhere that pages need.
type ElsewhereService interface {
	Index() found.IndexSettings
	FindVideos(ctx context.Context, w video.Viewer, p found.Params) (found.Page[found.IndexedVideo], error)
	FindChannels(ctx context.Context, w video.Viewer, p found.Params, f found.ChannelFilter) (found.Page[found.IndexedChannel], error)
	FindPlaylists(ctx context.Context, w video.Viewer, p found.Params, f found.PlaylistFilter) (found.Page[found.IndexedPlaylist], error)
}

// mountIndex serves the addresses that results of an index lead to, PeerTube's.
func (s *Pages) mountIndex(r *rest.Router) {
	r.Get("/search/lazy-load-video", s.page(s.fetched(func(ctx context.Context, w video.Viewer, p found.Params) (string, error) {
		page, err := s.Finding.FindVideos(ctx, w, p)
		if err != nil || len(page.List) == 0 {
			return "", err
		}
		return ui.WatchURL(page.List[0]), nil
	})))
	r.Get("/search/lazy-load-channel", s.page(s.fetched(func(ctx context.Context, w video.Viewer, p found.Params) (string, error) {
		page, err := s.Finding.FindChannels(ctx, w, p, found.ChannelFilter{})
		if err != nil || len(page.List) == 0 {
			return "", err
		}
		return ui.ChannelURL(page.List[0]), nil
	})))
	r.Get("/search/lazy-load-playlist", s.page(s.fetched(func(ctx context.Context, w video.Viewer, p found.Params) (string, error) {
		page, err := s.Finding.FindPlaylists(ctx, w, p, found.PlaylistFilter{})
		if err != nil || len(page.List) == 0 {
			return "", err
		}
		return "/w/p/" + video.ShortUUID(page.List[0].UUID), nil
	})))
}

// fetched leads to what an address of another site names, which this site asks
// for if who asks may have it asked.
func (s *Pages) fetched(find func(ctx context.Context, w video.Viewer, p found.Params) (string, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		address := r.URL.Query().Get("url")
		if !found.Address(address) {
			return notFound()
		}
		to, err := find(r.Context(), auth.User(r.Context()), found.Params{Text: address, Count: 1})
		if err != nil {
			return err
		}
		if to == "" {
			return notFound()
		}
		http.Redirect(w, r, to, http.StatusFound)
		return nil
	}
}

// resultsOf asks this site, or the index where one is to be asked. Where that
// does not answer, this site's results are shown, and it is said.
func (s *Pages) resultsOf(w http.ResponseWriter, r *http.Request, q url.Values, p found.Params, view *search.View) error {
	var set found.IndexSettings
	if s.Elsewhere != nil {
		set = s.Elsewhere.Index()
	}
	if set.URL == "" {
		return s.results(r, q, p, view)
	}
	view.Name, view.Only = indexName(set.URL), set.Only
	target, ok := set.Target(q.Get("searchTarget"))
	local := !ok || target == found.Here
	if view.Kind == search.Transcripts && q.Get("searchTarget") == "" {
		local = true // which an index does not know
	}
	if view.Kind == search.Channels && found.Handled(p.Text) || found.Address(p.Text) || p.Text == "" || local && !set.Only {
		return s.results(r, q, p, view)
	}
	if view.Kind == search.Transcripts {
		view.Kind = search.Videos
	}
	view.Asked = true
	err := s.indexResults(r, q, p, view)
	if errs.Is(err, errs.Unavailable) {
		s.Log.WarnContext(r.Context(), "the search index does not answer", "err", err)
		view.Silent = true
		if set.Only {
			return nil
		}
		view.Asked = false
		return s.results(r, q, p, view)
	}
	allowPictures(w.Header(), view.Pictures())
	view.Videos = view.Own()
	return err
}

// indexName is what an index is called: its host.
func indexName(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

func (s *Pages) indexResults(r *http.Request, q url.Values, p found.Params, view *search.View) error {
	ctx, viewer := r.Context(), auth.User(r.Context())
	may := s.Settings()
	view.Away = viewer != nil && !may.FetchUsers || viewer == nil && !may.FetchAnonymous
	host, _ := s.hostOfFilter(q)
	switch view.Kind {
	case search.Channels:
		page, err := s.Elsewhere.FindChannels(ctx, viewer, p, found.ChannelFilter{Host: host})
		view.IndexedChannels, view.Total = page.List, page.Total
		return err
	case search.Playlists:
		page, err := s.Elsewhere.FindPlaylists(ctx, viewer, p, found.PlaylistFilter{Host: host})
		view.IndexedPlaylists, view.Total = page.List, page.Total
		return err
	}
	p.Filter, p.Sort = s.searchFilter(q), searchSort(q)
	s.wanted(r, &p.Filter)
	page, err := s.Elsewhere.FindVideos(ctx, viewer, p)
	view.IndexedVideos, view.Total, view.Sort = page.List, page.Total, p.Sort
	return err
}

// maxPictures is how many other sites the pictures of one page may be of.
const maxPictures = 100

// allowPictures lets a page load pictures from where they are.
func allowPictures(h http.Header, addresses []string) {
	var origins []string
	seen := map[string]bool{}
	for _, a := range addresses {
		if o := originOf(a); o != "" && !seen[o] && len(seen) < maxPictures {
			seen[o] = true
			origins = append(origins, o)
		}
	}
	if len(origins) == 0 {
		return
	}
	policies := h.Values("Content-Security-Policy")
	for i, policy := range policies {
		policies[i] = strings.Replace(policy, "img-src 'self'", "img-src 'self' "+strings.Join(origins, " "), 1)
	}
}
