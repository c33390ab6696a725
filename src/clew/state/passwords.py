"""How secrets are kept: passwords as scrypt hashes, tokens of sessions and links as SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_SCRYPT = {"n": 2**15, "r": 8, "p": 3, "maxmem": 64 * 1024 * 1024}


def hash_token(token: str) -> str:
    """Tokens are long and random: no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def hash_password(password: str, salt: bytes | None = None) -> str:
    """As it is stored: `scrypt:SALT:HASH`."""
    salt = salt or secrets.token_bytes(16)
    return f"scrypt:{salt.hex()}:{hashlib.scrypt(password.encode('utf-8', 'surrogatepass'), salt=salt, dklen=32, **_SCRYPT).hex()}"


def check_password(password: str, stored: str) -> bool:
    """Whether it is the one that was stored."""
    salt = bytes.fromhex(stored.split(":")[1])
    return hmac.compare_digest(hash_password(password, salt), stored)


DUMMY = f"scrypt:{bytes(16).hex()}:{bytes(32).hex()}"
"""The password of nobody: checking against it takes as long as against a real one."""
