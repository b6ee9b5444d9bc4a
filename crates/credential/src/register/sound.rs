//! What a register may not say: whoever reads one knows that each claim has one place and that timed types name nobody.

use std::collections::BTreeSet;

use super::content::{ClaimType, Kind, PassType, Place, RegisterContent, StatusRule};
use super::{CLAIMS_MAX, RegisterError, TYPES_MAX};
use crate::cbor::is_plain;
use crate::facts::{FIELDS, PSEUDONYMS};
use crate::names::Names;
use crate::vct::Vct;

/// Longest life of a credential, in days.
const LIFETIME_DAYS_MAX: u32 = 20 * 366;

/// Most passes of one type on a phone.
const STOCK_MAX: u32 = 20;

/// Longest name or label in one language, in bytes.
const LABEL_BYTES_MAX: usize = 160;

/// Facts that name nobody, and so may be shown to any desk at once.
const NAMELESS_FACTS: std::ops::RangeInclusive<u8> = 1..=6;

impl RegisterContent {
    /// # Errors
    /// [`RegisterError::Unsound`].
    pub(super) fn check(&self) -> Result<(), RegisterError> {
        let mut names = BTreeSet::new();
        let each_once = self.types.iter().all(|one| names.insert(one.vct));
        let sound = self.exp > self.iat
            && self.types.len() <= TYPES_MAX
            && each_once
            && self.types.iter().all(PassType::is_sound);
        if sound {
            Ok(())
        } else {
            Err(RegisterError::Unsound)
        }
    }
}

impl PassType {
    fn is_sound(&self) -> bool {
        let mut keys = BTreeSet::new();
        let mut places = BTreeSet::new();
        let each_once = self
            .claims
            .iter()
            .all(|claim| keys.insert(&claim.key) && places.insert(claim.at));
        let list = match &self.status {
            StatusRule::List(name) => Vct::parse(name).is_ok(),
            StatusRule::None | StatusRule::Person => true,
        };
        let nameless = !self.photo
            && self.claims.iter().all(|claim| match claim.at {
                Place::Fact(number) => NAMELESS_FACTS.contains(&number) || PSEUDONYMS.contains(&number),
                Place::Identity(_) => false,
            });
        let has_photo = places.contains(&Place::Fact(7));
        let shown = self.show.timed || self.show.request || self.show.printed;
        !Vct::RESERVED.contains(&self.vct)
            && are_names(&self.name)
            && is_key(&self.icon)
            && (1..=LIFETIME_DAYS_MAX).contains(&self.lifetime_days)
            && self.stock <= STOCK_MAX
            && self.assurance <= 4
            && list
            && shown
            && (!self.show.timed || nameless)
            && (!self.photo || has_photo)
            && (1..=CLAIMS_MAX).contains(&self.claims.len())
            && each_once
            && self.claims.iter().all(ClaimType::is_sound)
    }
}

impl ClaimType {
    fn is_sound(&self) -> bool {
        is_key(&self.key) && are_names(&self.label) && self.kind_fits() && self.words_fit()
    }

    fn kind_fits(&self) -> bool {
        let text = matches!(self.kind, Kind::Latin | Kind::Arabic | Kind::Text);
        match self.at {
            Place::Identity(1) => self.kind == Kind::Cnic,
            Place::Identity(4 | 10 | 15 | 19) | Place::Fact(4 | 9) => text,
            Place::Identity(8) => self.kind == Kind::Date,
            Place::Identity(9) | Place::Fact(8) => self.kind == Kind::Word,
            Place::Fact(1 | 2 | 5) => self.kind == Kind::Truth,
            Place::Fact(3) => self.kind == Kind::District,
            Place::Fact(6) => self.kind == Kind::Number,
            Place::Fact(7) => self.kind == Kind::Photo,
            Place::Fact(number) => FIELDS.contains(&number) && self.kind != Kind::Photo,
            Place::Identity(_) => false,
        }
    }

    fn words_fit(&self) -> bool {
        let mut codes = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let each_once = self.words.iter().all(|word| {
            let fits = is_key(&word.key) && are_names(&word.label);
            fits && codes.insert(word.code) && keys.insert(&word.key)
        });
        each_once
            && match self.kind {
                Kind::Word => !self.words.is_empty(),
                Kind::Truth => codes.is_empty() || codes == BTreeSet::from([0, 1]),
                _ => self.words.is_empty(),
            }
    }
}

fn is_key(text: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(ok)
}

fn are_names(names: &Names) -> bool {
    let fits = |text: &String| text.len() <= LABEL_BYTES_MAX && is_plain(text);
    !names.en.is_empty() && [&names.en, &names.ur, &names.ps].into_iter().all(fits)
}
