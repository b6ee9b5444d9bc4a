"""What PyPI claim169 writes, and what it reads of our printed card. Run by hand; see README.md."""

import json
import pathlib
import sys

import claim169
from claim169 import Biometric, Claim169Input, CwtMetaInput

SOURCE = "PyPI claim169 0.3.0"
SEED = bytes([8]) * 32
PUBLIC = "1398f62c6d1a457c51ba6a4b5f3dbd2f69fca93216218dc8997e416bd17d93ca"


def person():
    return Claim169Input(
        id="3918592438",
        full_name="Zarghuna Test",
        date_of_birth="19900515",
        gender=2,
        address="House 12, Street 3, Hayatabad",
        guardian="Gul Test",
        secondary_full_name="زرغونہ ٹیسٹ",
        secondary_language="ur",
    )


def meta(expires=1800000000):
    times = CwtMetaInput(issuer="https://issuer.example", expires_at=expires)
    times.issued_at = 1700000000
    return times


def write(folder):
    face = person()
    face.face = [Biometric(bytes.fromhex("5249464604000000574542500a"), format=0, sub_format=1)]
    p256 = bytes([9]) * 32
    files = {
        "signed": ("signed with Ed25519", claim169.encode_with_ed25519(person(), meta(), SEED)),
        "unsigned": ("not signed", claim169.encode_unsigned(person(), meta())),
        "face": ("with a face", claim169.encode_with_ed25519(face, meta(), SEED)),
        "expired": ("over", claim169.encode_with_ed25519(person(), meta(1700003600), SEED)),
        "p256": ("signed with ECDSA P-256", claim169.encode_with_ecdsa_p256(person(), meta(), p256)),
        "encrypted": (
            "signed and encrypted",
            claim169.encode_signed_encrypted(person(), meta(), SEED, bytes([1]) * 32),
        ),
        "another-key": ("signed with another key", claim169.encode_with_ed25519(person(), meta(), bytes([5]) * 32)),
    }
    for name, (what, qr) in files.items():
        put(folder / f"claim169-{name}.json", {"source": SOURCE, "what": what, "qr": qr, "key": PUBLIC})


def read(folder):
    card = json.loads((folder / "our-card.json").read_text())
    # The card's dates are those of the tests, which may lie ahead of this machine's clock; the signature is checked.
    result = claim169.decode_with_ed25519(card["qr"], bytes.fromhex(card["key"]), validate_timestamps=False)
    who = result.claim169
    put(
        folder / "our-card-read-by-claim169.json",
        {
            "source": SOURCE,
            "verified": result.is_verified(),
            "issuer": result.cwt_meta.issuer,
            "expires": result.cwt_meta.expires_at,
            "identity": {
                "id": who.id,
                "full_name": who.full_name,
                "date_of_birth": who.date_of_birth,
                "gender": who.gender,
                "address": who.address,
                "guardian": who.guardian,
                "second_name": who.secondary_full_name,
                "second_language": who.secondary_language,
            },
        },
    )


def put(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](pathlib.Path(sys.argv[2]))
