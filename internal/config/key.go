package config

import (
	"reflect"
	"strings"
	"time"
)

// key is one node of the tree of settings: a section with children, or a leaf
// with a value that can be set.
type key struct {
	name     string // the last part of path
	path     string // "transcoding.threads"; "" for the root
	tag      reflect.StructTag
	value    reflect.Value
	children []*key
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	bytesType    = reflect.TypeFor[Bytes]()
)

// tree returns the settings of c as a tree. Setting a leaf's value changes c.
func tree(c *Config) *key {
	root := &key{value: reflect.ValueOf(c).Elem()}
	root.children = children(root)
	return root
}

func children(parent *key) []*key {
	var list []*key
	t := parent.value.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("key")
		if name == "" || name == "-" {
			continue
		}
		k := &key{name: name, path: join(parent.path, name), tag: f.Tag, value: parent.value.Field(i)}
		if k.value.Kind() == reflect.Struct {
			k.children = children(k)
		}
		list = append(list, k)
	}
	return list
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// leaves calls f for each value below k, in the order of declaration.
func (k *key) leaves(f func(*key)) {
	if k.children == nil {
		f(k)
		return
	}
	for _, c := range k.children {
		c.leaves(f)
	}
}

// child returns the child called name, or nil.
func (k *key) child(name string) *key {
	for _, c := range k.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// env returns the part of the key's environment variable after its prefix.
func (k *key) env() string {
	return strings.ToUpper(strings.ReplaceAll(k.path, ".", "_"))
}

// find returns the key with the given path, or nil.
func (k *key) find(path string) *key {
	for name := range strings.SplitSeq(path, ".") {
		if k = k.child(name); k == nil {
			return nil
		}
	}
	return k
}

// suggest returns the path of the known key that a misspelt name in section k
// most likely means, or "".
func (k *key) suggest(root *key, name string) string {
	best, bestDistance := "", max(2, len(name)/3)+1
	for _, c := range k.children {
		if d := distance(name, c.name); d < bestDistance {
			best, bestDistance = c.path, d
		}
	}
	if best != "" {
		return best
	}
	root.leaves(func(leaf *key) {
		if leaf.name == name && best == "" {
			best = leaf.path
		}
	})
	return best
}

// distance is the number of letters to insert, delete or change to make b of
// a (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
