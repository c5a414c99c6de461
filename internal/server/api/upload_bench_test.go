package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"sepiola/internal/domain/video"
)

const uploadBenchWrap = 512 << 20 // bytes of one file before the next begins

// BenchmarkUploadPut sends chunks over a connection; the sender uses sendfile,
// so the processor time is nearly all the server's. "unsynced" leaves out the
// sync before each answer, to show its price.
func BenchmarkUploadPut(b *testing.B) {
	for _, chunk := range []int64{1 << 20, 8 << 20, 64 << 20} {
		for _, name := range []string{"synced", "unsynced"} {
			b.Run(fmt.Sprintf("%dMiB/%s", chunk>>20, name), func(b *testing.B) {
				s := newUploadSite(b)
				if name == "unsynced" {
					s.svc.Files = unsyncedFiles{s.svc.Files}
				}
				benchmarkUpload(b, s, chunk)
			})
		}
	}
}

type unsyncedFiles struct{ video.UploadFiles }

type unsyncedWriter struct{ video.UploadWriter }

func (u unsyncedFiles) Writer(ctx context.Context, name string, at int64) (video.UploadWriter, error) {
	w, err := u.UploadFiles.Writer(ctx, name, at)
	return unsyncedWriter{w}, err
}

func (unsyncedWriter) Sync() error { return nil }

func benchmarkUpload(b *testing.B, s *uploadSite, chunk int64) {
	b.Helper()
	source := uploadBenchSource(b, chunk)
	conn, err := net.Dial("tcp", s.srv.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	path, at := "", int64(uploadBenchWrap)
	b.SetBytes(chunk)
	start := uploadCPU(b)
	b.ResetTimer()
	for range b.N {
		if at+chunk > uploadBenchWrap {
			s.do("DELETE", path, nil, nil)
			path, at = s.begin(50<<30), 0
		}
		_, err := fmt.Fprintf(conn, "PUT /api/v1%s HTTP/1.1\r\nHost: x\r\nX-Test-User: alice\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n",
			path, chunk, at, at+chunk-1, int64(50<<30))
		if err != nil {
			b.Fatal(err)
		}
		sendUpload(b, conn, source)
		res, err := http.ReadResponse(answers, nil)
		if err != nil || res.StatusCode != http.StatusPermanentRedirect {
			b.Fatalf("answer: %v %v", res, err)
		}
		_ = res.Body.Close()
		at += chunk
	}
	b.StopTimer()
	reportUploadCPU(b, start, chunk)
}

func sendUpload(b *testing.B, to io.Writer, source *os.File) {
	b.Helper()
	if _, err := source.Seek(0, io.SeekStart); err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(to, source); err != nil {
		b.Fatal(err)
	}
}

func uploadBenchSource(b *testing.B, size int64) *os.File {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "source"))
	if err == nil {
		_, err = f.Write(uploadMedia(int(size)))
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return f
}

// BenchmarkUploadPlainCopy is what there is to compare with: the same bytes
// copied from file to file and synced after each chunk.
func BenchmarkUploadPlainCopy(b *testing.B) {
	for _, chunk := range []int64{1 << 20, 8 << 20, 64 << 20} {
		b.Run(fmt.Sprintf("%dMiB", chunk>>20), func(b *testing.B) {
			source := uploadBenchSource(b, chunk)
			target, err := os.Create(filepath.Join(b.TempDir(), "target"))
			if err != nil {
				b.Fatal(err)
			}
			defer target.Close()
			b.SetBytes(chunk)
			start := uploadCPU(b)
			b.ResetTimer()
			for n := range b.N {
				if int64(n)*chunk%uploadBenchWrap == 0 {
					_, _ = target.Seek(0, io.SeekStart)
					_ = target.Truncate(0)
				}
				_, _ = source.Seek(0, io.SeekStart)
				if _, err := io.CopyBuffer(struct{ io.Writer }{target}, struct{ io.Reader }{source}, make([]byte, 256<<10)); err != nil {
					b.Fatal(err)
				}
				if err := target.Sync(); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			reportUploadCPU(b, start, chunk)
		})
	}
}

// uploadCPU is the processor time of this process.
func uploadCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportUploadCPU(b *testing.B, start time.Duration, chunk int64) {
	b.Helper()
	spent := uploadCPU(b) - start
	b.ReportMetric(spent.Seconds()/(float64(b.N)*float64(chunk)/(1<<30)), "cpu-s/GiB")
}
