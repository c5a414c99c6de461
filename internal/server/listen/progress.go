package listen

import (
	"io"
	"net"
	"net/http"
	"time"
)

// bodyProgress gives the reading of each request's body a deadline that moves
// on with every read: uploads may be long, but not silent.
func bodyProgress(next http.Handler, patience time.Duration) http.Handler {
	if patience <= 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &progressBody{r.Body, http.NewResponseController(w), patience}
		}
		next.ServeHTTP(w, r)
	})
}

type progressBody struct {
	io.ReadCloser
	conn     *http.ResponseController
	patience time.Duration
}

func (b *progressBody) Read(p []byte) (int, error) {
	_ = b.conn.SetReadDeadline(time.Now().Add(b.patience)) // not every connection has deadlines
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF { // readers return it bare
		// net/http goes on reading to see whether the client is there. A
		// deadline set after the end would be taken for its leaving.
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// progressListener accepts connections whose writes must get on.
type progressListener struct {
	net.Listener
	patience time.Duration
}

func (l progressListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok || l.patience <= 0 {
		return c, nil
	}
	return &progressConn{tcp, l.patience}, nil
}

// progressConn gives each write, and each piece of a file, a deadline of its
// own. A client that stops reading is cut off; a slow one is not.
type progressConn struct {
	*net.TCPConn
	patience time.Duration
}

func (c *progressConn) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(c.patience)) // only fails on closed ones, as Write will
	return c.TCPConn.Write(p)
}

// sendPiece is how much of a file one deadline covers, in bytes.
const sendPiece = 1 << 20

// ReadFrom copies r to the connection; from a file the kernel does it
// (sendfile), piece by piece.
func (c *progressConn) ReadFrom(r io.Reader) (sent int64, err error) {
	limited, ok := r.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	for limited.N > 0 {
		_ = c.SetWriteDeadline(time.Now().Add(c.patience))
		piece := &io.LimitedReader{R: limited.R, N: min(limited.N, sendPiece)}
		n, err := c.TCPConn.ReadFrom(piece)
		sent += n
		limited.N -= n
		if err != nil || n == 0 {
			return sent, err
		}
	}
	return sent, nil
}
