"""All operations once, with requests that are good: what is sent and what is answered is as the document says."""

import base64
import hashlib
import json
import os
import re
import secrets
from pathlib import Path

import jsonschema_rs
import requests
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from officers import walk_officers
from signing import Device, base64url

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CITIZENS = Path(__file__).resolve().parents[2] / "assets/test-citizens"
# What the platform of the walk carries.
CARRIED = {
    "services": [
        {
            "code": "HOME.DOMICILE",
            "service": "domicile-certificate",
            "office": "home",
            "name": {"en": "Domicile certificate", "ur": "", "ps": ""},
        }
    ]
}


def form(citizen):
    """What a citizen gives when they enrol."""
    filled = {name: value for name, value in citizen.items() if name not in ("id", "portrait")}
    return filled | {"photo": base64url((CITIZENS / citizen["portrait"]).read_bytes())}


def proof(challenge, vct, number, holder):
    """What a holder key signs; see `proof_message` in crates/province-api/src/passes.rs."""
    message = b"khyber-pass holder proof v2\n"
    for part in (challenge, vct.encode(), number.to_bytes(4, "big"), holder):
        message += len(part).to_bytes(8, "big") + part
    return message


def wanted(challenge, vct):
    """One pass of a kind, for a holder key of its own."""
    holder = Device(os.urandom(32))
    signed = holder.key.sign(proof(challenge, vct, 0, holder.public))
    return {"vct": vct, "holder_key": base64url(holder.public), "proof": base64url(signed)}


class Walk:
    """Sends requests and notes which operations were seen to work."""

    def __init__(self, url, document):
        self.url, self.document, self.done = url, document, set()

    def send(self, method, path, device=None, body=None, expects=200, headers=None, **parameters):
        """The answer, after both sides were held against the document."""
        operation = self.document[path][method]
        case = operation.Case(path_parameters=parameters, headers=headers or {})
        request = {}
        if body is not None:
            self.must_fit(path, body)
            request = {"data": json.dumps(body).encode()}
        sent = requests.request(
            method, self.url + case.formatted_path, auth=device, headers=headers, timeout=30, **request
        )
        case.validate_response(sent, checks=CHECKS)
        if sent.status_code != expects:
            raise SystemExit(f"{method} {path}: {sent.status_code} {sent.text[:300]}")
        if sent.status_code == 200:
            self.done.add((method, path))
        return sent

    def must_fit(self, path, body):
        """What a phone sends fits what the document says that is taken."""
        raw = self.document.raw_schema
        schema = raw["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        jsonschema_rs.validate(schema | {"components": raw["components"]}, body)

    def kept(self, path, **parameters):
        """A public file; asked for again, only that it is kept."""
        found = self.send("GET", path, **parameters)
        tag = {"If-None-Match": found.headers["ETag"]}
        self.send("GET", path, expects=304, headers=tag, **parameters)
        return found


def walk(url, document, devices, callers, codes):
    """Enrols the devices and does everything else that a phone does, and what a counter, a department's system and officers do.
    Gives sessions of officers, and the number of somebody who is enrolled."""
    citizens = [form(one) for one in json.loads((CITIZENS / "citizens.json").read_text())]
    step = Walk(url, document)
    for device, citizen in zip(devices, citizens):
        step.send("POST", "/v1/enrolments", device, citizen)
    step.send("POST", "/v1/enrolments", Device(os.urandom(32)), citizens[0], expects=409)
    wrong = citizens[2] | {"cnic": "1", "photo": ""}
    sent = requests.post(f"{url}/v1/enrolments", json=wrong, auth=devices[0], timeout=30)
    document["/v1/enrolments"]["POST"].Case().validate_response(sent, checks=CHECKS)

    first = devices[0]
    challenge = step.send("POST", "/v1/challenges", first).json()["challenge"]
    raw = base64.urlsafe_b64decode(challenge + "==")
    batch = [wanted(raw, vct) for vct in ("age", "residence", "identity")]
    step.send("POST", "/v1/passes", first, {"challenge": challenge, "passes": batch})
    step.send("POST", "/v1/mobile", first, {"mobile": "03001234567"})
    asked = {"feed": 0, "held": [{"name": "trust", "tag": base64url(bytes(8))}]}
    step.send("POST", "/v1/sync", first, asked)
    step.send("POST", "/v1/audit", first, {})
    step.send("POST", "/v1/audit", first, {"before": 2**64 - 1})
    manifest = files(step)
    departments(step, first, *callers)
    dispatched(step, first, callers[0], citizens)
    assisted(step, callers[1], devices[1], citizens[1])

    another = Device(secrets.token_bytes(32))
    message = b"khyber-pass device key proof v1\n" + first.public
    new = {"device_key": base64url(another.public), "proof": base64url(another.key.sign(message))}
    step.send("POST", "/v1/device-key", first, new)
    step.send("POST", "/v1/sync", first, asked, expects=403)
    newest = Device(secrets.token_bytes(32))
    step.send("POST", "/v1/rebind", newest, citizens[0])
    step.send("POST", "/v1/lost", newest, {"lost_at": 0, "person": citizens[0]})

    changed(step, manifest)

    # Officers suspend in bulk. Not whose device sends what is generated: it would be refused from then on.
    sessions = walk_officers(step, codes, [citizens[0]["cnic"], citizens[2]["cnic"]])

    every = {
        (method.upper(), path)
        for path, operations in document.raw_schema["paths"].items()
        for method in operations
    }
    # Here no roots were replaced.
    left = every - step.done - {("GET", "/v1/trust-next/{roots}")}
    if left:
        raise SystemExit(f"not walked: {sorted(left)}")
    return sessions, citizens[0]["cnic"]


# What the packaged catalogue asks of who applies for a domicile.
DOMICILE = {
    "birth_place": "خار",
    "domicile_elsewhere": False,
    "district": "bajaur",
    "tehsil": "Khar",
    "village": "خار",
    "lives_there_since": "1995-03-01",
    "father_name": "Sher Zaman",
    "father_cnic": "99999-7654321-1",
    "mother_name": "زرمینہ بی بی",
    "declare_true": True,
    "declare_consent_check": True,
}


def departments(step, device, system, counter):
    """Applications of a citizen, read and answered by the office; and what callers ask about themselves."""
    step.send("GET", "/v1/counter", counter)
    step.send("GET", "/v1/system", system)
    sent = [
        step.send("POST", "/v1/applications", device, {"service": "domicile-certificate", "form": DOMICILE})
        for _ in range(2)
    ]
    first, second = ({"application": one.json()["application"]} for one in sent)
    step.send("POST", "/v1/applications", device, {"service": "none", "form": {}}, expects=422)
    step.send("POST", "/v1/applications/withdraw", device, second)
    step.send("POST", "/v1/applications/withdraw", device, second, expects=409)
    step.send("GET", "/v1/departments/applications", system)
    answer = "/v1/departments/applications/answer"
    review = first | {"seen": "submitted", "state": "in_review", "text": "Seen."}
    step.send("POST", answer, system, review)
    step.send("POST", answer, system, review, expects=409)
    fields = {"certificate_number": "D-1", "issued_on": "2026-11-02"}
    issued = first | {"seen": "in_review", "state": "document_issued", "document": {"vct": "domicile", "fields": fields}}
    step.send("POST", answer, system, issued, expects=422)
    fields["domicile_district"] = "peshawar"
    step.send("POST", answer, system, issued)
    webhooks(step, system)
    asked = {"feed": 0, "held": []}
    step.send("POST", "/v1/sync", device, asked)
    step.send("POST", "/v1/audit", device, {})


def webhooks(step, system):
    """Where a department's system wants to be told, as far as nobody has to be there."""
    hook = "/v1/departments/webhooks"
    step.send("GET", "/v1/departments/webhook-key")
    step.send("GET", hook, system, expects=404)
    step.send("POST", hook, system, {"url": "http://127.0.0.1/"}, expects=422)
    step.send("POST", hook, system, {"url": "https://crms.invalid/khyber"})
    step.send("GET", hook, system)
    step.send("GET", f"{hook}/dead-letters", system)
    step.send("POST", f"{hook}/redeliver", system, {})
    step.send("POST", f"{hook}/end", system)
    step.send("POST", f"{hook}/end", system, expects=404)


def dispatched(step, device, system, citizens):
    """What a platform says that carries applications: of one from a wallet, and of its own."""
    sent = {"service": "domicile-certificate", "form": DOMICILE}
    sent = step.send("POST", "/v1/applications", device, sent).json()["application"]
    catalogue = "/v1/dispatch/catalogue"
    other = CARRIED["services"][0] | {"code": "a b", "fee_rupees": 1, "limit": {"days": 3, "unit": "working_days"}}
    found = step.send("POST", catalogue, system, {"services": CARRIED["services"] + [other]})
    if not {"code_malformed", "fee_differs"} <= {one["finding"] for one in found.json()["findings"]}:
        raise SystemExit("what differs is not named")
    step.send("GET", "/v1/dispatch/applications", system)
    state = "/v1/dispatch/applications/state"
    word = {"application": sent, "reference": "D/1", "seen": "submitted", "state": "assigned"}
    step.send("POST", state, system, word | {"reason": "other"}, expects=422)
    step.send("POST", state, system, word)
    step.send("POST", state, system, word, expects=409)
    report = "/v1/dispatch/applications/report"
    for citizen in (citizens[0], citizens[-1]):
        said = {"reference": "D/2", "cnic": citizen["cnic"], "service": "HOME.DOMICILE", "revision": 1, "state": "received"}
        step.send("POST", report, system, said)
        step.send("POST", report, system, said | {"service": "NONE"}, expects=422)
        step.send("POST", report, system, said | {"reference": "D/1"}, expects=409)


def assisted(step, counter, device, citizen):
    """A citizen's level is raised at a counter, with the finger that `crates/sandbox/src/fingers.rs` plays."""
    template, block = b"FMR\0 sandbox", f"LeftThumb of {re.sub('[^0-9]', '', citizen['cnic'])}".encode()
    while len(template) < 512:
        block = hashlib.sha256(block).digest()
        template += block
    sent = {"device": base64url(device.public), "person": citizen, "finger": "left_thumb"}
    step.send("POST", "/v1/assisted-enrolments", counter, sent | {"template": base64url(template[:512])})


def files(step):
    """Every public file, also as one that is kept; gives the status manifest."""
    for name in ("trust-list", "types", "risk-rules", "catalogue", "openapi.json", "status-manifest"):
        found = step.kept(f"/v1/{name}")
        if found.headers["ETag"] != f'"{sha256(found.content)}"':
            raise SystemExit(f"{name} is not tagged by its SHA-256")
        if name != "openapi.json" and by_hash(step, sha256(found.content)) != found.content:
            raise SystemExit(f"{name} does not lie under its SHA-256")
    step.send("GET", "/v1/health")
    step.kept("/v1/status/tokens/{list}/{shard}", list="id", shard=0)
    step.send("GET", "/v1/trust-next/{roots}", expects=404, roots="0123456789abcdef")
    # More than a database counts to.
    step.send("GET", "/v1/status/deltas/{from}/{to}", expects=404, **{"from": 2**63, "to": 2**64 - 1})
    # Every hash that the manifest names: byte strings of 32 (RFC 8949), each of a table.
    hashes = re.findall(rb"\x58\x20(.{32})", found.content, re.DOTALL)
    for piece in hashes:
        got = step.kept("/v1/status/pieces/{sha256}", sha256=piece.hex())
        if not sha256(got.content) == sha256(by_hash(step, piece.hex())) == piece.hex():
            raise SystemExit("a piece is not what its path says")
    return found.content


def by_hash(step, digest):
    """The public file with this SHA-256."""
    return step.kept("/v1/files/{sha256}", sha256=digest).content


def changed(step, before):
    """What says how the status lists differ from those before somebody's wallet was lost."""
    now = step.send("GET", "/v1/status-manifest").content
    named = {"name": "status", "from": sha256(before), "to": sha256(now)}
    step.kept("/v1/deltas/{name}/{from}/{to}", **named)
    step.kept("/v1/status/deltas/{from}/{to}", **{"from": 1, "to": 2})


def sha256(content):
    """In lower-case hex."""
    return hashlib.sha256(content).hexdigest()
