#!/bin/sh
# Clicks through a real site in headless Chromium.
set -eu

cd web
npm ci --ignore-scripts --no-audit --no-fund --silent
node --test mended.test.mjs
cd e2e
npm ci --ignore-scripts --no-audit --no-fund --silent

# Two files at once, as much of their time is waiting. Those in which viewers
# share a film come last: they need the machine in time, and each of them leaves
# two thirds of it to the other. The longest begins, so that both end together.
together=""
for file in *.test.mjs; do
	case $file in
	mirrors.test.mjs | p2p.test.mjs | peertube_viewer.test.mjs | sharing.test.mjs) ;;
	*) together="$together $file" ;;
	esac
done
# shellcheck disable=SC2086 # a list of names without spaces
node --test --test-concurrency=2 $together
node --test --test-concurrency=2 sharing.test.mjs p2p.test.mjs mirrors.test.mjs peertube_viewer.test.mjs
