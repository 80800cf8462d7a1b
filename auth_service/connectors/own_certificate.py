"""A certificate that vouches for nobody: so that a phone on the same network may open its camera while one develops.

Browsers give a page the camera only over https. The phone warns once, and whoever tries the service out accepts it.
Never for production, which is behind the agency's own certificate (docs/operations/install.md).
"""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auth_service.connectors.secret_files import held_alone, replace

_VALID = timedelta(days=30)
_RENEW_BEFORE = timedelta(days=3)


def network_address() -> str:
    """The address under which others on the network reach this machine; 127.0.0.1 where there is no network.

    Nothing is sent: connecting a datagram socket only asks the system which way it would go.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1, RFC 5737
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def own_certificate(folder: Path, hosts: tuple[str, ...], now: datetime | None = None) -> tuple[Path, Path]:
    """Paths of certificate and key for these names and addresses; made anew when it is over or other hosts are asked.

    raises  OSError: the folder cannot be written
    """
    now = now or datetime.now(UTC)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate, key = folder / "development.crt", folder / "development.key"
    with held_alone(folder):
        if not _still_good(certificate, key, hosts, now):
            pair = _made(hosts, now)
            replace(key, pair[1])
            replace(certificate, pair[0])
    return certificate, key


def _still_good(certificate: Path, key: Path, hosts: tuple[str, ...], now: datetime) -> bool:
    if not (certificate.exists() and key.exists()):
        return False
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except ValueError:
        return False
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    belongs = private.public_key().public_bytes(*form) == found.public_key().public_bytes(*form)
    in_time = found.not_valid_before_utc <= now < found.not_valid_after_utc - _RENEW_BEFORE
    return belongs and in_time and set(names) == set(_names(hosts))


def _names(hosts: tuple[str, ...]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(hosts):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names


def _made(hosts: tuple[str, ...], now: datetime) -> tuple[bytes, bytes]:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "auth-service development")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(_names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem), secret
