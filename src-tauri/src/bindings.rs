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
            commands::lock::app_state,
            commands::lock::set_language,
            commands::lock::create_vault,
            commands::lock::unlock,
            commands::lock::lock,
            commands::lock::lock_screen,
            commands::lock::unlock_biometric,
            commands::lock::check_pin,
            commands::lock::add_profile,
            commands::lock::forget_profile,
            commands::lock::touch,
            commands::lock::sight,
            commands::safety::safety,
            commands::safety::change_pin,
            commands::safety::set_biometric,
            commands::safety::set_auto_lock,
            commands::safety::set_wipe,
            commands::safety::set_sign,
            commands::enrol::draft,
            commands::enrol::save_draft,
            commands::enrol::set_photo,
            commands::enrol::photo,
            commands::enrol::enrol,
            commands::sync::sync,
            commands::sync::on_its_way,
            commands::sync::change_mobile,
            commands::sync::report_lost,
            commands::sync::discard_errand,
            commands::sync::give_up_errand,
            commands::sync::set_sync_limits,
            commands::sync::note_network,
            commands::sync::rebind,
            commands::sync::start_over,
            commands::lost::check_person,
            commands::lost::prepare_photo,
            commands::lost::tell_lost,
            commands::lost::forget_lost,
            commands::lost::lost_person,
            commands::lost::retry_errand,
            commands::show::home,
            commands::show::timed_choices,
            commands::show::show_timed,
            commands::show::showing_frames,
            commands::show::end_showing,
            commands::show::read_request_picture,
            commands::show::read_request_frame,
            commands::show::read_request_text,
            commands::show::answer_request,
            commands::show::decline_request,
            commands::past::past,
            commands::past::forget_past,
            commands::past::forget_past_between,
            commands::services::services,
            commands::services::service,
            commands::documents::documents,
            commands::documents::delete_document,
            commands::documents::want_document,
            commands::documents::export,
            commands::documents::write_export,
            commands::moving::make_phrase,
            commands::moving::make_backup,
            commands::moving::forget_phrase,
            commands::moving::complete_word,
            commands::moving::restore_backup,
            commands::moving::restored,
            commands::moving::begin_receiving,
            commands::moving::move_view,
            commands::moving::read_move_picture,
            commands::moving::read_move_frame,
            commands::moving::words_agree,
            commands::moving::end_move,
            commands::enrol::test_citizens,
        ])
}
