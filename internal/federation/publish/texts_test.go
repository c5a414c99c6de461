package publish

import (
	"strconv"
	"testing"
	"time"
)

// Who asks for a third more than there is room for, again and again, still
// finds some; and no more is kept than there is room for.
func TestTextsGiveWay(t *testing.T) {
	t.Parallel()
	const size, n = maxTexts / 30, 40
	var kept texts
	now := time.Now()
	it := text{make([]byte, size), now.Add(textLife)}
	found := 0
	for i := range 4 * n {
		uuid := strconv.Itoa(i % n)
		if kept.get(uuid, 1, now) != nil {
			found++
			continue
		}
		if kept.put(uuid, 1, it); kept.get(uuid, 1, now) == nil {
			t.Fatalf("%s is not there right after it was kept", uuid)
		}
		if kept.bytes > maxTexts || kept.bytes != size*len(kept.kept) {
			t.Fatalf("%d bytes of %d texts are said to be kept", kept.bytes, len(kept.kept))
		}
	}
	if found == 0 {
		t.Error("each was pushed out before it was asked for again")
	}
	kept.put("large", 1, text{make([]byte, maxTexts), now.Add(textLife)})
	if kept.get("large", 1, now) != nil {
		t.Error("one pushed all others out")
	}
	kept.put("0", 2, it)
	if kept.bytes != size || kept.get("1", 2, now) != nil || kept.get("0", 1, now) != nil {
		t.Error("what was made before a change is still there")
	}
	if kept.get("0", 2, now.Add(textLife)) != nil {
		t.Error("what is too old is given out")
	}
}
