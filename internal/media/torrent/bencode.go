package torrent

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
)

// dict is a dictionary; values are int64, string, []any, dict or raw.
type dict map[string]any

// raw is a value that is encoded already.
type raw []byte

// encode writes v as bencoding (BEP 3), with the keys in order.
func encode(v any) []byte {
	var b bytes.Buffer
	write(&b, v)
	return b.Bytes()
}

func write(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case raw:
		b.Write(v)
	case string:
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	case int64:
		b.WriteByte('i')
		b.WriteString(strconv.FormatInt(v, 10))
		b.WriteByte('e')
	case []any:
		b.WriteByte('l')
		for _, e := range v {
			write(b, e)
		}
		b.WriteByte('e')
	case dict:
		writeDict(b, v)
	}
}

func writeDict(b *bytes.Buffer, d dict) {
	keys := make([]string, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b.WriteByte('d')
	for _, k := range keys {
		write(b, k)
		write(b, d[k])
	}
	b.WriteByte('e')
}

var errBencode = errors.New("not bencoded")

// maxDepth of nested lists and dictionaries.
const maxDepth = 32

// decode reads one value that takes all of b.
func decode(b []byte) (any, error) {
	d := decoder{b: b}
	v, err := d.value(0)
	if err == nil && len(d.b) > 0 {
		err = errBencode
	}
	return v, err
}

type decoder struct{ b []byte }

func (d *decoder) value(depth int) (any, error) {
	if len(d.b) == 0 || depth > maxDepth {
		return nil, errBencode
	}
	switch c := d.b[0]; {
	case c == 'i':
		d.b = d.b[1:]
		return d.number('e')
	case c == 'l':
		d.b = d.b[1:]
		return d.list(depth)
	case c == 'd':
		d.b = d.b[1:]
		return d.dict(depth)
	default:
		return d.text()
	}
}

// number reads digits up to end.
func (d *decoder) number(end byte) (int64, error) {
	i := bytes.IndexByte(d.b[:min(len(d.b), 21)], end)
	if i < 0 {
		return 0, errBencode
	}
	n, err := strconv.ParseInt(string(d.b[:i]), 10, 64)
	if err != nil {
		return 0, errBencode
	}
	d.b = d.b[i+1:]
	return n, nil
}

func (d *decoder) text() (string, error) {
	n, err := d.number(':')
	if err != nil || n < 0 || n > int64(len(d.b)) {
		return "", errBencode
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s, nil
}

// end reports, and takes, the end of a list or dictionary.
func (d *decoder) end() bool {
	if len(d.b) > 0 && d.b[0] == 'e' {
		d.b = d.b[1:]
		return true
	}
	return false
}

func (d *decoder) list(depth int) ([]any, error) {
	var all []any
	for !d.end() {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func (d *decoder) dict(depth int) (dict, error) {
	all := make(dict)
	for !d.end() {
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		if all[key], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return all, nil
}
