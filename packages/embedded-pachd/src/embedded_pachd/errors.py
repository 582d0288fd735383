# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call can fail with. The wire layer turns `code` into the gRPC status of the same name, the text stays as it
is.
"""


class PachdError(Exception):
    """A failure that the client is told about. `code` is the name of a gRPC status code.

    The default is UNKNOWN because pachd answers most failed validations so.
    """

    code = "UNKNOWN"


class NotFoundError(PachdError):
    code = "NOT_FOUND"


class ExistsError(PachdError):
    code = "ALREADY_EXISTS"


class UnavailableError(PachdError):
    code = "UNAVAILABLE"


class InvalidError(PachdError):
    code = "INVALID_ARGUMENT"


class PreconditionError(PachdError):
    code = "FAILED_PRECONDITION"


class UnimplementedError(PachdError):
    code = "UNIMPLEMENTED"


class ExhaustedError(PachdError):
    """A full disk, or a message that is too large."""

    code = "RESOURCE_EXHAUSTED"


class CancelledError(PachdError):
    """The client has gone away while the call was waiting."""

    code = "CANCELLED"


class CorruptError(PachdError):
    """The store holds something that it must not."""

    code = "DATA_LOSS"
