"""Run a shell command until whoever started it closes our standard input, or is gone.

    python guard.py COMMAND SECONDS

Run as a program of its own, because nothing can be cleaned up by a process that was killed. The
command gets a process group of its own, which gets SIGTERM, and killed when SECONDS
later something of it is still there. What the command writes goes to our standard error; our
standard output reports its exit code, in one line, when it ends by itself.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType


def main(command: str, seconds: float) -> None:
    """Run the command; see above."""
    child = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        start_new_session=True,
    )

    def report() -> None:
        code = child.wait()
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), f"{code}\n".encode())

    threading.Thread(target=report, daemon=True).start()

    def end(_: int, __: FrameType | None) -> None:
        stop(child.pid, seconds)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop(child.pid, seconds)


def stop(group: int, seconds: float) -> None:
    """End a process group, children that outlived their parent included, and then ourselves."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(0.02)
            os.killpg(group, 0)  # raises when nobody is left
        os.killpg(group, signal.SIGKILL)
    os._exit(0)  # also out of the read in `main`


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
