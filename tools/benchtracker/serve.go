package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"sepiola/internal/server/rest"
	"sepiola/internal/server/tracker"
)

// serve runs the tracker by itself. One machine that plays all viewers would
// be refused by its limits, so there are none.
func serve(address string) error {
	log := slog.New(slog.DiscardHandler)
	local := netip.MustParseAddr("127.0.0.1")
	t := &tracker.Tracker{
		ClientIP: func(*http.Request) netip.Addr { return local },
		Options: func() tracker.Options {
			return tracker.Options{Enabled: true, MaxSockets: 1 << 30, MaxRate: 1e9}
		},
		Log: log,
	}
	go t.Run(context.Background())
	r := rest.NewRouter(log)
	t.Mount(r)
	s := &http.Server{Addr: address, Handler: r, ReadHeaderTimeout: time.Minute}
	return s.ListenAndServe()
}
