package sites

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
	"sepiola/internal/storage/sqldb/sqldbtest"
)

func each(t *testing.T, test func(t *testing.T, s Sites)) {
	t.Helper()
	t.Parallel()
	sqldbtest.EachBy(t, Migrate, func(t *testing.T, db *sqldb.DB) {
		t.Helper()
		test(t, Sites{DB: db})
	})
}

var day = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// tube is a listed site with a host.
func tube(host string, change func(*directory.Site)) *directory.Site {
	s := &directory.Site{Host: host, CreatedAt: day}
	s.Visited(directory.Facts{
		Software: "peertube", Version: "7.0.0", Name: "Tube of " + host, Languages: []string{}, Categories: []int{},
		NSFWPolicy: directory.DefaultPolicy, Customizations: directory.NotCustomized, Avatars: []directory.Image{}, Banners: []directory.Image{},
	}, day, time.Hour)
	if change != nil {
		change(s)
	}
	return s
}

func add(t *testing.T, s Sites, list ...*directory.Site) {
	t.Helper()
	for _, one := range list {
		if err := s.Add(t.Context(), one, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASiteComesBackAsItWent(t *testing.T) {
	each(t, func(t *testing.T, s Sites) {
		want := tube("a.example.org", func(s *directory.Site) {
			s.Facts = directory.Facts{
				Software: "sepiola", Version: "1.2", Name: "Ünïcode 映像", ShortDescription: "short", Description: "long\ntext",
				Languages: []string{"fr", "pt-PT"}, Categories: []int{1, 15}, SignupAllowed: true, SignupRequiresApproval: true,
				UserVideoQuota: -1, LiveEnabled: true, AutoBlacklist: true, NSFWPolicy: "blur", IsNSFW: true, Customizations: 3,
				Avatars: []directory.Image{{Width: 48, URL: "https://a.example.org/x.png", Path: "/x.png"}}, Banners: []directory.Image{},
				LogoURL: "https://a.example.org/x.png", LogoHash: "abc", TotalUsers: 1, TotalVideos: 2, TotalLocalVideos: 3,
				TotalFollowers: 4, TotalFollowing: 5, SupportsIPv6: true,
			}
		})
		if err := s.Add(t.Context(), want, []byte("png")); err != nil {
			t.Fatal(err)
		}
		compare := func(when string) {
			t.Helper()
			got, err := s.ByHost(t.Context(), "a.example.org")
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", when, err, diff)
			}
		}
		compare("added")
		want.Failed(day.Add(time.Hour), time.Hour)
		want.Name, want.Languages = "Other", []string{"de"}
		if err := s.Save(t.Context(), want, nil); err != nil {
			t.Fatal(err)
		}
		compare("saved")
		if logo, err := s.Logo(t.Context(), want.ID, "abc"); err != nil || string(logo) != "png" {
			t.Errorf("logo: got %q, %v", logo, err)
		}
		if _, err := s.Logo(t.Context(), want.ID, "other"); !errs.Is(err, errs.NotFound) {
			t.Errorf("logo of another hash: got %v, want NotFound", err)
		}
		want.LogoURL, want.LogoHash = "", ""
		if err := s.Save(t.Context(), want, nil); err != nil {
			t.Fatal(err)
		}
		if n, err := sqldb.One(t.Context(), s.DB, sqldb.Value[int], `SELECT count(*) FROM directory_logos`); n != 0 || err != nil {
			t.Errorf("the logo of a site without one is kept: %d, %v", n, err)
		}
		if err := s.Add(t.Context(), tube("a.example.org", nil), nil); !errs.Is(err, errs.Conflict) {
			t.Errorf("the same host again: got %v, want Conflict", err)
		}
		if err := s.Remove(t.Context(), want.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(t.Context(), want, nil); !errs.Is(err, errs.NotFound) {
			t.Errorf("saving what is gone: got %v, want NotFound", err)
		}
		if _, err := s.ByHost(t.Context(), "a.example.org"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a removed site: got %v, want NotFound", err)
		}
	})
}

func TestListsShowWhatTheirFilterSays(t *testing.T) {
	each(t, func(t *testing.T, s Sites) {
		yes, no := true, false
		add(t, s,
			tube("a.org", func(s *directory.Site) {
				s.SignupAllowed, s.SignupRequiresApproval, s.Languages, s.Categories, s.TotalUsers = true, true, []string{"fr", "en"}, []int{1}, 30
				s.Name, s.UserVideoQuota = "zebra 100%", 10
			}),
			tube("b.org", func(s *directory.Site) {
				s.SignupAllowed, s.LiveEnabled, s.Languages, s.Categories, s.TotalUsers = true, true, []string{"en"}, []int{1, 2}, 10
				s.Name, s.UserVideoQuota, s.CreatedAt = "Über alles", -1, day.Add(time.Hour)
			}),
			tube("c.org", func(s *directory.Site) {
				s.NSFWPolicy, s.Customizations, s.TotalUsers, s.Health, s.Name = "display", 3, 20, 94, "apple_pie"
				s.ShortDescription = "about squids"
			}),
			tube("hidden.org", func(s *directory.Site) {
				s.Failures, s.FailingSince, s.Languages = directory.HideAfter, day, []string{"zz"}
			}),
		)
		if err := s.Block(t.Context(), "blocked.org", true, day); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			f    directory.Filter
			want string
		}{
			"all, newest first":    {directory.Filter{}, "b c a"},
			"by id":                {directory.Filter{Sort: "id"}, "a b c"},
			"by name":              {directory.Filter{Sort: "name"}, "c a b"},
			"most users":           {directory.Filter{Sort: "-totalUsers"}, "a c b"},
			"open to new people":   {directory.Filter{Sort: "id", Signup: &yes}, "a b"},
			"closed":               {directory.Filter{Signup: &no}, "c"},
			"open to everybody":    {directory.Filter{Signup: &yes, Approval: &no}, "b"},
			"live":                 {directory.Filter{Live: &yes}, "b"},
			"healthy":              {directory.Filter{Sort: "id", Healthy: &yes}, "a b"},
			"not healthy":          {directory.Filter{Healthy: &no}, "c"},
			"French or German":     {directory.Filter{Languages: []string{"fr", "de"}}, "a"},
			"English":              {directory.Filter{Sort: "id", Languages: []string{"en"}}, "a b"},
			"category":             {directory.Filter{Categories: []int{2, 9}}, "b"},
			"policy":               {directory.Filter{NSFW: []string{"display", "blur"}}, "c"},
			"customized":           {directory.Filter{Customizations: []int{2, 3}}, "c"},
			"room for films":       {directory.Filter{MinUserQuota: 11}, "b"},
			"since":                {directory.Filter{Since: day.Add(time.Minute)}, "b"},
			"search by host":       {directory.Filter{Search: "B.OR"}, "b"},
			"search by text":       {directory.Filter{Search: "squid"}, "c"},
			"search in any case":   {directory.Filter{Search: "über A"}, "b"},
			"search of a per cent": {directory.Filter{Search: "0%"}, "a"},
			"search of a line":     {directory.Filter{Search: "e_p"}, "c"},
			"search of nothing":    {directory.Filter{Search: "_%\\'"}, ""},
			"search with NUL":      {directory.Filter{Search: "squ\x00id"}, "c"},
			"hidden ones":          {directory.Filter{Search: "hidden"}, ""},
			"second page":          {directory.Filter{Start: 1, Count: 1}, "c of 3"},
			"no rows":              {directory.Filter{Start: 0, Count: -1}, " of 3"},
			"far":                  {directory.Filter{Start: 100}, " of 3"},
		} {
			full := tt.f
			switch full.Count {
			case 0:
				full.Count = 10
			case -1:
				full.Count = 0
			}
			list, total, err := s.List(t.Context(), full)
			hosts, totalHosts, err2 := s.Hosts(t.Context(), full)
			if err != nil || err2 != nil || total != totalHosts || short(list) != short(hosts) {
				t.Errorf("%s: %v, %v; %d and %d, %q and %q", name, err, err2, total, totalHosts, short(list), short(hosts))
			}
			got := short(list)
			if strings.Contains(tt.want, " of ") {
				got = fmt.Sprintf("%s of %d", got, total)
			}
			if got != tt.want {
				t.Errorf("%s: got %q, want %q", name, got, tt.want)
			}
		}
		choices, err := s.Choices(t.Context())
		if diff := cmp.Diff(directory.Choices{Languages: []string{"en", "fr"}, Categories: []int{1, 2}}, choices); err != nil || diff != "" {
			t.Errorf("choices: %v\n%s", err, diff)
		}
	})
}

// short are the first letters of hosts.
func short(list []*directory.Site) string {
	var out []string
	for _, s := range list {
		out = append(out, s.Host[:1])
	}
	return strings.Join(out, " ")
}

func TestABlockKeepsNothingButTheHost(t *testing.T) {
	each(t, func(t *testing.T, s Sites) {
		site := tube("bad.org", func(s *directory.Site) { s.Languages = []string{"en"} })
		add(t, s, site)
		for range 2 { // twice is once
			if err := s.Block(t.Context(), "bad.org", true, day); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.ByHost(t.Context(), "bad.org")
		if err != nil || !got.Blocked || got.Listed() || got.Name != "" || len(got.Languages) != 0 {
			t.Errorf("blocked: got %+v, %v", got, err)
		}
		// A visit that was under way changes nothing.
		if err := s.Save(t.Context(), site, nil); !errs.Is(err, errs.NotFound) {
			t.Errorf("save: got %v, want NotFound", err)
		}
		site.ID = got.ID
		if err := s.Save(t.Context(), site, nil); !errs.Is(err, errs.NotFound) {
			t.Errorf("save over a block: got %v, want NotFound", err)
		}
		if err := s.Remove(t.Context(), got.ID); err != nil {
			t.Fatal(err)
		}
		if due, err := s.Due(t.Context(), day.Add(time.Hour), day.Add(2*time.Hour), 10); err != nil || len(due) != 0 {
			t.Errorf("due: got %v, %v, want none", due, err)
		}
		if err := s.Block(t.Context(), "bad.org", false, day); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ByHost(t.Context(), "bad.org"); !errs.Is(err, errs.NotFound) {
			t.Errorf("no longer blocked: got %v, want NotFound", err)
		}
	})
}

func TestEachDueSiteGoesToOneProcess(t *testing.T) {
	each(t, func(t *testing.T, s Sites) {
		const n = 40
		for i := range n {
			add(t, s, tube(fmt.Sprintf("s%02d.org", i), func(s *directory.Site) { s.NextVisitAt = day.Add(-time.Duration(i) * time.Minute) }))
		}
		add(t, s, tube("later.org", func(s *directory.Site) { s.NextVisitAt = day.Add(time.Second) }))
		first, err := s.Due(t.Context(), day, day.Add(time.Minute), 1)
		if err != nil || len(first) != 1 || first[0].Host != "s39.org" {
			t.Fatalf("the longest due: got %v, %v", first, err)
		}
		var mu sync.Mutex
		seen := map[string]int{"s39.org": 1}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					due, err := s.Due(context.WithoutCancel(t.Context()), day, day.Add(time.Minute), 3)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, one := range due {
						seen[one.Host]++
					}
					done := len(seen) >= n
					mu.Unlock()
					if len(due) == 0 && done {
						return
					}
				}
			})
		}
		all.Wait()
		for host, times := range seen {
			if times != 1 {
				t.Errorf("%s was given out %d times", host, times)
			}
		}
		if len(seen) != n {
			t.Errorf("%d sites were given out, want %d", len(seen), n)
		}
		if due, err := s.Due(t.Context(), day.Add(time.Minute), day.Add(2*time.Minute), 100); err != nil || len(due) != n+1 {
			t.Errorf("after the lease: %d, %v, want %d", len(due), err, n+1)
		}
	})
}

func TestListsAreReadByIndex(t *testing.T) {
	each(t, func(t *testing.T, s Sites) {
		fill(t, s, 2000)
		for _, key := range directory.Sorts() {
			if key == "id" && s.DB.Dialect == sqldb.SQLite {
				continue // the table itself lies in this order
			}
			for _, sort := range []string{key, "-" + key} {
				text, args := query(directory.Filter{}).OrderBy(order(sort)).Page(0, 20).Select(columns)
				checkPlan(t, s.DB, "by "+sort, text, args, true)
				text, args = query(directory.Filter{Languages: []string{"rare"}, Categories: []int{900}, Search: "zz"}).OrderBy(order(sort)).Page(0, 20).Select(hostColumns)
				checkPlan(t, s.DB, "filtered by "+sort, text, args, false) // what few rows were found may be sorted
			}
		}
		checkPlan(t, s.DB, "by host", byHostQuery, []any{"x"}, true)
		checkPlan(t, s.DB, "due", strings.ReplaceAll(strings.ReplaceAll(dueIDs, "$2", "$1"), "$3", "$2"), []any{day, 5}, true)
		checkPlan(t, s.DB, "logo", logoQuery, []any{1, "x"}, true)
	})
}

func checkPlan(t *testing.T, db *sqldb.DB, name, text string, args []any, unsorted bool) {
	t.Helper()
	explain, scan := `EXPLAIN QUERY PLAN `, func(r sqldb.Row) (s string, err error) {
		var id, parent, unused int
		err = r.Scan(&id, &parent, &unused, &s)
		return s, err
	}
	if db.Dialect == sqldb.Postgres {
		explain, scan = `EXPLAIN `, sqldb.Value[string]
	}
	lines, err := sqldb.All(t.Context(), db, scan, explain+text, args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	plan := strings.Join(lines, "\n")
	scans := strings.Contains(plan, "Seq Scan on directory_sites") || strings.Contains(plan, "SCAN s\n") || strings.HasSuffix(plan, "SCAN s")
	sorts := strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE")
	if scans || unsorted && sorts {
		t.Errorf("%s:\n%s", name, plan)
	}
}

// fill makes n sites, of which one in ten is hidden, by two statements.
func fill(t *testing.T, s Sites, n int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	err := s.DB.InTx(t.Context(), func(ctx context.Context) error {
		for i := range n {
			_, err := s.DB.Exec(ctx, `INSERT INTO directory_sites (host, created_at, next_visit_at, listed, name, sort_name, total_users) VALUES ($1, $2, $2, $3, $1, $1, $4)`,
				fmt.Sprintf("h%05d.org", i), day.Add(time.Duration(i)*time.Second), i%10 != 0, random.IntN(1000))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
}
