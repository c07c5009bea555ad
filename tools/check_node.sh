#!/bin/sh
# Check that Node.js is supported by the front-end tools; if not, fail and say what to do.
set -eu

supported='const [a, b] = process.versions.node.split(".").map(Number);
process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'

if node -e "$supported" >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
    exit 0
fi
cat >&2 <<WORDS
Building the front end needs Node 20.19 or later in 20, or 22.12 or later, with npm.
Found: node $(node --version 2>/dev/null || echo 'not on the PATH'), npm $(npm --version 2>/dev/null || echo 'not on the PATH')
Install it from your system's packages or from nodejs.org, then run make again.
WORDS
exit 1
