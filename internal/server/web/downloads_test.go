package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

func (s *site) exec(queries ...string) {
	s.t.Helper()
	for _, q := range queries {
		if _, err := s.db.Exec(s.t.Context(), q); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestTechnicalDataIsAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(`UPDATE video_files SET metadata = '{"format": {"filename": "/srv/secret/1.mp4", "format_name": "mov,mp4", "size": 12345678901234567, "tags": {"title": "<b>Mine</b>"}},
		"streams": [{"codec_type": "video", "codec_name": "h264", "width": 1280}, {"codec_type": "audio", "codec_name": "aac"}, {"codec_type": "data", "index": 2}]}'`)
	watch := "/w/" + video.ShortUUID(publicUUID)
	page := watch + "/files/1"
	s.get(watch).wants(t, 200, `href="`+page+`"`)
	a := s.get(page)
	a.wants(t, 200, "Technical data", "720p", "mov,mp4", "12345678901234567", "tags.title", "&lt;b&gt;Mine&lt;/b&gt;", "h264", "aac", "<caption>Picture", "<caption>Sound", "<caption>Other track")
	a.lacks(t, "/srv/secret")
	s.exec(`UPDATE video_files SET metadata = '[1]'`)
	s.get(page).wants(t, 200, "Nothing is known of this file.")
	for _, path := range []string{watch + "/files/999", watch + "/files/x", "/w/" + video.ShortUUID(sensitiveUUID) + "/files/1"} {
		if a := s.get(path); a.status != 404 {
			t.Errorf("%s: %d, want 404", path, a.status)
		}
	}
	s = newSite(t) // one that has not read it yet
	s.exec(`UPDATE videos SET download_enabled = FALSE`)
	if a := s.get(page); a.status != 404 {
		t.Errorf("of what may not be taken home: %d, want 404", a.status)
	}
}

func TestTechnicalDataOfProtectedVideosOpensWithThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(`UPDATE video_files SET metadata = '{"format": {"format_name": "mov,mp4"}}'`)
	watch := "/w/" + video.ShortUUID(protectedUUID)
	id, err := sqldb.One(t.Context(), s.db, sqldb.Value[int64], `SELECT f.id FROM video_files f JOIN videos v ON v.id = f.video_id WHERE v.uuid = $1`, protectedUUID)
	if err != nil {
		t.Fatal(err)
	}
	page := watch + "/files/" + strconv.FormatInt(id, 10)
	if a := s.get(page); a.status == 200 || strings.Contains(a.body, "mov,mp4") {
		t.Errorf("without the password: %d", a.status)
	}
	s.post(watch, watch, url.Values{"password": {"open sesame"}}).wants(t, 200, `href="`+page+`"`)
	s.get(page).wants(t, 200, "mov,mp4")
}

func TestVideosFromElsewhereAreTakenFromTheirOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(`UPDATE videos SET remote = TRUE, url = 'https://far.example/videos/watch/1' WHERE uuid = '`+publicUUID+`'`,
		`UPDATE video_files SET file_url = 'https://far.example/files/1.mp4', torrent_url = 'https://far.example/files/1.torrent',
		metadata = '{"format": {"format_name": "ours"}}', width = 1280, height = 720, fps = 25, extname = '.mp4', info_hash = '<b>'`)
	watch := "/w/" + video.ShortUUID(publicUUID)
	a := s.get(watch)
	a.wants(t, 200, `popovertarget="download"`, `<a href="https://far.example/files/1.mp4" download`, `href="https://far.example/files/1.torrent"`)
	a.wants(t, 200, `href="`+watch+`/files/1"`)
	a.lacks(t, `href="/download/`)
	// What its site said of the file is known, nothing more.
	a = s.get(watch + "/files/1")
	a.wants(t, 200, "The file lies on far.example; this is what that site says of it.", "1280", "frame_rate", "&lt;b&gt;", "mp4")
	a.lacks(t, ">ours<", "<caption>Sound")
	s = newSite(t) // one that has not read it yet
	s.exec(`UPDATE videos SET remote = TRUE, url = 'https://far.example/videos/watch/1' WHERE uuid = '`+publicUUID+`'`,
		`UPDATE video_files SET file_url = 'https://far.example/files/1.mp4' WHERE id = 1`,
		`INSERT INTO streaming_playlists (id, video_id, type, playlist_filename, playlist_url, segments_filename, created_at, updated_at)
		SELECT 77, id, 1, '', 'https://far.example/m.m3u8', '', created_at, created_at FROM videos WHERE uuid = '`+publicUUID+`'`,
		`UPDATE video_files SET playlist_id = 77, has_audio = FALSE WHERE id = 1`,
		`INSERT INTO video_files (video_id, playlist_id, resolution, fps, size, extname, filename, file_url, has_audio, has_video, created_at, updated_at)
		SELECT video_id, 77, 0, 0, 5, '.mp4', 'sound', 'https://far.example/files/0.mp4', TRUE, FALSE, created_at, updated_at FROM video_files WHERE id = 1`)
	s.get(watch).wants(t, 200, "MP4 (picture without sound)", "https://far.example/files/1.mp4", "https://far.example/files/0.mp4")
	s.get(watch+"/files/1").wants(t, 200, "MP4 (picture without sound)")
	for name, q := range map[string]string{
		"an address that is none":    `UPDATE video_files SET file_url = 'javascript:alert(1)', torrent_url = ''`,
		"what may not be taken home": `UPDATE videos SET download_enabled = FALSE`,
		"a file without an address":  `UPDATE video_files SET file_url = ''`,
	} {
		s := newSite(t)
		s.exec(`UPDATE videos SET remote = TRUE, url = 'https://far.example/videos/watch/1' WHERE uuid = '`+publicUUID+`'`,
			`UPDATE video_files SET file_url = 'https://far.example/files/1.mp4'`, q)
		if body := s.get(watch).body; strings.Contains(body, `popovertarget="download"`) {
			t.Errorf("%s is offered", name)
		}
	}
}
