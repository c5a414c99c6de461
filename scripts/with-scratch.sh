#!/bin/sh
# Runs a command with TMPDIR in memory, where there is plenty: the tests make
# hundreds of databases and compiled programs that live for a second, and on
# some disks to write and discard them takes longer than all else. A TMPDIR
# that is already set is used as it is.
# Usage: with-scratch.sh COMMAND [ARGUMENT…]
set -eu

room=3 # GiB that are to be free there, and twice that in memory
memory=/dev/shm
free() { # KiB of the file system, or of the machine
	df -Pk "$memory" 2>/dev/null | awk 'NR == 2 { print $4 }'
	awk '/^MemAvailable:/ { print int($2 / 2) }' /proc/meminfo 2>/dev/null
}
least=$(free | sort -n | head -n 1)
if [ -n "${TMPDIR:-}" ] || [ "${least:-0}" -lt $((room * 1024 * 1024)) ]; then exec "$@"; fi

# What a run left that was killed.
find "$memory" -maxdepth 1 -name 'sepiola-tests.*' -user "$(id -u)" -mtime +0 -exec rm -rf {} + 2>/dev/null || true
dir=$(mktemp -d "$memory/sepiola-tests.XXXXXX") || exec "$@"
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
# Programs are run from there, which not every such file system allows; and
# PostgreSQL's own user is to come through.
printf '#!/bin/sh\n' >"$dir/try"
chmod 755 "$dir/try"
chmod 711 "$dir"
if "$dir/try" 2>/dev/null; then export TMPDIR="$dir"; fi
"$@"
