#!/bin/sh
# Runs a command with temporary files in memory, where there is room for them:
# tests make thousands of databases, each of which waits for the disk at every
# commit, and all are thrown away. Whoever has set TMPDIR knows better.
# Usage: in-memory.sh COMMAND [ARGUMENT…]
set -eu

room=4194304 # KiB that must be free; tests take a tenth
free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -n "${TMPDIR:-}" ] || [ "${free:-0}" -lt "$room" ]; then exec "$@"; fi

dir=$(mktemp -d /dev/shm/sepiola-test-XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
chmod 711 "$dir" # PostgreSQL's user goes through it
# Tests start programs from there, which some systems forbid.
if ! { cp /bin/true "$dir/true" && "$dir/true"; } 2>/dev/null; then
	rm -rf "$dir"
	exec "$@"
fi
# The compiler's files are large and do not wait for the disk.
export GOTMPDIR="${GOTMPDIR:-/tmp}" TMPDIR="$dir"
"$@"
