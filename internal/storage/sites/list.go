package sites

import (
	"context"
	"slices"
	"strings"
	"time"

	"sepiola/internal/directory"
	"sepiola/internal/storage/sqldb"
)

// orders are the columns of directory.Sorts. Each has an index of the listed
// sites, which is read in both directions.
var orders = map[string]string{
	"id":                     "s.id",
	"createdAt":              "s.created_at",
	"host":                   "s.host",
	"name":                   "s.sort_name",
	"health":                 "s.health",
	"totalUsers":             "s.total_users",
	"totalVideos":            "s.total_videos",
	"totalLocalVideos":       "s.total_local_videos",
	"totalInstanceFollowers": "s.total_followers",
	"totalInstanceFollowing": "s.total_following",
	"signupAllowed":          "s.signup_allowed",
	"liveEnabled":            "s.live_enabled",
	"version":                "s.version",
}

// order is what a list is sorted by; unknown keys are the newest first.
func order(sort string) string {
	key, direction := strings.TrimPrefix(sort, "-"), ""
	column, ok := orders[key]
	if !ok {
		column, sort = orders["createdAt"], "-"
	}
	if strings.HasPrefix(sort, "-") {
		direction = " DESC"
	}
	if column == orders["id"] {
		return column + direction
	}
	return column + direction + ", s.id" + direction
}

// query selects the listed sites that a filter shows.
func query(f directory.Filter) *sqldb.Query {
	q := sqldb.From(`directory_sites s`).Where(`s.listed = TRUE`)
	flag(q, `s.signup_allowed = ?`, f.Signup)
	flag(q, `s.live_enabled = ?`, f.Live)
	flag(q, `s.signup_requires_approval = ?`, f.Approval)
	if f.Healthy != nil {
		q.If(*f.Healthy, `s.health >= ?`, directory.HealthyAt)
		q.If(!*f.Healthy, `s.health < ?`, directory.HealthyAt)
	}
	q.If(!f.Since.IsZero(), `s.created_at >= ?`, f.Since)
	q.If(f.MinUserQuota > 0, `s.user_video_quota >= ? OR s.user_video_quota = -1`, f.MinUserQuota)
	sqldb.In(q, `s.nsfw_policy`, f.NSFW)
	sqldb.In(q, `s.customizations`, f.Customizations)
	anyOf(q, `l.site_id FROM directory_languages l WHERE l.language`, f.Languages)
	anyOf(q, `c.site_id FROM directory_categories c WHERE c.category`, f.Categories)
	// By itself, so that it reads its index and not the rows.
	q.If(f.Search != "", `s.id IN (SELECT t.id FROM directory_sites t WHERE t.listed = TRUE AND t.search_text LIKE ? ESCAPE '\')`, "%"+escapeLike(fold(strings.ReplaceAll(f.Search, "\x00", "")))+"%")
	return q
}

func flag(q *sqldb.Query, cond string, value *bool) {
	if value != nil {
		q.Where(cond, *value)
	}
}

// anyOf adds that a site is among those with one of values; none add nothing.
func anyOf[T any](q *sqldb.Query, with string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	q.Where(`s.id IN (SELECT `+with+` IN (`+strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")+`))`, args...)
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// List implements directory.Store.
func (s Sites) List(ctx context.Context, f directory.Filter) ([]*directory.Site, int, error) {
	return s.page(ctx, f, columns, scan)
}

const hostColumns = `id, host, created_at`

func scanHost(r sqldb.Row) (*directory.Site, error) {
	site := new(directory.Site)
	err := r.Scan(&site.ID, &site.Host, &site.CreatedAt)
	return site, err
}

// Hosts implements directory.Store.
func (s Sites) Hosts(ctx context.Context, f directory.Filter) ([]*directory.Site, int, error) {
	return s.page(ctx, f, hostColumns, scanHost)
}

// page reads a page and counts the rest. The directory holds some thousands of
// sites, MaxSites at most, so that they are counted and not kept as a figure.
func (s Sites) page(ctx context.Context, f directory.Filter, columns string, scan func(sqldb.Row) (*directory.Site, error)) ([]*directory.Site, int, error) {
	q := query(f)
	text, args := q.Count()
	total, err := sqldb.One(ctx, s.DB, sqldb.Value[int], text, args...)
	if err != nil || f.Count == 0 || f.Start >= total {
		return []*directory.Site{}, total, err
	}
	text, args = q.OrderBy(order(f.Sort)).Page(f.Start, f.Count).Select(columns)
	list, err := sqldb.All(ctx, s.DB, scan, text, args...)
	return list, total, err
}

const byHostQuery = `SELECT ` + columns + ` FROM directory_sites s WHERE s.host = $1`

// ByHost implements directory.Store.
func (s Sites) ByHost(ctx context.Context, host string) (*directory.Site, error) {
	return sqldb.One(ctx, s.DB, scan, byHostQuery, host)
}

const dueIDs = `SELECT d.id FROM directory_sites d WHERE d.blocked = FALSE AND d.next_visit_at <= $2 ORDER BY d.next_visit_at, d.id LIMIT $3`

// dueQuery asks for the time twice: on PostgreSQL another process may have put
// a site off since the ids were read.
const dueQuery = `UPDATE directory_sites SET next_visit_at = $1 WHERE id IN (` + dueIDs + `) AND blocked = FALSE AND next_visit_at <= $2 RETURNING ` + columns

// Due implements directory.Store.
func (s Sites) Due(ctx context.Context, now, lease time.Time, limit int) ([]*directory.Site, error) {
	list, err := sqldb.ReturningAll(ctx, s.DB, scan, dueQuery, lease, now, limit)
	slices.SortFunc(list, func(a, b *directory.Site) int { return int(a.ID - b.ID) })
	return list, err
}

const (
	languagesQuery  = `SELECT DISTINCT l.language FROM directory_languages l ORDER BY l.language`
	categoriesQuery = `SELECT DISTINCT c.category FROM directory_categories c ORDER BY c.category`
)

// Choices implements directory.Store.
func (s Sites) Choices(ctx context.Context) (c directory.Choices, err error) {
	if c.Languages, err = sqldb.All(ctx, s.DB, sqldb.Value[string], languagesQuery); err != nil {
		return c, err
	}
	c.Categories, err = sqldb.All(ctx, s.DB, sqldb.Value[int], categoriesQuery)
	return c, err
}

// Count implements directory.Store.
func (s Sites) Count(ctx context.Context) (int, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[int], `SELECT count(*) FROM directory_sites`)
}

const logoQuery = `SELECT l.content FROM directory_sites s JOIN directory_logos l ON l.site_id = s.id WHERE s.id = $1 AND s.logo_hash = $2 AND s.listed = TRUE`

// Logo implements directory.Store.
func (s Sites) Logo(ctx context.Context, id directory.ID, hash string) ([]byte, error) {
	return sqldb.One(ctx, s.DB, sqldb.Value[[]byte], logoQuery, id, hash)
}
