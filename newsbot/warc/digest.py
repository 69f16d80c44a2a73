"""Labelled digests, as in WARC-Block-Digest and WARC-Payload-Digest (ISO 28500 5.8, 5.9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Digests of other tools that we can check.
_KNOWN = {"sha256": hashlib.sha256, "sha1": hashlib.sha1, "md5": hashlib.md5, "sha512": hashlib.sha512}


def sha256(*parts: bytes | memoryview) -> str:
    """`sha256:` and 64 lower-case hexadecimal digits over the parts, one after the other: newsbot's only form."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def agrees(label: str, parts: Iterable[bytes]) -> bool | None:
    """Do the parts have the digest `label` (hexadecimal or base32)? None, with the parts not asked for, when
    its algorithm is not known here."""
    digest = begun(label)
    if digest is None:
        return None
    for part in parts:
        digest.update(part)
    return bears_out(label, digest)


def begun(label: str) -> hashlib._Hash | None:
    """An empty digest of the label's algorithm; None when it is not known here."""
    algorithm = label.partition(":")[0]
    made = _KNOWN.get(algorithm) or _KNOWN.get(algorithm.strip().lower().replace("-", ""))
    return made(usedforsecurity=False) if made else None


def bears_out(label: str, digest: hashlib._Hash) -> bool:
    """Is `digest` the one that the label says, in hexadecimal or base32?"""
    value = label.partition(":")[2].strip()
    if len(value) == 2 * digest.digest_size:
        return value.lower() == digest.hexdigest()
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == digest.digest()
    except (binascii.Error, ValueError):
        return False
