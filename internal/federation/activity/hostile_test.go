package activity_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"

	"sepiola/internal/errs"
	"sepiola/internal/federation/activity"
)

func TestDocumentsOverTheBoundsAreRefused(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for name, tt := range map[string]struct {
		in   string
		want bool
	}{
		"an object":                    {`{"a":[1,-2.5e3,true,false,null,"x"]}`, true},
		"nothing":                      {``, false},
		"a list":                       {`[]`, false},
		"a string":                     {`"x"`, false},
		"two objects":                  {`{}{}`, false},
		"an open object":               {`{"a":1`, false},
		"a comma too many":             {`{"a":1,}`, false},
		"a list with a comma too many": {`{"a":[1,]}`, false},
		"a number with a zero":         {`{"a":01}`, false},
		"a number out of range":        {`{"a":1e999}`, false},
		"a control character":          {"{\"a\":\"\x01\"}", false},
		"no UTF-8":                     {"{\"a\":\"\xff\"}", false},
		"half an escape":               {`{"a":"\u12"}`, false},
		"a key twice":                  {`{"id":"https://a.example/1","id":"https://b.example/1"}`, false},
		"a key twice, once escaped":    {`{"id":1,"\u0069d":2}`, false},
		"as deep as it may be":         {deep(31), true},
		"too deep":                     {deep(32), false},
		"much too deep":                {deep(400_000), false},
		"too many values":              {`{"a":[` + strings.Repeat("1,", 20_000) + `1]}`, false},
		"too long":                     {`{"a":"` + strings.Repeat("x", 1<<20) + `"}`, false},
	} {
		_, err := activity.Decode([]byte(tt.in))
		if (err == nil) != tt.want || err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyAddressesOfTheWebAreIds(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"https://a.example/x", "http://a.example:8080/x?y=1#z", "https://xn--nxasmq6b.example/", "https://a.example/%C3%A9", "https://a.example/é",
		"https://localhost:9000/x", "https://A.Example/x",
	} {
		if !activity.ValidURL(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range []string{
		"", "x", "a.example/x", "//a.example/x", "ftp://a.example/x", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https:///x",
		"https://me@a.example/x", "https://me:pass@a.example/x", "https://a.example@b.example/x", "https://a.example\\@b.example/x",
		"https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x", "https://0x7f.1/x", "https://0x7f000001/x", "https://127.1/x", "https://1.2.3.4.:443/x",
		"https://exämple.org/x", "https://a.example\u202e/x", "https://a\u3002example/x", "https://a.example/ x", "https://a.example/\nx", "https://a.example/\x00",
		"https://a.example:x/", "https://a.example:/", "https://.a.example/", "https://a..example/", "https://a.example/<script>", "mailto:a@b.example",
		"https://a.example/" + strings.Repeat("x", 2000), "HTTPS:a.example", "https:a.example/x",
	} {
		if activity.ValidURL(s) {
			t.Errorf("%q is taken", s)
		}
	}
	if !activity.SameHost("https://a.example/1", "https://A.example:443/2", "https://a.example/3") ||
		activity.SameHost("https://a.example/1", "https://a.example:8443/2") || activity.SameHost("https://a.example/1", "https://a.example.b.example/") ||
		activity.SameHost("", "") {
		t.Error("hosts are not compared")
	}
}

// change is a document with a field replaced.
func change(d activity.Doc, key string, v any) activity.Doc {
	c := d.Bare()
	c[key] = v
	return c
}

func TestVideosOfOthersAreChecked(t *testing.T) {
	t.Parallel()
	v, parts := film()
	good := activity.WriteVideo(v, parts, site)
	for name, tt := range map[string]struct {
		key  string
		v    any
		want errs.Kind
	}{
		"another type":           {"type", "Note", errs.Invalid},
		"no id":                  {"id", nil, errs.Invalid},
		"an id with credentials": {"id", "https://a:b@video.example/v", errs.Invalid},
		"an id of another host":  {"id", "https://other.example/v", errs.Forbidden},
		"a short name":           {"name", "ab", errs.Invalid},
		"a long name":            {"name", strings.Repeat("x", 121), errs.Invalid},
		"a name of marks":        {"name", "\u202e\u202d\u200b", errs.Invalid},
		"a number as a name":     {"name", 12.0, errs.Invalid},
		"no uuid":                {"uuid", "x", errs.Invalid},
		"a uuid of version 1":    {"uuid", "341a84d2-f9c7-105d-bc93-39b503161273", errs.Invalid},
		"no views":               {"views", nil, errs.Invalid},
		"half a view":            {"views", 1.5, errs.Invalid},
		"views below zero":       {"views", -1.0, errs.Invalid},
		"no duration":            {"duration", nil, errs.Invalid},
		"a duration that is odd": {"duration", "PTxS", errs.Invalid},
		"a duration without end": {"duration", "PT99999999999999999999S", errs.Invalid},
		"no list of urls":        {"url", "https://video.example/v", errs.Invalid},
		"no picture":             {"icon", []any{}, errs.Invalid},
		"a picture of a file":    {"icon", []any{map[string]any{"url": "file:///etc/passwd"}}, errs.Invalid},
		"no date":                {"published", "yesterday", errs.Invalid},
		"no owner":               {"attributedTo", []any{}, errs.Forbidden}, // the audience alone is an owner's
		"an owner of another host": {"attributedTo", []any{
			map[string]any{"type": "Person", "id": "https://other.example/a"}, map[string]any{"type": "Group", "id": "https://video.example/c"},
		}, errs.Forbidden},
		"a channel of another host": {"attributedTo", []any{"https://video.example/a", "https://other.example/c"}, errs.Forbidden},
	} {
		_, err := activity.ReadVideo(travel(t, change(good, tt.key, tt.v)))
		if name == "no owner" {
			c := change(good, tt.key, tt.v)
			delete(c, "audience")
			_, err = activity.ReadVideo(c)
			tt.want = errs.Invalid
		}
		if !errs.Is(err, tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestVideosOfOthersAreRepaired(t *testing.T) {
	t.Parallel()
	v, parts := film()
	d := activity.WriteVideo(v, parts, site)
	for _, key := range []string{"state", "waitTranscoding", "downloadEnabled", "commentsPolicy", "commentsEnabled", "sensitive", "aspectRatio", "category", "embedUrl"} {
		delete(d, key)
	}
	d["licence"] = map[string]any{"identifier": "CC-BY-NC-SA-4.0", "name": "x"}
	d["type"] = []any{"Unknown", "Video"}
	d["attributedTo"] = []any{v.Channel.Owner.URL, v.Channel.URL}
	d["to"] = "as:Public"
	d["likes"] = "https://other.example/likes"
	d["content"], d["mediaType"] = "<p>Hello <b>you</b> &amp; me, &amp;lt;</p><script>bad()</script><p>Bye</p>", "text/html"
	d["tag"] = []any{"x", 3.0, map[string]any{"type": "Emoji", "name": ":a:"}, map[string]any{"type": "Hashtag", "name": "#One"}, map[string]any{"type": "Hashtag", "name": "one"}}
	d["subtitleLanguage"] = []any{
		map[string]any{"identifier": "fr", "url": "https://video.example/fr.vtt"},
		map[string]any{"identifier": "../x", "url": "https://video.example/x"},
		map[string]any{"identifier": "de", "url": "javascript:x"},
	}
	d["hasParts"] = []any{map[string]any{"name": "b", "startOffset": 4.0}, map[string]any{"name": "a", "startOffset": 0.0}, map[string]any{"name": "bad", "startOffset": -4.0}}
	links, _ := d["url"].([]any)
	d["url"] = append([]any{"https://x.example", map[string]any{"type": "Link", "mediaType": "video/mp4", "href": "file:///x", "height": 3.0}}, links...)
	got, err := activity.ReadVideo(travel(t, d))
	if err != nil {
		t.Fatal(err)
	}
	if got.State != 1 || got.WaitTranscoding || !got.DownloadEnabled || got.CommentsPolicy != 2 || got.NSFW || got.NSFWFlags != 0 || got.Licence != 5 ||
		got.Category != 0 || got.Privacy != 1 || got.LikesURL != "" || got.DislikesURL == "" || got.EmbedPrivacyPolicy != 1 {
		t.Errorf("values: %+v", got)
	}
	if got.AccountURL != v.Channel.Owner.URL || got.ChannelURL != v.Channel.URL || got.Description != "Hello you & me, &lt;\n\nBye" {
		t.Errorf("owners and text: %s %s %q", got.AccountURL, got.ChannelURL, got.Description)
	}
	if len(got.Tags) != 1 || got.Tags[0] != "One" || len(got.Captions) != 1 || len(got.Files) != len(v.Files) || len(got.Chapters) != 2 || got.Chapters[1].Title != "b" {
		t.Errorf("lists: %v %v %d %v", got.Tags, got.Captions, len(got.Files), got.Chapters)
	}
	d["to"] = []any{}
	if got, err := activity.ReadVideo(travel(t, d)); err != nil || got.Privacy != 2 {
		t.Errorf("a video for nobody: %v %v", got.Privacy, err)
	}
}

func TestActorsOfOthersAreChecked(t *testing.T) {
	t.Parallel()
	good := activity.WriteGroup(channel(), site)
	key := func(id, owner string) map[string]any {
		return map[string]any{"id": id, "owner": owner, "publicKeyPem": channel().PublicKey}
	}
	for name, tt := range map[string]struct {
		key string
		v   any
	}{
		"another type":            {"type", "Video"},
		"no id":                   {"id", 3.0},
		"no inbox":                {"inbox", nil},
		"an inbox elsewhere":      {"inbox", "https://other.example/inbox"},
		"a name with a slash":     {"preferredUsername", "a/b"},
		"no name":                 {"preferredUsername", ""},
		"no key":                  {"publicKey", nil},
		"the key of another":      {"publicKey", key("https://video.example/video-channels/films#main-key", "https://video.example/accounts/alice")},
		"a key of another host":   {"publicKey", key("https://other.example/u#main-key", "https://video.example/video-channels/films")},
		"no PEM":                  {"publicKey", map[string]any{"id": "https://video.example/k", "publicKeyPem": "x"}},
		"an id of another server": {"id", "https://other.example/video-channels/films"},
	} {
		if a, err := activity.ReadActor(travel(t, change(good, tt.key, tt.v))); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	tolerant := change(good, "attributedTo", "https://video.example/accounts/alice")
	tolerant["url"], tolerant["icon"], tolerant["published"] = "https://video.example/c/films", map[string]any{"type": "Image", "url": map[string]any{"href": "https://video.example/a.png"}}, "never"
	tolerant["summary"], tolerant["followers"] = "<p>I film</p>"+strings.Repeat("x", 2000), "https://other.example/followers"
	a, err := activity.ReadActor(travel(t, tolerant))
	if err != nil || a.OwnerURL != "https://video.example/accounts/alice" || a.WebURL != "https://video.example/c/films" || len(a.AvatarPictures) != 1 ||
		!strings.HasPrefix(a.Description, "I film") || len([]rune(a.Description)) > 1000 || a.FollowersURL != "" || !a.CreatedAt.IsZero() {
		t.Errorf("a tolerant reader: %+v %v", a, err)
	}
}

// Of several keys the first counts that is the actor's and can be used.
func TestOfSeveralKeysAGoodOneIsTaken(t *testing.T) {
	t.Parallel()
	const me = "https://video.example/video-channels/films"
	rsaKey, other := newKey(t), newKey(t)
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := func(id, owner, text string) map[string]any {
		return map[string]any{"id": id, "owner": owner, "publicKeyPem": text}
	}
	good := key(me+"#good", me, rsaKey)
	for name, list := range map[string][]any{
		"one":             {good},
		"a link":          {me + "#first", good},
		"without PEM":     {map[string]any{"id": me + "#first", "owner": me, "publicKeyMultibase": "z6Mk"}, good},
		"of another":      {key(me+"#first", "https://video.example/accounts/alice", other), good},
		"of another host": {key("https://other.example/u#main-key", me, other), good},
		"not RSA":         {key(me+"#first", me, pemOfKey(t, edwards)), good},
		"no key":          {key(me+"#first", me, "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"), good},
		"two good ones":   {good, key(me+"#second", me, other)},
	} {
		a, err := activity.ReadActor(travel(t, change(activity.WriteGroup(channel(), site), "publicKey", list)))
		if err != nil || a.KeyID != me+"#good" || a.PublicKey != rsaKey {
			t.Errorf("%s: got %+v %v", name, a, err)
		}
	}
	bad := []any{map[string]any{"id": me + "#first", "owner": me}, key("https://other.example/u#main-key", me, other)}
	if a, err := activity.ReadActor(travel(t, change(activity.WriteGroup(channel(), site), "publicKey", bad))); err == nil {
		t.Errorf("none that fits: got %+v", a)
	}
}

func newKey(t *testing.T) string {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return pemOfKey(t, &k.PublicKey)
}

func pemOfKey(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestActivitiesOfOthersAreChecked(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"no type":                              `{"id":"https://a.example/1","actor":"https://a.example/u"}`,
		"no actor":                             `{"id":"https://a.example/1","type":"Like"}`,
		"an id of another host":                `{"id":"https://b.example/1","type":"Like","actor":"https://a.example/u"}`,
		"a Delete whose id is of a third host": `{"id":"https://b.example/1/delete","type":"Delete","actor":"https://a.example/u","object":"https://c.example/1"}`,
		"a Like whose id is made as PeerTube makes those of Deletes": `{"id":"https://b.example/1/delete","type":"Like","actor":"https://a.example/u","object":"https://b.example/1"}`,
		"an id that is none":        `{"id":"tag:a","type":"Like","actor":"https://a.example/u"}`,
		"an actor with a password":  `{"id":"https://a.example/1","type":"Like","actor":"https://x:y@a.example/u"}`,
		"an actor that is a number": `{"id":"https://a.example/1","type":"Like","actor":5}`,
	} {
		d, err := activity.Decode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if a, err := activity.ReadActivity(d); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	d, err := activity.Decode([]byte(`{"type":["X","Like"],"actor":{"id":"https://a.example/u"},"object":[{"type":"Link","href":"https://b.example/v"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a, err := activity.ReadActivity(d)
	if err != nil || a.Type != "Like" || a.ActorURL != "https://a.example/u" || a.ObjectURL != "https://b.example/v" || a.URL != "" {
		t.Errorf("a tolerant reader: %+v %v", a, err)
	}
}

// PeerTube makes the id of a Delete of that of the object, also where the
// object is of another host: a comment that is deleted by whose video it is under.
func TestDeletesOfWhatIsOfAnotherHost(t *testing.T) {
	t.Parallel()
	d, err := activity.Decode([]byte(`{"id":"https://b.example/1/delete","type":"Delete","actor":"https://a.example/u","object":{"id":"https://b.example/1","type":"Note"}}`))
	if err != nil {
		t.Fatal(err)
	}
	a, err := activity.ReadActivity(d)
	if err != nil || a.URL != "" || a.ActorURL != "https://a.example/u" || a.ObjectURL != "https://b.example/1" {
		t.Errorf("read as %+v, %v", a, err)
	}
}

func seeds(f *testing.F) {
	v, parts := film()
	c, notes := said()
	for _, d := range []activity.Doc{
		activity.WriteVideo(v, parts, site), activity.WriteGroup(channel(), site), activity.WriteNote(c, notes), activity.WritePlaylist(watchList(), site),
		activity.Create(alice().URL, activity.WriteNote(c, notes)), activity.WriteCollectionPage("https://a.example/l", 1, 10, 20, activity.Strings([]string{"https://a.example/1"})),
	} {
		b, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzDecode holds the parser to encoding/json: what it takes is the same
// there.
func FuzzDecode(f *testing.F) {
	seeds(f)
	for _, s := range []string{`{"a":"\ud83d\ude00\ud800x\udc00"}`, `{"a":-0.0e+1}`, `{"":{}}`, `{"a\u0000":"\u0000"}`, `{"a":[[],[{}]]}`, "{\"a\":\"\u2028\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := activity.Decode(b)
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if !reflect.DeepEqual(map[string]any(got), withoutNUL(want)) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
		same(t, "what was read", got)
	})
}

// withoutNUL is a value as Decode returns it.
func withoutNUL(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "\ufffd")
	case []any:
		for i := range v {
			v[i] = withoutNUL(v[i])
		}
	case map[string]any:
		m := map[string]any{}
		for k, it := range v {
			m[strings.ReplaceAll(k, "\x00", "\ufffd")] = withoutNUL(it)
		}
		return m
	}
	return v
}

// FuzzRead reads what comes as everything that it could be. What readers take
// keeps their promises.
func FuzzRead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := activity.Decode(b)
		if err != nil {
			return
		}
		if v, err := activity.ReadVideo(d); err == nil {
			if !activity.ValidURL(v.URL) || v.AccountURL != "" && !activity.SameHost(v.URL, v.AccountURL) || len(v.Files) != len(v.Magnets) || len(v.Tags) > 5 {
				t.Fatalf("%+v", v)
			}
		}
		if a, err := activity.ReadActor(d); err == nil && !a.Former && !activity.SameHost(a.URL, a.InboxURL) {
			t.Fatalf("%+v", a)
		}
		if n, err := activity.ReadNote(d); err == nil && n.DeletedAt == nil && !activity.SameHost(n.URL, n.ActorURL) {
			t.Fatalf("%+v", n)
		}
		if a, err := activity.ReadActivity(d); err == nil && a.URL != "" && !activity.SameHost(a.URL, a.ActorURL) {
			t.Fatalf("%+v", a)
		}
		_, _ = activity.ReadPlaylist(d)
		_, _ = activity.ReadPlaylistElement(d)
		_, _ = activity.ReadCollection(d)
		_, _ = activity.ReadPage(d)
		_ = activity.ReadChapters(d)
	})
}

func BenchmarkWriteVideo(b *testing.B) {
	v, parts := film()
	for b.Loop() {
		_ = activity.WriteVideo(v, parts, site)
	}
}

func BenchmarkWriteVideoJSON(b *testing.B) {
	v, parts := film()
	for b.Loop() {
		if _, err := activity.Encode(activity.WriteVideo(v, parts, site)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeVideo(b *testing.B) {
	v, parts := film()
	for b.Loop() {
		if _, err := activity.EncodeVideo(v, parts, site); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadVideo(b *testing.B) {
	v, parts := film()
	body, err := json.Marshal(activity.WriteVideo(v, parts, site))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		d, err := activity.Decode(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := activity.ReadVideo(d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeVideo(b *testing.B) {
	v, parts := film()
	body, err := json.Marshal(activity.WriteVideo(v, parts, site))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := activity.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadLike(b *testing.B) {
	body, err := json.Marshal(activity.Like("https://a.example/u/likes/1", "https://a.example/u", site.VideoURL(uuid), site.AccountURL("alice")))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		d, err := activity.Decode(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := activity.ReadActivity(d); err != nil {
			b.Fatal(err)
		}
	}
}
