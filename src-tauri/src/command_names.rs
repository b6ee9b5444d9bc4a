// The one list of what a screen may call. The build makes a permission for each name, and tests
// hold the capability file, the registered commands and the TypeScript bindings to it.

/// Names of all commands.
pub const COMMANDS: &[&str] = &[
    "app_state",
    "set_language",
    "create_vault",
    "unlock",
    "lock",
    "draft",
    "save_draft",
    "set_photo",
    "photo",
    "enrol",
    "sync",
    "home",
    "timed_choices",
    "show_timed",
    "showing_frames",
    "end_showing",
    "read_request_picture",
    "read_request_frame",
    "read_request_text",
    "answer_request",
    "decline_request",
    "past",
    "forget_past",
    "forget_past_between",
    "test_citizens",
];
