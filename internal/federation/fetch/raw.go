package fetch

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"

	"sepiola/internal/errs"
)

// Raw reads something public, such as NodeInfo, of any type and at most size
// bytes, without signing.
func (c *Client) Raw(ctx context.Context, raw string, size int64) (*Response, error) {
	c.start()
	res, body, done, err := c.plain(ctx, raw)
	if err != nil {
		return nil, err
	}
	defer done()
	if res.Body, err = c.read(ctx, body, size); err != nil {
		return nil, err
	}
	return res, nil
}

// Copy writes something public, such as a picture, to w: at most size bytes;
// more is errs.TooLarge. It returns how much it was, and its content type.
func (c *Client) Copy(ctx context.Context, w io.Writer, raw string, size int64) (n int64, kind string, err error) {
	c.start()
	res, body, done, err := c.plain(ctx, raw)
	if err != nil {
		return 0, "", err
	}
	defer done()
	if body.ContentLength > size {
		return 0, "", tooLarge(size)
	}
	n, err = io.Copy(w, &answerReader{io.LimitReader(body.Body, size+1)})
	if err == nil && n > size {
		err = tooLarge(size)
	}
	return n, res.Type, err
}

// answerReader gives the errors of an answer their kind, so that they are told
// from those of who writes.
type answerReader struct{ r io.Reader }

// Read implements io.Reader.
func (a *answerReader) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.EOF is never wrapped
		err = unanswered(err)
	}
	return n, err
}

// plain asks without signing and follows redirections. done is to be called.
func (c *Client) plain(ctx context.Context, raw string) (_ *Response, _ *http.Response, done func(), err error) {
	u, err := c.Check(raw)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := spend(ctx); err != nil {
		return nil, nil, nil, err
	}
	if err := c.open(ctx, u.Host); err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Total)
	for range MaxRedirects + 1 {
		a, leave, err := c.plainOnce(ctx, u)
		if err != nil {
			cancel()
			return nil, nil, nil, err
		}
		end := func() {
			_ = a.Body.Close()
			leave()
		}
		next := a.Header.Get("Location")
		if redirects(a.StatusCode) && next != "" {
			end()
			if u, err = c.next(u, next); err != nil {
				cancel()
				return nil, nil, nil, err
			}
			continue
		}
		if a.StatusCode != http.StatusOK {
			err := refusal(a)
			end()
			cancel()
			return nil, nil, nil, err
		}
		kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
		return &Response{URL: u.String(), Type: kind}, a, func() { end(); cancel() }, nil
	}
	cancel()
	return nil, nil, nil, errs.New(errs.Invalid, "too many redirections")
}

func (c *Client) plainOnce(ctx context.Context, u *url.URL) (*http.Response, func(), error) {
	leave, err := c.hosts.enter(ctx, u.Host, false)
	if err != nil {
		return nil, nil, busy(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		leave()
		return nil, nil, errs.Wrap(errs.Invalid, err, "a URL cannot be asked")
	}
	r.Header.Set("User-Agent", c.UserAgent)
	a, err := c.web.Do(r)
	if err != nil {
		leave()
		return nil, nil, unanswered(err)
	}
	return a, leave, nil
}

func (c *Client) next(u *url.URL, location string) (*url.URL, error) {
	to, err := u.Parse(location)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "a redirection cannot be read")
	}
	return c.Check(to.String())
}
