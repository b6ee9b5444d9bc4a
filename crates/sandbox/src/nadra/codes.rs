//! Codes that the simulated NADRA sent: to nobody's SIM, but to whoever plays it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use province_api::Bytes;
use province_api::nadra::CodeOutcome;
use province_api::person::Cnic;
use sha2::{Digest as _, Sha256};

/// Wrong codes after which the right one holds no more.
const WRONG_MAX: u32 = 3;

#[derive(Debug)]
struct Sent {
    reference: Bytes,
    cnic: Cnic,
    wrong: u32,
    is_used: bool,
}

impl Sent {
    /// Six digits that follow from the reference.
    fn code(&self) -> String {
        let hash = Sha256::new_with_prefix(b"sandbox code ").chain_update(&self.reference.0);
        let number = hash
            .finalize()
            .iter()
            .take(8)
            .fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }
}

/// All of them, the last one last.
#[derive(Debug, Default)]
pub(super) struct Codes(Mutex<Vec<Sent>>);

impl Codes {
    pub(super) fn send(&self, reference: &Bytes, cnic: &Cnic) {
        let mut all = self.held();
        if all.iter().all(|sent| sent.reference != *reference) {
            all.push(Sent {
                reference: reference.clone(),
                cnic: cnic.clone(),
                wrong: 0,
                is_used: false,
            });
        }
    }

    /// Whose code this is.
    pub(super) fn whose(&self, reference: &Bytes) -> Option<Cnic> {
        let all = self.held();
        let sent = all.iter().find(|sent| sent.reference == *reference);
        sent.map(|sent| sent.cnic.clone())
    }

    pub(super) fn check(&self, reference: &Bytes, code: &str) -> CodeOutcome {
        let mut all = self.held();
        let Some(sent) = all.iter_mut().find(|sent| sent.reference == *reference) else {
            return CodeOutcome::Expired;
        };
        if sent.is_used {
            CodeOutcome::Expired
        } else if sent.wrong >= WRONG_MAX {
            CodeOutcome::TooMany
        } else if sent.code() == code {
            sent.is_used = true;
            CodeOutcome::Right
        } else {
            sent.wrong += 1;
            CodeOutcome::Wrong
        }
    }

    pub(super) fn sent_to(&self, cnic: &Cnic) -> Option<String> {
        let all = self.held();
        all.iter().rev().find(|sent| sent.cnic == *cnic).map(Sent::code)
    }

    fn held(&self) -> MutexGuard<'_, Vec<Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
