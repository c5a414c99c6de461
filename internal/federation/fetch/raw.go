package fetch

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"sepiola/internal/errs"
)

// Raw reads something public, such as NodeInfo, of any type and at most size
// bytes, without signing.
func (c *Client) Raw(ctx context.Context, raw string, size int64) (*Response, error) {
	res := new(Response)
	err := c.plain(ctx, raw, Total, func(ctx context.Context, at string, a *http.Response) (err error) {
		res.URL, res.Type = at, typeOf(a)
		res.Body, err = c.read(ctx, a, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// Copy writes something public, such as a picture, to w: at most size bytes;
// more is errs.TooLarge. It returns how much it was, and its content type.
func (c *Client) Copy(ctx context.Context, w io.Writer, raw string, size int64) (n int64, kind string, err error) {
	return c.copyWithin(ctx, w, raw, size, Total)
}

// slowest is how many bytes a second a download has to bring.
const slowest = 64 << 10

// Download is Copy of something large, such as a film: it may take as long as
// size bytes do on a slow line.
func (c *Client) Download(ctx context.Context, w io.Writer, raw string, size int64) (n int64, err error) {
	n, _, err = c.copyWithin(ctx, w, raw, size, Total+time.Duration(size/slowest)*time.Second)
	return n, err
}

func (c *Client) copyWithin(ctx context.Context, w io.Writer, raw string, size int64, total time.Duration) (n int64, kind string, err error) {
	err = c.plain(ctx, raw, total, func(_ context.Context, _ string, a *http.Response) (err error) {
		if a.ContentLength > size {
			return tooLarge(size)
		}
		kind = typeOf(a)
		n, err = io.Copy(w, &answerReader{io.LimitReader(a.Body, size+1)})
		if err == nil && n > size {
			return tooLarge(size)
		}
		return err
	})
	return n, kind, err
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

// plain asks without signing, follows redirections and gives what it found,
// and where, to use, all within total.
func (c *Client) plain(ctx context.Context, raw string, total time.Duration, use func(ctx context.Context, at string, a *http.Response) error) error {
	c.start()
	u, err := c.Check(raw)
	if err != nil {
		return err
	}
	if err := Spend(ctx); err != nil {
		return err
	}
	if err := c.open(ctx, u.Host); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	for range MaxRedirects + 1 {
		next, err := c.plainOnce(ctx, u, use)
		if err != nil || next == "" {
			return err
		}
		if u, err = c.next(u, next); err != nil {
			return err
		}
	}
	return errs.New(errs.Invalid, "too many redirections")
}

func (c *Client) plainOnce(ctx context.Context, u *url.URL, use func(ctx context.Context, at string, a *http.Response) error) (next string, err error) {
	leave, err := c.hosts.enter(ctx, u.Host, false)
	if err != nil {
		return "", busy(err)
	}
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", errs.Wrap(errs.Invalid, err, "a URL cannot be asked")
	}
	r.Header.Set("User-Agent", c.UserAgent)
	a, err := c.web.Do(r)
	if err != nil {
		return "", unanswered(err)
	}
	defer a.Body.Close()
	switch {
	case redirects(a.StatusCode) && a.Header.Get("Location") != "":
		return a.Header.Get("Location"), nil
	case a.StatusCode != http.StatusOK:
		return "", refusal(a)
	}
	return "", use(ctx, u.String(), a)
}

func typeOf(a *http.Response) string {
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return kind
}

func (c *Client) next(u *url.URL, location string) (*url.URL, error) {
	to, err := u.Parse(location)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "a redirection cannot be read")
	}
	return c.Check(to.String())
}
