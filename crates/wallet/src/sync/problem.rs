//! The province's problems (RFC 9457) as codes for a screen.

use province_api::enrolment::FieldProblem;
use province_api::problem::ProblemCode;
use serde::Deserialize;

use super::HttpResponse;
use crate::code::{UiCode, UiError};
use crate::draft::field_error;

/// Longest pause that the province can ask for: a day.
const RETRY_AFTER_SECONDS_MAX: u32 = 86_400;

/// What an answer that is not a success means.
pub(crate) enum Refusal {
    /// The province says that it did not do what was asked, and why.
    Said {
        code: ProblemCode,
        error: UiError,
        /// The province's clock, where it says so.
        server_time: Option<u64>,
    },
    /// Nobody can tell whether it was done: a fault, or an answer that is no problem at all.
    Unclear(UiError),
    /// The province saw this very request before, or a copy of it: signed anew it is answered.
    Replayed(UiError),
}

impl UiCode {
    /// Whether the same may well be done another time, without anybody doing anything here.
    pub(crate) const fn passes_by_itself(self) -> bool {
        matches!(
            self,
            Self::NadraUnavailable
                | Self::TooManyAttempts
                | Self::ServerBusy
                | Self::PersonSuspended
                | Self::DeviceClock
        )
    }

    /// Whether what was refused for this may be sent again as it is: nothing of what was given is wrong.
    pub(crate) const fn may_go_again(self) -> bool {
        matches!(self, Self::ErrandDamaged) || self.passes_by_itself()
    }
}

/// Whether the province says by this that what arrived is not what left the phone, or not all of it in time. It looked no
/// further, so a try before this one may have been done all the same.
pub(super) const fn arrived_damaged(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::DeviceSignature | ProblemCode::RequestMalformed | ProblemCode::BodyTooLarge
    )
}

impl Refusal {
    pub(crate) fn read(response: &HttpResponse) -> Self {
        let Ok(problem) = serde_json::from_slice::<Lenient>(&response.body) else {
            return Self::unclear(response.status, retry_after(response, None));
        };
        let retry_after_seconds = retry_after(response, problem.retry_after);
        let known = ProblemCode::ALL.iter().find(|known| known.code() == problem.code);
        match known {
            None | Some(ProblemCode::ServerFault | ProblemCode::ServerBusy | ProblemCode::RateLimited) => {
                Self::unclear(response.status, retry_after_seconds)
            }
            Some(ProblemCode::RequestReplayed) => Self::Replayed(UiCode::AnswerInvalid.into()),
            Some(code) => Self::Said {
                code: *code,
                server_time: problem.server_time,
                error: UiError {
                    code: ui_code(*code),
                    retry_after_seconds,
                    fields: problem
                        .fields
                        .into_iter()
                        .filter_map(|field| serde_json::from_value::<FieldProblem>(field).ok())
                        .map(|field| field_error(field.field, field.code))
                        .collect(),
                },
            },
        }
    }

    pub(crate) fn into_error(self) -> UiError {
        match self {
            Self::Said { error, .. } | Self::Unclear(error) | Self::Replayed(error) => error,
        }
    }

    fn unclear(status: u16, retry_after_seconds: Option<u32>) -> Self {
        let code = match status {
            429 => UiCode::TooManyAttempts,
            500..=599 => UiCode::ServerFault,
            _ => UiCode::AnswerInvalid,
        };
        Self::Unclear(UiError {
            code,
            retry_after_seconds,
            fields: Vec::new(),
        })
    }
}

/// A problem as far as the phone needs it. A code of a newer province is no reason to choke.
#[derive(Deserialize)]
struct Lenient {
    code: String,
    #[serde(default)]
    fields: Vec<serde_json::Value>,
    #[serde(default)]
    retry_after: Option<u32>,
    #[serde(default)]
    server_time: Option<u64>,
}

/// The code for a screen. What only the app's makers could act on is one code.
pub(super) fn ui_code(code: ProblemCode) -> UiCode {
    UiCode::from_code(code.code()).unwrap_or(UiCode::AppRefused)
}

fn retry_after(response: &HttpResponse, in_body: Option<u32>) -> Option<u32> {
    let in_header = || {
        response
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
            .and_then(|(_, value)| value.trim().parse().ok())
    };
    in_body
        .or_else(in_header)
        .map(|seconds: u32| seconds.min(RETRY_AFTER_SECONDS_MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use province_api::problem::Problem;

    use super::*;

    fn answer(status: u16, body: Vec<u8>) -> HttpResponse {
        HttpResponse {
            status,
            headers: vec![("Retry-After".to_owned(), "7".to_owned())],
            body,
        }
    }

    #[test]
    fn every_code_of_the_province_has_a_code_for_the_screen() {
        let for_makers_only = [
            // Never said to a phone, or no matter of what it asked.
            "caller_signature",
            "caller_clock",
            "counter_certificate",
            "system_unknown",
            "scope_missing",
            "rate_limited",
            "system_office",
            "document_not_allowed",
            "document_refused",
            "answer_parts",
            "application_move",
            "webhook_url",
            "webhook_unknown",
            "dispatch_state_unknown",
            "reference_taken",
            // Of officers.
            "officer_session",
            "officer_stale",
            "officer_forbidden",
            "officer_invite_invalid",
            "passkey_refused",
            "four_eyes",
            "proposal_over",
            "proposal_differs",
            "document_not_held",
            "request_malformed",
            "request_replayed",
            "idempotency_conflict",
            "challenge_invalid",
            "holder_key_unproven",
            "pass_type_unknown",
            "not_found",
            "body_too_large",
        ];
        for code in ProblemCode::ALL {
            let shown = ui_code(*code);
            if for_makers_only.contains(&code.code()) {
                assert_eq!(shown, UiCode::AppRefused, "{}", code.code());
            } else {
                assert_eq!(shown.code(), code.code());
            }
        }
    }

    #[test]
    fn a_pause_is_read_from_the_header_or_the_body_and_has_a_limit() {
        let mut problem = Problem::new(ProblemCode::NadraUnavailable);
        let read = |problem: &Problem| {
            Refusal::read(&answer(503, serde_json::to_vec(problem).unwrap())).into_error()
        };
        assert_eq!(read(&problem).retry_after_seconds, Some(7));
        problem.retry_after = Some(u32::MAX);
        assert_eq!(read(&problem).retry_after_seconds, Some(86_400));
    }

    #[test]
    fn an_answer_that_is_no_problem_is_unclear() {
        for (status, body, code) in [
            (502, &b"<html>"[..], UiCode::ServerFault),
            (429, b"", UiCode::TooManyAttempts),
            (429, br#"{"code":"rate_limited"}"#, UiCode::TooManyAttempts),
            (302, b"{}", UiCode::AnswerInvalid),
            (400, br#"{"code":"of_another_time"}"#, UiCode::AnswerInvalid),
        ] {
            match Refusal::read(&answer(status, body.to_vec())) {
                Refusal::Unclear(error) => assert_eq!(error.code, code),
                _ => panic!("{status} is not a problem"),
            }
        }
    }
}
