"""Cipher suites by their registered names: OpenSSL has names of its own for those older than TLS 1.3."""

from __future__ import annotations

import re

_TLS13 = re.compile(r"TLS_[A-Z0-9_]+")
_OLDER = re.compile(
    r"(?:(?P<exchange>ECDHE|DHE)-(?P<proof>ECDSA|RSA|DSS)-)?"
    r"(?P<cipher>AES|CAMELLIA)(?P<bits>128|256)(?:-(?P<mode>GCM|CCM8?))?(?:-(?P<digest>SHA\d*))?"
)
_CHACHA = re.compile(r"(?P<exchange>ECDHE|DHE)-(?P<proof>ECDSA|RSA)-CHACHA20-POLY1305")


def registered(name: str) -> str:
    """The name that IANA's registry of TLS cipher suites has for OpenSSL's `name`, as WARC-Cipher-Suite wants it.

    '' for a suite that no site on the web picks (pre-shared keys, anonymous, ARIA, 3DES): the field is then left out,
    since a name outside the registry may not stand there.
    """
    if _TLS13.fullmatch(name):
        return name
    if found := _CHACHA.fullmatch(name):
        return f"TLS_{found['exchange']}_{found['proof']}_WITH_CHACHA20_POLY1305_SHA256"
    found = _OLDER.fullmatch(name)
    if found is None:
        return ""
    parts = [*([found["exchange"], found["proof"]] if found["exchange"] else ["RSA"]), "WITH", found["cipher"]]
    mode = (found["mode"] or "CBC").replace("CCM8", "CCM_8")
    return "_".join(["TLS", *parts, found["bits"], mode, *([found["digest"]] if found["digest"] else [])])
