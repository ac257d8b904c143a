"""Run a command; print its wall time in seconds and its peak memory in bytes as JSON.

A small process of its own, because a child's peak memory counts from the one of the process that forked it.
"""

import json
import resource
import subprocess
import sys
import time

begin = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"seconds": seconds, "peak": peak, "status": done.returncode, "errors": done.stderr[-2000:]}))
