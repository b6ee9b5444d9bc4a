//! What the tests' province signs for its desks besides the trust list: the status and the risk rules.

use super::*;

/// The service of a desk that was given no profile.
const SERVICE: &str = "general";

impl Land {
    /// A manifest and its one list, in which these indices are revoked.
    pub fn status(&self, epoch: u64, revoked: &[u32]) -> (Vec<u8>, Bitmap) {
        let shape = Shape::new(4, 256).unwrap();
        let list = Bitmap::with(shape, revoked.iter().copied()).unwrap();
        let entry = ListEntry {
            shape,
            bitmaps: BTreeMap::from([(StatusPurpose::Revoked, list.root())]),
        };
        let content = StatusContent {
            epoch,
            iat: Timestamp::from_unix(self.now - 6 * 3_600),
            exp: Timestamp::from_unix(self.now + 7 * DAY),
            lists: BTreeMap::from([(LIST.to_owned(), entry)]),
        };
        (StatusManifest::sign(&content, &self.issuer).unwrap(), list)
    }

    /// Rules whose one service takes ages and identities, and whose data are green for two days and amber for ten.
    pub fn rules(&self, sequence: u64) -> Vec<u8> {
        let limits = AgeLimits {
            green: 2 * DAY,
            amber: 10 * DAY,
        };
        let content = RulesContent {
            sequence,
            iat: Timestamp::from_unix(NOW - DAY),
            exp: Timestamp::from_unix(NOW + 90 * DAY),
            rules: vec![RiskRule {
                service: SERVICE.into(),
                name: Names::new("Test service", "آزمائشی خدمت", "ازمایښتي خدمت"),
                takes: vec![Vct::AGE, Vct::IDENTITY],
                mode: Mode::Timed,
                assurance_min: 0,
                status_age: limits,
                trust_age: limits,
                must: BTreeMap::new(),
            }],
        };
        RiskRules::sign(&content, &self.issuer).unwrap()
    }
}

/// The list's table or shard of this hash.
pub fn piece(list: &Bitmap, sha256: &[u8; 32]) -> Option<Vec<u8>> {
    if list.root() == *sha256 {
        return Some(list.table());
    }
    let shard = list.hashes().iter().position(|hash| hash == sha256)?;
    list.encoded(u32::try_from(shard).unwrap())
}

/// Brings a desk status data, piece by piece.
pub fn take_status(station: &mut Station, manifest: &[u8], list: &Bitmap) {
    if let Some(mut staged) = station.stage_status(manifest).unwrap() {
        while let Some(wanted) = staged.missing() {
            staged
                .add(&wanted, &piece(list, &wanted.sha256).unwrap())
                .unwrap();
        }
        station.take_status(staged).unwrap();
    }
}
