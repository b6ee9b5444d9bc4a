//! What is deleted by rule, and by which words of the runbook.

/// A value of a row, made from the row's number and the time that its deletion goes by.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// 16 bytes that no other row has.
    Id,
    /// 32 of them.
    Hash,
    Number,
    /// The time.
    Time,
    /// The one citizen there is.
    Person,
    Int(i64),
    Text(&'static str),
    Bytes,
}

use Value::{Bytes, Hash, Id, Int, Number, Person, Text, Time};

/// What the time of a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is the moment from which the words of the runbook count.
    From,
    /// It is the end.
    To,
    /// It is the end, by a clock that may be a minute behind.
    ToByAnyClock,
    /// It is a day's number, and the day is the end.
    Day,
    /// It is a minute's number, and the words of the runbook count from its beginning.
    Minute,
    /// It says nothing: these rows stay.
    Never,
}

/// A table, the column by which a row is told from others, and a row.
pub type Row = (&'static str, &'static str, &'static [(&'static str, Value)]);

/// Rows that go together, and what the runbook says of them.
pub struct Rule {
    pub says: &'static str,
    pub counted: Counted,
    pub rows: &'static [Row],
}

const fn rule(says: &'static str, counted: Counted, rows: &'static [Row]) -> Rule {
    Rule { says, counted, rows }
}

const BULK: Row = (
    "bulk",
    "id",
    &[
        ("id", Id),
        ("act", Text("revoke")),
        ("reason", Text("fraud")),
        ("people", Int(1)),
        ("proposer", Text("operator:one")),
        ("proposed_at", Int(1)),
        ("expires_at", Time),
    ],
);
const BULK_PERSON: Row = ("bulk_person", "bulk", &[("bulk", Id), ("person", Id)]);

const APPLICATION: Row = (
    "application",
    "id",
    &[
        ("person", Person),
        ("id", Id),
        ("office", Text("home")),
        ("service", Text("fard")),
        ("state", Text("withdrawn")),
        ("is_open", Int(0)),
        ("submitted_at", Int(1)),
        ("changed_at", Time),
        ("sealed", Bytes),
    ],
);
const OPEN: Row = (
    "application",
    "id",
    &[
        ("person", Person),
        ("id", Id),
        ("office", Text("home")),
        ("service", Text("fard")),
        ("state", Text("submitted")),
        ("is_open", Int(1)),
        ("submitted_at", Int(1)),
        ("changed_at", Time),
        ("sealed", Bytes),
    ],
);
const APPLICATION_FEED: Row = (
    "application_feed",
    "id",
    &[
        ("reader", Text("office:test")),
        ("seq", Number),
        ("at", Int(1)),
        ("person", Person),
        ("id", Id),
        ("state", Text("submitted")),
    ],
);

pub const RULES: &[Rule] = &[
    rule("400 days", Counted::From, &[APPLICATION, APPLICATION_FEED]),
    rule(
        "400 days",
        Counted::Never,
        &[
            OPEN,
            APPLICATION_FEED,
            (
                "dispatch_reference",
                "mark",
                &[
                    ("mark", Hash),
                    ("revision", Int(1)),
                    ("state", Text("submitted")),
                    ("changed_at", Time),
                    ("person", Person),
                    ("id", Id),
                ],
            ),
        ],
    ),
    rule(
        "400 days",
        Counted::From,
        &[(
            "dispatch_reference",
            "mark",
            &[
                ("mark", Hash),
                ("revision", Int(1)),
                ("state", Text("submitted")),
                ("changed_at", Time),
            ],
        )],
    ),
    rule(
        "100 days",
        Counted::From,
        &[(
            "event",
            "seq",
            &[
                ("person", Person),
                ("seq", Number),
                ("at", Time),
                ("kind", Text("passes_issued")),
            ],
        )],
    ),
    rule(
        "the rest as long as the record",
        Counted::Never,
        &[(
            "event",
            "seq",
            &[
                ("person", Person),
                ("seq", Number),
                ("at", Time),
                ("kind", Text("mobile_changed")),
            ],
        )],
    ),
    rule(
        "100 days",
        Counted::From,
        &[(
            "answer",
            "idempotency_key",
            &[
                ("device_key", Hash),
                ("idempotency_key", Id),
                ("path", Text("/v1/mobile")),
                ("body_sha256", Hash),
                ("sealed", Bytes),
                ("made_at", Time),
            ],
        )],
    ),
    rule(
        "minutes",
        Counted::To,
        &[(
            "challenge",
            "challenge",
            &[
                ("challenge", Id),
                ("device_key", Hash),
                ("idempotency_key", Id),
                ("expires_at", Time),
            ],
        )],
    ),
    rule(
        "minutes",
        Counted::ToByAnyClock,
        &[(
            "seen",
            "nonce",
            &[("device_key", Hash), ("nonce", Id), ("until", Time)],
        )],
    ),
    rule(
        "minutes",
        Counted::ToByAnyClock,
        &[("ceremony", "id", &[("id", Id), ("expires_at", Time)])],
    ),
    rule(
        "a day",
        Counted::From,
        &[(
            "asking",
            "reference",
            &[("subject", Hash), ("reference", Id), ("begun_at", Time)],
        )],
    ),
    rule(
        "a day",
        Counted::From,
        &[(
            "sim_code",
            "subject",
            &[("subject", Hash), ("reference", Id), ("sent_at", Time)],
        )],
    ),
    rule(
        "the day's end",
        Counted::Day,
        &[(
            "attempt",
            "subject",
            &[("subject", Hash), ("day", Time), ("tries", Int(1))],
        )],
    ),
    rule(
        "two minutes",
        Counted::Minute,
        &[(
            "rate",
            "subject",
            &[("subject", Hash), ("minute", Time), ("cost", Int(1))],
        )],
    ),
    rule(
        "72 hours",
        Counted::To,
        &[(
            "invite",
            "code",
            &[("code", Hash), ("officer", Id), ("expires_at", Time)],
        )],
    ),
    rule(
        "eight hours",
        Counted::From,
        &[(
            "session",
            "token",
            &[
                ("token", Hash),
                ("officer", Id),
                ("began_at", Time),
                ("last_at", Int(1)),
            ],
        )],
    ),
    rule("400 days", Counted::From, &[BULK, BULK_PERSON]),
    // Approved, and not done: see below.
    rule("400 days", Counted::Never, &[BULK, BULK_PERSON]),
    rule(
        "400 days",
        Counted::From,
        &[("imported", "mark", &[("mark", Hash), ("done_at", Time)])],
    ),
    rule(
        "30 days",
        Counted::From,
        &[(
            "dead_letter",
            "number",
            &[
                ("system", Text("home")),
                ("number", Number),
                ("at", Int(1)),
                ("died_at", Time),
                ("not_taken", Text("failed")),
                ("again", Int(0)),
            ],
        )],
    ),
];

/// Tables that no rule above is about: what goes with a word of somebody or never, and what the tests below are about.
pub const OTHERWISE: &[&str] = &[
    "person",
    "person_cnic",
    "person_device",
    "former_device",
    "ward",
    "holding",
    "application_reader",
    "status_list",
    "status_entry",
    "status_mark",
    "status_bitmap",
    "status_shard",
    "published",
    "trusted_key",
    "system_key",
    "ended_counter",
    "seal_check",
    "officer",
    "passkey",
    "webhook",
    "dispatch_service",
    "dispatch_offer",
    // Of these some rows go.
    "artefact",
    "status_piece",
    "status_epoch",
    "status_flip",
    "audit",
    "audit_head",
    "audit_cut",
    "audit_waiting",
];
