"""Peak memory of a command, measured from a small process.

A process that is started from pytest begins with pytest's own memory as its peak: Linux takes over
the high-water mark of the address space that an exec leaves behind.
"""

import sys

LAUNCH = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(used.ru_maxrss * 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measured(peak, *arguments):
    """The command that runs `mnistcli` and writes its peak memory in bytes to the file `peak`."""
    return [
        *(sys.executable, "-c", LAUNCH, str(peak)),
        *(sys.executable, "-m", "mnistcli", *map(str, arguments)),
    ]
