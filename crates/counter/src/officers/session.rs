//! The session of the officer at the desk. It lives in memory: after a restart everybody signs in again.

use credential::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::opaque::opaque_debug;
use crate::types::Role;

/// Wrong set-up codes until the desk has to be started again.
const SETUP_TRIES_MAX: u32 = 5;

opaque_debug!(Session, Officers);

/// Somebody is signed in.
pub(crate) struct Session {
    /// Their number.
    pub number: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// They have to choose a PIN first.
    pub temporary: bool,
    /// The shift that is under way.
    pub shift: i64,
    /// When they, or a visitor, last did something.
    pub active_at: Timestamp,
    secret: String,
}

/// Who is at the desk, and the code that the first supervisor needs.
#[derive(Default)]
pub(crate) struct Officers {
    pub session: Option<Session>,
    /// The verdict of the visit with this number was counted.
    pub counted: Option<u32>,
    setup: Option<String>,
    setup_tries: u32,
}

impl Session {
    pub fn new(
        (number, name, role, temporary): (String, String, Role, bool),
        shift: i64,
        secret: String,
        now: Timestamp,
    ) -> Self {
        Self {
            number,
            name,
            role,
            temporary,
            shift,
            active_at: now,
            secret,
        }
    }

    /// In constant time: how long it takes must not tell how much of a guess was right.
    pub fn is_of(&self, secret: &str) -> bool {
        self.secret.as_bytes().ct_eq(secret.as_bytes()).into()
    }

    /// Seconds without a sign of life; none if the clock was set back meanwhile.
    pub fn idle_seconds(&self, now: Timestamp) -> u64 {
        now.since(self.active_at)
    }
}

impl Officers {
    /// The code without which nobody becomes the first supervisor on the screen.
    pub fn open_setup(&mut self, code: String) {
        self.setup = Some(code);
        self.setup_tries = 0;
    }

    /// Whether the code is right; after a few wrong ones none is.
    pub fn is_setup(&mut self, code: &str) -> bool {
        let Some(setup) = &self.setup else { return false };
        if self.setup_tries >= SETUP_TRIES_MAX {
            return false;
        }
        let right = bool::from(setup.as_bytes().ct_eq(code.trim().as_bytes()));
        self.setup_tries += u32::from(!right);
        right
    }

    /// Whether a code was made and some tries are left.
    pub const fn may_set_up(&self) -> bool {
        self.setup.is_some() && self.setup_tries < SETUP_TRIES_MAX
    }

    /// The desk has its first supervisor.
    pub fn close_setup(&mut self) {
        self.setup = None;
    }
}
