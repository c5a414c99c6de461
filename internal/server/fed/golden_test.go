package fed_test

import (
	"fmt"
	"testing"
)

// What others get, to the letter: testdata/golden was compared with recorded
// answers of PeerTube when it was written.
func TestDocumentsAreServedAsTheyAlwaysWere(t *testing.T) {
	each(t, func(_ *testing.T, s *site) {
		for name, path := range map[string]string{
			"application": "/accounts/peertube", "person": "/accounts/person1", "group": "/video-channels/person1_channel",
			"outbox": "/accounts/person1/outbox", "outbox-page": "/accounts/person1/outbox?page=2", "channel-outbox-page": "/video-channels/person1_channel/outbox?page=1",
			"followers": "/video-channels/person1_channel/followers", "followers-page": "/video-channels/person1_channel/followers?page=2",
			"following": "/accounts/person1/following", "playlists-page": "/accounts/person1/playlists?page=1",
			"video": s.url(film), "video-unlisted": s.url(unlisted), "video-elsewhere": "/videos/watch/7", "video-private": s.url(private), "video-unknown": "/videos/watch/100",
			"chapters": s.url(film) + "/chapters", "player": s.url(film) + "/player-settings", "player-channel": channelURL + "/player-settings",
			"player-unknown": "/video-channels/nobody/player-settings", "player-private": s.url(private) + "/player-settings", "create": s.url(plain) + "/activity",
			"likes": s.url(film) + "/likes", "likes-page": s.url(film) + "/likes?page=1", "dislikes": s.url(film) + "/dislikes",
			"announces-page": s.url(film) + "/announces?page=1", "announce": s.url(film) + "/announces/2",
			"comments": s.url(film) + "/comments", "comments-page": s.url(film) + "/comments?page=1",
			"comment": s.note.URL, "comment-reply": s.answer.URL, "comment-deleted": s.gone.URL, "comment-held": s.held.URL, "comment-create": s.note.URL + "/activity",
			"dislike":  accountURL + "/dislikes/8",
			"playlist": s.list.URL, "playlist-page": s.list.URL + "?page=1", "element": fmt.Sprintf("%s/videos/%d", s.list.URL, s.elements[film]),
			"unknown-account": "/accounts/nobody",
			"webfinger":       "/.well-known/webfinger?resource=acct:person1_channel@" + host, "webfinger-unknown": "/.well-known/webfinger?resource=acct:nope@" + host,
			"webfinger-bad": "/.well-known/webfinger?resource=bad", "webfinger-other": "/.well-known/webfinger?resource=acct:person1@far.test",
			"host-meta": "/.well-known/host-meta", "nodeinfo": "/.well-known/nodeinfo", "nodeinfo-2.0": "/nodeinfo/2.0.json", "nodeinfo-2.1": "/nodeinfo/2.1.json",
			"nodeinfo-9": "/nodeinfo/9.0.json",
		} {
			s.golden(name, s.get(path))
		}
	})
}

// A site may have had another name: what it published then keeps its ids.
func TestIDsAreKeptNotMade(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		const old = "https://old.example/videos/watch/1"
		s.exec(`UPDATE videos SET url = $1 WHERE id = $2`, old, plain)
		s.exec(`UPDATE actors SET url = 'https://old.example/accounts/person1', inbox_url = 'https://old.example/accounts/person1/inbox' WHERE id = 1`)
		d := s.object(fmt.Sprintf("/w/%d", plain))
		owner, _ := d["attributedTo"].([]any)[0].(map[string]any)
		if d["id"] != old || d["likes"] != old+"/likes" || owner["id"] != "https://old.example/accounts/person1" {
			t.Errorf("a video: %v %v of %v", d["id"], d["likes"], owner)
		}
		d = s.object("/accounts/person1")
		key, _ := d["publicKey"].(map[string]any)
		if d["id"] != "https://old.example/accounts/person1" || d["inbox"] != "https://old.example/accounts/person1/inbox" || key["owner"] != d["id"] {
			t.Errorf("an account: %v", d)
		}
	})
}
