"""HTTP Message Signatures (RFC 9421), each in the one form that the province takes; see docs/adr/0002 and docs/api.md."""

import base64
import hashlib
import secrets
import time
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat



def base64url(data):
    """Base64url without padding, as bytes are written in the province's JSON."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer(requests.auth.AuthBase):
    """Somebody who signs whatever `requests` is about to send."""

    label = ""
    components = ("@method", "@path", "@query", "content-digest", "idempotency-key")

    def __init__(self, seed):
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def __call__(self, request):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        target = urlsplit(request.url)
        request.headers["Idempotency-Key"] = secrets.token_hex(16)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        request.headers["Content-Digest"] = f"sha-256=:{digest}:"
        derived = {"@method": request.method, "@path": target.path, "@query": f"?{target.query}"}
        values = {name: derived.get(name) or request.headers[name] for name in self.components}
        created = int(time.time())
        quoted = " ".join(f'"{name}"' for name in self.components)
        parameters = (
            f"({quoted});created={created};expires={created + 300}"
            f';nonce="{base64url(secrets.token_bytes(16))}";keyid="{base64url(self.public)}";alg="ed25519"'
        )
        lines = [f'"{name}": {value}' for name, value in values.items()]
        base = "\n".join([*lines, f'"@signature-params": {parameters}'])
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        request.headers["Signature-Input"] = f"{self.label}={parameters}"
        request.headers["Signature"] = f"{self.label}=:{signature}:"
        return request


class Device(Signer):
    """A wallet's device."""

    label = "device"
    components = ("@method", "@path", "content-digest", "idempotency-key")


class System(Signer):
    """A department's system."""

    label = "system"


class Counter(Signer):
    """A counter with its certificate."""

    label = "counter"
    components = (*Signer.components, "khyber-certificate")

    def __init__(self, seed, certificate):
        super().__init__(seed)
        self.certificate = base64.b64encode(certificate).decode()

    def __call__(self, request):
        request.headers["Khyber-Certificate"] = self.certificate
        return super().__call__(request)
