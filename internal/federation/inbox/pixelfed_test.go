package inbox_test

import (
	"slices"
	"strings"
	"testing"

	"sepiola/internal/federation/activity"
)

// pixelfed is a comment as Pixelfed writes it: terms of its own, one tag that is
// no list, an empty list of attachments, a place that is null, and no signature
// in the document.
func pixelfed(url, by, to, text string, attachment ...any) obj {
	if attachment == nil {
		attachment = []any{}
	}
	o := note(url, by, to, "")
	o["content"] = `<a href="` + owner + `" class="u-url mention">@person1</a> ` + text
	delete(o, "mediaType")
	for k, v := range (obj{
		"summary": nil, "url": url, "cc": []any{by + "/followers", owner}, "sensitive": false, "attachment": attachment, "location": nil, "commentsEnabled": true,
		"tag":          obj{"type": "Mention", "href": owner, "name": "@person1@bench.example"},
		"capabilities": obj{"announce": activity.Public, "like": activity.Public, "reply": activity.Public},
	}) {
		o[k] = v
	}
	if to == "" {
		o["inReplyTo"] = nil
	}
	return o
}

// theirs makes an activity as these programs do, with a context that defines terms.
func theirs(kind, id, by string, object any) obj {
	d := act(kind, id, by, object)
	d["@context"] = []any{
		"https://w3id.org/security/v1", "https://www.w3.org/ns/activitystreams",
		obj{"Hashtag": "as:Hashtag", "sensitive": "as:sensitive", "pixelfed": "http://pixelfed.org/ns#", "commentsEnabled": obj{"@id": "pixelfed:commentsEnabled", "@type": "schema:Boolean"}},
	}
	d["to"], d["cc"] = []any{activity.Public}, []any{by + "/followers"}
	return d
}

// What people say and like with Pixelfed and Loops stands under a video as that
// of others does. What they publish there, pictures and clips that are notes
// with something attached, is no comment and no video, and is left alone.
func TestPixelfedAndLoopsAreUnderstood(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.know(alice, bob)
		const comment, clip = "https://far.test/p/alice/1", "https://far.test/ap/users/2/video/7"
		tombstone := obj{"type": "Tombstone", "id": comment}
		video := obj{"type": "Video", "mediaType": "video/mp4", "url": "https://cdn.far.test/7.mp4", "name": nil, "duration": "PT12S"}
		like := theirs("Like", alice+"#likes/1", alice, mine())
		for _, tt := range []struct {
			name            string
			what            obj
			comments, likes int
			told            []string
		}{
			{
				"a comment of Pixelfed", theirs("Create", comment+"/activity", alice, pixelfed(comment, alice, mine(), "Nice")), 1, 0,
				[]string{"approve " + comment, "forward bare Create " + comment + "/activity of 1 but to far.test"},
			},
			{"a like of Pixelfed", like, 1, 1, []string{"changed 1"}},
			{"its end", theirs("Undo", alice+"#likes/1/undo", alice, like), 1, 0, []string{"changed 1"}},
			{"a share", theirs("Announce", alice+"/p/2/activity", alice, mine()), 1, 0, nil},
			{
				"a picture", theirs("Create", "https://far.test/p/alice/3/activity", alice,
					pixelfed("https://far.test/p/alice/3", alice, "", "Cat", obj{"type": "Image", "mediaType": "image/jpeg", "url": "https://cdn.far.test/3.jpg", "blurhash": "U00"})), 1, 0, nil,
			},
			{"a story", theirs("Add", "https://far.test/stories/4/activity", alice, obj{"type": "Story", "id": "https://far.test/stories/4"}), 1, 0, nil},
			{"a clip of Loops", theirs("Create", clip+"/activity", bob, pixelfed(clip, bob, "", "Look", video)), 1, 0, nil},
			{"a comment of Loops", theirs("Create", clip+"/comment/1/activity", bob, pixelfed(clip+"/comment/1", bob, comment, "So true")), 2, 0, []string{
				"approve " + clip + "/comment/1", "forward bare Create " + clip + "/comment/1/activity of 1 but to far.test",
			}},
			{"an answer with a clip", theirs("Create", clip+"/comment/2/activity", bob, pixelfed(clip+"/comment/2", bob, mine(), "Mine", video)), 3, 0, []string{
				"approve " + clip + "/comment/2", "forward bare Create " + clip + "/comment/2/activity of 1 but to far.test",
			}},
			{"a like of Loops", theirs("Like", "https://far.test/ap/users/2#likes/5", bob, mine()), 3, 1, []string{"changed 1"}},
			{"a comment that is deleted", theirs("Delete", comment+"#delete", alice, tombstone), 2, 1, []string{"forward bare Delete " + comment + "#delete of 1 but to far.test"}},
		} {
			w.send(tt.what)
			w.drain()
			comments, likes := w.number(`SELECT COUNT(*) FROM comments WHERE deleted_at IS NULL`), w.number(`SELECT likes FROM videos WHERE id = 1`)
			if comments != tt.comments || likes != tt.likes {
				t.Errorf("%s: %d comments and %d likes, want %d and %d", tt.name, comments, likes, tt.comments, tt.likes)
			}
			if told := w.outcome(); !slices.Equal(told, tt.told) {
				t.Errorf("%s: told %q, want %q", tt.name, told, tt.told)
			}
		}
		if n := w.number(`SELECT COUNT(*) FROM videos WHERE remote`); n != 0 || w.left() != 0 {
			t.Errorf("%d videos came of it, %d activities are left", n, w.left())
		}
		c, err := w.processor.Said.ByURL(t.Context(), clip+"/comment/2")
		if err != nil || !strings.Contains(c.Text, "Mine") || strings.Contains(c.Text, "7.mp4") {
			t.Errorf("an answer with a clip: %+v %v", c, err)
		}
	})
}
