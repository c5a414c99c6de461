package web

import (
	"context"
	"net/url"
	"strings"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// maxAddress bounds what is read as an address of a video, in bytes.
const maxAddress = 2000

// videoNamed reads what somebody calls a video that this site knows: its UUID,
// long or short, or the address of its page, here or where it comes from.
// Nothing is fetched. What cannot be one is errs.Invalid, what is not known
// errs.NotFound.
func (s *Pages) videoNamed(ctx context.Context, by *user.User, text string) (video.Ref, error) {
	text = strings.TrimSpace(text)
	wrong := errs.New(errs.Invalid, "this is no address of a video").Because("mirror_address")
	if len(text) > maxAddress {
		return video.Ref{}, wrong
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		ref, err := video.ParseRef(text)
		if err != nil {
			return ref, wrong
		}
		return ref, nil
	}
	ref, ok := video.ParsePage(u.Path)
	switch {
	case !ok:
		return ref, wrong
	case strings.EqualFold(u.Host, s.Site.Host):
		return ref, nil
	case ref.UUID == "": // others' numbers say nothing here
		return ref, wrong
	}
	// Any site can have an address with this UUID in it.
	origin, err := s.originOfVideo(ctx, by, ref)
	if err == nil && !strings.EqualFold(u.Host, origin) {
		err = errs.New(errs.NotFound, "the video is not of %s", u.Host)
	}
	return ref, err
}

// originOfVideo is the host that a video comes from, watched here or not.
func (s *Pages) originOfVideo(ctx context.Context, by *user.User, ref video.Ref) (string, error) {
	v, err := s.Videos.Watch(ctx, video.As(by), ref)
	if e := errs.As(err); e != nil && e.Code == video.CodeNotFollowed {
		return hostOf(e.OriginURL), nil
	}
	if err != nil {
		return "", err
	}
	return hostOf(v.URL), nil
}
