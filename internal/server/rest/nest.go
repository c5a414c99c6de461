package rest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxDepth    = 5    // of nested names
	maxElements = 1000 // of one list
)

// nest turns names with brackets into objects and lists, as the qs library of
// PeerTube's server reads them. Names nested too deep stay as they are.
func nest(values url.Values) map[string]any {
	root := map[string]any{}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		put(root, path(name), values[name])
	}
	for k, v := range root {
		root[k] = lists(v)
	}
	return root
}

func path(name string) []string {
	head, rest, ok := strings.Cut(name, "[")
	if !ok || head == "" || !strings.HasSuffix(rest, "]") {
		return []string{name}
	}
	p := append([]string{head}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
	if len(p) > maxDepth {
		return []string{name}
	}
	return p
}

func put(m map[string]any, p []string, values []string) {
	for len(p) > 1 && p[1] != "" {
		next, ok := m[p[0]].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[p[0]] = next
		}
		m, p = next, p[1:]
	}
	if len(values) == 1 && len(p) == 1 {
		m[p[0]] = values[0]
		return
	}
	list := make([]any, 0, len(values))
	for _, v := range values[:min(len(values), maxElements)] {
		list = append(list, v)
	}
	m[p[0]] = list
}

// lists turns objects whose names are 0, 1, 2 … into lists.
func lists(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	list := make([]any, len(m))
	isList := len(m) > 0
	for k, child := range m {
		m[k] = lists(child)
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 || n >= len(m) {
			isList = false
			continue
		}
		list[n] = m[k]
	}
	if isList {
		return list
	}
	return m
}
