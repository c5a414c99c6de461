package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Origin says where a value came from: "default", file:line, the name of an
// environment variable, or a flag.
type Origin string

// Origin returns where the value of the key came from.
func (c *Config) Origin(path string) Origin {
	if o, ok := c.origins[path]; ok {
		return o
	}
	return "default"
}

// Setting is one key with its value as it would stand in a file.
type Setting struct {
	Key    string
	Value  string
	Origin Origin
}

// Explain returns every setting, in the order of the example file. Secrets are
// masked.
func (c *Config) Explain() []Setting {
	list := []Setting{{Key: "data", Value: c.DataDir, Origin: c.Origin("data")}}
	tree(c).leaves(func(k *key) {
		list = append(list, Setting{Key: k.path, Value: shown(k), Origin: c.Origin(k.path)})
	})
	return list
}

// shown is the value of k for people's eyes.
func shown(k *key) string {
	switch k.tag.Get("secret") {
	case "yes":
		if k.value.String() != "" {
			return "(hidden)"
		}
	case "url":
		if u, err := url.Parse(k.value.String()); err != nil {
			return "(hidden)"
		} else if u.Scheme != "" {
			return strconv.Quote(u.Redacted())
		}
	}
	return written(k.value)
}

// written is v as it stands in a YAML file.
func written(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return writtenDuration(time.Duration(v.Int()))
	case v.Type() == bytesType:
		return writtenBytes(Bytes(v.Int()))
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return written(v.Elem())
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = written(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Struct:
		k := &key{value: v}
		var fields []string
		for _, f := range children(k) {
			fields = append(fields, f.name+": "+written(f.value))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case reflect.String:
		return writtenText(v.String())
	default:
		return fmt.Sprint(v.Interface())
	}
}

// writtenText is s as YAML: bare where that is safe, else in double quotes.
func writtenText(s string) string {
	var n yaml.Node
	if strings.ContainsAny(s, ",[]{}#:\n\"'") || yaml.Unmarshal([]byte(s), &n) != nil ||
		len(n.Content) != 1 || n.Content[0].Tag != "!!str" || n.Content[0].Value != s {
		return strconv.Quote(s)
	}
	return s
}

func writtenDuration(d time.Duration) string {
	if d < 0 {
		return "-1"
	}
	for _, u := range []struct {
		size time.Duration
		name string
	}{{Day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.size; n > 0 && d%u.size == 0 {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return strconv.FormatInt(d.Milliseconds(), 10)
}

func writtenBytes(b Bytes) string {
	for _, u := range []struct {
		size Bytes
		name string
	}{{TB, "TB"}, {GB, "GB"}, {MB, "MB"}, {KB, "KB"}} {
		if b >= u.size && b%u.size == 0 {
			return fmt.Sprintf("%d%s", b/u.size, u.name)
		}
	}
	return strconv.FormatInt(int64(b), 10)
}
