//! TypeScript for the page: the types of the calls and the lists of codes, made from the Rust ones.

use credential::Code;
use specta::Types;
use specta_typescript::Typescript;

use crate::StationCode;
use crate::types::{
    AddOfficerCall, AssistedCall, AssistedReply, AttendanceDay, ChangePinCall, CitizenView, CounterState,
    DayCall, ErrorReply, FaceCall, LostCall, LostReply, OfficersReply, PersonCall, PersonReply, PhoneReply,
    PhoneSeen, RequestCall, ResetPinCall, SetActiveCall, SetUpCall, SheetCall, SignInCall, SignInReply,
    SignOutReply, SyncReply, TextCall,
};

/// The TypeScript could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the TypeScript types could not be made")]
pub struct BindingsError(#[from] specta_typescript::Error);

/// The whole file `ui/src/counter/bindings.ts`.
///
/// # Errors
/// [`BindingsError`].
pub fn typescript() -> Result<String, BindingsError> {
    let types = Types::default()
        .register::<AddOfficerCall>()
        .register::<AssistedCall>()
        .register::<AssistedReply>()
        .register::<PhoneReply>()
        .register::<PhoneSeen>()
        .register::<ChangePinCall>()
        .register::<CitizenView>()
        .register::<CounterState>()
        .register::<OfficersReply>()
        .register::<ResetPinCall>()
        .register::<SetActiveCall>()
        .register::<SetUpCall>()
        .register::<SignInCall>()
        .register::<SignInReply>()
        .register::<SignOutReply>()
        .register::<ErrorReply>()
        .register::<FaceCall>()
        .register::<LostCall>()
        .register::<LostReply>()
        .register::<PersonCall>()
        .register::<PersonReply>()
        .register::<RequestCall>()
        .register::<SheetCall>()
        .register::<DayCall>()
        .register::<AttendanceDay>()
        .register::<SyncReply>()
        .register::<TextCall>();
    let text = Typescript::default()
        .header("// Made by `KHYBER_BLESS=1 cargo test -p counter bindings`; changes here are lost.\n")
        .export(&types, specta_serde::Format)?;
    let verdicts = list("VERDICT_CODES", Code::ALL.iter().map(|code| code.code()));
    let station = list("STATION_CODES", StationCode::ALL.iter().map(|code| code.code()));
    Ok(format!(
        "{}\n{verdicts}{station}",
        text.trim_end().to_owned() + "\n"
    ))
}

fn list<'a>(name: &str, codes: impl Iterator<Item = &'a str>) -> String {
    let codes = codes.fold(String::new(), |text, code| text + "  \"" + code + "\",\n");
    format!("export const {name} = [\n{codes}] as const;\n")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn the_pages_types_are_those_of_this_program() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/counter/bindings.ts");
        let made = typescript().unwrap();
        if std::env::var_os("KHYBER_BLESS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == made,
            "stale: run KHYBER_BLESS=1 cargo test -p counter bindings"
        );
    }

    #[test]
    fn each_code_has_what_happened_and_what_to_do_in_each_language() {
        for language in ["en", "ur", "ps"] {
            let path = format!("{}/../../ui/messages/{language}.json", env!("CARGO_MANIFEST_DIR"));
            let messages: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let codes = Code::ALL.iter().map(|code| code.code());
            for code in codes.chain(StationCode::ALL.iter().map(|code| code.code())) {
                for key in [format!("code_{code}"), format!("code_{code}_next")] {
                    let text = messages[&key].as_str().unwrap_or_default();
                    assert!(!text.is_empty(), "{language} has no text {key}");
                }
            }
        }
    }
}
