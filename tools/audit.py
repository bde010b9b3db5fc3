"""Look up every package of requirements.lock in an advisory database (OSV, https://osv.dev).

Exit codes: 0 no advisory is known, 1 some are (listed), 3 the database can't be reached, so nothing is known.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
AUDIT = Path(sys.executable).parent / "pip-audit"
NOT_REACHED = 3
_SIGNS = (
    "ConnectionError",
    "ConnectTimeout",
    "Could not connect",
    "Failed to resolve",
    "Max retries",
    "ServiceError",
)


def main() -> int:
    """Return the exit code."""
    command = [str(AUDIT), "--disable-pip", "--require-hashes", "--requirement", str(LOCK)]
    command += ["--vulnerability-service", "osv", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr for sign in _SIGNS):
        sys.stderr.write(
            "The advisory database at osv.dev can't be reached, so nothing was checked. "
            "Run `make audit` again where it can.\n"
        )
        return NOT_REACHED
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
