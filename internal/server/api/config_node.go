package api

import (
	"context"
	"encoding/json"
)

// nodeConfig are the parts of the configuration that PeerTube also tells in its
// NodeInfo.
var nodeConfig = []string{
	"search", "plugin", "theme", "email", "contactForm", "transcoding", "live", "import", "autoBlacklist", "avatar", "video",
	"videoCaption", "user", "trending", "tracker",
}

// Node returns the part of the configuration that is told in NodeInfo.
func (h *Config) Node(ctx context.Context) (map[string]any, error) {
	o, err := h.present(ctx, false)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(nodeConfig))
	for _, name := range nodeConfig {
		if v, ok := all[name]; ok {
			out[name] = v
		}
	}
	return out, nil
}
