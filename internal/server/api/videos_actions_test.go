package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sepiola/internal/domain/video"
	"sepiola/internal/errs"
	"sepiola/internal/storage/sqldb"
)

func (s *videoSite) details(ref video.Ref) *video.Video {
	s.t.Helper()
	v, err := s.store.Details(s.t.Context(), ref)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *videoSite) number(query string) int {
	s.t.Helper()
	n, err := sqldb.One(s.t.Context(), s.db, sqldb.Value[int], query)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

const videosCount = `SELECT videos_count FROM video_channels WHERE id = 101`

func TestVideoUpdate(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	w := s.call("alice", "PUT", "/videos/"+publicUUID,
		`{"name":"First video, renamed","tags":["sample","renamed"],"nsfw":false,"commentsPolicy":2,"category":null,
		"originallyPublishedAt":"2020-02-02T10:00:00.000Z","scheduleUpdate":{"updateAt":"2030-01-01T00:00:00Z","privacy":4}}`)
	if w.Code != 204 || w.Body.Len() > 0 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	v := s.details(video.ByID(1))
	want := []any{"First video, renamed", []string{"sample", "renamed"}, video.CommentsDisabled, 0, 1, "send money", 2020, video.InternalOnly, s.now}
	got := []any{v.Name, v.Tags, v.CommentsPolicy, v.Category, v.Licence, v.Support, v.OriginallyPublishedAt.Year(), v.Schedule.Privacy, v.UpdatedAt}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]video.ID{1}, s.queue.refreshed); diff != "" || len(s.queue.moved) > 0 {
		t.Errorf("a new name has its torrents made again: %s; moved %v", diff, s.queue.moved)
	}
	if list, _ := names(t, s.call("", "GET", "/videos?search=RENAMED", "")); len(list) != 1 {
		t.Errorf("search finds the new name: got %v", list)
	}
}

func TestVideoUpdateAcrossThePrivateBorder(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	if n := s.number(videosCount); n != 1 {
		t.Fatalf("the channel counts %d videos, want 1", n)
	}
	if w := s.call("alice", "PUT", "/videos/"+privateUUID, `{"privacy":1}`); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	v := s.details(video.ByID(2))
	if diff := cmp.Diff([]video.ID{2}, s.queue.moved); diff != "" || !v.PublishedAt.Equal(s.now) || s.number(videosCount) != 2 {
		t.Errorf("published: moved %v, at %v, channel counts %d", s.queue.moved, v.PublishedAt, s.number(videosCount))
	}
	list, total := names(t, s.call("", "GET", "/videos", ""))
	if strings.Join(list, " ") != "Private First" || total != 2 {
		t.Errorf("the list of everyone: got %v of %d", list, total)
	}
	if w := s.call("alice", "PUT", "/videos/2", `{"privacy":5}`); w.Code != 400 {
		t.Errorf("protected without password: %d %s", w.Code, w.Body)
	}
	if w := s.call("alice", "PUT", "/videos/2", `{"privacy":5,"videoPasswords":["secret"]}`); w.Code != 204 || s.number(videosCount) != 1 {
		t.Errorf("protected: %d %s, channel counts %d", w.Code, w.Body, s.number(videosCount))
	}
	if w := s.call("", "GET", "/videos/2", "", "x-peertube-video-password", "secret"); w.Code != 200 {
		t.Errorf("with its password: %d %s", w.Code, w.Body)
	}
}

func TestVideoUpdateRefuses(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	const path = "/videos/" + publicUUID
	for _, tt := range []struct {
		name, who, body string
		want            int
		golden          string
	}{
		{"nobody", "", `{"name":"mine now"}`, 401, ""},
		{"another person", "bob", `{"name":"mine now"}`, 403, "update_not_owner"},
		{"several wrong fields", "alice", `{"name":"x","tags":["a"],"scheduleUpdate":{"updateAt":"x"}}`, 400, "update_invalid"},
		{"no JSON", "alice", `{`, 400, ""},
		{"a name of 5,000 characters", "alice", `{"name":"` + strings.Repeat("x", 5000) + `"}`, 400, ""},
		{"an unknown category", "alice", `{"category":99}`, 400, ""},
		{"an unknown language", "alice", `{"language":"xxxx"}`, 400, ""},
		{"an unknown privacy", "alice", `{"privacy":9}`, 400, ""},
		{"six tags", "alice", `{"tags":["aa","bb","cc","dd","ee","ff"]}`, 400, ""},
		{"a schedule to private", "alice", `{"scheduleUpdate":{"updateAt":"2030-01-01T00:00:00Z","privacy":3}}`, 400, ""},
		{"flags without nsfw", "alice", `{"nsfw":false,"nsfwFlags":1}`, 400, ""},
		{"flags of a video that is not nsfw", "alice", `{"nsfwFlags":1}`, 400, ""},
		{"a summary of a video that is not nsfw", "alice", `{"nsfwSummary":"Blood"}`, 400, ""},
		{"a channel of somebody else", "alice", `{"channelId":102}`, 400, ""},
		{"a channel that does not exist", "alice", `{"channelId":999}`, 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := s.call(tt.who, "PUT", path, tt.body)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if tt.golden != "" {
				videoGolden(t, tt.golden, w.Body.Bytes())
			}
		})
	}
	if v := s.details(video.ByUUID(publicUUID)); v.Name != "First video" || len(v.Tags) != 2 {
		t.Errorf("refused changes left %q %v", v.Name, v.Tags)
	}
}

func TestVideoNamesLoseWhatDisguisesThem(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	w := s.call("alice", "PUT", "/videos/1", `{"name":" a\u202egpj.exe\u0007 b\nc "}`)
	if v := s.details(video.ByID(1)); w.Code != 204 || v.Name != "agpj.exe b c" {
		t.Errorf("%d: got %q", w.Code, v.Name)
	}
}

func TestVideoUpdateByForm(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	body, kind := form(t, map[string]string{"name": "By form", "tags[0]": "one", "tags[1]": "two", "support": "null", "nsfw": "true"}, "thumbnailfile", "a.jpg", "a picture")
	if w := s.call("alice", "PUT", "/videos/1", body, "Content-Type", kind); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	v := s.details(video.ByID(1))
	if v.Name != "By form" || len(v.Tags) != 2 || v.Support != "" || !v.NSFW || len(v.Thumbnails) != 1 || v.Thumbnails[0].Filename != "new.jpg" {
		t.Errorf("got %+v", v)
	}
	if len(s.queue.removed) != 1 || len(s.queue.removed[0].Thumbnails) != 3 {
		t.Errorf("the old pictures are removed: got %+v", s.queue.removed)
	}
	body, kind = form(t, nil, "thumbnailfile", "a.jpg", strings.Repeat("x", 9<<20))
	if w := s.call("alice", "PUT", "/videos/1", body, "Content-Type", kind); w.Code != 400 {
		t.Errorf("a picture of 9 MB: %d %s", w.Code, w.Body)
	}
	for name, file := range map[string]string{"not a picture": "thumbnailfile", "a file nobody asked for": "evil"} {
		body, kind := form(t, nil, file, "a.jpg", "nonsense")
		if w := s.call("alice", "PUT", "/videos/1", body, "Content-Type", kind); w.Code != 400 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestVideoDelete(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	if w := s.call("bob", "DELETE", "/videos/"+publicUUID, ""); w.Code != 403 {
		t.Errorf("another person: %d %s", w.Code, w.Body)
	}
	if w := s.call("alice", "DELETE", "/videos/"+publicUUID, ""); w.Code != 204 {
		t.Fatalf("its owner: %d %s", w.Code, w.Body)
	}
	if w := s.call("alice", "DELETE", "/videos/"+publicUUID, ""); w.Code != 404 {
		t.Errorf("again: %d %s", w.Code, w.Body)
	}
	if w := s.call("", "GET", "/videos/"+publicUUID, ""); w.Code != 404 {
		t.Errorf("afterwards: %d", w.Code)
	}
	r := s.queue.removed
	if len(r) != 1 || !r[0].HLS || len(r[0].WebVideos) != 1 || len(r[0].Torrents) != 3 || len(r[0].Thumbnails) != 3 || len(r[0].Storyboards) != 1 || len(r[0].Originals) != 1 {
		t.Errorf("files to remove: got %+v", r)
	}
	if n := s.number(`SELECT video_quota_used FROM users WHERE id = 1`); n != 5000 {
		t.Errorf("quota used: got %d, want 5000", n)
	}
	if n := s.number(videosCount); n != 0 {
		t.Errorf("the channel counts %d videos, want 0", n)
	}
	if n := s.number(`SELECT count(*) FROM video_files WHERE video_id = 1`); n != 0 {
		t.Errorf("%d rows of files are left", n)
	}
	if w := s.call("root", "DELETE", "/videos/2", ""); w.Code != 204 {
		t.Errorf("an administrator: %d %s", w.Code, w.Body)
	}
}

const vtt = "WEBVTT\n\nSTYLE\n::cue { background: url(https://evil.example) }\n\n1\n00:01.000 --> 00:02.500 align:start evil:1\n<b>Hello</b>\n\nNOTE secret\n"

func TestVideoCaptions(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	put := func(who, language, name, content string) int {
		body, kind := form(t, nil, "captionfile", name, content)
		w := s.call(who, "PUT", "/videos/1/captions/"+language, body, "Content-Type", kind)
		return w.Code
	}
	for _, tt := range []struct {
		name, who, language, content string
		want                         int
	}{
		{"VTT", "alice", "fr", vtt, 204},
		{"SRT", "alice", "en", "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nagain --> there\r\n", 204},
		{"nobody", "", "de", vtt, 401},
		{"another person", "bob", "de", vtt, 403},
		{"an unknown language", "alice", "xxxx", vtt, 400},
		{"no cue", "alice", "de", "hi", 400},
		{"binary", "alice", "de", "WEBVTT\n\n00:01.000 --> 00:02.000\n\xff\xfe", 400},
		{"a path for a language", "alice", "..%2f..%2fx", vtt, 400},
	} {
		if got := put(tt.who, tt.language, "a.vtt", tt.content); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
	var list struct {
		Total int
		Data  []captionTest
	}
	decodeJSON(t, s.call("", "GET", "/videos/1/captions", "").Body.Bytes(), &list)
	if list.Total != 2 || list.Data[0].Language.Label != "English" || list.Data[1].Language.ID != "fr" {
		t.Fatalf("got %+v", list)
	}
	file := func(i int) string {
		return s.captions[strings.TrimPrefix(list.Data[i].CaptionPath, "/lazy-static/video-captions/")]
	}
	if got, want := file(1), "WEBVTT\n\n00:00:01.000 --> 00:00:02.500 align:start\n<b>Hello</b>\n"; got != want {
		t.Errorf("VTT: got %q, want %q", got, want)
	}
	if got, want := file(0), "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello\n\n00:00:03.000 --> 00:00:04.000\nagain → there\n"; got != want {
		t.Errorf("SRT: got %q, want %q", got, want)
	}
	if got := put("alice", "fr", "b.vtt", vtt); got != 204 || len(s.queue.removed) != 1 || len(s.queue.removed[0].Captions) != 1 {
		t.Errorf("replaced: %d, removed %+v", got, s.queue.removed)
	}
	for i, want := range []int{204, 404} {
		if w := s.call("alice", "DELETE", "/videos/1/captions/fr", ""); w.Code != want {
			t.Errorf("delete %d: status %d, want %d: %s", i+1, w.Code, want, w.Body)
		}
	}
}

type captionTest struct {
	Language struct {
		ID, Label string
	}
	CaptionPath string
}

func decodeJSON(t *testing.T, b []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
}

func TestVideoChapters(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	for _, tt := range []struct {
		name, who, body string
		want            int
	}{
		{"nobody", "", `{"chapters":[]}`, 401},
		{"another person", "bob", `{"chapters":[]}`, 403},
		{"none given", "alice", `{}`, 400},
		{"two at one time", "alice", `{"chapters":[{"timecode":0,"title":"s"},{"timecode":0,"title":"m"}]}`, 400},
		{"no title", "alice", `{"chapters":[{"timecode":0,"title":""}]}`, 400},
		{"before the beginning", "alice", `{"chapters":[{"timecode":-1,"title":"x"}]}`, 400},
		{"good ones", "alice", `{"chapters":[{"timecode":5,"title":"middle"},{"timecode":0,"title":"start"}]}`, 204},
	} {
		if w := s.call(tt.who, "PUT", "/videos/1/chapters", tt.body); w.Code != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.name, w.Code, tt.want, w.Body)
		}
	}
	refused := s.call("alice", "PUT", "/videos/1/chapters", `{"chapters":[{"timecode":0,"title":"s"},{"timecode":0,"title":"m"}]}`).Body.String()
	if want := `"value":[{"timecode":0,"title":"s"},{"timecode":0,"title":"m"}]`; !strings.Contains(refused, want) {
		t.Errorf("what was refused is not told back: got %s, want %s", refused, want)
	}
	if got, want := s.call("", "GET", "/videos/1/chapters", "").Body.String(), `{"chapters":[{"timecode":0,"title":"start"},{"timecode":5,"title":"middle"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestChangedDescriptionsChangeChapters(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	for _, tt := range []struct {
		name, method, path, body, want string
	}{
		{"times", "PUT", "/videos/1", `{"description":"0:00 Start\r\n0:05 End"}`, `{"chapters":[{"timecode":0,"title":"Start"},{"timecode":5,"title":"End"}]}`},
		{"another name", "PUT", "/videos/1", `{"name":"Another"}`, `{"chapters":[{"timecode":0,"title":"Start"},{"timecode":5,"title":"End"}]}`},
		{"other times", "PUT", "/videos/1", `{"description":"0:00 Start\n0:07 End"}`, `{"chapters":[{"timecode":0,"title":"Start"},{"timecode":7,"title":"End"}]}`},
		{"set", "PUT", "/videos/1/chapters", `{"chapters":[{"timecode":1,"title":"Mine"}]}`, `{"chapters":[{"timecode":1,"title":"Mine"}]}`},
		{"and kept", "PUT", "/videos/1", `{"description":null}`, `{"chapters":[{"timecode":1,"title":"Mine"}]}`},
	} {
		if w := s.call("alice", tt.method, tt.path, tt.body); w.Code != 204 {
			t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
		}
		if got := s.call("", "GET", "/videos/1/chapters", "").Body.String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestVideoPasswords(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	const path = "/videos/3/passwords"
	for _, tt := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"the last one stays", "DELETE", path + "/1", "", 400},
		{"set", "PUT", path, `{"passwords":["first-pw","second-pw"]}`, 204},
		{"set none", "PUT", path, `{"passwords":[]}`, 400},
		{"set one twice", "PUT", path, `{"passwords":["same","same"]}`, 400},
		{"one character", "PUT", path, `{"passwords":["x"]}`, 400},
		{"add", "POST", path, `{"password":"third-pw"}`, 204},
		{"add again", "POST", path, `{"password":"third-pw"}`, 409},
		{"delete", "DELETE", path + "/1", "", 204},
		{"delete again", "DELETE", path + "/1", "", 404},
		{"of an open video", "PUT", "/videos/1/passwords", `{"passwords":["first-pw"]}`, 400},
	} {
		if w := s.call("alice", tt.method, tt.path, tt.body); w.Code != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.name, w.Code, tt.want, w.Body)
		}
	}
	for password, want := range map[string]int{"first-pw": 403, "second-pw": 200, "third-pw": 200} {
		if w := s.call("", "GET", "/videos/3", "", "x-peertube-video-password", password); w.Code != want {
			t.Errorf("%s: status %d, want %d", password, w.Code, want)
		}
	}
}

// A file at a public address follows its video's row, also before it is moved,
// and however the clock goes.
func TestFilesOfVideosMadePrivateAreClosedAtOnce(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	byUUID, byName := video.FileRef{UUID: publicUUID}, video.FileRef{Filename: publicUUID + "-360p.mp4"}
	want := func(what string, open bool) {
		t.Helper()
		for _, f := range []video.FileRef{byUUID, byName} {
			if got, err := s.svc.FileIsOpen(t.Context(), f); err != nil || got != open {
				t.Errorf("%s: %+v open: got %v, %v; want %v", what, f, got, err, open)
			}
		}
	}
	want("public", true)
	private := video.Private
	if err := s.svc.Edit(t.Context(), s.people["alice"], video.ByUUID(publicUUID), video.Changes{Privacy: &private}); err != nil {
		t.Fatal(err)
	}
	want("made private here", false)
	s.exec(`UPDATE videos SET privacy = 1 WHERE uuid = $1`, publicUUID)
	s.now = s.now.Add(11 * time.Second)
	want("made public by another node", true)
	s.exec(`UPDATE videos SET privacy = 3 WHERE uuid = $1`, publicUUID)
	s.now = s.now.Add(-24 * time.Hour)
	want("the clock went back a day: what is known is kept for seconds, not for a day", false)
	if _, err := s.svc.FileIsOpen(t.Context(), video.FileRef{Filename: "nope.mp4"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("an unknown file: got %v, want NotFound", err)
	}
}

// changedAt puts another character of the alphabet of tokens at a place.
func changedAt(token string, i int) string {
	other := "B"
	if token[i] == 'B' {
		other = "C"
	}
	return token[:i] + other + token[i+1:]
}

func TestVideoFileTokens(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	token := func(who, uuid string, header ...string) (string, int) {
		w := s.call(who, "POST", "/videos/"+uuid+"/token", "", header...)
		var in struct{ Files struct{ Token string } }
		if w.Code == 200 {
			decodeJSON(t, w.Body.Bytes(), &in)
		}
		return in.Files.Token, w.Code
	}
	for _, tt := range []struct {
		who, uuid, password string
		want                int
	}{
		{"", privateUUID, "", 401},
		{"bob", privateUUID, "", 403},
		{"alice", privateUUID, "", 200},
		{"", publicUUID, "", 401},
		{"", protectedUUID, "", 403},
		{"", protectedUUID, "first-pw", 200},
	} {
		if _, got := token(tt.who, tt.uuid, "x-peertube-video-password", tt.password); got != tt.want {
			t.Errorf("token of %s for %q: status %d, want %d", tt.uuid, tt.who, got, tt.want)
		}
	}
	good, _ := token("alice", privateUUID)
	if len(good) != 36 {
		t.Errorf("a token has %d characters, PeerTube's have 36", len(good))
	}
	byToken := func(token string) video.Access { return video.Access{FileToken: token} }
	for _, tt := range []struct {
		name string
		a    video.Access
		f    video.FileRef
		ok   bool
	}{
		{"nothing shown", video.Access{}, video.FileRef{UUID: privateUUID}, false},
		{"a token", byToken(good), video.FileRef{UUID: privateUUID}, true},
		{"a token, by the file's name", byToken(good), video.FileRef{Filename: privateUUID + "-360p.mp4"}, true},
		{"a token of another video", byToken(good), video.FileRef{UUID: protectedUUID}, false},
		{"a changed token", byToken(changedAt(good, 1)), video.FileRef{UUID: privateUUID}, false},
		{"nonsense", byToken("nonsense"), video.FileRef{UUID: privateUUID}, false},
		{"the owner", video.As(s.people["alice"]), video.FileRef{UUID: privateUUID}, true},
		{"another person", video.As(s.people["bob"]), video.FileRef{UUID: privateUUID}, false},
		{"the password", video.Access{Password: "first-pw"}, video.FileRef{UUID: protectedUUID}, true},
		{"a wrong password", video.Access{Password: "x"}, video.FileRef{UUID: protectedUUID}, false},
		{"an unknown file", video.As(s.people["alice"]), video.FileRef{Filename: "nope.mp4"}, false},
	} {
		if err := s.svc.MayReadFile(t.Context(), tt.a, tt.f); (err == nil) != tt.ok {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	for i := range good { // no character is padding that says nothing
		if err := s.svc.MayReadFile(t.Context(), byToken(changedAt(good, i)), video.FileRef{UUID: privateUUID}); err == nil {
			t.Errorf("a token changed at %d opens files: %s", i, good)
		}
	}
	s.now = s.now.Add(video.TokenLife + time.Second)
	if err := s.svc.MayReadFile(t.Context(), byToken(good), video.FileRef{UUID: privateUUID}); err == nil {
		t.Error("a token still opens files after its time")
	}
}

func TestVideoFilesAreDeleted(t *testing.T) {
	t.Parallel()
	s := newVideoSite(t)
	for _, tt := range []struct {
		name, who, path string
		want            int
	}{
		{"nobody", "", "/videos/1/hls", 401},
		{"its owner has not the right", "alice", "/videos/1/hls", 403},
		{"an unknown file", "root", "/videos/1/hls/999", 404},
		{"a progressive file is no HLS", "root", "/videos/1/hls/12", 404},
		{"one rendition", "root", "/videos/1/hls/11", 204},
		{"the last rendition, and so the playlist", "root", "/videos/1/hls/10", 204},
		{"no HLS any more", "root", "/videos/1/hls", 400},
		{"the last files stay", "root", "/videos/1/web-videos", 400},
		{"all progressive files", "root", "/videos/2/web-videos", 204},
		{"HLS stays then", "root", "/videos/2/hls", 400},
	} {
		if w := s.call(tt.who, "DELETE", tt.path, ""); w.Code != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.name, w.Code, tt.want, w.Body)
		}
	}
	v := s.details(video.ByID(1))
	if v.Playlist != nil || len(v.Files) != 1 || v.FilesSize != 1000 {
		t.Errorf("left: playlist %v, %d files, %d bytes", v.Playlist, len(v.Files), v.FilesSize)
	}
	r := s.queue.removed
	if len(r) != 3 || len(r[0].HLSFiles) != 1 || r[0].HLS || !r[1].HLS || len(r[2].WebVideos) != 1 {
		t.Errorf("files to remove: got %+v", r)
	}
	for i, want := range []int{204, 404} {
		if w := s.call("alice", "DELETE", "/videos/1/source/file", ""); w.Code != want {
			t.Errorf("source file %d: status %d, want %d", i+1, w.Code, want)
		}
	}
}
