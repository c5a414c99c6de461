package main

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
)

// stream is what viewers watch: the one quality of a video.
type stream struct {
	swarm    string // the info hash
	trackers []string
	file     string // URL
	segments []segment
	size     int // bytes of all segments

	mu   sync.Mutex
	data map[int][]byte // of segments whose hash was right; viewers share them to save memory
}

// segment is a range of bytes, and of seconds.
type segment struct {
	start, end float64
	first, n   int
	sum        string // SHA-256, hex
}

// swarmOf returns the info hash of a stream's swarm, as p2p-media-loader 2
// makes it.
func swarmOf(playlist string, level int) string {
	sum := md5.Sum([]byte("v2-" + playlist + "-main-" + strconv.Itoa(level)))
	return base64.StdEncoding.EncodeToString(sum[1:])
}

var errPlaylist = errors.New("the playlists are not as expected")

// openStream reads the playlists and hashes of a video as a player does.
func openStream(ctx context.Context, c *http.Client, site, uuid string) (*stream, error) {
	var v struct {
		Trackers  []string `json:"trackerUrls"`
		Playlists []struct {
			URL    string `json:"playlistUrl"`
			Hashes string `json:"segmentsSha256Url"`
		} `json:"streamingPlaylists"`
	}
	if err := getJSON(ctx, c, site+"/api/v1/videos/"+uuid, &v); err != nil {
		return nil, err
	}
	if len(v.Playlists) != 1 {
		return nil, errPlaylist
	}
	s := &stream{swarm: swarmOf(v.Playlists[0].URL, 0), data: map[int][]byte{}}
	for _, t := range v.Trackers {
		if strings.HasPrefix(t, "ws") {
			s.trackers = append(s.trackers, t)
		}
	}
	master, err := get(ctx, c, v.Playlists[0].URL)
	if err != nil {
		return nil, err
	}
	media, err := mediaPlaylist(v.Playlists[0].URL, string(master))
	if err != nil {
		return nil, err
	}
	list, err := get(ctx, c, media)
	if err != nil {
		return nil, err
	}
	if err := s.read(media, string(list)); err != nil {
		return nil, err
	}
	var sums map[string]map[string]string
	if err := getJSON(ctx, c, v.Playlists[0].Hashes, &sums); err != nil {
		return nil, err
	}
	of := sums[path.Base(s.file)]
	for i := range s.segments {
		g := &s.segments[i]
		if g.sum = of[fmt.Sprintf("%d-%d", g.first, g.first+g.n-1)]; g.sum == "" {
			return nil, fmt.Errorf("%w: segment %d has no hash", errPlaylist, i)
		}
	}
	return s, nil
}

// mediaPlaylist returns the only one that a master playlist names.
func mediaPlaylist(base, master string) (string, error) {
	found := ""
	for line := range strings.Lines(master) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			if found != "" {
				return "", fmt.Errorf("%w: more than one quality", errPlaylist)
			}
			found = line
		}
	}
	return resolve(base, found)
}

func resolve(base, ref string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u, err := b.Parse(ref)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// read reads a media playlist of one file with ranges.
func (s *stream) read(base, list string) (err error) {
	var at, length float64
	first, n := 0, 0
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#EXTINF:"):
			text, _, _ := strings.Cut(line[len("#EXTINF:"):], ",")
			length, err = strconv.ParseFloat(text, 64)
		case strings.HasPrefix(line, "#EXT-X-BYTERANGE:"):
			_, err = fmt.Sscanf(line, "#EXT-X-BYTERANGE:%d@%d", &n, &first)
		case line != "" && line[0] != '#':
			s.file, err = resolve(base, line)
			s.segments = append(s.segments, segment{start: at, end: at + length, first: first, n: n})
			s.size += n
			at += length
		}
		if err != nil {
			return err
		}
	}
	if len(s.segments) == 0 {
		return errPlaylist
	}
	return nil
}

// right keeps a segment if its hash is right, and returns it.
func (s *stream) right(i int, b []byte) ([]byte, bool) {
	sum := sha256.Sum256(b)
	if hex.EncodeToString(sum[:]) != s.segments[i].sum {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data[i] == nil {
		s.data[i] = b
	}
	return s.data[i], true
}

func (s *stream) seconds() float64 { return s.segments[len(s.segments)-1].end }

func get(ctx context.Context, c *http.Client, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, res.Status)
	}
	return io.ReadAll(res.Body)
}

func getJSON(ctx context.Context, c *http.Client, address string, to any) error {
	b, err := get(ctx, c, address)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}
