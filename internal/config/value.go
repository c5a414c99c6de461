package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// assign sets v from a YAML node. The error says what was expected there.
func assign(v reflect.Value, tag reflect.StructTag, n *yaml.Node) error {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	isNull := n.Kind == yaml.ScalarNode && n.Tag == "!!null"
	if isNull && v.Kind() != reflect.Bool {
		v.SetZero()
		return nil
	}
	if v.Kind() == reflect.Slice {
		return assignList(v, tag, n)
	}
	if v.Kind() == reflect.Struct {
		return assignStruct(v, n)
	}
	if v.Kind() == reflect.Pointer {
		elem := reflect.New(v.Type().Elem())
		if err := assign(elem.Elem(), tag, n); err != nil {
			return err
		}
		v.Set(elem)
		return nil
	}
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("expected %s, found %s", expected(v.Type()), describe(n))
	}
	return assignScalar(v, tag, n.Value)
}

// assignScalar sets v from the text of one value.
func assignScalar(v reflect.Value, tag reflect.StructTag, text string) error {
	wrong := fmt.Errorf("expected %s, found %q", expected(v.Type()), clip(text))
	switch {
	case v.Type() == durationType:
		d, ok := parseDuration(text)
		if !ok {
			return wrong
		}
		v.SetInt(int64(d))
		return nil
	case v.Type() == bytesType:
		b, ok := parseBytes(text)
		if !ok {
			return wrong
		}
		v.SetInt(int64(b))
		return nil
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return wrong
		}
		v.SetBool(text == "true")
		return nil
	case v.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return wrong
		}
		v.SetInt(int64(n))
		return checkRange(tag, n)
	default:
		v.SetString(text)
		return checkOneOf(tag.Get("oneof"), text)
	}
}

func assignList(v reflect.Value, tag reflect.StructTag, n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("expected a list, found %s", describe(n))
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		if err := assign(list.Index(i), "", item); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
		if list.Index(i).Kind() != reflect.String {
			continue
		}
		if err := checkOneOf(tag.Get("each"), list.Index(i).String()); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	v.Set(list)
	return nil
}

// assignStruct sets one item of a list of sections.
func assignStruct(v reflect.Value, n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("expected %s, found %s", expected(v.Type()), describe(n))
	}
	item := &key{value: v}
	item.children = children(item)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		field := item.child(name)
		if field == nil {
			return fmt.Errorf("there is no key %q in such an item", clip(name))
		}
		if err := assign(field.value, field.tag, n.Content[i+1]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func checkRange(tag reflect.StructTag, n int) error {
	low, high := math.MinInt, math.MaxInt
	if s := tag.Get("min"); s != "" {
		low, _ = strconv.Atoi(s)
	}
	if s := tag.Get("max"); s != "" {
		high, _ = strconv.Atoi(s)
	}
	switch {
	case n >= low && n <= high:
		return nil
	case high == math.MaxInt:
		return fmt.Errorf("expected at least %d, found %d", low, n)
	default:
		return fmt.Errorf("expected %d to %d, found %d", low, high, n)
	}
}

func checkOneOf(allowed, text string) error {
	if words := strings.Fields(allowed); allowed != "" && !slices.Contains(words, text) {
		return fmt.Errorf("expected one of %s, found %q", strings.Join(words, ", "), clip(text))
	}
	return nil
}

// expected names the type for people.
func expected(t reflect.Type) string {
	switch {
	case t == durationType:
		return `a duration such as "10 seconds" or a number of milliseconds`
	case t == bytesType:
		return `a size such as "100MB" or a number of bytes`
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct:
		return "a section with keys of its own"
	default:
		return "text"
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	default:
		return strconv.Quote(clip(n.Value))
	}
}

// clip shortens what is repeated in a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

var (
	durationPart = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([a-zµ]+)\s*`)
	sizeText     = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*([kmgt]?b)$`)
)

// parseDuration reads "10 seconds", "1 hour 30 minutes", "1h30m" or a number
// of milliseconds. Every negative number is Forever.
func parseDuration(text string) (time.Duration, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		if ms < 0 {
			return Forever, true
		}
		return time.Duration(ms) * time.Millisecond, ms <= math.MaxInt64/int64(time.Millisecond)
	}
	if text == "" {
		return 0, false
	}
	var sum float64
	for text != "" {
		m := durationPart.FindStringSubmatch(text)
		if m == nil {
			return 0, false
		}
		n, err := strconv.ParseFloat(m[1], 64)
		unit := durationUnit(m[2])
		if err != nil || unit == 0 {
			return 0, false
		}
		sum += n * float64(unit)
		text = text[len(m[0]):]
	}
	return time.Duration(sum), sum < math.MaxInt64
}

func durationUnit(word string) time.Duration {
	switch word {
	case "ms", "millisecond", "milliseconds":
		return time.Millisecond
	case "s", "sec", "secs", "second", "seconds":
		return time.Second
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute
	case "h", "hour", "hours":
		return time.Hour
	case "d", "day", "days":
		return Day
	case "w", "week", "weeks":
		return 7 * Day
	case "month", "months":
		return 30 * Day
	case "y", "year", "years":
		return 365 * Day
	default:
		return 0
	}
}

// parseBytes reads "100MB", "1.5 GB" or a number of bytes. Every negative
// number is -1, no limit.
func parseBytes(text string) (Bytes, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Bytes(max(n, -1)), true
	}
	m := sizeText.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	unit := map[string]Bytes{"b": 1, "kb": KB, "mb": MB, "gb": GB, "tb": TB}[m[2]]
	size := n * float64(unit)
	return Bytes(size), err == nil && size < math.MaxInt64
}
