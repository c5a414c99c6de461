package webfinger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sepiola/internal/errs"
	"sepiola/internal/federation/webfinger"
)

// page is a page of an index.
func page(total, from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"host":"site%d.example"}`, from+i)
	}
	return fmt.Sprintf(`{"total":%d,"data":[%s]}`, total, b.String())
}

func TestAnIndexIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	const index = "https://index.example/api/v1/instances/hosts"
	c := &webfinger.Client{Fetch: web{
		index + "?count=1000":                                page(1700, 0, 1000),
		index + "?count=1000&start=1000":                     page(1700, 1000, 700),
		index + "?count=1000&since=2026-01-02T03%3A04%3A05Z": page(1, 5, 1),
		"https://odd.example/?count=1000":                    `{"total":5,"data":[{"host":"Good.Example"},{"host":"good.example"},{"host":"http://x/y"},{"host":"u@x"},{}]}`,
		"https://odd.example/?count=1000&start=5":            `{}`,
		"https://one.example/?count=1000":                    page(5000, 0, 10), // it knows no pages
		"https://one.example/?count=1000&start=10":           page(5000, 0, 10),
		"https://none.example/?count=1000":                   `{"data":"no"}`,
		"https://with.example/list?count=1000&healthy=true":  page(1, 1, 1),
	}}
	all, err := c.Hosts(t.Context(), index, time.Time{})
	if err != nil || len(all) != 1700 || all[1699] != "site1699.example" {
		t.Errorf("an index of 1,700: got %d, %v", len(all), err)
	}
	for url, want := range map[string][]string{
		"https://odd.example/":                   {"good.example"},
		"https://with.example/list?healthy=true": {"site1.example"},
	} {
		if got, err := c.Hosts(t.Context(), url, time.Time{}); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v %v, want %v", url, got, err, want)
		}
	}
	if got, err := c.Hosts(t.Context(), "https://one.example/", time.Time{}); err != nil || len(got) != 10 {
		t.Errorf("an index without pages: got %d %v", len(got), err)
	}
	since := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if got, err := c.Hosts(t.Context(), index, since); err != nil || !slices.Equal(got, []string{"site5.example"}) {
		t.Errorf("since a time: got %v %v", got, err)
	}
	for url, want := range map[string]errs.Kind{"https://none.example/": errs.Invalid, "nothing": errs.Invalid, "https://gone.example/": errs.NotFound} {
		if _, err := c.Hosts(t.Context(), url, time.Time{}); !errs.Is(err, want) {
			t.Errorf("%s: got %v, want %v", url, err, want)
		}
	}
}
