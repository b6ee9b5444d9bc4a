//! The sheet of one day: CSV (RFC 4180), plain ASCII, so that it needs no byte order mark and every spreadsheet reads it.

use credential::Timestamp;
use scan_log::{clock_text, day_of, day_text};

use super::{FaceAsked, Rules, Stay};

/// The first line.
const HEAD: [&str; 7] = ["office", "staff_number", "date", "in", "out", "hours", "remarks"];

/// Makes the sheet of these stays, in their order, as seen at `now`. Hours and minutes as `8:05`; a stay without a going
/// out has none. Remarks: `still_in`, `no_out`, `out_next_day`, `clock_changed`, and of a face that was asked for `in_face_same`,
/// `in_face_other`, `in_face_not_compared`, and the same with `out_`; more than one have a space between them.
#[must_use]
pub fn sheet(stays: &[Stay], rules: &Rules, now: Timestamp) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing into memory cannot fail, and each line has as many fields as the first.
    let _ = writer.write_record(HEAD);
    for stay in stays {
        let _ = writer.write_record(line(stay, rules, now));
    }
    writer.into_inner().unwrap_or_default()
}

fn line(stay: &Stay, rules: &Rules, now: Timestamp) -> [String; 7] {
    let backwards = stay.went.is_some_and(|went| went < stay.came);
    let minutes = stay
        .went
        .filter(|_| !backwards)
        .map(|went| went.since(stay.came) / 60);
    [
        stay.staff.office.as_str().to_owned(),
        stay.staff.number.as_str().to_owned(),
        day_text(stay.day),
        clock_text(stay.came),
        stay.went.map(clock_text).unwrap_or_default(),
        minutes
            .map(|minutes| format!("{}:{:02}", minutes / 60, minutes % 60))
            .unwrap_or_default(),
        remarks(stay, rules, now).join(" "),
    ]
}

/// What is to be said of a stay besides its times.
pub(super) fn remarks(stay: &Stay, rules: &Rules, now: Timestamp) -> Vec<&'static str> {
    let backwards = stay.went.is_some_and(|went| went < stay.came);
    let times = match stay.went {
        _ if backwards => Some("clock_changed"),
        Some(went) if day_of(went) != stay.day => Some("out_next_day"),
        Some(_) => None,
        None if rules.is_open(stay, now) => Some("still_in"),
        None => Some("no_out"),
    };
    let came = stay.came_face.map(|asked| match asked {
        FaceAsked::Due => "in_face_not_compared",
        FaceAsked::Same => "in_face_same",
        FaceAsked::Other => "in_face_other",
    });
    let went = stay.went_face.map(|asked| match asked {
        FaceAsked::Due => "out_face_not_compared",
        FaceAsked::Same => "out_face_same",
        FaceAsked::Other => "out_face_other",
    });
    [times, came, went].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use credential::DAY;

    use super::*;
    use crate::gate::Staff;

    /// Nine in the morning in Pakistan.
    const NINE: Timestamp = Timestamp::from_unix(20_779 * DAY + 4 * 3_600);

    fn stay(came: Timestamp, went: Option<Timestamp>) -> Stay {
        Stay {
            staff: Staff::example(),
            day: 20_779,
            came,
            went,
            came_face: None,
            went_face: None,
        }
    }

    #[test]
    fn a_day_is_written_as_spreadsheets_read_it() {
        let hours = |count: u64| NINE.plus(count * 3_600);
        let stays = [
            stay(NINE, Some(NINE.plus(8 * 3_600 + 5 * 60 + 59))),
            stay(hours(13), Some(hours(21))),
            stay(NINE, None),
            stay(hours(20), None),
            stay(hours(2), Some(hours(1))),
            Stay {
                came_face: Some(FaceAsked::Other),
                went_face: Some(FaceAsked::Due),
                ..stay(hours(13), Some(hours(21)))
            },
        ];
        let text = String::from_utf8(sheet(&stays, &Rules::default(), hours(24))).unwrap();
        assert_eq!(
            text,
            "office,staff_number,date,in,out,hours,remarks\r\n\
             dc-bajaur,1042,2026-11-22,09:00,17:05,8:05,\r\n\
             dc-bajaur,1042,2026-11-22,22:00,06:00,8:00,out_next_day\r\n\
             dc-bajaur,1042,2026-11-22,09:00,,,no_out\r\n\
             dc-bajaur,1042,2026-11-22,05:00,,,still_in\r\n\
             dc-bajaur,1042,2026-11-22,11:00,10:00,,clock_changed\r\n\
             dc-bajaur,1042,2026-11-22,22:00,06:00,8:00,out_next_day in_face_other out_face_not_compared\r\n"
        );
        assert_eq!(
            sheet(&[], &Rules::default(), NINE),
            b"office,staff_number,date,in,out,hours,remarks\r\n"
        );
    }
}
