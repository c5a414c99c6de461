package directory

import (
	"slices"
	"strings"
	"time"

	"sepiola/internal/errs"
)

// Filter says which sites a list shows. What is zero does not count.
type Filter struct {
	Start, Count int
	// Sort is one of Sorts, "-" before it for descending; "" is DefaultSort.
	Sort string
	// Search is a part of the host, name or short description.
	Search string
	// Since shows sites that came onto the list then or later.
	Since time.Time

	Signup, Healthy, Live *bool
	// Approval says whether registrations are looked at by somebody.
	Approval *bool
	NSFW     []string // policies
	// Languages, Categories and Customizations show sites with one of them.
	Languages      []string
	Categories     []int
	Customizations []int
	// MinUserQuota is in bytes; sites without a limit count as large enough.
	MinUserQuota int64
}

// DefaultSort shows the newest sites first.
const DefaultSort = "-createdAt"

// Bounds of filters.
const (
	maxSearch  = 200
	maxChoices = 100
)

// Sorts are the orders of a list, the names of the API.
func Sorts() []string {
	return []string{
		"createdAt", "id", "host", "name", "health", "totalUsers", "totalVideos", "totalLocalVideos",
		"totalInstanceFollowers", "totalInstanceFollowing", "signupAllowed", "liveEnabled", "version",
	}
}

// Check reports what is wrong with a filter, and fills in the order.
func (f *Filter) Check() error {
	var bad []errs.Param
	wrong := func(name string, value any) { bad = append(bad, errs.Param{Name: name, Value: value, In: "query"}) }
	if f.Sort == "" {
		f.Sort = DefaultSort
	}
	if !slices.Contains(Sorts(), strings.TrimPrefix(f.Sort, "-")) {
		wrong("sort", f.Sort)
	}
	if len(f.Search) > maxSearch {
		wrong("search", f.Search[:maxSearch])
	}
	for _, p := range f.NSFW {
		if !slices.Contains(policies, p) {
			wrong("nsfwPolicy", p)
			break
		}
	}
	for name, n := range map[string]int{"nsfwPolicy": len(f.NSFW), "languagesOr": len(f.Languages), "categoriesOr": len(f.Categories), "customizations": len(f.Customizations)} {
		if n > maxChoices {
			wrong(name, nil)
		}
	}
	if f.MinUserQuota < 0 {
		wrong("minUserQuota", f.MinUserQuota)
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

// Choices are what a filter can be set to, so that something is found.
type Choices struct {
	Languages  []string // sorted
	Categories []int    // sorted
}
