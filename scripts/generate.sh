#!/bin/sh
# Rebuilds what is generated and committed. Run twice it gives the same bytes.
set -eu

templ=v0.3.977
echo "pages (templ $templ)"
go run "github.com/a-h/templ/cmd/templ@$templ" generate -path internal/server/web
# templ hands every expression through JoinStringErrs, which formats it by
# reflection and copies it: a third of what a page costs. All of ours are
# strings without an error (the compiler sees to it), which can be taken as they
# are.
find internal/server/web -name '*_templ.go' -exec sed -i 's/ = templ\.JoinStringErrs(\(.*\))$/ = \1, nil/' {} +
gofmt -w internal/server/web
echo "assets (esbuild)"
(cd web && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build)
echo "config.example.yaml"
go test -count=1 ./internal/config -run Example -update >/dev/null
