#!/bin/sh
# Clicks through a real site in headless Chromium.
set -eu

cd web/e2e
npm ci --ignore-scripts --no-audit --no-fund --silent
node --test --test-concurrency=1
