package rest

import (
	"net/http"
	"sync"
)

// maxPooled is what a buffer may hold to be used again, in bytes.
const maxPooled = 256 << 10

var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 16<<10)
	return &b
}}

// Append answers with the JSON that write appends to a buffer, as Bytes does.
// The buffer is used again for other answers: write must not keep it.
func Append(w http.ResponseWriter, status int, write func(b []byte) []byte) error {
	buf, _ := buffers.Get().(*[]byte)
	b := write((*buf)[:0])
	_ = Bytes(w, status, TypeJSON, b) // nothing can be told to a client that is gone
	if cap(b) <= maxPooled {
		*buf = b
		buffers.Put(buf)
	}
	return nil
}
