#!/bin/sh
# Print the first Python that kwidgets supports, or say what is missing.
# Each candidate is run, because a version manager's shim on the PATH may have no Python behind it.
set -eu

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c "$supported" >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
    if [ -n "${PYTHON:-}" ]; then
        echo "PYTHON=$PYTHON is not a working Python 3.11, 3.12 or 3.13." >&2
        exit 1
    fi
done

cat >&2 <<'WORDS'
kwidgets needs Python 3.11, 3.12 or 3.13, and none was found on the PATH.
Install one (on Debian or Ubuntu: apt install python3 python3-venv), or name it:
    make PYTHON=/path/to/python3 lab
WORDS
exit 1
