# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run setup.yml and do something as soon as one of its tasks begins; stdin says it all, as JSON.

{"setup": [...], "task": "the task's name", "do": [...]}. Prints what setup.yml said and ends as it ended.
"""

import json
import subprocess
import sys

wanted = json.load(sys.stdin)
setup = subprocess.Popen(wanted["setup"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
done = False
for line in setup.stdout or ():
    print(line, end="")
    if not done and line.startswith("TASK [") and wanted["task"] in line:
        subprocess.run(wanted["do"], check=True, capture_output=True)
        done = True
code = setup.wait()
sys.exit(code if done else f"setup.yml has no task {wanted['task']!r}")
