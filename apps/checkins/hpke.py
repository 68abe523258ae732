"""Encrypts and decrypts answers that wait on a tablet: HPKE (RFC 9180), base mode. Pure.

DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: what WebCrypto can do in every browser of
a school. static/js/checkin_form.js is the sender.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
POINT_BYTES = 65  # an uncompressed point of P-256 (SEC 1, section 2.3.3)
SCALAR_BYTES = 32


class CannotDecrypt(Exception):
    """Encrypted to another key, for another form, or altered."""


def generate_private_key():
    """A new private key as its 32 bytes (big-endian scalar)."""
    private = ec.generate_private_key(ec.SECP256R1())
    return private.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big")


def load_private_key(scalar):
    """The private key of 32 bytes. Raises ValueError."""
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def public_key_bytes(private):
    """The public key as browsers import it raw: 65 bytes."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def seal_body(public, plain, context):
    """Encrypt bytes to a public key (65 bytes), as the page does; for tests and load tests."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    return SUITE.encrypt(plain, key, context)


def open_body(private, sealed, context):
    """Decrypt; ``context`` (bytes) is the one it was encrypted with. Raises CannotDecrypt."""
    try:
        return SUITE.decrypt(sealed, private, context)
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt("This was not sealed to this key for this form.") from error


def sealing_context(key_id, client_key):
    """The context (bytes) that binds a body to one server key and one opening of the form."""
    return f"kaga-portal check-in 1|{key_id}|{client_key}".encode()
