package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// client speaks PeerTube's REST API, as any PeerTube client does.
type client struct {
	base  string
	host  string // the site's name, if it is not that of base
	token string
}

func (c *client) call(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Host = c.host
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, b)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// login takes the steps of an OAuth2 password grant.
func (c *client) login(ctx context.Context, username, password string) error {
	var app struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := c.call(ctx, "GET", "/api/v1/oauth-clients/local", "", nil, &app); err != nil {
		return err
	}
	form := url.Values{
		"client_id": {app.ID}, "client_secret": {app.Secret}, "grant_type": {"password"},
		"username": {username}, "password": {password},
	}
	var token struct {
		Access string `json:"access_token"`
	}
	err := c.call(ctx, "POST", "/api/v1/users/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), &token)
	c.token = token.Access
	return err
}

// channel returns the id of the first channel of who is logged in.
func (c *client) channel(ctx context.Context) (int64, error) {
	var me struct {
		Channels []struct {
			ID int64 `json:"id"`
		} `json:"videoChannels"`
	}
	if err := c.call(ctx, "GET", "/api/v1/users/me", "", nil, &me); err != nil {
		return 0, err
	}
	if len(me.Channels) == 0 {
		return 0, fmt.Errorf("users/me has no channel")
	}
	return me.Channels[0].ID, nil
}

// upload sends a file with the plain multipart form and returns its uuid.
func (c *client) upload(ctx context.Context, path, name string) (string, error) {
	channel, err := c.channel(ctx)
	if err != nil {
		return "", err
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range map[string]string{"channelId": fmt.Sprint(channel), "name": name, "privacy": "1"} {
		if err := form.WriteField(k, v); err != nil {
			return "", err
		}
	}
	part, err := form.CreateFormFile("videofile", filepath.Base(path))
	if err != nil {
		return "", err
	}
	if _, err := part.Write(file); err != nil {
		return "", err
	}
	if err := form.Close(); err != nil {
		return "", err
	}
	var out struct {
		Video struct {
			UUID string `json:"uuid"`
		} `json:"video"`
	}
	err = c.call(ctx, "POST", "/api/v1/videos/upload", form.FormDataContentType(), &body, &out)
	return out.Video.UUID, err
}

// details is the part of VideoDetails that is measured.
type details struct {
	State struct {
		ID int `json:"id"`
	} `json:"state"`
	Playlists []struct {
		PlaylistURL string `json:"playlistUrl"`
		Files       []struct {
			FileURL    string `json:"fileUrl"`
			Size       int64  `json:"size"`
			Resolution struct {
				ID int `json:"id"`
			} `json:"resolution"`
		} `json:"files"`
	} `json:"streamingPlaylists"`
}

func (c *client) video(ctx context.Context, uuid string) (details, error) {
	var d details
	err := c.call(ctx, "GET", "/api/v1/videos/"+uuid, "", nil, &d)
	return d, err
}
