//! A gate for staff, as the page is told of it and asks for it.

use serde::{Deserialize, Serialize};
use specta::Type;

/// The gate's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct GateView {
    /// Staff may pass though nobody is signed in.
    pub open: bool,
    /// The name of who opened it.
    pub opened_by: Option<String>,
    /// When.
    pub opened_at: Option<u32>,
}

/// What a staff pass meant at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AttendanceView {
    /// Which way.
    pub movement: MovementView,
    /// The minute that is written down.
    pub at: u32,
    /// This one's face is to be compared: ask for `name-photo`.
    pub ask_face: bool,
}

/// Which way somebody went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MovementView {
    /// Came in.
    In,
    /// Went out.
    Out,
    /// The same pass shortly before: nothing is written.
    Again,
}

/// Ask for the attendance sheet of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SheetCall {
    /// The day, `YYYY-MM-DD`.
    pub day: String,
}

/// Ask who came and went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DayCall {
    /// The day, `YYYY-MM-DD`; today without one.
    pub day: Option<String>,
}

/// Who came and went on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AttendanceDay {
    /// The day, `YYYY-MM-DD`, in Pakistan.
    pub day: String,
    /// How many of them are inside now.
    pub inside: u32,
    /// The latest movement first.
    pub stays: Vec<StayView>,
}

/// One stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct StayView {
    /// The office.
    pub office: String,
    /// The number that it gave.
    pub number: String,
    /// When they came.
    pub came: u32,
    /// When they went.
    pub went: Option<u32>,
    /// The sheet's remarks.
    pub remarks: Vec<String>,
}
