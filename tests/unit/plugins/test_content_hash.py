# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hashes that a real pachd 2.7.6 gave to the same bytes."""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

import pytest
from ansible_collections.pharmbio.cpsign.plugins.module_utils._content_hash import hash_of_bytes, hash_of_file
from ansible_collections.pharmbio.cpsign.plugins.module_utils._errors import UserError

# Bytes of random.Random(7): drawn one after the other; 3,000,000 more were appended to the third at last.
RECORDED = {
    999_999: "b8570440ce53a94484d08aa100728bc250cceda986d2cbb80084d1437ffd8c80",
    1_000_001: "5bc4fbcd7e530acfbcffcd007dcf4599ccd6ab52faf8e4b643881594e4a3a23c",
    12_000_000: "4ccd478f0b937fa3e80f63e23e2450d35988e9c0506e65cb3ffc9386c8437b99",
    45_000_000: "f2efe7e424ca00006c34c76222f1cfc8f86634a32fbe745dd40aed7065b0f2b6",
}

# A window whose rolling hash ends in 23 zeros (found by trying), so that a chunk may end after it.
WINDOW = (
    "48f980b2257520f4624c08f79a17d6499763497b2a97083287eb3c59f4aaecc4"
    "ede11ab2f0060a9862cac8110165bd75d1bb5374115eaf30015b8f0b8ad2061a"
)
ENDS_AT_A_MILLION = bytes(1_000_000 - 64) + bytes.fromhex(WINDOW)


def test_hashes_of_a_real_pachd(tmp_path: Path) -> None:
    dice = random.Random(7)
    drawn = [dice.randbytes(size) for size in (999_999, 1_000_001, 9_000_000, 45_000_000)]
    drawn[2] += dice.randbytes(3_000_000)
    for data in drawn:
        path = tmp_path / "data"
        path.write_bytes(data)
        with path.open("rb") as file:
            assert hash_of_file(file, len(data)) == RECORDED[len(data)]


def blake2b(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def test_an_empty_file_has_no_chunk() -> None:
    assert hash_of_bytes(b"") == blake2b(b"").hex()


@pytest.mark.parametrize("data", [b"a", bytes(1_000_000)])
def test_what_is_not_above_a_million_bytes_is_one_chunk(data: bytes) -> None:
    assert hash_of_bytes(data) == blake2b(blake2b(data)).hex()


def test_a_chunk_has_at_most_twenty_million_bytes() -> None:
    data = bytes(21_000_000)  # the rolling hash of zeros never ends a chunk
    chunks = blake2b(data[:20_000_000]) + blake2b(data[20_000_000:])
    assert hash_of_bytes(data) == blake2b(chunks).hex()


def test_the_first_cut_may_be_after_a_million_bytes() -> None:
    chunks = blake2b(ENDS_AT_A_MILLION) + blake2b(b"x")
    assert hash_of_bytes(ENDS_AT_A_MILLION + b"x") == blake2b(chunks).hex()


def test_a_cut_before_a_million_bytes_is_none() -> None:
    data = ENDS_AT_A_MILLION[1:] + bytes(2)
    assert hash_of_bytes(data) == blake2b(blake2b(data)).hex()


def test_without_numpy_small_files_are_hashed_and_big_ones_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert hash_of_bytes(bytes(1_000_000))
    with pytest.raises(UserError, match="-m pip install numpy"):
        hash_of_bytes(bytes(1_000_001))
