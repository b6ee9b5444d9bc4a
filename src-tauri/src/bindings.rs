//! The commands as TypeScript, for the screens.
//!
//! The generator's text is turned into one that imports nothing: `commandsOver(invoke)` takes the
//! way to call a command, because a screen may run in the app's window or in the preview.

use tauri::Runtime;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::commands;

/// Every command there is, with its types.
pub fn commands<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .error_handling(ErrorHandlingMode::Throw)
        .commands(collect_commands![
            commands::app_state,
            commands::set_language,
            commands::create_vault,
            commands::unlock,
            commands::lock,
            commands::draft,
            commands::save_draft,
            commands::set_photo,
            commands::photo,
            commands::enrol,
            commands::sync,
            commands::home,
            commands::timed_choices,
            commands::show_timed,
            commands::showing_frames,
            commands::end_showing,
            commands::read_request_picture,
            commands::read_request_frame,
            commands::read_request_text,
            commands::answer_request,
            commands::decline_request,
            commands::history,
            commands::test_citizens,
        ])
}
