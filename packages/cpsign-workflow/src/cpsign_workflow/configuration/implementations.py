# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPSign 2's way to name an implementation and its parameters: ``NAME:parameter=value:parameter=value``.

Parameters may also stand without a name, in CPSign's own order (``signatures:1:3``). Names are read in any case.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

Value = float | str
Reader = Callable[[str], Value]
"""From a parameter's text to its value; raises ValueError with what is allowed."""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a number") from None


def _above(limit: float) -> Reader:
    def read_number(text: str) -> Value:
        value = _number(text)
        if not limit < value <= 1e9:
            raise ValueError(f"must be more than {limit:g} and at most 1000000000")
        return value

    return read_number


def _between(low: float, high: float) -> Reader:
    def read_number(text: str) -> Value:
        value = _number(text)
        if not low <= value <= high:
            raise ValueError(f"must be {low:g} to {high:.10g}")
        return value

    return read_number


def _whole(low: int, high: int) -> Reader:
    def read_number(text: str) -> Value:
        value = _number(text)
        if not value.is_integer() or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return read_number


def _share(text: str) -> Value:
    value = _number(text)
    if not 0 < value < 1:
        raise ValueError("must be more than 0 and less than 1")
    return value


def _one_of(*allowed: str) -> Reader:
    def read_word(text: str) -> Value:
        if text.lower() not in allowed:
            raise ValueError(f"must be {' or '.join(allowed)}")
        return text.lower()

    return read_word


_POSITIVE, _NOT_NEGATIVE = _above(0), _between(0, 1e9)
_LINEAR: Final[dict[str, Reader]] = {"C": _POSITIVE, "epsilon": _POSITIVE}
_KERNEL: Final[dict[str, Reader]] = {"gamma": _NOT_NEGATIVE, "epsilon": _POSITIVE}
_NU: Final[dict[str, Reader]] = {"nu": _share}
_TUBE: Final[dict[str, Reader]] = {"svrEpsilon": _NOT_NEGATIVE}
_BETA: Final[dict[str, Reader]] = {"beta": _between(0, 10)}
_RANDOM: Final[dict[str, Reader]] = {"numSamples": _whole(1, 1000), "calibRatio": _share}
_FOLDED: Final[dict[str, Reader]] = {"folds": _whole(2, 1000)}
_ALIASES: Final = {"cost": "C", "eps": "epsilon", "p": "svrEpsilon", "calibrationratio": "calibRatio"}

Kinds = Mapping[str, Mapping[str, Reader]]
"""Of each implementation its parameters, in CPSign's order."""

SCORERS: Final[dict[str, Kinds]] = {
    "regression": {
        "LinearSVR": {**_LINEAR, **_TUBE},
        "EpsilonSVR": {"C": _POSITIVE, **_KERNEL, **_TUBE},
        "NuSVR": {"C": _POSITIVE, **_KERNEL, **_NU},
    },
    "classification": {
        "LinearSVC": _LINEAR,
        "C_SVC": {"C": _POSITIVE, **_KERNEL},
        "NuSVC": {**_NU, **_KERNEL},
        "PlattScaledC_SVC": {"C": _POSITIVE, **_KERNEL},
        "PlattScaledNuSVC": {**_NU, **_KERNEL},
        "LogisticRegression": _LINEAR,
    },
}
NONCONFORMITIES: Final[dict[str, Kinds]] = {
    "regression": {"Normalized": _BETA, "LogNormalized": _BETA, "AbsDiff": {}},
    "classification": {
        "NegativeDistanceToHyperplane": {},
        "PositiveDistanceToHyperplane": {},
        "InverseProbability": {},
        "ProbabilityMargin": {},
    },
}
SAMPLINGS: Final[Kinds] = {
    "Random": _RANDOM,
    "RandomStratified": _RANDOM,
    "Folded": _FOLDED,
    "FoldedStratified": _FOLDED,
}
DESCRIPTORS: Final[Kinds] = {
    "Signatures": {
        "startHeight": _whole(0, 10),
        "endHeight": _whole(0, 10),
        "signatureType": _one_of("standard", "stereo"),
    }
}


@dataclass(frozen=True)
class Implementation:
    """An implementation by CPSign's name, with the parameters that were given."""

    name: str
    parameters: dict[str, Value]


def parse(text: str, kinds: Kinds) -> Implementation:
    """Read ``NAME:parameter=value``. Raises :class:`ValueError` that says what is allowed and what is near."""
    first, *others = text.split(":")
    name = _known(first, list(kinds))
    if name is None:
        raise ValueError(f"must be one of {', '.join(kinds)}, not {first!r}{_near(first, kinds)}")
    readers = kinds[name]
    parameters: dict[str, Value] = {}
    for position, part in enumerate(others):
        given, equals, value = part.partition("=")
        if not equals and position < len(readers):
            given, value = list(readers)[position], given
        parameter = _known(_alias(given, readers), list(readers))
        if parameter is None:
            raise ValueError(f"{name} has no parameter {given!r}; it has {', '.join(readers) or 'none'}")
        if parameter in parameters:
            raise ValueError(f"{name}: {parameter} stands twice")
        parameters[parameter] = read(parameter, value, readers)
    return Implementation(name, parameters)


def read(parameter: str, value: str, readers: Mapping[str, Reader]) -> Value:
    """The value of one parameter. Raises :class:`ValueError` that says what is allowed."""
    try:
        return readers[parameter](value.strip())
    except ValueError as error:
        raise ValueError(f"{parameter} {error}, not {value!r}") from None


def _known(name: str, known: list[str]) -> str | None:
    """``name`` as CPSign spells it; 0.7 wrote some with dashes."""
    return {each.lower(): each for each in known}.get(name.strip().lower().replace("-", ""))


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _alias(name: str, readers: Mapping[str, Reader]) -> str:
    plain = name.strip().lower()
    if plain == "numsamples" and "folds" in readers:
        return "folds"
    return _ALIASES.get(plain, plain)
