"""A private certificate authority for servers on loopback that answer under real host names."""

from __future__ import annotations

import datetime as dt
import fcntl
import ipaddress
import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CERTIFICATE, _KEY = "ca.pem", "ca.key"
_LIFETIME = dt.timedelta(days=30)


def authority(folder: Path) -> Path:
    """Return the CA certificate (PEM) of `folder`, made on the first call.

    The key lies beside it with mode 0600. Several processes may ask at the same time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate = folder / _CERTIFICATE
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not certificate.exists():
            _make_authority(folder)
    return certificate


def server_context(
    folder: Path, hosts: Sequence[str], *, is_trusted: bool = True
) -> ssl.SSLContext:
    """Return a server context with a fresh leaf certificate for `hosts` and 127.0.0.1.

    Args:
        folder: Where the authority lives; see `authority`.
        hosts: The names in the subjectAltName extension.
        is_trusted: False signs the leaf by an unknown key, which clients must refuse.
    """
    issuer = x509.load_pem_x509_certificate(authority(folder).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    signer = _load_key(folder / _KEY) if is_trusted else ec.generate_private_key(ec.SECP256R1())
    leaf = _leaf(key.public_key(), issuer, hosts).sign(signer, hashes.SHA256())
    path = folder / f"leaf-{os.getpid()}-{'good' if is_trusted else 'bad'}.pem"
    _write_private(path, leaf.public_bytes(serialization.Encoding.PEM) + _pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    path.unlink()
    return context


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test venues")])
    skid = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(skid, critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_private(folder / _KEY, _pem(key))
    fresh = folder / (_CERTIFICATE + ".new")
    fresh.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    fresh.rename(folder / _CERTIFICATE)


def _leaf(
    key: ec.EllipticCurvePublicKey, issuer: x509.Certificate, hosts: Sequence[str]
) -> x509.CertificateBuilder:
    skid = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test venue")])
    return (
        _builder(subject, issuer.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(skid), critical=False
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
