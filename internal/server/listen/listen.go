// Package listen is the way in: it accepts connections and puts around every
// handler what all of them need.
//
//	Server     sockets, time-outs, graceful stop, TLS
//	ACME       certificates that are fetched and renewed without help
//	Chain      who asks (behind proxies), request ids, the access log,
//	           metrics, recovery, security headers, CORS, compression
//	Limits     how often one address may ask
//	Metrics    figures for Prometheus
//	Health     whether this process should get requests
//
// Every wrapper of a ResponseWriter here keeps io.ReaderFrom, so that files
// reach the kernel without a copy; a test holds us to it.
//
// Not here: routes (api, web, files) and who somebody is (auth).
package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Timeouts bound how long a client may be silent. None bounds how long an
// upload or a download may take as long as bytes move.
type Timeouts struct {
	// Header is the longest wait for the headers of a request.
	Header time.Duration
	// Progress is the longest wait for the next bytes of a body, in either
	// direction.
	Progress time.Duration
	// Idle is how long a kept-alive connection may be silent.
	Idle time.Duration
	// Shutdown is how long requests under way may take when the server stops.
	Shutdown time.Duration
}

// Server serves a handler on an address.
type Server struct {
	// Addr is host:port; port 0 is any free one.
	Addr    string
	Handler http.Handler
	// TLS is nil for plain HTTP.
	TLS      *tls.Config
	Timeouts Timeouts
	Log      *slog.Logger
	// Listening is called with the address once connections are accepted;
	// nil is fine.
	Listening func(net.Addr)

	listener net.Listener
}

// Listen takes the address, so that it is known to be free before anything
// else begins. Connections wait until Run. Close gives it back without Run.
func (s *Server) Listen(ctx context.Context) (err error) {
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	return err
}

// Close gives back the address that Listen took. After Run it does nothing.
func (s *Server) Close() {
	if s.listener != nil {
		_ = s.listener.Close() // closed already is fine
	}
}

// Run serves until ctx is done, then lets requests under way finish for a
// while. It returns nil after such a stop.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	return s.Serve(ctx, s.listener)
}

// Serve is Run on a listener, which it closes.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           bodyProgress(s.Handler, s.Timeouts.Progress),
		ReadHeaderTimeout: s.Timeouts.Header,
		IdleTimeout:       s.Timeouts.Idle,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	accepted := net.Listener(progressListener{l, s.Timeouts.Progress})
	if s.TLS != nil {
		config := s.TLS.Clone()
		config.NextProtos = append([]string{"h2", "http/1.1"}, config.NextProtos...)
		srv.TLSConfig = config
		accepted = tls.NewListener(accepted, config)
	}
	if s.Listening != nil {
		s.Listening(l.Addr())
	}
	s.Log.InfoContext(ctx, "listening", "addr", l.Addr().String(), "tls", s.TLS != nil)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(accepted) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeouts.Shutdown)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		s.Log.WarnContext(ctx, "requests were cut off by the stop", "err", err)
		_ = srv.Close() // they had their time
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
