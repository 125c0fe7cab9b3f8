"""The other end of the line protocol of lib/side.mjs."""

import json
import os
import platform
import sys
import time

# What libraries print must not reach the protocol's lines.
_lines = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

# Settings of this side, as the comparison gives them, with `threads`, `quick` and `folder` (of the inputs).
settings = json.loads(sys.argv[1])


def _say(answer):
    _lines.write(json.dumps(answer) + "\n")
    _lines.flush()


def absent(why):
    """This side cannot run here."""
    _say({"absent": why})


def peak_memory():
    """Bytes, of this process since it began its program."""
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def fastest(candidates, work):
    """The candidate with which `work(candidate)` takes least time, each after a warm-up of its own."""

    def seconds(candidate):
        work(candidate)
        began = time.perf_counter()
        work(candidate)
        return time.perf_counter() - began

    return candidates[0] if len(candidates) == 1 else min(candidates, key=seconds)


# While the other side works this one sleeps, and a processor that wakes takes its time to come to its speed.
_WAKING = 1.0


def _wake():
    until = time.perf_counter() + _WAKING
    while time.perf_counter() < until:
        pass


def serve(run, device, versions, threads=None):
    """Serves until the input ends.

    run: one repetition; returns {"examples", "checks", "seconds"}, without "seconds" it is timed as a whole.
    """
    versions = {"python": platform.python_version(), **versions}
    _say({"device": device, "threads": threads or settings["threads"], "versions": versions})
    for _ in sys.stdin:
        _wake()
        began = time.perf_counter()
        answer = run()
        _say({"seconds": time.perf_counter() - began, **answer, "peakMemoryBytes": peak_memory()})
