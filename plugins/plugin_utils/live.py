# Copyright: (c) 2026, pharmbio.cpsign contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines on the screen while a task still runs."""

from __future__ import annotations

import signal

from ansible.utils.display import Display


def show(text: str) -> None:
    """Show one or more lines.

    A display goes through a queue that all of Ansible shares: who is ended while he puts leaves it locked for ever. So
    Ctrl-C has to wait for the few microseconds that this takes.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        Display().display(text)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
