#!/bin/sh
# Clicks through a real site in headless Chromium.
set -eu

cd web
npm ci --ignore-scripts --no-audit --no-fund --silent
node --test mended.test.mjs
cd e2e
npm ci --ignore-scripts --no-audit --no-fund --silent
node --test --test-concurrency=1
