package app

import (
	"fmt"
	"testing"

	"sepiola/internal/server/listen"
)

func TestHostsOfOneDomainAreTriedRarely(t *testing.T) {
	t.Parallel()
	may, ctx := mayTry(listen.NewMemory()), t.Context()
	for i := range tryLimit.Max + 1 {
		if got, want := may(ctx, "a.example.org"), i < tryLimit.Max; got != want {
			t.Errorf("try %d of one host: %v, want %v", i+1, got, want)
		}
	}
	taken := 0
	for i := range 100 {
		if may(ctx, fmt.Sprintf("h%d.many.example.co.uk", i)) {
			taken++
		}
	}
	if taken != domainLimit.Max {
		t.Errorf("%d hosts of a domain were tried, want %d", taken, domainLimit.Max)
	}
	if !may(ctx, "other.co.uk") || !may(ctx, "localhost:9000") {
		t.Error("others have to wait with them")
	}
}

func TestIndexSite(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"": "http://127.0.0.1:9100/", "https://sites.example.org": "https://sites.example.org/", "https://sites.example.org/": "https://sites.example.org/",
		"sites.example.org": "", "https://sites.example.org/list": "", "ftp://x": "", "https://": "", "https://x?y": "",
	} {
		site, err := indexSite(IndexOptions{Listen: "127.0.0.1:9100", URL: url})
		if (err == nil) != (want != "") || err == nil && site.URL("/") != want {
			t.Errorf("%q: got %q, %v, want %q", url, site.URL("/"), err, want)
		}
	}
}
