"""Key pairs made here, so that no secret is ever typed: the venue gets the public part only."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from services.domain.keys import GeneratedKey
from services.domain.secrets import Secret
from services.domain.venues import KeyKind

_RSA_BITS, _RSA_EXPONENT = 2048, 65537


def generate_key(kind: KeyKind) -> GeneratedKey:
    """Draw a key pair; RSA takes some tenths of a second of the processor.

    Both parts are PEM with plain line feeds and none at the end: ccxt tells an Ed25519 key from
    an RSA key by its length of at most 120 characters.
    """
    private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    match kind:
        case KeyKind.ED25519:
            private = ed25519.Ed25519PrivateKey.generate()
        case KeyKind.RSA:
            private = rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return GeneratedKey(kind, Secret(secret.decode().strip()), public.decode().strip())
