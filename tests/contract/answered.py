"""A hook of schemathesis that notes how each operation was answered, and what was never let in.

Noted is what fits the document and has the operation's own method: anything else may be refused for what it is, and then says
nothing about who is let in.
"""

import json
import os
from collections import Counter

import schemathesis

# What says that a caller was not let in, or asked too often.
REFUSED = {401, 403, 429}

# What is answered so, or not asked, whatever is made up, and why. The walk does these with what is real.
EXCEPTIONS = {
    ("POST", "/v1/officers/passkeys/begin"): "takes the code of an invite",
    ("POST", "/v1/officers/passkeys/finish"): "takes what a new passkey signed",
    ("POST", "/v1/officers/sessions/finish"): "takes what a known passkey signed",
    ("GET", "/v1/openapi.json"): "is where schemathesis has the document from, and it leaves that out",
}


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if fits and case.method.upper() == operation.method.upper():
        with open(os.environ["KHYBER_ANSWERS"], "a") as file:
            print(json.dumps([operation.method.upper(), operation.path, response.status_code]), file=file)


def never_let_in(raw, file, signed):
    """Says in a line each which operations of the document let nobody in whom they are for; without signatures, those that
    are for everybody."""
    answers = {}
    for line in file.read_text().splitlines():
        method, path, status = json.loads(line)
        answers.setdefault((method, path), Counter())[status] += 1
    said = []
    for path, operations in raw["paths"].items():
        for method, operation in operations.items():
            caller = " or ".join(scheme for one in operation.get("security", []) for scheme in one) or "everybody"
            name = method.upper(), path
            if name in EXCEPTIONS or (caller != "everybody" and not signed):
                continue
            got = answers.get(name, {})
            if not set(got) - REFUSED:
                counts = ", ".join(f"{status} {times} times" for status, times in sorted(got.items()))
                said.append(f"{method.upper()} {path}, which is for {caller}: {counts or 'not asked'}")
    return said
