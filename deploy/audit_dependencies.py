"""Reads what pip-audit found, and does not take silence for safety. Called by audit-dependencies.sh.

Exit 0: every locked package was looked up and none is known to be vulnerable, or nothing could be looked up and
AUTH_SERVICE_REQUIRE_AUDIT is not 1. Exit 1 otherwise. Other lock files may be named as arguments.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import Any

DEFAULT = ("requirements.lock",)


def look_up(locks: list[str]) -> tuple[list[dict[str, Any]], str]:
    """What pip-audit says of each package, and its complaint when it says nothing."""
    # another program can stand in for it, so that tests can show what a finding does
    program = shlex.split(os.environ.get("AUTH_SERVICE_AUDIT_PROGRAM", "")) or [sys.executable, "-m", "pip_audit"]
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    files = [word for lock in locks for word in ("-r", lock)]
    done = subprocess.run([*program, *options, *files], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]
    return list(found), ""


def main() -> int:
    """Prints one line of verdict, and one per finding."""
    packages, complaint = look_up(sys.argv[1:] or list(DEFAULT))
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        for one in package["vulns"]:
            mended = ", ".join(one.get("fix_versions", ())) or "no version yet"
            print(f"VULNERABLE  {package['name']} {package['version']}: {one['id']} (mended in {mended})")  # noqa: T201
    if vulnerable:
        print(f"{len(vulnerable)} of {len(packages)} locked packages have known vulnerabilities")  # noqa: T201
        return 1
    skipped = [package for package in packages if "skip_reason" in package]
    if packages and not skipped:
        print(f"audited: {len(packages)} locked packages, no known vulnerability")  # noqa: T201
        return 0
    why = f"{len(skipped)} of {len(packages)} packages unknown to the source" if packages else complaint
    print(f"NOT AUDITED: the source of vulnerabilities gave no answer ({why})")  # noqa: T201
    return 1 if os.environ.get("AUTH_SERVICE_REQUIRE_AUDIT") == "1" else 0


if __name__ == "__main__":
    sys.exit(main())
