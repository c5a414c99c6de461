package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// person is somebody with an account on a site, who uses PeerTube's REST API.
type person struct {
	site  *site
	net   *network
	name  string
	token string
}

// problem is an answer that is not 2xx.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

// call asks the site for something. A body is sent as JSON, but for url.Values
// and *form.
func (p *person) call(ctx context.Context, method, path string, body, out any) error {
	var reader io.Reader
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
		contentType = ""
	case url.Values:
		reader, contentType = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case *form:
		reader, contentType = bytes.NewReader(b.body.Bytes()), b.contentType
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.site.url+"/api/v1"+path, reader)
	if err != nil {
		return err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (walk)") // programs are not counted as viewers
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := p.net.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return &problem{res.StatusCode, fmt.Sprintf("%s %s on %s: %s: %.200s", method, path, p.site.name, res.Status, text)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// login takes the steps of an OAuth2 password grant.
func (p *person) login(ctx context.Context, password string) error {
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := p.call(ctx, "GET", "/oauth-clients/local", nil, &app); err != nil {
		return err
	}
	var token struct {
		Access string `json:"access_token"`
	}
	err := p.call(ctx, "POST", "/users/token", url.Values{
		"client_id": {app.ID}, "client_secret": {app.Secret}, "grant_type": {"password"}, "username": {p.name}, "password": {password},
	}, &token)
	p.token = token.Access
	return err
}

// admit makes an account on a site, with the channel <name>_channel.
func (p *person) admit(ctx context.Context, name string) (*person, error) {
	password := name + "-password-1"
	err := p.call(ctx, "POST", "/users", map[string]any{
		"username": name, "password": password, "email": name + "@example.org",
		"videoQuota": -1, "videoQuotaDaily": -1, "role": 2, "channelName": name + "_channel",
	}, nil)
	if err != nil {
		return nil, err
	}
	n := &person{site: p.site, net: p.net, name: name}
	return n, n.login(ctx, password)
}

// form is a multipart body.
type form struct {
	body        bytes.Buffer
	contentType string
}

// newForm makes a form of fields and of files by their paths.
func newForm(fields, files map[string]string) (*form, error) {
	f := &form{}
	m := multipart.NewWriter(&f.body)
	for name, value := range fields {
		name, _, _ = strings.Cut(name, "#") // several of one name
		if err := m.WriteField(name, value); err != nil {
			return nil, err
		}
	}
	for name, path := range files {
		file, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		part, err := m.CreateFormFile(name, filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(file); err != nil {
			return nil, err
		}
	}
	f.contentType = m.FormDataContentType()
	return f, m.Close()
}

// upload publishes a file for everybody and returns its uuid. more are other
// fields of the form, and files those with a path.
func (p *person) upload(ctx context.Context, path, name string, more map[string]string, files map[string]string) (string, error) {
	var me struct {
		Channels []struct{ ID int64 } `json:"videoChannels"`
	}
	if err := p.call(ctx, "GET", "/users/me", nil, &me); err != nil {
		return "", err
	}
	if len(me.Channels) == 0 {
		return "", fmt.Errorf("%s has no channel", p.name)
	}
	fields := map[string]string{"channelId": fmt.Sprint(me.Channels[0].ID), "name": name, "privacy": "1", "waitTranscoding": "false"}
	maps.Copy(fields, more)
	sent := map[string]string{"videofile": path}
	maps.Copy(sent, files)
	f, err := newForm(fields, sent)
	if err != nil {
		return "", err
	}
	var out struct {
		Video struct{ UUID string }
	}
	err = p.call(ctx, "POST", "/videos/upload", f, &out)
	return out.Video.UUID, err
}

// videoView is the part of VideoDetails that the walk looks at.
type videoView struct {
	ID              int64
	UUID, Name, URL string
	IsLocal         bool
	Likes, Views    int
	Dislikes        int
	Comments        int
	Description     string
	Support         string
	Tags            []string
	NSFW            bool
	State, Privacy  struct{ ID int }
	CommentsPolicy  struct{ ID int }
	Category        struct{ ID int }
	Licence         struct{ ID int }
	Language        struct{ ID string }
	ThumbnailPath   string
	PreviewPath     string
	Account         struct{ Name, Host string }
	Channel         struct{ Name, Host string }
	Playlists       []struct {
		PlaylistURL string `json:"playlistUrl"`
		Files       []struct {
			FileURL string `json:"fileUrl"`
		}
		Redundancies []struct {
			BaseURL string `json:"baseUrl"`
		}
	} `json:"streamingPlaylists"`
}

func (p *person) video(ctx context.Context, uuid string) (v videoView, err error) {
	return v, p.call(ctx, "GET", "/videos/"+uuid, nil, &v)
}

// commentView is the part of VideoComment that the walk looks at.
type commentView struct {
	ID, ThreadID int64
	URL, Text    string
	IsDeleted    bool
	Account      struct{ Name, Host string }
}

// tree is a comment with what was said to it.
type tree struct {
	Comment  commentView
	Children []tree
}

// find looks for a comment in a tree.
func (t tree) find(text string) *commentView {
	if strings.Contains(t.Comment.Text, text) && !t.Comment.IsDeleted {
		return &t.Comment
	}
	for _, child := range t.Children {
		if c := child.find(text); c != nil {
			return c
		}
	}
	return nil
}

// comment looks for a comment under a video, answers included.
func (p *person) comment(ctx context.Context, uuid, text string) (*commentView, error) {
	var threads struct{ Data []commentView }
	if err := p.call(ctx, "GET", "/videos/"+uuid+"/comment-threads", nil, &threads); err != nil {
		return nil, err
	}
	for _, thread := range threads.Data {
		var t tree
		if err := p.call(ctx, "GET", fmt.Sprintf("/videos/%s/comment-threads/%d", uuid, thread.ID), nil, &t); err != nil {
			return nil, err
		}
		if c := t.find(text); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: no comment %q among %d threads on %s", errNotYet, text, len(threads.Data), p.site.name)
}

// say comments on a video, or answers a comment if its id is not 0.
func (p *person) say(ctx context.Context, uuid string, answerTo int64, text string) error {
	path := "/videos/" + uuid + "/comment-threads"
	if answerTo != 0 {
		path = fmt.Sprintf("/videos/%s/comments/%d", uuid, answerTo)
	}
	return p.call(ctx, "POST", path, map[string]string{"text": text}, nil)
}

func (p *person) rate(ctx context.Context, uuid, rating string) error {
	return p.call(ctx, "PUT", "/videos/"+uuid+"/rate", map[string]string{"rating": rating}, nil)
}
