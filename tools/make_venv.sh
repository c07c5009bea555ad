#!/bin/sh
# Create the virtual environment .venv, or keep the existing one if it works.
# .venv/.home contains the folder it was made for: scripts and the editable install carry that path,
# so a copied or moved checkout would quietly run the old one's code.
set -eu

here=$(pwd -P)
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
home=$(cat .venv/.home 2>/dev/null || echo "$here")

if [ "$home" != "$here" ] || ! .venv/bin/python -c "$supported" >/dev/null 2>&1; then
    python=$(sh tools/find_python.sh)
    echo "Making .venv with $("$python" --version) ..."
    if ! "$python" -m venv --clear .venv; then
        rm -rf .venv
        cat >&2 <<WORDS
$python cannot make a virtual environment (see above).
On Debian and Ubuntu its venv module is a package of its own: apt install python3-venv
WORDS
        exit 1
    fi
fi
printf '%s\n' "$here" > .venv/.home
