package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help tells how to use the script.
func (completionCmd) Help() string {
	return `Keep it where your shell looks for such scripts:

    bash   sepiola completion bash > /etc/bash_completion.d/sepiola
    zsh    sepiola completion zsh > "${fpath[1]}/_sepiola"
    fish   sepiola completion fish > ~/.config/fish/completions/sepiola.fish`
}

// Run prints the script for the shell.
func (c completionCmd) Run(s *streams, model *kong.Application) error {
	places := places(model.Node, "")
	var b strings.Builder
	switch c.Shell {
	case "bash":
		bash(&b, places)
	case "zsh":
		zsh(&b, places)
	case "fish":
		fish(&b, places)
	}
	_, err := io.WriteString(s.out, b.String())
	return err
}

// place is one command, with what may follow it.
type place struct {
	path  string // "user create"; "" for the program itself
	words []word
}

// word is a subcommand, a flag ("--data") or a value.
type word struct {
	text, help string
	takes      string // what follows a flag: "file", "dir", "value" or nothing
}

// places returns node and every command below it.
func places(node *kong.Node, path string) []place {
	p := place{path: path}
	var below []place
	for _, child := range node.Children {
		if !child.Hidden {
			p.words = append(p.words, word{text: child.Name, help: child.Help})
			below = append(below, places(child, strings.TrimSpace(path+" "+child.Name))...)
		}
	}
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			p.words = append(p.words, word{text: "--" + f.Name, help: f.Help, takes: takes(f)})
		}
	}
	for _, arg := range node.Positional {
		for _, value := range strings.Split(arg.Enum, ",") {
			if value != "" {
				p.words = append(p.words, word{text: value})
			}
		}
	}
	return append([]place{p}, below...)
}

func takes(f *kong.Flag) string {
	switch {
	case f.IsBool():
		return ""
	case f.Name == "config":
		return "file"
	case f.Name == "data":
		return "dir"
	default:
		return "value"
	}
}

// texts joins the words of a place.
func (p place) texts() string {
	var list []string
	for _, w := range p.words {
		list = append(list, w.text)
	}
	return strings.Join(list, " ")
}

// flagsTaking returns the flags of all places with such a value, as a pattern
// of the shell.
func flagsTaking(list []place, what string) string {
	var flags []string
	seen := map[string]bool{}
	for _, p := range list {
		for _, w := range p.words {
			if w.takes == what && !seen[w.text] {
				seen[w.text] = true
				flags = append(flags, w.text)
			}
		}
	}
	return strings.Join(flags, "|")
}

// walk is the part of a script that finds the command typed so far: it leaves
// the path in $at. words names the typed words before the current one.
func walk(b *strings.Builder, list []place, words string) {
	fmt.Fprintf(b, "  local at=\"\" word\n  for word in %s; do\n    case \"${at:+$at }$word\" in\n", words)
	for _, p := range list[1:] {
		fmt.Fprintf(b, "      %s) at=%s ;;\n", quote(p.path), quote(p.path))
	}
	b.WriteString("    esac\n  done\n")
}

// valueCases is the part of a script that completes the value of the flag just
// before, with the shell's own commands for files and directories.
func valueCases(b *strings.Builder, list []place, previous, files, dirs string) {
	fmt.Fprintf(b, "  case %s in\n", previous)
	for _, c := range []struct{ takes, do string }{{"file", files}, {"dir", dirs}, {"value", ":"}} {
		if flags := flagsTaking(list, c.takes); flags != "" {
			fmt.Fprintf(b, "    %s) %s; return ;;\n", flags, c.do)
		}
	}
	b.WriteString("  esac\n")
}

func bash(b *strings.Builder, list []place) {
	b.WriteString("# bash completion for sepiola\n_sepiola() {\n")
	b.WriteString("  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n")
	walk(b, list, `"${COMP_WORDS[@]:1:COMP_CWORD-1}"`)
	valueCases(b, list, `"$prev"`, `mapfile -t COMPREPLY < <(compgen -f -- "$cur")`, `mapfile -t COMPREPLY < <(compgen -d -- "$cur")`)
	b.WriteString("  local words=\"\"\n  case \"$at\" in\n")
	for _, p := range list {
		fmt.Fprintf(b, "    %s) words=%s ;;\n", quote(p.path), quote(p.texts()))
	}
	b.WriteString("  esac\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\ncomplete -F _sepiola sepiola\n")
}

func zsh(b *strings.Builder, list []place) {
	b.WriteString("#compdef sepiola\n_sepiola() {\n")
	walk(b, list, `"${words[@]:1:$((CURRENT-2))}"`)
	valueCases(b, list, `"${words[CURRENT-1]}"`, "_files", "_files -/")
	b.WriteString("  local -a choices\n  case \"$at\" in\n")
	for _, p := range list {
		fmt.Fprintf(b, "    %s) choices=(", quote(p.path))
		for _, w := range p.words {
			b.WriteString("\n      " + quote(w.text+":"+strings.ReplaceAll(w.help, ":", `\:`)))
		}
		b.WriteString(") ;;\n")
	}
	b.WriteString("  esac\n  _describe sepiola choices\n}\n")
	b.WriteString("if [ \"$funcstack[1]\" = _sepiola ]; then _sepiola \"$@\"; else compdef _sepiola sepiola; fi\n")
}

func fish(b *strings.Builder, list []place) {
	b.WriteString("# fish completion for sepiola\nfunction __sepiola_at\n  set -l at \"\"\n")
	b.WriteString("  for word in (commandline -opc)[2..-1]\n    switch (string trim \"$at $word\")\n")
	for _, p := range list[1:] {
		fmt.Fprintf(b, "      case %s\n        set at %s\n", quote(p.path), quote(p.path))
	}
	b.WriteString("    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\ncomplete -c sepiola -f\n")
	for _, p := range list {
		for _, w := range p.words {
			fmt.Fprintf(b, "complete -c sepiola -n %s %s -d %s\n", "\"__sepiola_at "+quote(p.path)+"\"", fishWord(w), quote(w.help))
		}
	}
}

func fishWord(w word) string {
	flag, isFlag := strings.CutPrefix(w.text, "--")
	switch {
	case !isFlag:
		return "-a " + quote(w.text)
	case w.takes == "file":
		return "-l " + flag + " -r -F"
	case w.takes == "dir":
		return "-l " + flag + ` -x -a "(__fish_complete_directories)"`
	case w.takes == "value":
		return "-l " + flag + " -x"
	default:
		return "-l " + flag
	}
}

// quote writes s as one word of any of the shells. Inside single quotes a
// single quote itself is written differently by bash and fish, so it becomes
// an apostrophe: these are texts of ours.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "’") + "'"
}
