#!/bin/sh
# Runs a command with TEST_POSTGRES_URL set to a PostgreSQL server made for it
# and thrown away afterwards. A server that TEST_POSTGRES_URL already names is
# used as it is.
# Usage: with-postgres.sh COMMAND [ARGUMENT…]
set -eu

if [ -n "${TEST_POSTGRES_URL:-}" ]; then exec "$@"; fi

bin=$(dirname "$(command -v initdb 2>/dev/null || ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)")
dir=$(mktemp -d)
as=""
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
	id postgres >/dev/null 2>&1 || useradd --system --no-create-home postgres
	chown postgres "$dir"
	as="runuser -u postgres --"
fi
stop() {
	$as "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

cd "$dir" # a directory that the other user may enter
$as "$bin/initdb" -D "$dir/data" -U sepiola --auth=trust --encoding=UTF8 --no-sync >/dev/null
# A port nobody uses now; asked for again if somebody was faster.
port=""
for _ in 1 2 3 4 5; do
	port=$(shuf -i 20000-45000 -n 1)
	if $as "$bin/pg_ctl" -D "$dir/data" -s -w -l "$dir/data/log" -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='$dir' \
		-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300" start; then break; fi
	port=""
done
cd - >/dev/null
if [ -z "$port" ]; then
	echo "PostgreSQL did not start:" >&2
	cat "$dir/data/log" >&2
	exit 1
fi
export TEST_POSTGRES_URL="postgres://sepiola@127.0.0.1:$port/postgres?sslmode=disable"
"$@"
