package store

import (
	"strconv"
	"strings"

	"sepiola/internal/domain/video"
	"sepiola/internal/storage/sqldb"
)

// The files of one video come with it, as a text of a line for each with
// fields between them: reading them by a query of their own cost half as much
// again. What stands between is what no name of a file holds; of a text that
// does not fit all the same, nothing is taken and the query is asked.
const (
	betweenFields = "\x1f"
	betweenFiles  = "\x1e"
	fileFields    = 17
)

// fileTexts selects all files of v as a text, best first.
const fileTexts = `COALESCE((SELECT string_agg(concat_ws('` + betweenFields + `', f.id, COALESCE(f.playlist_id, 0), f.resolution, f.width, f.height,
		f.fps, f.size, f.storage, f.has_audio, f.has_video, f.created_at, f.extname, f.filename, f.file_url,
		f.torrent_filename, f.torrent_url, f.info_hash), '` + betweenFiles + `' ORDER BY f.resolution DESC, f.fps DESC, f.id)
	FROM video_files f WHERE f.video_id = v.id), '')`

// filesOf reads fileTexts. It reports false when something is not as it
// should be.
func filesOf(id video.ID, text string) ([]video.File, bool) {
	if text == "" {
		return nil, true
	}
	list := make([]video.File, 0, strings.Count(text, betweenFiles)+1)
	for line := range strings.SplitSeq(text, betweenFiles) {
		f, ok := fileOf(id, line)
		if !ok {
			return nil, false
		}
		list = append(list, f)
	}
	return list, true
}

func fileOf(id video.ID, line string) (f video.File, ok bool) {
	var part [fileFields]string
	n := 0
	for one := range strings.SplitSeq(line, betweenFields) {
		if n == fileFields {
			return f, false
		}
		part[n] = one
		n++
	}
	var number [8]int64
	for i := range number {
		var err error
		if number[i], err = strconv.ParseInt(part[i], 10, 64); err != nil {
			return f, false
		}
	}
	created, err := sqldb.ParseTime(part[10])
	if err != nil || n != fileFields {
		return f, false
	}
	yes := func(s string) bool { return s == "1" || s == "t" } // SQLite's and PostgreSQL's
	return video.File{
		ID: video.FileID(number[0]), VideoID: id, PlaylistID: video.PlaylistID(number[1]),
		Resolution: int(number[2]), Width: int(number[3]), Height: int(number[4]), FPS: int(number[5]), Size: number[6],
		Storage: int(number[7]), HasAudio: yes(part[8]), HasVideo: yes(part[9]), CreatedAt: created,
		Extname: part[11], Filename: part[12], FileURL: part[13], TorrentFilename: part[14], TorrentURL: part[15], InfoHash: part[16],
	}, true
}
