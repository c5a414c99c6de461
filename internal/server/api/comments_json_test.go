package api

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestThreadsAreWrittenAsTheirStructsSay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var page threadsJSON
		filled(r, reflect.ValueOf(&page).Elem())
		same(t, page, page.append(nil))
	}
}
