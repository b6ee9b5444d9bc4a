"""The province as it runs, held against its own OpenAPI document.

Starts the simulated NADRA and a province in a folder that goes away, enrols a device, walks through all operations once with
requests that are good, and lets schemathesis (https://schemathesis.io) try others: by whom each operation is for, a device, a
system, a counter or an officer who is signed in, and by nobody.
Fails when an answer is a 5xx that no outage explains, or not as the document says, and when an operation answered nothing but
401, 403 and 429 to those whom it is for.

    target/tools/contract/bin/python tests/contract/run.py target/debug/province-server target/debug/sandbox
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jsonschema_rs
import schemathesis

from answered import never_let_in
from journey import CARRIED, walk
from officers import ORIGIN, RP_ID, invited
from signing import Counter, Device, System

HERE = Path(__file__).resolve().parent
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
# One device for the good requests, another for those that are generated.
SEEDS = [bytes([1]) * 32, bytes([2]) * 32]
SYSTEM_SEED, COUNTER_SEED = bytes([3]) * 32, bytes([4]) * 32
SIGNED_EXAMPLES, UNSIGNED_EXAMPLES = "40", "15"
# What is generated comes faster than people do, and all of it from one address.
UNLIMITED = (
    "KHYBER_REQUESTS_OF_NETWORK",
    "KHYBER_REQUESTS_OF_DEVICE",
    "KHYBER_REQUESTS_OF_COUNTER",
    "KHYBER_REQUESTS_OF_SYSTEM",
    "KHYBER_REQUESTS_OF_OFFICER",
)


class Running:
    """A program that says in one line of JSON that it is ready, and ends with the `with`."""

    def __init__(self, command, log, **environment):
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | environment,
        )
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{command[0]} did not start; see {log.name}")
        self.said = json.loads(line)

    def __enter__(self):
        return self.said

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


def generated(url, raw, environment, examples, signed):
    """Lets schemathesis try requests; true if nothing was found, and whoever an operation is for was let in. What it writes
    goes away."""
    command = [Path(sys.executable).parent / "schemathesis", "run", f"{url}/v1/openapi.json"]
    command += ["--checks", CHECKS, "--max-examples", examples, "--seed", "20261122"]
    command += ["--phases", "examples,coverage,fuzzing", "--request-timeout", "30", "--warnings", "off"]
    command += ["--max-failures", "10", "--no-color", "--generation-database", "none"]
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder, "answers")
        answers.touch()
        environment = os.environ | environment | {"PYTHONPATH": str(HERE), "KHYBER_ANSWERS": str(answers)}
        if subprocess.run(command, env=environment, cwd=folder, check=False).returncode != 0:
            return False
        shut = never_let_in(raw, answers, signed)
    for line in shut:
        print(f"never let in: {line}")
    return not shut


def main():
    server, sandbox = (Path(program).resolve() for program in sys.argv[1:3])
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        data, roots = Path(folder, "province"), Path(folder, "roots.json")
        roots.write_bytes(subprocess.run([sandbox, "--print-roots"], stdout=subprocess.PIPE, check=True).stdout)
        init = [server, "init", "--data", data, "--roots", roots, "--status-shards", "1", "--status-shard-power", "13"]
        subprocess.run(init, stdout=subprocess.DEVNULL, check=True)
        callers = let_in(server, data, Path(folder, "certificate"))
        carried = Path(folder, "carried.json")
        carried.write_text(json.dumps(CARRIED))
        settle = [server, "dispatch", "settle", "--data", data, "--system", "home", "--file", carried]
        subprocess.run(settle, stdout=subprocess.DEVNULL, check=True)
        with open(Path(folder, "log"), "w+") as log:
            with Running([sandbox], log) as said:
                serve = [server, "serve", "--data", data, "--nadra", said["url"]]
                page = {"KHYBER_OFFICERS_RP_ID": RP_ID, "KHYBER_OFFICERS_ORIGIN": ORIGIN, "KHYBER_SIM_CODES": "off"}
                page |= dict.fromkeys(UNLIMITED, "0")
                with Running(serve, log, NADRA_TOKEN=said["token"], RUST_LOG="warn", **page) as province:
                    codes = [invited(server, data, by) for by in ("one", "two")]
                    good = against(province["url"], callers, codes)
            log.seek(0)
            faults = [line for line in log if "the province failed" in line]
    print(f"contract: {time.monotonic() - started:.0f} s")
    if faults:
        print("".join(faults))
    raise SystemExit(0 if good and not faults else 1)


def let_in(server, data, certificate):
    """A system of an office and a counter, as the operator lets them in."""
    system = System(SYSTEM_SEED)
    key = ["--name", "home", "--office", "home", "--key", system.public.hex()]
    may = ["--allow", "applications:read,applications:answer,webhooks,dispatch", "--grants", "domicile"]
    counter = Device(COUNTER_SEED).public.hex()
    desk = ["--key", counter, "--name-en", "Desk", "--audience", "kp:desk", "--purpose-en", "To see", "--allow", "age,assisted-enrolment"]
    for command in (["system", "add", *key, *may], ["counter-certificate", *desk, "--out", certificate]):
        subprocess.run([server, *command, "--data", data], stdout=subprocess.DEVNULL, check=True)
    return system, Counter(COUNTER_SEED, certificate.read_bytes())


def against(url, callers, codes):
    """All that is held against the document at this address."""
    document = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    for schema in document.raw_schema["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    sessions, cnic = walk(url, document, [Device(seed) for seed in SEEDS], callers, codes)
    seeds = {"device": SEEDS[1].hex(), "system": SYSTEM_SEED.hex(), "counter": COUNTER_SEED.hex()}
    certificate = base64.b64decode(callers[1].certificate).hex()
    who = seeds | {"certificate": certificate, "officers": sessions, "cnic": cnic}
    signed = {"SCHEMATHESIS_HOOKS": "hooks", "KHYBER_CALLERS": json.dumps(who)}
    unsigned = {"SCHEMATHESIS_HOOKS": "answered"}
    raw = document.raw_schema
    # Both, also where the first finds something.
    return all([
        generated(url, raw, signed, SIGNED_EXAMPLES, signed=True),
        generated(url, raw, unsigned, UNSIGNED_EXAMPLES, signed=False),
    ])


if __name__ == "__main__":
    main()
