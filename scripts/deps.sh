#!/bin/sh
# Installs, through apt, the programs named by what is missing.
# Usage: deps.sh run|test
#   run   what a site needs: ffmpeg
#   test  also what the tests need: Chromium, PostgreSQL, Node.js
set -eu

missing=""
need() { # need PACKAGE COMMAND…: the package unless one of the commands is there
	package=$1
	shift
	for command in "$@"; do
		if command -v "$command" >/dev/null 2>&1; then return 0; fi
	done
	missing="$missing $package"
}

need ffmpeg ffmpeg
if [ "${1:-run}" = test ]; then
	need chromium chromium chromium-browser google-chrome
	need nodejs node
	need npm npm
	if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null 2>&1; then
		missing="$missing postgresql"
	fi
	if ! ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf >/dev/null 2>&1; then
		missing="$missing fonts-dejavu-core"
	fi
fi
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo=sudo; fi
if ! command -v apt-get >/dev/null 2>&1 || { [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; }; then
	echo "Please install these first:$missing" >&2
	exit 1
fi
$sudo apt-get update -qq
# Where there is a Chromium without windows as well, it does most of the tests
# with two thirds of the work. Both have to be of the same version.
case "$missing " in
*" chromium "*) if apt-cache show chromium-headless-shell >/dev/null 2>&1; then need chromium-headless-shell chromium-headless-shell; fi ;;
esac
echo "Installing:$missing"
# PostgreSQL's package would start a server of its own; the tests bring theirs.
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is meant to be split
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
