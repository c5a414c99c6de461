package outbox_test

import (
	"context"
	"crypto/rsa"
	"slices"
	"testing"
	"time"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/peer"
	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/ldsig"
	"sepiola/internal/federation/publish"
	"sepiola/internal/storage/store"
)

// believer takes what one key signs.
type believer struct {
	key   *rsa.PublicKey
	asked int
}

func (b *believer) Post(_ context.Context, _ string, _ []byte, signer httpsig.Signer) error {
	b.asked++
	if !b.key.Equal(&signer.Key.PublicKey) {
		return errs.New(errs.Forbidden, "the signature does not fit")
	}
	return nil
}

// rotate gives an actor new keys.
func (w *world) rotate(id actor.ID) actor.Keys {
	w.t.Helper()
	made, err := actor.GenerateKeys()
	w.must(err)
	actors := store.Actors{DB: w.db}
	w.tx(func(ctx context.Context) error {
		old, err := actors.Keys(ctx, id)
		if err != nil {
			return err
		}
		if err := actors.SetKeys(ctx, id, made, w.now); err != nil {
			return err
		}
		return w.out.KeysChanged(ctx, id, old)
	})
	return made
}

func TestNewKeysAreToldWithTheOldOnes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		documents := w.out.Notes.(*publish.Documents)
		documents.Name, documents.Description = func() string { return "Bench" }, func() string { return "" }
		w.out.ActorDocuments = documents
		w.remote("a", "account.example", ownerActor)
		w.remote("c", "channel.example", channelActor)
		w.remote("s", "site.example", w.site.ID)
		for id, host := range map[actor.ID]string{ownerActor: "account.example", channelActor: "channel.example", w.site.ID: "site.example"} {
			made := w.rotate(id)
			list := w.messages()
			if len(list) != 1 || list[0].Type != "Update" || !slices.Equal(list[0].To, []string{host}) || list[0].Priority != peer.First {
				t.Fatalf("actor %d: told %+v", id, list)
			}
			object, _ := list[0].Body["object"].(map[string]any)
			if got := activity.Doc(object).Object("publicKey").Text("publicKeyPem"); got != made.Public {
				t.Errorf("actor %d: the document has the key %q", id, got)
			}
			if err := ldsig.Verify(list[0].Body, publicKey(t)); err != nil {
				t.Errorf("actor %d: the old key does not verify the document: %v", id, err)
			}
		}
		w.rules.Enabled = false
		w.rotate(ownerActor)
		if list := w.messages(); len(list) != 0 {
			t.Errorf("without federation: told %+v", list)
		}
	})
}

func TestHostsTakeTheKeyTheyKnow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ctx := t.Context()
		documents := w.out.Notes.(*publish.Documents)
		w.out.ActorDocuments = documents
		w.remote("a", "account.example", ownerActor)
		old := believer{key: publicKey(t)}
		w.sent.Post = &old
		deliver := func(b *believer, asked int, what string) {
			t.Helper()
			b.asked = 0
			if _, err := w.sent.Deliver(ctx, "account.example"); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if n := len(w.messages()); n != 0 || b.asked != asked {
				t.Errorf("%s: %d are left after %d requests, want none after %d", what, n, b.asked, asked)
			}
		}
		w.must(w.out.AccountEdited(ctx, 1))
		w.run()
		deliver(&old, 1, "before")
		made := w.rotate(ownerActor)
		deliver(&old, 1, "the Update, to who knows the old key")

		key, err := httpsig.ParsePublicKey(made.Public)
		w.must(err)
		knowing := believer{key: key}
		w.sent.Post = &knowing
		w.now = w.now.Add(time.Second)
		w.must(w.out.AccountEdited(ctx, 1))
		w.run()
		deliver(&knowing, 2, "the next, which this process would sign with the old key")
		w.must(w.out.AccountEdited(ctx, 1))
		w.run()
		deliver(&knowing, 1, "the one after")

		last, err := httpsig.ParsePublicKey(w.rotate(ownerActor).Public)
		w.must(err)
		asked := believer{key: last}
		w.sent.Post = &asked
		deliver(&asked, 2, "the Update, to who has asked for the new key already")
	})
}
