package outbox_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/abuse"
	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/comment"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/store"
)

// nobodyMuted is an abuse.Blocks, and lets everybody do as much as they like.
type nobodyMuted struct{}

func (nobodyMuted) Hides(context.Context, actor.AccountID, *actor.Account) (bool, error) {
	return false, nil
}

func (nobodyMuted) Act(context.Context, string, user.ID, user.Rate) error { return nil }

// openVideos shows all videos.
type openVideos struct{ *store.Videos }

func (v openVideos) See(ctx context.Context, _ video.Access, ref video.Ref) (*video.Video, error) {
	return v.ByRef(ctx, ref)
}

func TestReportsGoToTheSiteOfWhatIsReported(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.remote("f", "fan.example", 3, 1) // of who reports, and of who is reported here
		far := w.remote("far", "far.example")
		s := &abuse.Service{
			Store: store.Abuses{DB: w.db, Videos: w.videos}, Videos: openVideos{w.videos}, Comments: w.comments, Accounts: store.Actors{DB: w.db},
			Blocks: nobodyMuted{}, Limits: nobodyMuted{}, Events: w.out, InTx: w.db.InTx, Now: w.out.Now,
		}
		by := video.As(&user.User{ID: 2, Username: "person2", AccountID: 2})
		said := w.comment(&comment.Comment{VideoID: 1, AccountID: far.AccountID, Remote: true, URL: "https://far.example/n/1", Text: "bad"})
		ours := w.comment(&comment.Comment{VideoID: 1, AccountID: 1, Text: "not nice"})
		w.exec(`UPDATE videos SET remote = TRUE, url = 'https://far.example/v/2', channel_id = 2 WHERE id = 2`)
		w.exec(`UPDATE video_channels SET account_id = $1 WHERE id = 2`, far.AccountID)
		start := 5
		for _, tt := range []struct {
			name   string
			in     abuse.New
			object string // "" nobody is told
		}{
			{"a video of this site", abuse.New{Video: video.ByID(1)}, ""},
			{"a comment of this site", abuse.New{Comment: ours.ID}, ""},
			{"an account of this site", abuse.New{Account: 1}, ""},
			{"a video of another", abuse.New{Video: video.ByID(2), StartAt: &start, Reasons: []abuse.Reason{abuse.Privacy}}, "https://far.example/v/2"},
			{"a comment of another, under a video of this site", abuse.New{Comment: said.ID}, said.URL},
			{"an account of another", abuse.New{Account: far.AccountID}, far.URL},
		} {
			tt.in.Reason = "it is wrong"
			a, err := s.Report(ctx, by, tt.in)
			w.must(err)
			list := w.messages()
			if tt.object == "" {
				if len(list) > 0 {
					t.Errorf("%s: told %+v", tt.name, list)
				}
				continue
			}
			if len(list) != 1 || !slices.Equal(list[0].To, []string{"far.example"}) {
				t.Fatalf("%s: got %+v", tt.name, list)
			}
			m := list[0]
			got := map[string]any{"type": m.Type, "id": m.ID, "actor": m.Actor, "object": m.Body["object"], "content": m.Body["content"], "to": m.Body["to"]}
			want := map[string]any{
				"type": "Flag", "id": w.out.Site.URL("/admin/abuses/" + strconv.FormatInt(int64(a.ID), 10)), "actor": siteURL, "object": tt.object,
				"content": "it is wrong", "to": []any{far.URL},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if tt.in.StartAt != nil && (m.Body["startAt"] != 5.0 || m.Body["endAt"] != nil) {
				t.Errorf("%s: the part is %v to %v", tt.name, m.Body["startAt"], m.Body["endAt"])
			}
		}
		w.rules.Enabled = false
		_, err := s.Report(ctx, by, abuse.New{Reason: "it is wrong", Account: far.AccountID})
		w.must(err)
		w.want("a site that talks to nobody", w.said())
	})
}
