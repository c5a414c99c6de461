#!/bin/sh
# Clicks through a real site in headless Chromium.
set -eu

cd web
npm ci --ignore-scripts --no-audit --no-fund --silent
node --test mended.test.mjs
cd e2e
npm ci --ignore-scripts --no-audit --no-fund --silent

# In some, viewers share a film, which takes its time and little of the machine,
# but that when they need it. They go beside all others, which give way to them.
sharing="sharing.test.mjs p2p.test.mjs mirrors.test.mjs peertube_viewer.test.mjs"
others=""
for file in *.test.mjs; do
	case " $sharing " in
	*" $file "*) ;;
	*) others="$others $file" ;;
	esac
done

# A file that hangs for ten minutes is told by name, instead of all ending without a
# word.
run="node --test --test-timeout=600000 --test-concurrency=2"
told=$(mktemp)
# shellcheck disable=SC2086 # lists of names without spaces
$run $sharing >"$told" 2>&1 &
beside=$!
trap 'kill $beside 2>/dev/null || true; rm -f "$told"' EXIT
trap 'exit 130' INT TERM
failed=0
# shellcheck disable=SC2086
nice -n 19 $run $others || failed=$?
wait $beside || failed=$?
cat "$told"
exit $failed
