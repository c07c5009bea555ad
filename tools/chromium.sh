#!/bin/sh
# Print the path of Chromium or Chrome for the browser tests; on Debian, install it if it is missing.
# Playwright's own download is not used: it needs a network that many machines do not have.
set -eu

find_chromium() {
    for candidate in ${KWIDGETS_CHROMIUM:+"$KWIDGETS_CHROMIUM"} \
        chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$candidate"; then
            return 0
        fi
        if [ -n "${KWIDGETS_CHROMIUM:-}" ]; then
            echo "KWIDGETS_CHROMIUM=$KWIDGETS_CHROMIUM is not a program." >&2
            return 1
        fi
    done
    return 1
}

give_up() {
    cat >&2 <<WORDS
The browser tests need Chromium or Chrome, and none was found; $1
Install one so that chromium or google-chrome is on the PATH, or name it:
    make KWIDGETS_CHROMIUM=/path/to/chrome test
Without a browser, "make test-unit" runs everything else.
WORDS
    exit 1
}

find_chromium && exit 0
[ -z "${KWIDGETS_CHROMIUM:-}" ] || exit 1

command -v apt-get >/dev/null 2>&1 || give_up "this system has no apt-get to install it with."

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || give_up "installing it needs root, and there is no sudo."
    # Where nobody can type a password, sudo must fail instead of waiting for one.
    if [ -t 0 ]; then as_root=sudo; else as_root="sudo -n"; fi
fi

echo "Installing Chromium from the system's packages ..." >&2
{ $as_root apt-get update -q &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        chromium fonts-liberation; } >&2 || give_up "apt-get could not install it (see above)."
find_chromium || give_up "apt-get installed it, but it is not on the PATH."
