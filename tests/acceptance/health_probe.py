"""Asks /healthz again and again from a process of its own, so that the load's client does not disturb the measure.

    python -m tests.acceptance.health_probe PORT FILE PER_SECOND

One line per probe: time, seconds, status (0: no answer within 30 s).
"""

from __future__ import annotations

import http.client
import sys
import time
from pathlib import Path


def probe(port: int) -> tuple[float, int]:
    """Seconds that the answer took on a new connection, and its status."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    return time.perf_counter() - started, status


def main() -> None:
    port, file, pause = int(sys.argv[1]), Path(sys.argv[2]), 1 / float(sys.argv[3])
    with file.open("a", buffering=1, encoding="ascii") as out:
        while True:
            began = time.time()
            seconds, status = probe(port)
            out.write(f"{began:.3f} {seconds:.6f} {status}\n")
            time.sleep(max(0.0, pause - seconds))


if __name__ == "__main__":
    main()
