//! A face now and then: a staff pass says that the phone is there, not who carries it. One in so many comings and goings
//! the gate asks whoever stands guard to ask for `name-photo`, and the sheet says what came of it.

use credential::Vct;
use rusqlite::params;

use super::{Gate, Movement, Rules};
use crate::StationCode;
use crate::station::Station;
use crate::store::{Store, StoreError};
use crate::types::ScanReply;

/// What came of a face that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceAsked {
    /// Nobody compared it.
    Due,
    /// It was the phone's owner.
    Same,
    /// It was somebody else.
    Other,
}

impl FaceAsked {
    /// The name in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Same => "same",
            Self::Other => "other",
        }
    }

    /// The one of this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Due, Self::Same, Self::Other]
            .into_iter()
            .find(|one| one.name() == name)
    }
}

/// A face that is to be asked for: of which stay, on which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FaceCheck {
    stay: i64,
    out: bool,
}

impl Rules {
    /// Whether this draw means a face. `dice` is a random number.
    #[must_use]
    pub const fn asks_face(&self, dice: u32) -> bool {
        // As even as the dice are: no remainder favours anybody.
        self.face_one_in > 0 && (dice as u64 * self.face_one_in as u64) >> 32 == 0
    }
}

impl Station {
    /// After the desk has seen something: draws once for each coming and going whether a face is to be asked for. `dice` is
    /// a random number.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn draw_face(&mut self, mut reply: ScanReply, dice: u32) -> Result<ScanReply, StationCode> {
        let Some(gate) = &mut self.gate else {
            return Ok(reply);
        };
        let Some(passed) = self.visit.passed_mut() else {
            return Ok(reply);
        };
        if gate.drawn == Some(reply.visit) {
            return Ok(reply);
        }
        gate.drawn = Some(reply.visit);
        gate.check = None;
        if passed.movement == Movement::Again || !gate.rules.asks_face(dice) {
            return Ok(reply);
        }
        let check = FaceCheck {
            stay: passed.stay,
            out: passed.movement == Movement::Out,
        };
        self.store.put_face(check, FaceAsked::Due)?;
        gate.check = Some(check);
        passed.ask_face = true;
        if let Some(attendance) = &mut reply.attendance {
            attendance.ask_face = true;
        }
        Ok(reply)
    }

    /// After a face was compared: writes down what came of the one that the gate asked for.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`].
    pub fn settle_face(&mut self, reply: &ScanReply) -> Result<(), StationCode> {
        let Some(check) = self.gate.as_ref().and_then(|gate| gate.check) else {
            return Ok(());
        };
        let named = reply.vct.as_deref() == Some(Vct::NAME_PHOTO.as_str());
        let asked = match reply.code.as_deref() {
            Some("accepted") if named => FaceAsked::Same,
            Some("face_differs") => FaceAsked::Other,
            _ => return Ok(()),
        };
        self.store.put_face(check, asked)?;
        self.leave_face();
        Ok(())
    }

    /// Whoever was to be looked at has gone.
    pub fn leave_face(&mut self) {
        if let Some(Gate { check, .. }) = &mut self.gate {
            *check = None;
        }
    }
}

impl Store {
    fn put_face(&mut self, check: FaceCheck, asked: FaceAsked) -> Result<(), StoreError> {
        let sql = if check.out {
            "UPDATE attendance SET out_face = ?2 WHERE id = ?1"
        } else {
            "UPDATE attendance SET in_face = ?2 WHERE id = ?1"
        };
        self.connection.execute(sql, params![check.stay, asked.name()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_so_many_and_never_where_the_profile_says_so() {
        let rules = |face_one_in| Rules {
            face_one_in,
            ..Rules::default()
        };
        let asked = |one_in: u32| {
            (0..10_000_u32)
                .filter(|at| rules(one_in).asks_face(at.wrapping_mul(0x9e37_79b9)))
                .count()
        };
        assert_eq!((asked(0), asked(1)), (0, 10_000));
        let often = asked(20);
        assert!((450..=550).contains(&often), "{often}");
    }
}
