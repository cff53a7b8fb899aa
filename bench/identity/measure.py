"""
Run a command and write what it used: `python measure.py USED.json COMMAND…`. Imports next to nothing on purpose.

A child's peak memory counts from what its parent held when it was started, so the parent of what is measured is this.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    begin = time.perf_counter()
    child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(child, 0)
    used = {
        "wall": time.perf_counter() - begin,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mb": usage.ru_maxrss / 1024,
    }
    with open(sys.argv[1], "w") as file:  # noqa: PTH123 (pathlib alone would double what this process holds)
        json.dump(used, file)
    sys.exit(os.waitstatus_to_exitcode(status))
