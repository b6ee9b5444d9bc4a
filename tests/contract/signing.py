"""HTTP Message Signatures (RFC 9421) of a device, in the one form that the province takes; see docs/adr/0002."""

import base64
import hashlib
import secrets
import time
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

COMPONENTS = '("@method" "@path" "content-digest" "idempotency-key")'


def base64url(data):
    """Base64url without padding, as bytes are written in the province's JSON."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Device(requests.auth.AuthBase):
    """A device that signs whatever `requests` is about to send."""

    def __init__(self, seed):
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def __call__(self, request):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        key = secrets.token_hex(16)
        created = int(time.time())
        parameters = (
            f"{COMPONENTS};created={created};expires={created + 300}"
            f';nonce="{base64url(secrets.token_bytes(16))}";keyid="{base64url(self.public)}";alg="ed25519"'
        )
        base = "\n".join(
            [
                f'"@method": {request.method}',
                f'"@path": {urlsplit(request.url).path}',
                f'"content-digest": {digest}',
                f'"idempotency-key": {key}',
                f'"@signature-params": {parameters}',
            ]
        )
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        request.headers["Idempotency-Key"] = key
        request.headers["Content-Digest"] = digest
        request.headers["Signature-Input"] = f"device={parameters}"
        request.headers["Signature"] = f"device=:{signature}:"
        return request
