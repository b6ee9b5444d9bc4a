"""Officers for the walk: a passkey that answers as WebAuthn says, and all that officers ask for."""

import base64
import hashlib
import json
import os
import secrets
import subprocess

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from signing import base64url

RP_ID, ORIGIN = "localhost", "http://localhost"
OFFICERS = "/v1/officers"


class Passkey:
    """A P-256 key on an authenticator that knows who is there."""

    def __init__(self):
        self.key, self.id, self.count, self.user = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), 0, ""

    def data(self, flags):
        self.count += 1
        return hashlib.sha256(RP_ID.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def answer(self, kind, options, response):
        client = {"type": kind, "challenge": options["publicKey"]["challenge"], "origin": ORIGIN, "crossOrigin": False}
        client = json.dumps(client).encode()
        named = {"id": base64url(self.id), "rawId": base64url(self.id), "type": "public-key"}
        response = {name: base64url(part) for name, part in response(client).items()}
        return named | {"response": response | {"clientDataJSON": base64url(client)}, "clientExtensionResults": {}}

    def register(self, options):
        self.user = options["publicKey"]["user"]["id"]
        point = self.key.public_key().public_numbers()
        x, y = (part.to_bytes(32, "big") for part in (point.x, point.y))
        key = bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
        data = self.data(0x45) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        told = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
        return self.answer("webauthn.create", options, lambda _: {"attestationObject": told})

    def sign(self, options):
        def response(client):
            data = self.data(0x05)
            signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
            user = base64.urlsafe_b64decode(self.user + "==")
            return {"authenticatorData": data, "signature": signed, "userHandle": user}

        return self.answer("webauthn.get", options, response)


class Officer:
    """An officer who registers a passkey and signs in with it."""

    def __init__(self, step, code):
        self.step, self.passkey = step, Passkey()
        begun = self.plain("passkeys/begin", {"invite": code})
        said = {"ceremony": begun["ceremony"], "credential": self.passkey.register(begun["options"])}
        self.id = self.plain("passkeys/finish", said)["officer"]
        self.token = self.signed_in()

    def signed_in(self):
        """The token of a new session."""
        begun = self.plain("sessions/begin", None)
        said = {"ceremony": begun["ceremony"], "credential": self.passkey.sign(begun["options"])}
        return self.plain("sessions/finish", said)["token"]

    def plain(self, path, body):
        return self.step.send("POST", f"{OFFICERS}/{path}", None, body).json()

    def ask(self, path, body=None, method="POST", **more):
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(16)}
        return self.step.send(method, OFFICERS + path, None, body, headers=headers, **more).json()


def invited(server, data, by):
    """The code for an administrator, as the operator gets it who calls themselves so."""
    role = ["--role", "administrator", "--name", "4711", "--by", by]
    command = [server, "officer", "invite", "--data", data, *role]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["code"]


def walk_officers(step, codes, cnics):
    """Everything that officers ask for, once. Gives a session of each role for others to go on with."""
    first, second = (Officer(step, code) for code in codes)
    invite = lambda by, role: Officer(step, by.ask("/invites", {"role": role, "name": "4712"})["code"])
    first.ask("/invites", {"role": "administrator", "name": "4712"}, expects=403)
    clerk, one, two, auditor = (
        invite(by, role)
        for by, role in ((first, "clerk"), (first, "supervisor"), (second, "supervisor"), (first, "auditor"))
    )
    for act, more in (("suspend", {"reason": "lost"}), ("resume", {}), ("disable", {})):
        clerk.ask(f"/citizens/{act}", {"cnic": cnics[0]} | more)
    clerk.ask("/citizens/revoke", {"cnic": cnics[0], "reason": "fraud"}, expects=403)
    document = {"cnic": cnics[0], "vct": "domicile", "reason": "superseded"}
    one.ask("/citizens/withdraw", document)
    one.ask("/citizens/withdraw", document, expects=409)
    proposed = [
        one.ask("/bulks/propose", {"act": act, "reason": "court_order", "cnics": cnics})["bulk"]
        for act in ("suspend", "revoke")
    ]
    seen = {name: proposed[0][name] for name in ("id", "people_sha256")}
    one.ask("/bulks/approve", seen, expects=409)
    two.ask("/bulks/approve", seen | {"people_sha256": "0" * 64}, expects=409)
    two.ask("/bulks/approve", seen)
    two.ask("/bulks/cancel", {"id": proposed[1]["id"]})
    two.ask("/bulks", method="GET")
    one.ask("/citizens/revoke", {"cnic": cnics[0], "reason": "fraud"})
    auditor.ask("/log", {})
    first.ask("", method="GET")
    first.ask("/end", {"officer": clerk.id})
    one.ask("/sessions/end")
    clerk = invite(first, "clerk")
    roles = {"clerk": clerk, "supervisor": two, "auditor": auditor, "administrator": second, "leaving": clerk}
    return {role: officer.signed_in() for role, officer in roles.items()}
