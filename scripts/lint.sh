#!/bin/sh
# Style, known vulnerabilities, and generated files. Tools are built from
# pinned versions into .tools/, so nothing has to be installed by hand.
set -eu

tools=$(pwd)/.tools
export GOBIN="$tools/bin"
tool() { # tool NAME MODULE@VERSION
	stamp="$tools/$1-$(printf %s "$2" | tr -c 'A-Za-z0-9.\n' _)"
	if [ ! -e "$stamp" ]; then
		echo "building $2"
		go install "$2"
		touch "$stamp"
	fi
}
mkdir -p "$tools/bin"
tool golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
tool gofumpt mvdan.cc/gofumpt@v0.12.0
tool govulncheck golang.org/x/vuln/cmd/govulncheck@v1.8.0

echo "gofumpt"
unformatted=$(git ls-files '*.go' | grep -v '_templ\.go$' | xargs "$GOBIN/gofumpt" -l)
if [ -n "$unformatted" ]; then
	echo "not formatted by gofumpt:" >&2
	echo "$unformatted" >&2
	exit 1
fi
echo "golangci-lint"
"$GOBIN/golangci-lint" run ./...
echo "architecture"
go test -count=1 .
echo "govulncheck"
# 3 means vulnerabilities were found. Any other failure means that its database
# could not be read: that is no finding, and it is said.
status=0
"$GOBIN/govulncheck" ./... || status=$?
if [ "$status" -eq 3 ]; then exit 1; fi
if [ "$status" -ne 0 ]; then
	echo "govulncheck could not look (exit $status): known vulnerabilities are NOT checked in this run" >&2
fi
