package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/actor"
	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/search"
	"sepiola/internal/domain/user"
	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
	"sepiola/internal/storage/store"
)

// finder is search on a database of a test, with one channel to publish in.
type finder struct {
	*search.Service
	t       *testing.T
	db      *sqldb.DB
	videos  *store.Videos
	actors  store.Actors
	account *actor.Account
	channel *actor.Channel
	now     time.Time
	next    int
}

func newFinder(t *testing.T, db *sqldb.DB) *finder {
	t.Helper()
	f := &finder{t: t, db: db, videos: &store.Videos{DB: db}, actors: store.Actors{DB: db}, now: sqldb.Now()}
	f.Service = &search.Service{
		Store: store.Search{DB: db}, Videos: &video.Service{Store: f.videos, Now: sqldb.Now}, Channels: f.actors,
		Playlists: store.Playlists{DB: db, Videos: f.videos},
		Site:      finderSite,
		// Each question comes a second after the one before: nothing is remembered.
		Now: func() time.Time { f.now = f.now.Add(2 * time.Second); return f.now },
	}
	f.account, f.channel = f.person("alice", "Alice in Wonderland")
	return f
}

var finderSite = instance.Site{Scheme: "https", Host: "tube.example"}

func (f *finder) person(name, channel string) (*actor.Account, *actor.Channel) {
	f.t.Helper()
	ctx := f.t.Context()
	u := &user.User{Username: name, Email: name + "@example.com", Role: user.Member, CreatedAt: f.now, UpdatedAt: f.now}
	if err := (store.Users{DB: f.db}).Create(ctx, u); err != nil {
		f.t.Fatal(err)
	}
	a := actor.NewAccount(finderSite, int64(u.ID), name, name, actor.Keys{}, f.now)
	if err := f.actors.CreateAccount(ctx, a); err != nil {
		f.t.Fatal(err)
	}
	c := actor.NewChannel(finderSite, a.AccountID, name+"_tv", channel, actor.Keys{}, f.now)
	if err := f.actors.CreateChannel(ctx, c); err != nil {
		f.t.Fatal(err)
	}
	return a, c
}

// add publishes a video that change may change before.
func (f *finder) add(name string, change ...func(*video.Video)) *video.Video {
	f.t.Helper()
	f.next++
	v := &video.Video{
		UUID: video.NewUUID(), ChannelID: f.channel.ChannelID, Name: name, Privacy: video.Public, State: video.Published,
		PublishedAt: f.now.Add(time.Duration(f.next) * time.Millisecond).Truncate(time.Microsecond),
	}
	v.URL = finderSite.URL("/videos/watch/" + v.UUID)
	for _, c := range change {
		c(v)
	}
	if err := f.videos.Create(f.t.Context(), v); err != nil {
		f.t.Fatal(err)
	}
	return v
}

func tagged(tags ...string) func(*video.Video)   { return func(v *video.Video) { v.Tags = tags } }
func watched(n int64) func(*video.Video)         { return func(v *video.Video) { v.Views = n } }
func described(text string) func(*video.Video)   { return func(v *video.Video) { v.Description = text } }
func private(p video.Privacy) func(*video.Video) { return func(v *video.Video) { v.Privacy = p } }
func (f *finder) find(text string) []string      { return f.as(nil, search.Params{Text: text, Count: 20}) }

func (f *finder) sorted(text, sort string) []string {
	return f.as(nil, search.Params{Text: text, Sort: sort, Count: 20})
}

func (f *finder) as(w video.Viewer, p search.Params) []string {
	f.t.Helper()
	page, err := f.FindVideos(f.t.Context(), w, p)
	if err != nil {
		f.t.Fatalf("%q: %v", p.Text, err)
	}
	names := []string{}
	for _, v := range page.List {
		names = append(names, v.Name)
	}
	if page.Total < len(names) {
		f.t.Errorf("%q: a total of %d, and %d on the page", p.Text, page.Total, len(names))
	}
	return names
}

func (f *finder) want(text string, want ...string) {
	f.t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, f.find(text)); diff != "" {
		f.t.Errorf("%q (-want +got):\n%s", text, diff)
	}
}

func TestSearchFindsWhatIsMeant(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		const boy = "The Internet's Own Boy"
		f.add(boy, tagged("documentary", "Aaron Swartz"), described("The story of a **programmer**."))
		f.add("Éclairs à la crème")
		f.add("東京タワーの夜")
		f.add("Привет, мир")
		f.add("Boats on the sea", tagged("sailing"), watched(5))
		f.add("A boat trip", watched(500))
		f.add("Cooking 🦑 at home")
		f.add("Wi-Fi explained")
		f.add("100% of nothing_at_all")
		for text, want := range map[string][]string{
			"internet own boy":   {boy},
			"Iinternet own boy":  {boy}, // the example that everybody tries
			"iinternet own byo":  {boy},
			"internte's  OWN  b": {boy},
			"the internets":      {boy},
			"aaron":              {boy},
			"documentray swarz":  {boy},
			"programmer":         {boy},
			"wonderland boy":     {boy},
			"eclairs creme":      {"Éclairs à la crème"},
			"ÉCLAIR":             {"Éclairs à la crème"},
			"東京":                 {"東京タワーの夜"},
			"東":                  {"東京タワーの夜"},
			"ﾀﾜｰ":                {"東京タワーの夜"},
			"たわー":                {"東京タワーの夜"},
			"ПРИВЕТ":             {"Привет, мир"},
			"првет":              {"Привет, мир"},
			"boat":               {"A boat trip", "Boats on the sea"},
			"boats":              {"Boats on the sea"},
			"sailin":             {"Boats on the sea"},
			"boat sea nonsense":  {"Boats on the sea"},
			"🦑":                  {"Cooking 🦑 at home"},
			"wifi":               {"Wi-Fi explained"},
			"wi fi":              {"Wi-Fi explained"},
			"nothing_at_all":     {"100% of nothing_at_all"},
			"zzzzzz":             nil,
			"!!! \"":             nil,
		} {
			f.want(text, want...)
		}
	})
}

func TestSearchSaysWhatItLookedFor(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.add("The Internet's Own Boy")
		for text, want := range map[string]string{"iinternet own byo": "internet own boy", "internet boy": "", "zzz qqq": ""} {
			page, err := f.FindVideos(t.Context(), nil, search.Params{Text: text, Count: 5})
			if err != nil || page.Corrected != want {
				t.Errorf("%q: looked for %q, %v; want %q", text, page.Corrected, err, want)
			}
		}
	})
}

func TestSearchRanks(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.add("Something else", described("green tea, told"), watched(9000))
		f.add("Cups", tagged("green tea"), watched(800))
		f.add("Tea that is green", watched(70))
		f.add("How green tea grows", watched(6))
		f.add("Green tea")
		f.add("A popular green tea", watched(1000))
		f.want("green tea", "Green tea", "A popular green tea", "How green tea grows", "Tea that is green", "Cups", "Something else")
		got := f.sorted("green tea", "-views")
		if diff := cmp.Diff([]string{"Something else", "A popular green tea", "Cups", "Tea that is green", "How green tea grows", "Green tea"}, got); diff != "" {
			t.Errorf("by views: %s", diff)
		}
	})
}

func TestSearchFollowsChanges(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		v := f.add("First name", func(v *video.Video) { v.State = video.ToTranscode })
		f.want("first")
		now := sqldb.Now()
		if ok, err := f.videos.SetState(ctx, v.ID, video.ToTranscode, video.Published, &now); !ok || err != nil {
			t.Fatal(ok, err)
		}
		f.want("first", "First name")
		v.Name, v.Tags = "Second title", []string{"whales"}
		if err := f.videos.Update(ctx, v); err != nil {
			t.Fatal(err)
		}
		f.want("first")
		f.want("whales", "Second title")
		if err := f.actors.SetChannelTexts(ctx, f.channel.ChannelID, "Herring", "", ""); err != nil {
			t.Fatal(err)
		}
		if n, err := (store.Search{DB: db}).IndexStale(ctx, 10); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		f.want("herring", "Second title")
		v.Privacy = video.Private
		if err := f.videos.Update(ctx, v); err != nil {
			t.Fatal(err)
		}
		f.want("whales")
		v.Privacy = video.Public
		if err := f.videos.Update(ctx, v); err != nil {
			t.Fatal(err)
		}
		f.want("whales", "Second title")
		if err := f.videos.Delete(ctx, v.ID); err != nil {
			t.Fatal(err)
		}
		f.want("whales")
		words, err := store.Search{DB: db}.Words(ctx, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if (w.Text == "whales" || w.Text == "first") && w.Docs != 0 {
				t.Errorf("%+v is counted", w)
			}
		}
		f.add("Goes with its channel")
		if err := f.actors.DeleteChannel(ctx, f.channel.ChannelID); err != nil {
			t.Fatal(err)
		}
		f.want("goes")
		if err := (store.Search{DB: db}).Upkeep(ctx); err != nil {
			t.Fatal(err)
		}
		if words, err = (store.Search{DB: db}).Words(ctx, 0, 100); err != nil || len(words) > 0 {
			t.Errorf("after upkeep: %v %v", words, err)
		}
	})
}

func TestSearchShowsOnlyWhatIsListed(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		member := &user.User{ID: 99, AccountID: 99, Role: user.Member}
		for privacy, who := range map[video.Privacy]string{
			video.Public: "everybody", video.Unlisted: "nobody", video.Private: "nobody", video.InternalOnly: "people", video.PasswordProtected: "nobody",
		} {
			name := fmt.Sprintf("secretword number%d", privacy)
			v := f.add(name, private(privacy), tagged("hiddentag"))
			if err := f.videos.SetPasswords(ctx, v.ID, []string{"password"}); err != nil {
				t.Fatal(err)
			}
			short := video.ShortUUID(v.UUID)
			for _, text := range []string{
				"secretword", "secretwrod", "hiddentag", v.UUID, short, v.URL, finderSite.URL("/w/" + short), fmt.Sprintf("number%d", privacy),
			} {
				for viewer, sees := range map[video.Viewer]bool{nil: who == "everybody", member: who != "nobody"} {
					for _, sort := range []string{"", "-views"} {
						got := strings.Contains(strings.Join(f.as(viewer, search.Params{Text: text, Count: 50, Sort: sort}), ","), name)
						if got != sees {
							t.Errorf("privacy %d, %q, logged in %v, sort %q: found %v, want %v", privacy, text, viewer != nil, sort, got, sees)
						}
					}
				}
			}
		}
		waiting := f.add("secretword waiting", func(v *video.Video) { v.State = video.ToTranscode })
		f.want("waiting")
		f.want(waiting.UUID)
	})
}

func TestSearchKeepsTheFilters(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.add("Tea one", func(v *video.Video) { v.Category, v.Language, v.Duration = 3, "fr", 60 })
		f.add("Tea two", func(v *video.Video) { v.Category, v.NSFW, v.Duration = 4, true, 600 })
		low, yes := 100, true
		for name, c := range map[string]struct {
			filter video.Filter
			want   []string
		}{
			"category": {video.Filter{Categories: []int{3}}, []string{"Tea one"}},
			"language": {video.Filter{Languages: []string{"fr", "de"}}, []string{"Tea one"}},
			"length":   {video.Filter{DurationMin: &low}, []string{"Tea two"}},
			"nsfw":     {video.Filter{NSFW: &yes}, []string{"Tea two"}},
			"all":      {video.Filter{AnyNSFW: true}, []string{"Tea two", "Tea one"}},
			"none":     {video.Filter{Categories: []int{9}}, []string{}},
		} {
			for _, text := range []string{"tea", "", "taea"} {
				got := f.as(nil, search.Params{Text: text, Filter: c.filter, Count: 10})
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s of %q: %s", name, text, diff)
				}
			}
		}
	})
}

func TestSearchHidesTheMuted(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		f.add("Tea of Alice")
		_, f.channel = f.person("bob", "Bob")
		f.add("Tea of Bob")
		reader, _ := f.person("carol", "Carol")
		carol := &user.User{ID: user.ID(reader.UserID), AccountID: reader.AccountID, Role: user.Member}
		check := func(w video.Viewer, want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, f.as(w, search.Params{Text: "tea", Count: 10})); diff != "" {
				t.Errorf("search: %s", diff)
			}
			var names []string
			list, total, err := f.Videos.List(ctx, w, video.ListParams{Count: 10, Sort: "-publishedAt"})
			for _, v := range list {
				names = append(names, v.Name)
			}
			if diff := cmp.Diff(want, names); diff != "" || err != nil || total != len(want) {
				t.Errorf("list: total %d %v %s", total, err, diff)
			}
		}
		mute := func(by any) {
			t.Helper()
			if _, err := db.Exec(ctx, `INSERT INTO account_blocks (account_id, target_account_id, created_at) VALUES ($1, $2, $3)`, by, f.account.AccountID, sqldb.Now()); err != nil {
				t.Fatal(err)
			}
			f.videos.MutesChanged(ctx)
		}
		check(carol, "Tea of Bob", "Tea of Alice")
		mute(carol.AccountID)
		check(carol, "Tea of Bob")
		check(nil, "Tea of Bob", "Tea of Alice")
		mute(nil)
		check(nil, "Tea of Bob")
		channels, err := f.FindChannels(ctx, nil, search.Params{Text: "alice", Count: 5}, search.ChannelFilter{})
		if err != nil || channels.Total != 0 {
			t.Errorf("a muted channel is found: %+v %v", channels, err)
		}
	})
}

func TestSearchFindsChannels(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.person("bob", "Bob the Builder")
		for text, want := range map[string]string{
			"wonderland": "alice_tv", "wonderlnad": "alice_tv", "alice_tv": "alice_tv", "@alice_tv": "alice_tv", "alice_tv@tube.example": "alice_tv",
			"@Alice_tv@Tube.Example": "alice_tv", "https://tube.example/c/alice_tv/videos?x=1": "alice_tv", "https://tube.example/video-channels/bob_tv": "bob_tv",
			"bob build": "bob_tv", "nope@tube.example": "", "alice_tv@other.example": "", "https://tube.example/c/": "", "zzzzzz": "", "": "bob_tv alice_tv",
			"tv": "alice_tv bob_tv",
		} {
			var names []string
			page, err := f.FindChannels(t.Context(), nil, search.Params{Text: text, Count: 10}, search.ChannelFilter{})
			for _, c := range page.List {
				names = append(names, c.Username)
			}
			if got := strings.Join(names, " "); got != want && !(text == "tv" && len(names) == 2) || err != nil || page.Total != len(names) {
				t.Errorf("%q: %q (%d, %v), want %q", text, got, page.Total, err, want)
			}
		}
	})
}

func TestSearchStandsWhateverIsTyped(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f := newFinder(t, db)
		f.add("Some words about 'quotes' and NEAR operators")
		long := strings.Repeat("words ", 1000)
		for _, text := range []string{
			`"`, `'`, `a" OR "b`, `a' | 'b`, `NEAR(a b, 2)`, `{title}: x`, `^a * -b +c`, "a\x00b", "\xff\xfe", long, strings.Repeat("x", 10_000),
			strings.Repeat("é", 10_000), "🦑🫨👩‍👩‍👧", "a:*", `\`, "%_", "(((((", "http://", "https://tube.example/%zz", "@", "@@", "a@", "@b@c@d",
			"\ue000ba", "words \ue000kb", "http://tube.example/w/", strings.Repeat("a.", 300), "-9223372036854775809", "ﷺ",
		} {
			f.find(text)
			f.sorted(text, "name")
			if _, err := f.FindChannels(t.Context(), nil, search.Params{Text: text, Count: 5}, search.ChannelFilter{}); err != nil {
				t.Errorf("channels %.40q: %v", text, err)
			}
			if _, err := f.FindPlaylists(t.Context(), nil, search.Params{Text: text, Count: 5}, search.PlaylistFilter{}); err != nil {
				t.Errorf("playlists %.40q: %v", text, err)
			}
		}
		f.want("\ue000ba")
	})
}

func TestIndexGoesOnWhereItWasCutOff(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		f, ctx := newFinder(t, db), t.Context()
		for i := range 7 {
			f.add(fmt.Sprintf("Tea %d", i))
		}
		s := store.Search{DB: db}
		if _, err := db.Exec(ctx, `DELETE FROM search_docs`); err != nil {
			t.Fatal(err)
		}
		f.want("tea")
		if err := s.StaleAll(ctx); err != nil {
			t.Fatal(err)
		}
		cut, cancel := context.WithCancel(ctx)
		if n, err := s.IndexStale(cut, 3); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		cancel()
		if _, err := s.IndexStale(cut, 3); err == nil {
			t.Fatal("a cancelled context went on")
		}
		for n := 1; n > 0; {
			var err error
			if n, err = s.IndexStale(ctx, 3); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.find("tea"); len(got) != 7 {
			t.Errorf("%d videos are found, want 7: %v", len(got), got)
		}
	})
}
