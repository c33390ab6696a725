"""Whether bytes are JSON by its grammar, though no reader may take them."""

from __future__ import annotations

import re

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading raises, whatever is wrong."""
_PAIR_HALF_OR_ESCAPE = re.compile(rb"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|(\\u[dD][89a-fA-F]..)|\\.", re.DOTALL)
decode_raw = msgspec.json.Decoder(msgspec.Raw).decode


def is_json(raw: bytes) -> bool:
    """Whether `raw` is JSON by its grammar: also what no reader takes, such as a nesting of 10,000 or half a surrogate pair."""
    try:
        raw.decode()
        decode_raw(raw)
    except RecursionError:
        return True
    except UnicodeDecodeError:
        return False
    except msgspec.DecodeError:
        return has_half_pair(raw) and is_json(_PAIR_HALF_OR_ESCAPE.sub(_mend, raw))
    return True


def has_half_pair(raw: bytes) -> bool:
    """Whether an escape names one half of a surrogate pair without the other."""
    return any(match[2] for match in _PAIR_HALF_OR_ESCAPE.finditer(raw))


def _mend(match: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if match[2] else match[0]
