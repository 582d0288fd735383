# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that are no request, nearly one, or one that means nothing: a coverage-guided fuzzer finds no way to an error
that is not the client's.
"""

import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).with_name("byte_fuzzer.py")
RUNS = 20_000


def test_no_bytes_are_an_internal_error(tmp_path: Path) -> None:
    options = [f"-runs={RUNS}", "-timeout=300", "-max_len=500", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run([sys.executable, FUZZER, tmp_path, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Done {RUNS} runs" in done.stderr
