package fetch

import (
	"bytes"
	"context"
	"net/http"

	"sepiola/internal/errs"
)

// Question sends JSON to something public, such as an index for searching, and
// reads an answer of at most size bytes. It is not signed, and what is asked
// is not told to another address: a redirection is errs.Invalid.
func (c *Client) Question(ctx context.Context, raw string, body []byte, size int64) (*Response, error) {
	c.start()
	u, err := c.Check(raw)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	leave, err := c.hosts.enter(ctx, u.Host, false)
	if err != nil {
		return nil, busy(err)
	}
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "a URL cannot be asked")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.UserAgent)
	a, err := c.web.Do(r)
	if err != nil {
		return nil, unanswered(err)
	}
	defer a.Body.Close()
	switch {
	case redirects(a.StatusCode):
		return nil, errs.New(errs.Invalid, "the other site answered %d: what is asked is not told elsewhere", a.StatusCode)
	case a.StatusCode != http.StatusOK:
		return nil, refusal(a)
	}
	answer, err := c.read(ctx, a, size)
	if err != nil {
		return nil, err
	}
	return &Response{URL: u.String(), Type: typeOf(a), Body: answer}, nil
}
