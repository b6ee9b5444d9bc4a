"""Hooks of schemathesis: every request is sent by whom the document names for its operation.

Who they are is in the environment: seeds of a device, a system and a counter, and tokens of officers' sessions, one for each
role. What says who asks is taken out of the document that requests are generated from, and set as a request goes out, so
that what is generated reaches the handlers. A form gets an address, dates and names that can be, so that some reach NADRA,
and what officers do gets the number of somebody who is enrolled.
"""

import json
import os
import secrets
from urllib.parse import urlsplit

import requests
import schemathesis

import answered  # for its hook
from signing import Counter, Device, System

CALLERS = json.loads(os.environ["KHYBER_CALLERS"])
SIGNERS = {
    "device": Device(bytes.fromhex(CALLERS["device"])),
    "system": System(bytes.fromhex(CALLERS["system"])),
    "counter": Counter(bytes.fromhex(CALLERS["counter"]), bytes.fromhex(CALLERS["certificate"])),
}
HEADERS = ("idempotency-key", "content-digest", "signature-input", "signature", "khyber-certificate")
OFFICERS = "/v1/officers"
# Who signs out is nobody afterwards, so that nobody else's session is taken for it.
SIGNING_OUT = f"{OFFICERS}/sessions/end"

# What a rule looks at before anything else.
FORM = {
    "address": "Khar",
    "district": "bajaur",
    "cnic_issued_on": "2020-01-01",
    "date_of_birth": "1990-05-04",
    "name_ur": "گل زمان",
    "guardian_name_ur": "شیر زمان",
}

# Path and method of an operation: the security scheme, and what stands with it.
SECURITY = {}


class Caller(requests.auth.AuthBase):
    """Whoever the document names for an operation, and a device where it names nobody."""

    def __call__(self, request):
        path = urlsplit(request.url).path
        scheme, roles = SECURITY.get((path, request.method), ("device", []))
        if scheme != "officer":
            return SIGNERS[scheme](request)
        role = "leaving" if path == SIGNING_OUT else (roles or ["clerk"])[-1]
        request.headers["Authorization"] = f"Bearer {CALLERS['officers'][role]}"
        request.headers["Idempotency-Key"] = secrets.token_hex(16)
        return request


schemathesis.auth.set_from_requests(Caller())


def is_set(parameter):
    """Whether it is one of the headers that are set as a request goes out; some carry who signs before their name."""
    name = parameter.get("$ref", "").rsplit("/", 1)[-1]
    return name.removeprefix("device-").removeprefix("system-").removeprefix("counter-") in HEADERS


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path, operations in raw_schema["paths"].items():
        for method, operation in operations.items():
            for requirement in operation.pop("security", []):
                for scheme, scopes in requirement.items():
                    SECURITY[path, method.upper()] = (scheme, scopes)
            parameters = operation.get("parameters", [])
            operation["parameters"] = [one for one in parameters if not is_set(one)]
    raw_schema["components"].pop("securitySchemes", None)


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    if context.operation.path.startswith(OFFICERS):
        if isinstance(body.get("cnic"), str):
            body["cnic"] = CALLERS["cnic"]
        if isinstance(body.get("cnics"), list):
            body["cnics"] = [CALLERS["cnic"]]
        return body
    form = body.get("person", body)
    if isinstance(form, dict) and isinstance(form.get("cnic"), str):
        form |= FORM
    return body
