package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sepiola/internal/federation/activity"
	"sepiola/internal/federation/httpsig"
	"sepiola/internal/federation/ldsig"
)

// measureCrypto measures apart what is part of every activity: RSA, JSON and
// the signature of documents. It takes one core of this process.
func measureCrypto(r *report) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	const by = "https://s.test/accounts/p"
	doc := map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"type":     "Create", "id": by + "/comments/1/activity", "actor": by, "to": []any{"https://www.w3.org/ns/activitystreams#Public"},
		"object": map[string]any{
			"type": "Note", "id": by + "/comments/1", "attributedTo": by, "inReplyTo": "https://bench.example/videos/watch/1", "content": "<p>Very nice</p>",
			"published": "2026-02-02T03:04:05Z", "to": []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{by + "/followers"},
		},
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://bench.example/inbox", bytes.NewReader(body))
	if err != nil {
		return err
	}
	now, signer := time.Now(), httpsig.Signer{KeyID: by + "#main-key", Key: key}
	options := httpsig.Options{Now: now, Host: "bench.example", Scheme: "https"}
	ldDoc := activity.Doc(doc)
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"signing a request (RSA-2048, SHA-256)", func() error { return signer.Sign(req, body, httpsig.Cavage, now) }},
		{"verifying a request: headers, digest, RSA-2048", func() error {
			s, err := httpsig.Parse(req, options)
			if err != nil {
				return err
			}
			if err := httpsig.CheckDigest(req.Header, body); err != nil {
				return err
			}
			return s.Verify(&key.PublicKey)
		}},
		{"of that without RSA", func() error {
			if _, err := httpsig.Parse(req, options); err != nil {
				return err
			}
			return httpsig.CheckDigest(req.Header, body)
		}},
		{fmt.Sprintf("reading a comment of %d bytes (JSON, bounds, fields)", len(body)), func() error {
			d, err := activity.Decode(body)
			if err != nil {
				return err
			}
			a, err := activity.ReadActivity(d)
			if err != nil || a.ObjectURL == "" {
				return fmt.Errorf("a comment cannot be read: %w", err)
			}
			return nil
		}},
		{"signing that document (RsaSignature2017)", func() error { delete(ldDoc, "signature"); return ldsig.Sign(ldDoc, by, key, now) }},
		{"verifying that signature", func() error { return ldsig.Verify(ldDoc, &key.PublicKey) }},
	} {
		took, err := each(part.do)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		r.add(part.name, fmt.Sprintf("%.3f ms", took.Seconds()*1000))
	}
	return nil
}

// each is how long something takes, on average over a second.
func each(do func() error) (time.Duration, error) {
	if err := do(); err != nil { // warm
		return 0, err
	}
	begin := time.Now()
	for n := time.Duration(1); ; n++ {
		if err := do(); err != nil {
			return 0, err
		}
		if d := time.Since(begin); d > time.Second {
			return d / n, nil
		}
	}
}
