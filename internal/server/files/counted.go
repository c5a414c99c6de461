package files

import (
	"net/http"
	"strings"

	"sepiola/internal/domain/video"
)

// downloaded tells of a download that begins: its first bytes are asked for.
func (s *Server) downloaded(r *http.Request, v *video.Video) {
	from := r.Header.Get("Range")
	if s.Downloaded == nil || r.Method != http.MethodGet || from != "" && !strings.HasPrefix(from, "bytes=0-") {
		return
	}
	s.Downloaded(r, v.ID)
}
