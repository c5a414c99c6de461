// Package sites keeps the sites of the directory: directory.Store on SQLite
// and PostgreSQL.
//
// The tables are the directory's own, with their own migrations: they may lie
// in a database by themselves or beside those of a video site.
package sites

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"sepiola/internal/directory"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Migrate makes the tables, or brings them up to date.
func Migrate(ctx context.Context, db *sqldb.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return db.MigrateBy(ctx, sqldb.Migrations{Files: files, Table: "directory_version"})
}

// Sites implements directory.Store.
type Sites struct{ DB *sqldb.DB }

var _ directory.Store = Sites{}

// stateColumns are what visits change of a site besides what it says itself.
const stateColumns = `id, host, created_at, visited_at, next_visit_at, failures, failing_since, health, blocked`

const factColumns = `name, short_description, description, software, version, languages, categories,
	signup_allowed, signup_requires_approval, user_video_quota, live_enabled, auto_blacklist, nsfw_policy, is_nsfw,
	customizations, avatars, banners, logo_url, logo_hash,
	total_users, total_videos, total_local_videos, total_followers, total_following, supports_ipv6`

const columns = stateColumns + `, ` + factColumns

func scan(r sqldb.Row) (*directory.Site, error) {
	s := new(directory.Site)
	var visited, failing sql.NullTime
	var languages, categories, avatars, banners []byte
	err := r.Scan(&s.ID, &s.Host, &s.CreatedAt, &visited, &s.NextVisitAt, &s.Failures, &failing, &s.Health, &s.Blocked,
		&s.Name, &s.ShortDescription, &s.Description, &s.Software, &s.Version, &languages, &categories,
		&s.SignupAllowed, &s.SignupRequiresApproval, &s.UserVideoQuota, &s.LiveEnabled, &s.AutoBlacklist, &s.NSFWPolicy, &s.IsNSFW,
		&s.Customizations, &avatars, &banners, &s.LogoURL, &s.LogoHash,
		&s.TotalUsers, &s.TotalVideos, &s.TotalLocalVideos, &s.TotalFollowers, &s.TotalFollowing, &s.SupportsIPv6)
	if err != nil {
		return nil, err
	}
	s.VisitedAt, s.FailingSince = visited.Time, failing.Time
	for _, list := range []struct {
		text []byte
		to   any
	}{{languages, &s.Languages}, {categories, &s.Categories}, {avatars, &s.Avatars}, {banners, &s.Banners}} {
		if err := json.Unmarshal(list.text, list.to); err != nil {
			return nil, fmt.Errorf("lists of site %d: %w", s.ID, err)
		}
	}
	return s, nil
}

// written are the names and values of all that is written of a site but its
// host and when it was made.
func written(s *directory.Site) (names []string, values []any, err error) {
	add := func(name string, value any) {
		names, values = append(names, name), append(values, value)
	}
	for name, list := range map[string]any{"languages": some(s.Languages), "categories": some(s.Categories), "avatars": some(s.Avatars), "banners": some(s.Banners)} {
		text, err := json.Marshal(list)
		if err != nil {
			return nil, nil, err
		}
		add(name, string(text))
	}
	add("visited_at", nullTime(s.VisitedAt))
	add("next_visit_at", s.NextVisitAt)
	add("failures", s.Failures)
	add("failing_since", nullTime(s.FailingSince))
	add("health", s.Health)
	add("blocked", s.Blocked)
	add("listed", s.Listed())
	add("name", s.Name)
	add("sort_name", fold(s.Name))
	add("search_text", fold(s.Host+" "+s.Name+" "+s.ShortDescription))
	add("short_description", s.ShortDescription)
	add("description", s.Description)
	add("software", s.Software)
	add("version", s.Version)
	add("signup_allowed", s.SignupAllowed)
	add("signup_requires_approval", s.SignupRequiresApproval)
	add("user_video_quota", s.UserVideoQuota)
	add("live_enabled", s.LiveEnabled)
	add("auto_blacklist", s.AutoBlacklist)
	add("nsfw_policy", s.NSFWPolicy)
	add("is_nsfw", s.IsNSFW)
	add("customizations", s.Customizations)
	add("logo_url", s.LogoURL)
	add("logo_hash", s.LogoHash)
	add("total_users", s.TotalUsers)
	add("total_videos", s.TotalVideos)
	add("total_local_videos", s.TotalLocalVideos)
	add("total_followers", s.TotalFollowers)
	add("total_following", s.TotalFollowing)
	add("supports_ipv6", s.SupportsIPv6)
	return names, values, nil
}

// some is a list that is [] in JSON when there is none.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

func fold(s string) string { return strings.ToLower(s) }

// Add implements directory.Store.
func (s Sites) Add(ctx context.Context, site *directory.Site, logo []byte) error {
	names, values, err := written(site)
	if err != nil {
		return err
	}
	names, values = append(names, "host", "created_at"), append(values, site.Host, site.CreatedAt)
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		site.ID, err = sqldb.Returning(ctx, s.DB, sqldb.Value[directory.ID],
			`INSERT INTO directory_sites (`+strings.Join(names, ", ")+`) VALUES (`+arguments(len(names))+`) RETURNING id`, values...)
		if err != nil {
			return err
		}
		return s.saveRest(ctx, site, logo)
	})
}

// Save implements directory.Store.
func (s Sites) Save(ctx context.Context, site *directory.Site, logo []byte) error {
	names, values, err := written(site)
	if err != nil {
		return err
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s = $%d", name, i+1)
	}
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, fmt.Sprintf(`UPDATE directory_sites SET %s WHERE id = $%d AND blocked = FALSE`, strings.Join(names, ", "), len(names)+1),
			append(values, site.ID)...)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.NotFound, "not found")
		}
		return s.saveRest(ctx, site, logo)
	})
}

// saveRest writes what lies in other tables: languages and categories only
// while the site is listed.
func (s Sites) saveRest(ctx context.Context, site *directory.Site, logo []byte) error {
	languages, categories := site.Languages, site.Categories
	if !site.Listed() {
		languages, categories = nil, nil
	}
	for _, table := range []string{"directory_languages", "directory_categories"} {
		if _, err := s.DB.Exec(ctx, `DELETE FROM `+table+` WHERE site_id = $1`, site.ID); err != nil {
			return err
		}
	}
	for _, l := range languages {
		if _, err := s.DB.Exec(ctx, `INSERT INTO directory_languages (site_id, language) VALUES ($1, $2) ON CONFLICT DO NOTHING`, site.ID, l); err != nil {
			return err
		}
	}
	for _, c := range categories {
		if _, err := s.DB.Exec(ctx, `INSERT INTO directory_categories (site_id, category) VALUES ($1, $2) ON CONFLICT DO NOTHING`, site.ID, c); err != nil {
			return err
		}
	}
	switch {
	case site.LogoHash == "":
		_, err := s.DB.Exec(ctx, `DELETE FROM directory_logos WHERE site_id = $1`, site.ID)
		return err
	case logo != nil:
		_, err := s.DB.Exec(ctx, `INSERT INTO directory_logos (site_id, content) VALUES ($1, $2) ON CONFLICT (site_id) DO UPDATE SET content = excluded.content`, site.ID, logo)
		return err
	}
	return nil
}

// arguments is "$1, $2, …" up to n.
func arguments(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(list, ", ")
}

// Remove implements directory.Store.
func (s Sites) Remove(ctx context.Context, id directory.ID) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM directory_sites WHERE id = $1 AND blocked = FALSE`, id)
	return err
}

// Block implements directory.Store.
func (s Sites) Block(ctx context.Context, host string, blocked bool, now time.Time) error {
	return s.DB.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `DELETE FROM directory_sites WHERE host = $1 AND blocked <> $2`, host, blocked); err != nil || !blocked {
			return err
		}
		_, err := s.DB.Exec(ctx, `INSERT INTO directory_sites (host, created_at, next_visit_at, blocked) VALUES ($1, $2, $2, TRUE) ON CONFLICT (host) DO NOTHING`, host, now)
		return err
	})
}
