package video

import "context"

// Public returns videos that everybody may see, for readers that nobody is
// logged in to: feeds, the map of the site, embedded lists. Unlike List it may
// be asked for what belongs to the videos (Include of files, captions, tags).
func (s *Service) Public(ctx context.Context, p ListParams) ([]*Video, error) {
	include := p.Include & (WithFiles | WithCaptions | WithTags)
	p.Include &^= include
	if err := s.Listed(nil, &p); err != nil {
		return nil, err
	}
	p.Include, p.SkipCount = include, true
	list, _, err := s.Store.List(ctx, p)
	return list, err
}
