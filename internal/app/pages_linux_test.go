package app

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestOnlyWhatIsReadOfTheProgramIsGivenBack(t *testing.T) {
	t.Parallel()
	const maps = `00400000-01c3d000 r-xp 00000000 fe:00 1234    /opt/se pia/sepiola
01c3d000-03a00000 r--p 0183d000 fe:00 1234                       /usr/bin/sepiola
03a00000-03b00000 rw-p 03600000 fe:00 1234                       /usr/bin/sepiola
00400000-01c3d000 r-xp 00000000 fe:00 1234                       /usr/bin/sepiola
7f0000000000-7f0000021000 r--p 00000000 fe:00 99                 /usr/lib/other
7f0000100000-7f0000121000 rw-p 00000000 00:00 0
`
	got, err := readOnlyParts(strings.NewReader(maps), "/usr/bin/sepiola")
	want := []part{{0x1c3d000, 0x3a00000}, {0x400000, 0x1c3d000}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %x, %v; want %x", got, err, want)
	}
	if _, err := readOnlyParts(strings.NewReader("zz-1 r-xp 0 0 0 /x\n"), "/x"); err == nil {
		t.Error("what is no address is taken for one")
	}
}

// A test's own program is as good as any.
func TestPagesOfTheProgramAreGivenBack(t *testing.T) {
	before := residentProgram(t)
	if err := forgetProgram(); err != nil {
		t.Fatal(err)
	}
	if after := residentProgram(t); after >= before {
		t.Errorf("%d KiB of the program were in memory, afterwards %d", before, after)
	}
}

// residentProgram is how much of the program's file is in memory and only read,
// in KiB.
func residentProgram(t *testing.T) (sum int) {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	of := regexp.MustCompile(`(?m)^[0-9a-f]+-[0-9a-f]+ r-(?:xp|-p) .*` + regexp.QuoteMeta(exe) + `\n(?:.*\n)*?Rss: +(\d+) kB`)
	for _, m := range of.FindAllSubmatch(smaps, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum == 0 {
		t.Fatal("nothing of the program is in memory")
	}
	return sum
}
