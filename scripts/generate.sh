#!/bin/sh
# Rebuilds what is generated and committed. Run twice it gives the same bytes.
set -eu

templ=v0.3.977
echo "pages (templ $templ)"
go run "github.com/a-h/templ/cmd/templ@$templ" generate -path internal/server/web
echo "assets (esbuild)"
(cd web && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build)
echo "config.example.yaml"
go test -count=1 ./internal/config -run Example -update >/dev/null
