package fetch

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sepiola/internal/errs"
	"sepiola/internal/federation/httpsig"
)

// activityTypes are what ActivityPub objects come as.
var activityTypes = []string{"application/activity+json", "application/ld+json"}

// Get reads an object. Several that want the same at once share one request.
func (c *Client) Get(ctx context.Context, raw string, o Options) (*Response, error) {
	c.start()
	u, err := c.Check(raw)
	if err != nil {
		return nil, err
	}
	if err := Spend(ctx); err != nil {
		return nil, err
	}
	if o.Max == 0 {
		o.Max = MaxDocument
	}
	if o.Accept == "" {
		o.Accept = Accept
	}
	if o.Types == nil {
		o.Types = activityTypes
	}
	key := strings.Join([]string{u.String(), o.Accept, strconv.FormatInt(o.Max, 10), strconv.FormatBool(o.Unsigned)}, " ")
	if !o.Force {
		if err := c.failed.get(key); err != nil {
			return nil, err
		}
		if err := c.open(ctx, u.Host); err != nil {
			return nil, err
		}
	}
	return c.share(ctx, key, u, o)
}

// share makes the request unless somebody is making it. The first caller's
// context may end before that of others, so that none counts for the request.
func (c *Client) share(ctx context.Context, key string, u *url.URL, o Options) (*Response, error) {
	answer := c.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Total)
		defer cancel()
		res, err := c.follow(ctx, u, o)
		if err != nil {
			c.failed.put(key, err, retryAfter(err))
		}
		return res, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case a := <-answer:
		if a.Err != nil {
			return nil, a.Err
		}
		return a.Val.(*Response), nil
	}
}

// ErrLeftAlone says that nobody was asked: the host has not answered lately.
var ErrLeftAlone = errors.New("the host is left alone for a while")

// open returns errs.Unavailable, with ErrLeftAlone, while a host is left alone.
func (c *Client) open(ctx context.Context, host string) error {
	if c.troubles.resting(host) {
		return errs.Wrap(errs.Unavailable, ErrLeftAlone, "this site asked not to be asked at the moment")
	}
	if c.Servers == nil {
		return nil
	}
	s, err := c.Servers.ByHost(ctx, host)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.Failing(c.now()) {
		return errs.Wrap(errs.Unavailable, ErrLeftAlone, "this site does not answer at the moment")
	}
	return nil
}

// follow asks u and where it leads, each time through all checks.
func (c *Client) follow(ctx context.Context, u *url.URL, o Options) (*Response, error) {
	for range MaxRedirects + 1 {
		res, next, err := c.knock(ctx, u, o)
		if err != nil || next == "" {
			return res, err
		}
		to, err := u.Parse(next)
		if err != nil {
			return nil, errs.Wrap(errs.Invalid, err, "a redirection cannot be read")
		}
		if u, err = c.Check(to.String()); err != nil {
			return nil, err
		}
		if err := c.open(ctx, u.Host); err != nil && !o.Force {
			return nil, err
		}
	}
	return nil, errs.New(errs.Invalid, "too many redirections")
}

// knock asks one URL, and once more with the other form of signature if the
// first was refused.
func (c *Client) knock(ctx context.Context, u *url.URL, o Options) (res *Response, next string, err error) {
	signer, sign, err := c.signer(ctx, o)
	if err != nil {
		return nil, "", err
	}
	form := c.form(ctx, u.Host)
	var status int
	for try := range 2 {
		res, next, status, err = c.ask(ctx, u, o, func(r *http.Request) error {
			if !sign {
				return nil
			}
			return signer.Sign(r, nil, form, c.now())
		})
		if try > 0 || !sign || !signatureRefused(status, err) {
			break
		}
		form = other(form)
	}
	name := ""
	if sign && err == nil {
		name = form.String()
	}
	if status == http.StatusTooManyRequests {
		c.troubles.rest(u.Host, retryAfter(err))
	}
	if !unwell(status) || c.troubles.failed(u.Host, u.String()) {
		c.tell(ctx, u.Host, name, status, err)
	}
	return res, next, err
}

func (c *Client) signer(ctx context.Context, o Options) (s httpsig.Signer, sign bool, err error) {
	if o.Unsigned || c.Sign == nil {
		return s, false, nil
	}
	s, err = c.Sign(ctx)
	return s, err == nil, err
}

// form is the form of signature that a host takes as far as we know.
func (c *Client) form(ctx context.Context, host string) httpsig.Form {
	if c.Servers == nil {
		return httpsig.Cavage
	}
	if s, err := c.Servers.ByHost(ctx, host); err == nil && s.Signature == httpsig.RFC9421.String() {
		return httpsig.RFC9421
	}
	return httpsig.Cavage
}

func other(f httpsig.Form) httpsig.Form {
	if f == httpsig.Cavage {
		return httpsig.RFC9421
	}
	return httpsig.Cavage
}

// signatureRefused reports whether an answer may be about the form of the
// signature. A 400 is only when it says so.
func signatureRefused(status int, err error) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusBadRequest:
		return err != nil && strings.Contains(strings.ToLower(err.Error()), "signature")
	}
	return false
}

// tell records whether a host answers. What the caller gave up is no fault of
// the host; and one that answers that it cannot now is neither well nor gone:
// who asked knows what that means (the deliverer takes it for a failure, and a
// page that breaks one program does not keep all others from being read).
func (c *Client) tell(ctx context.Context, host, form string, status int, err error) {
	if c.Servers == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	var told error
	switch {
	case status == 0 && errs.Is(err, errs.Unavailable), unwell(status):
		_, told = c.Servers.Failed(ctx, host, c.now())
	case status != 0 && !cannotNow(status):
		c.troubles.well(host)
		told = c.Servers.Answered(ctx, host, form, c.now())
	}
	if told != nil && !errs.Is(told, errs.NotFound) {
		c.log().WarnContext(ctx, "the state of another site was not recorded", "host", host, "err", told)
	}
}

func cannotNow(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// ask makes one request. status is 0 when there was no answer; next is where a
// redirection leads.
func (c *Client) ask(ctx context.Context, u *url.URL, o Options, sign func(*http.Request) error) (res *Response, next string, status int, err error) {
	leave, err := c.hosts.enter(ctx, u.Host, false)
	if err != nil {
		return nil, "", 0, busy(err)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", 0, errs.Wrap(errs.Invalid, err, "a URL cannot be asked")
	}
	r.Header.Set("Accept", o.Accept)
	r.Header.Set("User-Agent", c.UserAgent)
	if err := sign(r); err != nil {
		return nil, "", 0, err
	}
	a, err := c.web.Do(r)
	if err != nil {
		return nil, "", 0, unanswered(err)
	}
	defer a.Body.Close()
	switch {
	case redirects(a.StatusCode) && a.Header.Get("Location") != "":
		return nil, a.Header.Get("Location"), a.StatusCode, nil
	case a.StatusCode != http.StatusOK:
		return nil, "", a.StatusCode, refusal(a)
	}
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if !slices.Contains(o.Types, kind) {
		return nil, "", a.StatusCode, errs.New(errs.UnsupportedType, "the answer is %q, which was not asked for", clip(kind))
	}
	body, err := c.read(ctx, a, o.Max)
	if err != nil {
		return nil, "", a.StatusCode, err
	}
	return &Response{URL: u.String(), Type: kind, Body: body}, "", a.StatusCode, nil
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// read reads a body of at most size bytes. What is larger than a little waits
// until there is memory for it.
func (c *Client) read(ctx context.Context, a *http.Response, size int64) ([]byte, error) {
	if a.ContentLength > size {
		return nil, tooLarge(size)
	}
	start, err := io.ReadAll(io.LimitReader(a.Body, min(size, freeBytes)+1))
	if err != nil {
		return nil, unanswered(err)
	}
	if int64(len(start)) > size {
		return nil, tooLarge(size)
	}
	if len(start) <= freeBytes {
		return start, nil
	}
	need := min(size, memoryBudget)
	if err := c.memory.Acquire(ctx, need); err != nil {
		return nil, unanswered(err)
	}
	defer c.memory.Release(need)
	rest, err := io.ReadAll(io.LimitReader(a.Body, size+1-int64(len(start))))
	if err != nil {
		return nil, unanswered(err)
	}
	if int64(len(start)+len(rest)) > size {
		return nil, tooLarge(size)
	}
	return append(start, rest...), nil
}

func tooLarge(size int64) error {
	return errs.New(errs.TooLarge, "the answer is larger than %d bytes", size)
}

// busy keeps what is our own limit from being taken for the host's fault.
func busy(err error) error { return errs.Wrap(errs.TooMany, err, "%s", errs.As(err).Msg) }

// unanswered gives an error of the network its kind.
func unanswered(err error) error {
	if own := errs.As(err); own != nil {
		return own // the guard's
	}
	return errs.Wrap(errs.Unavailable, err, "the other site did not answer")
}

// refusal is the error of an answer that is not good.
func refusal(a *http.Response) error {
	kind := errs.Invalid
	switch a.StatusCode {
	case http.StatusNotFound:
		kind = errs.NotFound
	case http.StatusGone:
		kind = errs.Gone
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = errs.Forbidden
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusTooEarly:
		kind = errs.Unavailable
	}
	if a.StatusCode >= http.StatusInternalServerError {
		kind = errs.Unavailable
	}
	said, _ := io.ReadAll(io.LimitReader(a.Body, errorBody))
	return errs.Wrap(kind, &saying{said, cannotNow(a.StatusCode), a.Header.Get("Retry-After")}, "the other site answered %d", a.StatusCode)
}

// saying is what another site said with a refusal, for the log, whether it is
// one of the moment, and its Retry-After.
type saying struct {
	text  []byte
	later bool
	retry string
}

// Error returns the first part of it.
func (s *saying) Error() string { return clip(string(s.text)) }

func clip(s string) string {
	const most = 200
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "?")
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
