# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that reaches a user as a message."""


class UserError(Exception):
    """A mistake of the user or bad data: the command line prints its text without a traceback and ends with code 1.

    The text says what is wrong, where, and what to do. It never holds a secret.
    """
