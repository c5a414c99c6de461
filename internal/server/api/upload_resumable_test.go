package api

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/instance"
	"sepiola/internal/domain/video"
)

// TestUploadResumableExchange follows the exchange that was recorded of
// PeerTube, with its sizes.
func TestUploadResumableExchange(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, testUploadExchange)
}

func testUploadExchange(t *testing.T, s *uploadSite) {
	t.Helper()
	const size = 536821
	media := uploadMedia(size)

	first := s.init(size, uploadBody1, nil)
	s.want("init", first, 201, "")
	location := first.header.Get("Location")
	// The tokens are those of the recorded exchange for the same values.
	const tokens = "-160f41ac0ab3b982-89d6da0c2dd8bdf2-4d987691e6ae53cb"
	if want := "//localhost:9000/api/v1/videos/upload-resumable?upload_id=af63ac4c86019afc" + tokens; location != want {
		t.Errorf("Location: got %s, want %s", location, want)
	}
	path := strings.TrimPrefix(location, "//localhost:9000/api/v1")
	again := s.init(size, uploadBody1, nil)
	s.want("the same init again", again, 201, "")
	if again.header.Get("Location") != location {
		t.Errorf("the same init gave another upload: %s", again.header.Get("Location"))
	}

	s.want("chunk 1", s.put(path, 0, media[:200000], size, nil), 308, "bytes=0-199999")
	resumed := s.init(size, uploadBody1, nil)
	s.want("init again after one chunk", resumed, 200, "bytes=0-199999")
	status := s.status(path, size)
	s.want("status query", status, 308, "bytes=0-199999")
	s.want("chunk with a gap", s.put(path, 300000, media[300000:400000], size, nil), 308, "bytes=0-399999")
	other := s.put(path, 200000, media[200000:400000], size, map[string]string{"X-Test-User": "bob"})
	s.wantError("chunk of another user", other, 403, "Forbidden")
	s.want("chunk 2", s.put(path, 200000, media[200000:400000], size, nil), 308, "bytes=0-399999")
	last := s.put(path, 400000, media[400000:], size, nil)
	s.want("chunk 3 (last)", last, 200, "")
	uploadSameShape(t, last.body)
	afterEnd := s.wantForgotten(path, 400000, media)

	for _, tt := range []struct {
		name            string
		a               uploadAnswer
		expose, noStore string
	}{
		{"init", first, "Retry-After,Location", "no-store"},
		{"init that resumes", resumed, "Retry-After,Location,Range", "no-store"},
		{"chunk", status, "Retry-After,Range", "no-store"},
		{"refusal", other, "Retry-After", "no-store"},
		{"end", last, "Retry-After", ""},
	} {
		if got := tt.a.header.Get("Access-Control-Expose-Headers"); got != tt.expose {
			t.Errorf("%s: exposed headers %q, want %q", tt.name, got, tt.expose)
		}
		if got := tt.a.header.Get("Cache-Control"); got != tt.noStore {
			t.Errorf("%s: Cache-Control %q, want %q", tt.name, got, tt.noStore)
		}
	}
	uploadGolden(t, "forbidden", other)
	uploadGolden(t, "not-found", afterEnd)

	if got := s.videos(); !cmp.Equal(got, []string{"Resumable video"}) {
		t.Errorf("videos: %v", got)
	}
	input, err := os.ReadFile(filepath.Join(s.dir, uploadOriginals, s.queue.jobs[0].Input))
	if err != nil || !bytes.Equal(input, media) {
		t.Errorf("the input differs from what was sent: %v", err)
	}
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
}

func uploadSameShape(t *testing.T, body string) {
	t.Helper()
	var id int
	var short, uuid string
	if n, err := fmt.Sscanf(strings.NewReplacer(`"`, " ", ",", " ", "}", " ").Replace(body), `{ video :{ id :%d  shortUUID : %s   uuid : %s`, &id, &short, &uuid); n != 3 {
		t.Errorf("answer %s: %v", body, err)
	}
	if !video.ValidUUID(uuid) || video.ShortUUID(uuid) != short || id < 1 {
		t.Errorf("answer %s: ids do not fit", body)
	}
}

func TestUploadRecordsAllThatWasSent(t *testing.T) {
	t.Parallel()
	eachUploadSite(t, testUploadRecords)
}

func testUploadRecords(t *testing.T, s *uploadSite) {
	t.Helper()
	media := uploadMedia(1000)
	const body = `{"filename":"a/b\\c\u202egpj.MP4","name":" A \u202eclip\u0007 ","channelId":"101","privacy":5,"videoPasswords":["one","two"],"tags":["x1","x2"],
		"category":15,"licence":1,"language":"en","description":"A **text**","support":"give","nsfw":true,"nsfwSummary":"blood","commentsPolicy":3,"downloadEnabled":false,
		"waitTranscoding":true,"originallyPublishedAt":"2020-01-02T03:04:05Z","scheduleUpdate":{"updateAt":"2030-01-01T00:00:00Z","privacy":1},"generateTranscription":true}`
	a := s.init(len(media), body, nil)
	s.want("init", a, 201, "")
	path := strings.TrimPrefix(a.header.Get("Location"), "//localhost:9000/api/v1")
	s.want("chunk", s.put(path, 0, media, len(media), nil), 200, "")

	v, err := s.svc.Videos.ByRef(t.Context(), video.ByID(1))
	if err != nil {
		t.Fatal(err)
	}
	store := s.svc.Videos.(video.Store)
	if err := store.Load(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	original := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	want := &video.Video{
		ID: 1, UUID: v.UUID, ChannelID: 101, URL: "https://tube.example/videos/watch/" + v.UUID,
		Name: "A clip", Description: "A **text**", Support: "give", Category: 15, Licence: 1, Language: "en", Tags: []string{"x1", "x2"},
		Privacy: video.PasswordProtected, State: video.ToTranscode, NSFW: true, NSFWSummary: "blood", Duration: 13, AspectRatio: 1.7778,
		CommentsPolicy: video.CommentsRequiresApproval, WaitTranscoding: true, EmbedPrivacyPolicy: 1, QuotaBytes: 1000, FilesSize: 1000,
		OriginallyPublishedAt: &original, PublishedAt: s.now.Now(), CreatedAt: s.now.Now(), UpdatedAt: s.now.Now(),
		Schedule: &video.ScheduleUpdate{UpdateAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Privacy: video.Public},
	}
	checkListedInput(t, s, v)
	v.Channel, v.Files, v.UpdatedAt = nil, nil, v.CreatedAt // setting passwords touches it
	if diff := cmp.Diff(want, v, cmp.Comparer(func(a, b []video.Thumbnail) bool { return len(a) == len(b) }), cmp.Comparer(func(a, b []video.File) bool { return len(a) == len(b) })); diff != "" {
		t.Errorf("video (-want +got):\n%s", diff)
	}
	passwords, err := store.Passwords(t.Context(), v.ID)
	if err != nil || len(passwords) != 2 {
		t.Errorf("passwords: %v %v", passwords, err)
	}
	src, err := store.Source(t.Context(), v.ID)
	if err != nil || src.InputFilename != "a_b_cgpj.MP4" || src.Size != 1000 || src.Resolution != 720 || src.FPS != 30 {
		t.Errorf("source: %+v %v", src, err)
	}
}

// checkListedInput checks that the uploaded file is among those of its video:
// clients look for it, and for its torrent, at once.
func checkListedInput(t *testing.T, s *uploadSite, v *video.Video) {
	t.Helper()
	input := s.queue.jobs[0].Input
	if !strings.HasPrefix(input, v.UUID+"-") || !strings.HasSuffix(input, "-input.mp4") || len(input) != 2*36+len("--input.mp4") {
		t.Errorf("input: got %s, want one that cannot be guessed", input)
	}
	if len(v.Files) != 1 {
		t.Fatalf("files: %+v, want the uploaded one", v.Files)
	}
	f := v.Files[0]
	f.CreatedAt = time.Time{}
	want := video.File{
		ID: f.ID, VideoID: v.ID, Resolution: 720, Width: 1280, Height: 720, FPS: 30, Size: 1000, Extname: ".mp4", Filename: input,
		TorrentFilename: "made-720.torrent", InfoHash: strings.Repeat("a", 40), HasAudio: true, HasVideo: true,
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("the uploaded file (-want +got):\n%s", diff)
	}
	if v.Playable() {
		t.Error("the uploaded file alone makes its video playable")
	}
	out := presentFile(instance.Site{Scheme: "https", Host: "tube.example"}, v, &v.Files[0], video.Magnets{})
	if out.FileURL != "https://tube.example/static/web-videos/private/"+input || out.TorrentURL == nil || out.MetadataURL == "" {
		t.Errorf("shown as %+v", out)
	}
}

func TestUploadInitRefuses(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	s.addPerson(3, "carol")
	if _, err := s.db.Exec(t.Context(), `UPDATE users SET video_quota = 100 WHERE id = 3`); err != nil {
		t.Fatal(err)
	}
	fields := func(pairs string) string {
		return `{"filename":"clip.mp4","name":"Resumable video","channelId":101` + pairs + `}`
	}
	for _, tt := range []struct {
		name, golden, body string
		header             map[string]string
		status             int
	}{
		{"without X-Upload headers", "init-headers", uploadBody1, map[string]string{"X-Upload-Content-Length": "", "X-Upload-Content-Type": ""}, 400},
		{"a negative size", "init-negative", uploadBody1, map[string]string{"X-Upload-Content-Length": "-5"}, 400},
		{"an empty file", "init-empty", uploadBody1, map[string]string{"X-Upload-Content-Length": "0"}, 400},
		{"a size that is no number", "", uploadBody1, map[string]string{"X-Upload-Content-Length": "9e9"}, 400},
		{"a size beyond 64 bits", "", uploadBody1, map[string]string{"X-Upload-Content-Length": "99999999999999999999"}, 400},
		{"more than 50 GB", "init-too-large", uploadBody1, map[string]string{"X-Upload-Content-Length": "53687091201"}, 413},
		{"a type that is not media", "init-type", `{"filename":"a.txt","name":"Resumable video","channelId":101}`, map[string]string{"X-Upload-Content-Type": "text/plain"}, 415},
		{"a media type of a text file's name", "", `{"filename":"a.txt","name":"Resumable video","channelId":101}`, nil, 415},
		{"a text type of a media file's name", "", uploadBody1, map[string]string{"X-Upload-Content-Type": "text/plain"}, 415},
		{"filename missing", "init-filename", `{"name":"Resumable video","channelId":101}`, nil, 400},
		{"filename too long", "", `{"filename":"` + strings.Repeat("a", 1001) + `","name":"Resumable video","channelId":101}`, nil, 400},
		{"a name of 5,000 characters", "", `{"filename":"a.mp4","channelId":101,"name":"` + strings.Repeat("é", 5000) + `"}`, nil, 400},
		{"a name of nothing but marks of direction", "", `{"filename":"a.mp4","channelId":101,"name":"\u202e\u202d\u2066 \u0000\u0007"}`, nil, 400},
		{"name missing", "init-name", `{"filename":"a.mp4","channelId":101}`, nil, 400},
		{"channelId negative", "init-channel-negative", `{"filename":"a.mp4","name":"Resumable video","channelId":-1}`, nil, 400},
		{"channel of somebody else", "init-channel", `{"filename":"a.mp4","name":"Resumable video","channelId":102}`, nil, 400},
		{"wrong fields", "init-fields", fields(`,"category":125,"licence":125,"privacy":9,"tags":["t"]`), nil, 400},
		{"password protected without passwords", "", fields(`,"privacy":5`), nil, 400},
		{"body is not JSON", "", `{`, nil, 400},
		{"over quota", "init-quota", `{"filename":"a.mp4","name":"Resumable video","channelId":103}`, map[string]string{"X-Test-User": "carol"}, 413},
		{"nobody", "init-anonymous", uploadBody1, map[string]string{"X-Test-User": "nobody"}, 401},
		{"a body of 2 MB", "", fields(`,"description":"` + strings.Repeat("x", 2<<20) + `"`), nil, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := s.init(536821, tt.body, tt.header)
			if a.status != tt.status || a.header.Get("Content-Type") != "application/problem+json; charset=utf-8" {
				t.Errorf("got %d %s: %.300s, want %d", a.status, a.header.Get("Content-Type"), a.body, tt.status)
			}
			if tt.golden != "" {
				uploadGolden(t, tt.golden, a)
			}
		})
	}
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d files were made", n)
	}
}

func TestUploadChunkRefuses(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	const size = 1000
	media := uploadMedia(size)
	path := s.begin(size)
	s.want("first chunk", s.put(path, 0, media[:100], size, nil), 308, "bytes=0-99")
	octets := map[string]string{"Content-Type": "application/octet-stream"}
	ranged := func(r string) map[string]string { return map[string]string{"Content-Range": r} }
	for _, tt := range []struct {
		name, path string
		header     map[string]string
		body       []byte
		status     int
		code       string
	}{
		{"no upload_id", uploadPath, ranged("bytes 0-9/1000"), media[:10], 403, "Forbidden"},
		{"an id that is nobody's", uploadPath + "?upload_id=aaaa-bbbb-cccc-dddd", ranged("bytes 0-9/1000"), media[:10], 403, "Forbidden"},
		{"an unknown id of the user", path + "0", ranged("bytes 0-9/1000"), media[:10], 404, "FileNotFound"},
		{"beyond the size", path, ranged("bytes 995-1004/1000"), media[:10], 409, "FileConflict"},
		{"far beyond the size", path, ranged("bytes 1152921504606846900-1152921504606846909/1000"), media[:10], 409, "FileConflict"},
		{"a larger total", path, ranged("bytes 100-109/2000"), media[:10], 409, "FileConflict"},
		{"last before first", path, ranged("bytes 109-100/1000"), media[:10], 400, "BadRequest"},
		{"negative numbers", path, ranged("bytes -5-4/1000"), media[:10], 400, "BadRequest"},
		{"a negative total", path, ranged("bytes 100-109/-1"), media[:10], 400, "BadRequest"},
		{"numbers beyond 64 bits", path, ranged("bytes 0-99999999999999999999/1000"), media[:10], 400, "BadRequest"},
		{"another unit", path, ranged("lines 100-109/1000"), media[:10], 400, "BadRequest"},
		{"more bytes than the range says", path, ranged("bytes 100-104/1000"), media[:10], 409, "FileConflict"},
		{"fewer bytes than the range says", path, ranged("bytes 100-119/1000"), media[:10], 400, "BadRequest"},
		{"the whole file without a range, too long", path, octets, append(media, 1), 409, "FileConflict"},
		{"a wrong MD5", path, map[string]string{"Content-Range": "bytes 100-109/1000", "Content-MD5": base64.StdEncoding.EncodeToString(make([]byte, 16))}, media[100:110], 460, "ChecksumMismatch"},
		{"an MD5 that is none", path, map[string]string{"Content-Range": "bytes 100-109/1000", "Content-MD5": "x"}, media[100:110], 400, "BadRequest"},
		{"an unknown digest", path, map[string]string{"Content-Range": "bytes 100-109/1000", "Digest": "crc=abc"}, media[100:110], 400, "BadRequest"},
		{"a question with a larger total", path, ranged("bytes */2000"), nil, 409, "FileConflict"},
		{"a question with a smaller total than is stored", path, ranged("bytes */50"), nil, 409, "FileConflict"},
	} {
		s.wantError(tt.name, s.do("PUT", tt.path, tt.header, bytes.NewReader(tt.body)), tt.status, tt.code)
		s.want(tt.name+": what is stored", s.status(path, size), 308, "bytes=0-99")
	}
	a := s.do("PUT", path, map[string]string{"X-Test-User": "nobody"}, bytes.NewReader(media))
	if a.status != 401 {
		t.Errorf("nobody: got %d, want 401", a.status)
	}
	// A body of unknown length that is longer than its range.
	a = s.do("PUT", path, ranged("bytes 100-104/1000"), io.MultiReader(bytes.NewReader(media[100:110])))
	s.wantError("more bytes than the range says, in pieces", a, 409, "FileConflict")
	a = s.do("PUT", path, octets, io.MultiReader(bytes.NewReader(media)))
	s.wantError("neither length nor range", a, 400, "BadRequest")
	s.want("the rest", s.put(path, 100, media[100:], size, nil), 200, "")
}

func TestUploadChecksumsThatMatch(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(400)
	path := s.begin(400)
	b64 := base64.StdEncoding.EncodeToString
	for n, header := range []func(b []byte) (string, string){
		func(b []byte) (string, string) { h := md5.Sum(b); return "Content-MD5", b64(h[:]) },
		func(b []byte) (string, string) { h := sha1.Sum(b); return "Digest", "sha=" + b64(h[:]) },
		func(b []byte) (string, string) { h := sha256.Sum256(b); return "Digest", "SHA-256=" + b64(h[:]) },
	} {
		chunk := media[n*100 : n*100+100]
		k, v := header(chunk)
		s.want(k, s.put(path, n*100, chunk, 400, map[string]string{k: v}), 308, fmt.Sprintf("bytes=0-%d", n*100+99))
	}
	s.want("last", s.put(path, 300, media[300:], 400, nil), 200, "")
}

func TestUploadIsNeverPublishedWithAHole(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("the end first", s.put(path, 500, media[500:], 1000, nil), 308, "")
	if got := s.videos(); len(got) != 0 {
		t.Fatalf("a video with a hole was made: %v", got)
	}
	s.want("beginning", s.put(path, 0, media[:100], 1000, nil), 308, "bytes=0-99")
	s.want("a gap", s.put(path, 200, media[200:300], 1000, nil), 308, "bytes=0-299")
	s.want("the question tells the truth", s.status(path, 1000), 308, "bytes=0-99")
	s.want("the end, with a gap before it", s.put(path, 300, media[300:], 1000, nil), 308, "bytes=0-99")
	if got := s.videos(); len(got) != 0 {
		t.Fatalf("a video with a hole was made: %v", got)
	}
	s.want("what was missing", s.put(path, 100, media[100:], 1000, nil), 200, "")
	input, err := os.ReadFile(filepath.Join(s.dir, uploadOriginals, s.queue.jobs[0].Input))
	if err != nil || !bytes.Equal(input, media) {
		t.Errorf("the input differs from what was sent: %v", err)
	}
}

func TestUploadTooManyGaps(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	for n := range 64 {
		s.want("gap", s.put(path, 2+2*n, media[2+2*n:3+2*n], 1000, nil), 308, fmt.Sprintf("bytes=0-%d", 2+2*n))
	}
	s.wantError("one gap more", s.put(path, 500, media[500:501], 1000, nil), 409, "FileConflict")
	s.want("from the beginning", s.put(path, 0, media, 1000, nil), 200, "")
}

func TestUploadSentAgainMeansAllThatFollows(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("chunk", s.put(path, 0, media[:600], 1000, nil), 308, "bytes=0-599")
	s.want("twice", s.put(path, 0, media[:600], 1000, nil), 308, "bytes=0-599")
	s.want("from the middle again", s.put(path, 300, media[300:400], 1000, nil), 308, "bytes=0-399")
	s.want("the size shrinks", s.put(path, 400, media[400:900], 900, nil), 200, "")
	if info, err := os.Stat(filepath.Join(s.dir, uploadOriginals, s.queue.jobs[0].Input)); err != nil || info.Size() != 900 {
		t.Errorf("input: %v %v, want 900 bytes", info, err)
	}
}

func TestUploadWholeFileWithoutRange(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	path := s.begin(1000)
	s.want("an empty body asks", s.do("PUT", path, nil, http.NoBody), 308, "")
	s.want("all at once", s.do("PUT", path, nil, bytes.NewReader(uploadMedia(1000))), 200, "")
	s.videos()
}

func TestUploadCancel(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("chunk", s.put(path, 0, media[:600], 1000, nil), 308, "bytes=0-599")
	s.wantError("cancel by another user", s.do("DELETE", path, map[string]string{"X-Test-User": "bob"}, nil), 403, "Forbidden")
	for _, what := range []string{"cancel", "cancel again"} {
		a := s.do("DELETE", path, nil, nil)
		if a.status != 204 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got %d %v", what, a.status, a.header)
		}
	}
	s.wantError("chunk after cancel", s.put(path, 600, media[600:], 1000, nil), 404, "FileNotFound")
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestUploadExpires(t *testing.T) {
	t.Parallel()
	s := newUploadSite(t)
	media := uploadMedia(1000)
	path := s.begin(1000)
	s.want("chunk", s.put(path, 0, media[:600], 1000, nil), 308, "bytes=0-599")
	s.now.add(50 * time.Minute)
	s.want("chunk in time", s.put(path, 600, media[600:700], 1000, nil), 308, "bytes=0-699")
	if n, err := s.svc.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("Sweep removed %d, %v", n, err)
	}
	s.now.add(61 * time.Minute)
	s.wantError("chunk too late", s.put(path, 700, media[700:], 1000, nil), 410, "Gone")
	if n, err := s.svc.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("Sweep removed %d, %v, want 1", n, err)
	}
	s.wantError("chunk after the sweep", s.put(path, 700, media[700:], 1000, nil), 404, "FileNotFound")
	s.want("a new beginning", s.init(1000, uploadBody1, nil), 201, "")
	if n := s.files(uploadTmp); n != 0 {
		t.Errorf("%d files are left", n)
	}
}
