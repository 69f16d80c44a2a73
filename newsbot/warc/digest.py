"""Labelled digests, as in WARC-Block-Digest and WARC-Payload-Digest (ISO 28500 5.8, 5.9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Digests of other tools that we can check: algorithm → hexadecimal length.
_HEX_LENGTH = {"sha256": 64, "sha1": 40, "md5": 32, "sha512": 128}


def sha256(*parts: bytes | memoryview) -> str:
    """`sha256:` and 64 lower-case hexadecimal digits over the parts, one after the other: newsbot's only form."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def agrees(label: str, parts: Iterable[bytes]) -> bool | None:
    """Do the parts have the digest `label` (hexadecimal or base32)? None, with the parts not asked for, when
    its algorithm is not known here."""
    algorithm, _, value = label.strip().partition(":")
    algorithm = algorithm.lower().replace("-", "")
    length = _HEX_LENGTH.get(algorithm)
    if length is None:
        return None
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for part in parts:
        digest.update(part)
    if len(value) == length:
        return value.lower() == digest.hexdigest()
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == digest.digest()
    except (binascii.Error, ValueError):
        return False
