#!/bin/sh
# Finds Chromium for the tests of the book, or installs Debian's where that can be done: scripts/chromium.sh
# Prints its path.
set -eu

find_chromium() {
    for name in "${RSI_CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do
        if found=$(command -v "$name" 2>/dev/null); then echo "$found"; return; fi
    done
    return 1
}

if find_chromium; then exit 0; fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "chromium: the tests of the book need Chromium and this is no Debian run as root; install it (Debian and Ubuntu: apt-get install chromium), or name it in RSI_CHROMIUM, or set RSI_NO_BROWSER=1." >&2
    exit 1
fi
echo "chromium: installing Debian's (a minute the first time)" >&2
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu; } >/dev/null; then
    echo "chromium: apt-get could not install it; install Chromium by hand, or name it in RSI_CHROMIUM, or set RSI_NO_BROWSER=1." >&2
    exit 1
fi
find_chromium
