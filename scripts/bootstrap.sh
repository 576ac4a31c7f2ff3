#!/bin/sh
# Makes .venv from constraints.txt: scripts/bootstrap.sh [EXTRA...]   (default: test)
# Does nothing when .venv already holds the extras and neither pyproject.toml nor constraints.txt has changed.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- test
unfinished=.venv/rsi-unfinished

wanted=$(cat pyproject.toml constraints.txt | cksum)
stamp() { echo ".venv/rsi-installed-$1"; }

up_to_date() {
    [ -x .venv/bin/python ] && [ ! -e "$unfinished" ] || return 1
    for extra in "$@"; do
        [ "$(cat "$(stamp "$extra")" 2>/dev/null)" = "$wanted" ] || return 1
    done
    .venv/bin/python -c '' 2>/dev/null # its interpreter may have been removed
}

# A name on the PATH is not enough: a pyenv shim exists for versions that are not selected, and fails when run.
is_new_enough() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

find_python() {
    for name in python3.13 python3.12 python3 python; do
        if is_new_enough "$name"; then echo "$name"; return; fi
    done
    for minor in 13 12; do
        for found in $(ls -d "$HOME/.pyenv/versions/3.$minor".* 2>/dev/null | sort -t. -k4,4nr); do
            if is_new_enough "$found/bin/python"; then echo "$found/bin/python"; return; fi
        done
    done
}

make_venv() {
    rm -rf .venv
    python=$(find_python)
    mkdir .venv && : >"$unfinished"
    if [ -n "$python" ]; then
        "$python" -m venv .venv
    elif command -v uv >/dev/null 2>&1; then
        uv python install 3.12
        rm -rf .venv && uv venv --quiet --seed --python 3.12 .venv && : >"$unfinished"
    else
        rm -rf .venv
        echo "bootstrap: no Python 3.12 or newer was found on the PATH, under ~/.pyenv or through uv; install one and run this again." >&2
        exit 1
    fi
}

if up_to_date "$@"; then exit 0; fi

# An installation that was cut short may have left half a package behind, which pip would take for a whole one.
if [ -e "$unfinished" ] || ! is_new_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
fi
: >"$unfinished"
extras=$(IFS=,; echo "$*")
echo "bootstrap: installing rsi-cruxes[$extras] into .venv (minutes the first time)" >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extras]"
for extra in "$@"; do
    echo "$wanted" >"$(stamp "$extra")"
done
rm "$unfinished"
