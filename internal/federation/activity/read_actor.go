package activity

import (
	"cmp"
	"regexp"
	"strings"

	"sepiola/internal/domain/actor"
	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
)

// Picture is an image that a document names.
type Picture struct {
	URL, MediaType string
	Width, Height  int // 0 unknown
}

// Actor is somebody of another site. The embedded fields are set but for ids,
// counts and images; Host is that of the id, and Type is Person for bots and
// organisations too.
type Actor struct {
	actor.Actor
	DisplayName, Description, Support string
	// KeyID is publicKey.id as it was given.
	KeyID                string
	PlaylistsURL, WebURL string
	// PlayerSettingsURL is of a Group, "" when it names none.
	PlayerSettingsURL string
	// OwnerURL is the account of a Group, "" when it names none.
	OwnerURL string
	// AvatarPictures and BannerPictures are largest first where sizes are
	// known.
	AvatarPictures, BannerPictures []Picture
	// Former is true of a Tombstone: only URL is set then.
	Former bool
}

// Bounds of texts of others, in characters.
const (
	maxSupport     = 1000
	maxKey         = 5000
	maxKeys        = 10
	maxPictures    = 10
	maxDescription = 10_000
)

var remoteName = regexp.MustCompile(`^[A-Za-z0-9\-_.:]{1,100}$`)

// ReadActor reads an actor. It must have a valid id with an inbox, a name and
// a key that are its own; a Group of a site like this has an owner.
func ReadActor(d Doc) (*Actor, error) {
	a := &Actor{Actor: actor.Actor{URL: d.ID(), Host: Host(d.ID())}}
	if a.URL == "" {
		return nil, errs.New(errs.Invalid, "an actor without a valid id")
	}
	switch d.Type() {
	case "Person", "Service", "Organization":
		a.Type = actor.Person
	case "Group":
		a.Type = actor.Group
	case "Application":
		a.Type = actor.Application
	case "Tombstone":
		a.Former = true
		return a, nil
	default:
		return nil, errs.New(errs.Invalid, "%s is no actor but %q", a.URL, cut(d.Type(), 50))
	}
	a.Username = d.Text("preferredUsername")
	if !remoteName.MatchString(a.Username) {
		return nil, errs.New(errs.Invalid, "the actor %s has no valid name", a.URL)
	}
	if err := a.readKey(d); err != nil {
		return nil, err
	}
	a.readURLs(d)
	if a.InboxURL == "" {
		return nil, errs.New(errs.Invalid, "the actor %s has no inbox of its own site", a.URL)
	}
	a.readTexts(d)
	return a, nil
}

// readKey takes the first key that is the actor's own and can be used; servers
// that change to other algorithms list several. Where none can be used, of those
// that look like one the first counts: whoever verifies says what is wrong.
func (a *Actor) readKey(d Doc) error {
	var why error
	for i, key := range d.Docs("publicKey") {
		if i == maxKeys {
			break
		}
		id, text := key.ID(), key.Text("publicKeyPem")
		if err := a.checkKey(id, key.Text("owner"), text); err != nil {
			why = cmp.Or(why, err)
			continue
		}
		if id == "" {
			id = a.URL + "#main-key"
		}
		_, err := httpsig.ParsePublicKey(text)
		if err == nil || a.PublicKey == "" {
			a.KeyID, a.PublicKey = id, text
		}
		if err == nil {
			break
		}
	}
	if a.PublicKey != "" {
		return nil
	}
	return cmp.Or(why, a.noKey())
}

func (a *Actor) noKey() error {
	return errs.New(errs.Invalid, "the actor %s has no public key", a.URL)
}

// checkKey says why a key cannot be that of the actor.
func (a *Actor) checkKey(id, owner, text string) error {
	switch {
	case owner != "" && owner != a.URL:
		return errs.New(errs.Invalid, "the key of %s is of another", a.URL)
	case !strings.Contains(text, "PUBLIC KEY-----") || len(text) > maxKey:
		return a.noKey()
	case id != "" && !SameHost(a.URL, id):
		return errs.New(errs.Invalid, "the key of %s is of another host", a.URL)
	}
	return nil
}

func (a *Actor) readURLs(d Doc) {
	own := func(key string) string { return onHost(a.URL, d.Ref(key)) }
	a.InboxURL, a.OutboxURL = own("inbox"), own("outbox")
	a.FollowersURL, a.FollowingURL, a.PlaylistsURL = own("followers"), own("following"), own("playlists")
	if e := d.Object("endpoints"); e != nil {
		a.SharedInboxURL = onHost(a.URL, e.Ref("sharedInbox"))
	}
	a.WebURL = webURL(d)
	if a.Type == actor.Group {
		a.OwnerURL = onHost(a.URL, d.Ref("attributedTo"))
		a.PlayerSettingsURL = own("playerSettings")
	}
	a.AvatarPictures, a.BannerPictures = pictures(d, "icon"), pictures(d, "image")
}

func (a *Actor) readTexts(d Doc) {
	a.DisplayName = line(d.Text("name"), actor.MaxDisplayName)
	if a.DisplayName == "" {
		a.DisplayName = a.Username
	}
	a.Description = d.markdownOf("summary", actor.MaxText)
	a.Support = d.markdownOf("support", maxSupport)
	a.CreatedAt, a.UpdatedAt = d.Time("published"), d.Time("updated")
}

// webURL is the first page for people among the URLs.
func webURL(d Doc) string {
	for _, v := range items(d["url"]) {
		switch v := v.(type) {
		case string:
			if ValidURL(v) {
				return v
			}
		case map[string]any:
			if kind := Doc(v).Text("mediaType"); kind == "" || kind == "text/html" {
				if href := Doc(v).Text("href"); ValidURL(href) && !Doc(v).Has("rel") {
					return href
				}
			}
		}
	}
	return ""
}

// pictures are the images of a key, largest first.
func pictures(d Doc, key string) []Picture {
	var list []Picture
	for _, v := range items(d[key]) {
		p := Picture{}
		switch v := v.(type) {
		case string:
			p.URL = v
		case map[string]any:
			i := Doc(v)
			p = Picture{URL: i.Ref("url"), MediaType: cut(i.Text("mediaType"), 100), Width: size(i, "width"), Height: size(i, "height")}
			if p.URL == "" {
				p.URL = i.Ref("href")
			}
		}
		if !ValidURL(p.URL) || p.MediaType != "" && !strings.HasPrefix(p.MediaType, "image/") {
			continue
		}
		if list = append(list, p); len(list) == maxPictures {
			break
		}
	}
	sortPictures(list)
	return list
}

// size is a number of pixels, 0 when it is none.
func size(d Doc, key string) int {
	if n := d.Int(key); n > 0 && n <= 100_000 {
		return int(n)
	}
	return 0
}
