"""How the platform signs and seals a push, written from its documentation."""

import base64
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def signed(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(message: bytes, key: str, app_id: str) -> str:
    """16 random bytes, the length, the message, the app; padded to 32; AES-256-CBC."""
    secret = base64.b64decode(key + "=")
    clear = b"0123456789abcdef" + len(message).to_bytes(4, "big") + message + app_id.encode()
    padding = 32 - len(clear) % 32
    sealing = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).encryptor()
    sealed = sealing.update(clear + bytes([padding]) * padding) + sealing.finalize()
    return base64.b64encode(sealed).decode()
