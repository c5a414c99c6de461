package config

import (
	"fmt"
	"io"
	"strings"
)

const exampleHead = `# Settings of Sepiola. Every key has a default, so no file is needed.
# What stands here behind a # is the default. Remove the # to change it.
#
# Each key is also an environment variable: transcoding.threads is
# SEPIOLA_TRANSCODING_THREADS, and wins over this file.
# "sepiola config show" tells every value and where it came from,
# "sepiola config check" what is wrong.
#
# Made by "make generate"; edit the tags in internal/config instead.
`

// WriteExample writes config.example.yaml: every key with its default and its
// meaning. The keys are commented out, so the file changes nothing.
func WriteExample(w io.Writer) error {
	var b strings.Builder
	b.WriteString(exampleHead)
	for _, k := range tree(Default()).children {
		b.WriteString("\n")
		writeKey(&b, k, "")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeKey(b *strings.Builder, k *key, indent string) {
	if k.children == nil {
		fmt.Fprintf(b, "%s# %s%s\n%s#%s: %s\n", indent, k.tag.Get("doc"), bounds(k), indent, k.name, written(k.value))
		return
	}
	fmt.Fprintf(b, "%s%s:\n", indent, k.name)
	for _, c := range k.children {
		writeKey(b, c, indent+"  ")
	}
}

// bounds is what a value must be, in brackets, or "".
func bounds(k *key) string {
	low, high := k.tag.Get("min"), k.tag.Get("max")
	switch {
	case k.tag.Get("oneof") != "":
		return " (" + strings.Join(strings.Fields(k.tag.Get("oneof")), ", ") + ")"
	case low != "" && high != "":
		return " (" + low + " to " + high + ")"
	case low != "":
		return " (at least " + low + ")"
	default:
		return ""
	}
}
