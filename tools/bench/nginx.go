package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const mebibyte = 1 << 20

// rangeLoad asks for one MiB after the other of a file.
func rangeLoad(name, url string, size int64) load {
	return load{
		name:   name,
		url:    func(int) string { return url },
		header: http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", size-mebibyte, size-1)}},
		status: http.StatusPartialContent,
	}
}

// nginx serves a directory with a worker per core, as PeerTube's
// administrators have it.
type nginx struct {
	cmd *exec.Cmd
	url string
}

// startNginx returns nil when nginx is not installed.
func startNginx(ctx context.Context, dir, root string) (*nginx, error) {
	path, _ := exec.LookPath("nginx")
	if path == "" {
		return nil, nil //nolint:nilnil // absence is not an error: the report says it
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`worker_processes 2; daemon off; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log; user root;
events { worker_connections 512; }
http { sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000;
 client_body_temp_path %[1]s/nb; proxy_temp_path %[1]s/np; fastcgi_temp_path %[1]s/nf; uwsgi_temp_path %[1]s/nu; scgi_temp_path %[1]s/ns;
 server { listen 127.0.0.1:%[2]d; root %[3]s; } }
`, dir, port, root)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	n := &nginx{cmd: exec.CommandContext(ctx, path, "-c", conf, "-e", dir+"/nginx.log"), url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	return n, waitFor(ctx, n.url+"/", 10*time.Second)
}

// pids are those of the workers, which do the work.
func (n *nginx) pids() []int {
	out, _ := exec.Command("pgrep", "-P", strconv.Itoa(n.cmd.Process.Pid)).Output()
	var pids []int
	for f := range strings.FieldsSeq(string(out)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (n *nginx) stop() {
	_ = n.cmd.Process.Signal(os.Interrupt)
	_ = n.cmd.Wait()
}

// freePort asks the system for a port that nobody uses now.
func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// waitFor asks until any answer comes.
func waitFor(ctx context.Context, url string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			return res.Body.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", url, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
