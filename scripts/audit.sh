#!/bin/sh
# Looks every pin of constraints.txt up among known vulnerabilities, with pip-audit: scripts/audit.sh
# Exit code 0: all were looked up and none is known to be vulnerable; 1: some are, and are printed; 2: not audited, and why.
set -u
cd "$(dirname "$0")/.."
tool=.venv/rsi-audit # apart from what is audited
found=$(mktemp)
trap 'rm -f "$found"' EXIT

install() {
    .venv/bin/python -m venv "$tool" && "$tool/bin/python" -m pip install --quiet --disable-pip-version-check pip-audit
}

if [ ! -x "$tool/bin/pip-audit" ] && ! install >/dev/null 2>&1; then
    echo "audit: not audited: pip-audit could not be installed." >&2
    exit 2
fi
"$tool/bin/pip-audit" --requirement constraints.txt --no-deps --disable-pip --progress-spinner off \
    --format json --output "$found" >/dev/null 2>&1

# Its own exit code is also 0 where the service knows none of the packages.
.venv/bin/python - "$found" <<'PYTHON'
import json
import sys
from pathlib import Path

pins = [line for line in Path("constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
try:
    found = json.loads(Path(sys.argv[1]).read_text())["dependencies"]
except (ValueError, KeyError, TypeError):
    sys.exit(print("audit: not audited: no service of advisories answered.", file=sys.stderr) or 2)
known = [one for one in found if "skip_reason" not in one]
vulnerable = [one for one in known if one["vulns"]]
for one in vulnerable:
    for said in one["vulns"]:
        print(f"{one['name']} {one['version']}: {said['id']}, mended in {', '.join(said['fix_versions']) or 'no version'}")
if vulnerable:
    sys.exit(1)
if len(known) < len(pins):
    print(f"audit: not audited: the service of advisories knows {len(known)} of {len(pins)} pins.", file=sys.stderr)
    sys.exit(2)
print(f"audit: {len(pins)} pins, none known to be vulnerable.")
PYTHON
