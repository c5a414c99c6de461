package geoip

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"sepiola/internal/domain/view"
	"sepiola/internal/errs"
)

// The types of values in the format, from
// https://maxmind.github.io/MaxMind-DB/.
const (
	mmString = 2
	mmUint16 = 5
	mmUint32 = 6
	mmMap    = 7
	mmUint64 = 9
	mmArray  = 11
)

type pair struct {
	key   string
	value any
}

// encode writes a value of the data section: string, uint16, uint32, uint64,
// []any or []pair.
func encode(b *bytes.Buffer, v any) {
	control := func(kind, size int) {
		if kind > 7 {
			b.Write([]byte{byte(size), byte(kind - 7)})
			return
		}
		b.WriteByte(byte(kind<<5 | size))
	}
	switch v := v.(type) {
	case string:
		if len(v) < 29 {
			control(mmString, len(v))
		} else {
			control(mmString, 29)
			b.WriteByte(byte(len(v) - 29))
		}
		b.WriteString(v)
	case uint16:
		control(mmUint16, 2)
		_ = binary.Write(b, binary.BigEndian, v)
	case uint32:
		control(mmUint32, 4)
		_ = binary.Write(b, binary.BigEndian, v)
	case uint64:
		control(mmUint64, 8)
		_ = binary.Write(b, binary.BigEndian, v)
	case []any:
		control(mmArray, len(v))
		for _, it := range v {
			encode(b, it)
		}
	case []pair:
		control(mmMap, len(v))
		for _, p := range v {
			encode(b, p.key)
			encode(b, p.value)
		}
	}
}

// database writes a file that knows one IPv4 network and says record of it.
func database(t *testing.T, network string, record any) string {
	t.Helper()
	prefix := netip.MustParsePrefix(network)
	address, nodes := prefix.Addr().As4(), prefix.Bits()
	var file bytes.Buffer
	node := func(n uint32) { file.Write([]byte{byte(n >> 16), byte(n >> 8), byte(n)}) }
	for i := range nodes { // a chain of nodes; all ways off it lead nowhere
		next, nowhere := uint32(i+1), uint32(nodes)
		if i == nodes-1 {
			next = uint32(nodes + 16) // the first byte of the data
		}
		if address[i/8]>>(7-i%8)&1 == 0 {
			node(next)
			node(nowhere)
		} else {
			node(nowhere)
			node(next)
		}
	}
	file.Write(make([]byte, 16))
	encode(&file, record)
	file.WriteString("\xab\xcd\xefMaxMind.com")
	encode(&file, []pair{
		{"node_count", uint32(nodes)},
		{"record_size", uint16(24)},
		{"ip_version", uint16(4)},
		{"database_type", "Test-City"},
		{"languages", []any{"en"}},
		{"binary_format_major_version", uint16(2)},
		{"binary_format_minor_version", uint16(0)},
		{"build_epoch", uint64(1_700_000_000)},
		{"description", []pair{{"en", "a test"}}},
	})
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func city(code, region string) []pair {
	return []pair{
		{"country", []pair{{"iso_code", code}}},
		{"subdivisions", []any{[]pair{{"names", []pair{{"en", region}}}}}},
	}
}

func TestAddressesAreFoundInFiles(t *testing.T) {
	t.Parallel()
	country := database(t, "192.0.2.0/24", []pair{{"country", []pair{{"iso_code", "DE"}}}})
	for name, c := range map[string]struct {
		country, city, address string
		want                   view.Place
	}{
		"a country":                      {country, "", "192.0.2.9", view.Place{Country: "DE"}},
		"written as IPv6":                {country, "", "::ffff:192.0.2.9", view.Place{Country: "DE"}},
		"an address of nowhere":          {country, "", "198.51.100.1", view.Place{}},
		"a region, and its country":      {"", database(t, "192.0.2.0/24", city("fr", "Brittany")), "192.0.2.9", view.Place{Country: "FR", Subdivision: "Brittany"}},
		"countries are the country's":    {country, database(t, "192.0.2.0/24", city("FR", "Brittany")), "192.0.2.9", view.Place{Country: "DE", Subdivision: "Brittany"}},
		"a name that is no name":         {"", database(t, "192.0.2.0/24", city("FRANCE", "a\x00b")), "192.0.2.9", view.Place{}},
		"a record of another shape":      {"", database(t, "192.0.2.0/24", []any{"FR"}), "192.0.2.9", view.Place{}},
		"no file":                        {"", "", "192.0.2.9", view.Place{}},
		"IPv6 in a file that knows none": {country, "", "2001:db8::1", view.Place{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Open(c.country, c.city)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			if got := f.Locate(netip.MustParseAddr(c.address)); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if got := f.Locate(netip.Addr{}); got != (view.Place{}) {
				t.Errorf("no address is at %+v", got)
			}
		})
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.mmdb")
	if err := os.WriteFile(bad, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{bad, bad + ".missing"} {
		if _, err := Open(path, ""); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", path, err)
		}
	}
	f, err := Open(database(t, "192.0.2.0/24", []pair{}), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if got := f.String(); got != "Test-City of 2023-11-14" {
		t.Errorf("it calls itself %q", got)
	}
}

func TestOnlyPathsAreFiles(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"/var/lib/x.mmdb": "/var/lib/x.mmdb", "x.mmdb": "x.mmdb", "file:///var/lib/a%20b.mmdb": "/var/lib/a b.mmdb",
		"file://localhost/x.mmdb": "/x.mmdb", "https://example.com/x.mmdb": "", "": "", "file://": "",
	} {
		if path, local := Path(setting); local != (want != "") || local && path != want {
			t.Errorf("%q: %q, %v", setting, path, local)
		}
	}
}
