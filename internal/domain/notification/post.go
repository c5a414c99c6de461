package notification

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
)

// Letters wait for a moment, so that what comes together is told together, and
// after one the next comes no sooner than mailQuiet later: a storm of comments
// is four letters an hour.
const (
	mailWait  = 20 * time.Second
	mailQuiet = 15 * time.Minute
	// mailMost is how much one letter tells of at most.
	mailMost = 50
	// mailBatch is how many people are written to in one go of Post.
	mailBatch = 200
)

// Post queues a letter for everybody with notifications that wait to be
// mailed. It is done again and again; taking and queueing is one transaction
// for each person, so that it may be cut off anywhere.
func (s *Service) Post(ctx context.Context) error {
	for {
		now := s.Now()
		ids, err := s.Store.DueMail(ctx, now.Add(-mailWait), now.Add(-mailQuiet), mailBatch)
		if err != nil {
			return err
		}
		for _, id := range ids {
			err := s.InTx(ctx, func(ctx context.Context) error {
				list, err := s.Store.TakeMail(ctx, id, now, mailMost)
				if err != nil || len(list) == 0 {
					return err
				}
				return s.Queue.Mail(ctx, id, list)
			})
			if err != nil {
				return err
			}
		}
		if len(ids) < mailBatch {
			return nil
		}
	}
}

// Letter is what one mail tells.
type Letter struct {
	User *user.User
	// List is what it tells of, oldest first, one at least.
	List []*Notification
	// Videos are the new ones of List, to be shown with their picture. Those
	// that are sensitive are not among them: a letter asks nobody first.
	Videos map[video.ID]*video.Video
	// Unsubscribe is the absolute address that stops letters of the kinds it
	// tells of: a page to confirm it, and by POST at once (RFC 8058).
	Unsubscribe string
}

// Letter returns what is still to be told of notifications by mail, or nil
// when nothing is: what was read on the site meanwhile, cannot be seen any
// more, or is not wanted any more, is left out.
func (s *Service) Letter(ctx context.Context, id user.ID, ids []ID) (*Letter, error) {
	u, err := s.Users.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if u.Blocked || !u.Reachable() {
		return nil, nil //nolint:nilnil // there is nothing to say
	}
	list, err := s.ByIDs(ctx, u, ids)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(n *Notification) bool {
		_, mail := u.Wants(n.Type.Setting())
		return n.Read || !n.Available() || !mail
	})
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to say
	}
	slices.Reverse(list)
	var settings []string
	for _, n := range list {
		if k := n.Type.Setting(); !slices.Contains(settings, k) {
			settings = append(settings, k)
		}
	}
	videos, err := s.newVideos(ctx, list)
	if err != nil {
		return nil, err
	}
	return &Letter{User: u, List: list, Videos: videos, Unsubscribe: s.Site.URL(s.unsubscribePath(u.ID, settings))}, nil
}

// newVideos reads the videos that a letter shows.
func (s *Service) newVideos(ctx context.Context, list []*Notification) (map[video.ID]*video.Video, error) {
	var ids []video.ID
	for _, n := range list {
		if n.Type == NewVideo {
			ids = append(ids, n.Video.ID)
		}
	}
	found, err := s.Store.VideosOf(ctx, ids)
	maps.DeleteFunc(found, func(_ video.ID, v *video.Video) bool { return v.NSFW })
	return found, err
}

// UnsubscribePath is the path of the page that stops letters.
const UnsubscribePath = "/unsubscribe"

func (s *Service) unsubscribePath(id user.ID, settings []string) string {
	kinds := strings.Join(settings, ",")
	q := url.Values{"user": {strconv.FormatInt(int64(id), 10)}, "kinds": {kinds}, "signature": {s.sign(id, kinds)}}
	return UnsubscribePath + "?" + q.Encode()
}

func (s *Service) sign(id user.ID, kinds string) string {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte("unsubscribe\x00" + strconv.FormatInt(int64(id), 10) + "\x00" + kinds))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Unsubscription reads what a link of a letter stops. Links that were not made
// here are errs.Forbidden.
func (s *Service) Unsubscription(q url.Values) (id user.ID, settings []string, err error) {
	n, _ := strconv.ParseInt(q.Get("user"), 10, 64)
	kinds := q.Get("kinds")
	if !hmac.Equal([]byte(q.Get("signature")), []byte(s.sign(user.ID(n), kinds))) {
		return 0, nil, errs.New(errs.Forbidden, "This link is not complete")
	}
	return user.ID(n), strings.Split(kinds, ","), nil
}
