package fed

import (
	"io"
	"net/http"
	"strconv"

	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/inbox"
	"sepiola/internal/server/rest"
)

// Signed lets requests through that carry a signature, whatever that is worth.
// Others are refused before anything is read, counted or looked up for them:
// that costs less than to tell who asks too often.
func (s *Server) Signed(next http.Handler) http.Handler {
	refused := rest.Fixed(inbox.Unsigned())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Receiver != nil && len(r.Header["Signature"]) == 0 && len(r.Header["Signature-Input"]) == 0 && len(r.Header["Authorization"]) == 0 {
			refused.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// inbox takes what others send: what is not signed well is refused before
// anything of it is read.
func (s *Server) inbox(w http.ResponseWriter, r *http.Request) error {
	if s.Receiver == nil {
		return errs.New(errs.NotSupported, "this site receives nothing")
	}
	signature, err := httpsig.Parse(r, httpsig.Options{Now: s.Now(), Host: s.Site.Host, Scheme: s.Site.Scheme})
	if err != nil {
		return inbox.Refuse(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, activity.MaxBytes))
	if err != nil {
		return errs.New(errs.TooLarge, "an activity has %d bytes at most", int64(activity.MaxBytes))
	}
	if err := httpsig.CheckDigest(r.Header, body); err != nil {
		return inbox.Refuse(err)
	}
	request := inbox.Request{Body: body, Signature: signature}
	if name := param(r, "name"); name != "" {
		a, err := s.target(r, name)
		if err != nil {
			return err
		}
		request.TargetURL = a
	}
	err = s.Receiver.Receive(r.Context(), request)
	if errs.Is(err, errs.TooMany) {
		w.Header().Set("Retry-After", strconv.Itoa(int(inbox.RetryAfter.Seconds())))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// target is the actor that a personal inbox belongs to.
func (s *Server) target(r *http.Request, name string) (string, error) {
	of := s.accountLists
	if len(r.URL.Path) > 3 && r.URL.Path[:3] == "/vi" {
		of = s.channelLists
	}
	a, err := of(r.Context(), name)
	if err != nil {
		return "", err
	}
	return a.URL, nil
}
