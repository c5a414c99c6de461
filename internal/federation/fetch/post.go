package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
)

// Post delivers an activity to an inbox, signed. It knocks twice where the
// form of the signature is refused, and records whether the host answers. It
// does not ask whether the host is to be left alone: who delivers knows.
//
// nil means that it was taken (2xx). errs.Unavailable (the host) and
// errs.TooMany (our own bounds) may work later; all other errors will not.
func (c *Client) Post(ctx context.Context, inbox string, body []byte, signer httpsig.Signer) error {
	c.start()
	u, err := c.Check(inbox)
	if err != nil {
		return err
	}
	form := c.form(ctx, u.Host)
	var status int
	for try := range 2 {
		status, err = c.deliver(ctx, u, body, signer, form)
		if try > 0 || !signatureRefused(status, err) {
			break
		}
		form = other(form)
	}
	name := ""
	if err == nil {
		name = form.String()
	}
	if ctx.Err() == nil {
		c.tell(ctx, u.Host, name, status, err)
	}
	return err
}

func (c *Client) deliver(ctx context.Context, u *url.URL, body []byte, signer httpsig.Signer, form httpsig.Form) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	leave, err := c.hosts.enter(ctx, u.Host, true)
	if err != nil {
		return 0, busy(err)
	}
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, errs.Wrap(errs.Invalid, err, "an inbox cannot be asked")
	}
	r.Header.Set("Content-Type", "application/activity+json")
	r.Header.Set("Accept", "application/activity+json, application/ld+json")
	r.Header.Set("User-Agent", c.UserAgent)
	if err := signer.Sign(r, body, form, c.now()); err != nil {
		return 0, err
	}
	a, err := c.web.Do(r)
	if err != nil {
		return 0, unanswered(err)
	}
	defer a.Body.Close()
	if a.StatusCode >= http.StatusOK && a.StatusCode < http.StatusMultipleChoices {
		// A little is read, so that the connection can be used again.
		_, _ = io.CopyN(io.Discard, a.Body, errorBody)
		return a.StatusCode, nil
	}
	return a.StatusCode, refusal(a)
}
