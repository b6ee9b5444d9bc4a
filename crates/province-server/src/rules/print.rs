//! What is printed of a citizen: the claim-169 card and documents, with the words of the type register.

use credential::paper::{CardClaims, issue_card};
use credential::{
    Claims, DAY, ISSUER, Kind, Names, PassType, Shown, StatusRef, Timestamp, Value, Vct, document_text,
};
use paper::{Card, Document, PrintError, Row, Words, card_pdf, card_sheet_pdf, document_pdf};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::{Cnic, DistrictId, GuardianRelation};

use super::document::{self, DocumentError, Whose};
use super::kinds::{self, Citizen, Granted};
use super::publish::{ISSUER_NAME, ISSUER_NAME_UR};
use super::record::Record;
use super::{Fault, audit, signing};
use crate::audit::{Action, Actor};
use crate::districts;
use crate::keys::ServingKeys;
use crate::store::Store;

/// How long a printed card serves at most, in days: five years, and no longer than the key that signs it.
pub const CARD_DAYS: u64 = 5 * 365;

/// The size of a printed card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFormat {
    /// An A4 sheet to keep, with the card to cut out.
    A4,
    /// Front and back in the size of a card (ISO/IEC 7810 ID-1), for a card printer.
    Id1,
}

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PressError {
    /// There is nothing to print.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// What there is cannot be printed.
    #[error(transparent)]
    Print(#[from] PrintError),
}

impl PressError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Print(error) => error.code(),
        }
    }
}

impl From<Fault> for PressError {
    fn from(fault: Fault) -> Self {
        Self::Document(fault.into())
    }
}

impl From<crate::store::StoreError> for PressError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Document(error.into())
    }
}

/// Prints for an office.
#[derive(Debug)]
pub struct Press<'a> {
    /// The database.
    pub store: &'a Store,
    /// Signs cards and documents, and opens records.
    pub keys: &'a ServingKeys,
    /// Who prints.
    pub by: &'a Actor,
    /// Whether the province's roots are test roots, which each page then says.
    pub test: bool,
}

impl Press<'_> {
    /// Signs and prints the card of the citizen with this CNIC.
    ///
    /// # Errors
    /// [`PressError`].
    pub async fn card(&self, cnic: &Cnic, format: CardFormat, now: Timestamp) -> Result<Vec<u8>, PressError> {
        let mut db = self.store.read().await?;
        let person = document::find_in_good_standing(&mut db, &self.keys.data, cnic).await?;
        let record = document::open(&self.keys.data, &person)?;
        let register = kinds::published(&mut db).await?;
        let identity = register.find(&Vct::IDENTITY).ok_or(DocumentError::UnknownType)?;
        let key = self.keys.current(&mut db, Vct::PAPER_CARD, now).await?;
        let ends = signing::end_of_current(&mut db, Vct::PAPER_CARD, now).await?;
        // What an identity on the phone says, in the register's words; the code has of it what claim 169 has a place for.
        let says = kinds::claims(
            identity,
            &Citizen::new(&person, &record),
            &Granted::default(),
            Some(key.public().into()),
            now,
        );
        let claims = card_claims(&says, person.status_index, ends, now);
        let code = issue_card(&claims, &key).map_err(DocumentError::Issue)?;
        drop(db);
        let what = serde_json::json!({ "key": hex::encode(key.public().key_id().as_bytes()) });
        let mut write = self.store.write().await?;
        let (by, action) = (self.by, Action::CardPrinted);
        audit::note(&mut write, by, action, Some(&person.id), &what, now).await?;
        write.commit().await?;
        let card = self.laid_out(identity, &says, &record, claims.exp, code);
        Ok(match format {
            CardFormat::A4 => card_sheet_pdf(&card),
            CardFormat::Id1 => card_pdf(&card),
        }?)
    }

    fn laid_out(
        &self,
        identity: &PassType,
        says: &Claims,
        record: &Record,
        ends: Timestamp,
        code: String,
    ) -> Card {
        let mut rows = rows(identity, says);
        let mut take = |key: &str| -> Option<Row> {
            let place = rows.iter().position(|(of, _)| of == key)?;
            Some(rows.remove(place).1)
        };
        let name = take("name_en").unwrap_or_default().value;
        let number = take("cnic").unwrap_or_default();
        let front: Vec<Row> = ["date_of_birth", "gender"]
            .into_iter()
            .filter_map(&mut take)
            .collect();
        let guardian = take("guardian_name_en").map(|row| Row {
            label: match record.particulars.guardian_relation {
                GuardianRelation::Father => Words::new("Father's name", "والد کا نام"),
                GuardianRelation::Husband => Words::new("Husband's name", "شوہر کا نام"),
            },
            ..row
        });
        let back = ["address", "district"].into_iter().filter_map(&mut take);
        Card {
            title: Words::new("Identity on paper", "کاغذی شناخت"),
            issuer: Words::new(ISSUER_NAME, ISSUER_NAME_UR),
            name,
            number,
            front: front.into_iter().chain([until(ends)]).collect(),
            back: guardian.into_iter().chain(back).collect(),
            photo: Some(record.photo.0.clone()),
            code,
            test: self.test,
        }
    }

    /// Signs and prints a document that this citizen holds.
    ///
    /// # Errors
    /// [`PressError`].
    pub async fn document(&self, whose: &Whose, vct: &Vct, now: Timestamp) -> Result<Vec<u8>, PressError> {
        let signed = document::paper(self.store, self.keys, self.by, (whose, vct), now).await?;
        let mut db = self.store.read().await?;
        let ends = signing::end_of_current(&mut db, *vct, now).await?;
        let register = kinds::published(&mut db).await?;
        let kind = register.find(vct).ok_or(DocumentError::UnknownType)?;
        let code = document_text(&signed).map_err(|_| PrintError::Code)?;
        let signed = credential::Credential::parse(&signed).map_err(|_| PrintError::Code)?;
        let claims = signed.unverified_claims();
        let mut rows: Vec<Row> = rows(kind, claims).into_iter().map(|(_, row)| row).collect();
        // The document's own last day, if it has one, is a claim; this one is the signature's.
        rows.push(Row {
            label: Words::new("Code readable until", "کوڈ کب تک کارآمد"),
            ..until(if ends < claims.exp { ends } else { claims.exp })
        });
        Ok(document_pdf(&Document {
            title: words(&kind.name),
            issuer: Words::new(ISSUER_NAME, ISSUER_NAME_UR),
            rows,
            code,
            test: self.test,
        })?)
    }
}

/// What a card's code says.
fn card_claims(says: &Claims, status_index: u32, ends: Timestamp, now: Timestamp) -> CardClaims {
    let iat = now.start_of_day();
    let exp = iat.plus(CARD_DAYS * DAY);
    let mut identity = says.identity.clone().unwrap_or_default();
    identity.guardian_local = None;
    CardClaims {
        iss: ISSUER.to_owned(),
        iat,
        exp: if ends < exp { ends.start_of_day() } else { exp },
        identity,
        status: StatusRef {
            index: status_index,
            uri: IDENTITY_LIST.to_owned(),
        },
    }
}

/// The last whole day before `end`, a midnight in UTC, at which something holds no longer: it is early morning here then.
fn until(end: Timestamp) -> Row {
    let last = province_api::person::Day::at_unix(end.minus(DAY).unix()).compact();
    let part = |from: usize, to: usize| last.get(from..to).and_then(|digits| digits.parse::<u16>().ok());
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    Row {
        label: Words::new("Valid until", "کب تک کارآمد"),
        value: date(year.unwrap_or(0), month.unwrap_or(0), day.unwrap_or(0)),
    }
}

/// What a credential says, by its kind: key and particular, in the register's order. What is said in both scripts is one
/// particular: `name_en` with `name_ur`.
fn rows(kind: &PassType, claims: &Claims) -> Vec<(String, Row)> {
    let mut rows: Vec<(String, Row)> = Vec::new();
    for shown in kind.shown(claims).filter(|shown| shown.claim.kind != Kind::Photo) {
        let value = value(&shown);
        let key = &shown.claim.key;
        let latin = key.strip_suffix("_ur").map(|stem| format!("{stem}_en"));
        match rows.iter_mut().find(|(of, _)| Some(of) == latin.as_ref()) {
            Some((_, row)) if row.value.ur.is_empty() => row.value.ur = value.ur,
            _ => rows.push((
                key.clone(),
                Row {
                    label: words(&shown.claim.label),
                    value,
                },
            )),
        }
    }
    rows
}

fn words(names: &Names) -> Words {
    Words::new(&names.en, names.in_language("ur"))
}

/// A value as people read it.
fn value(shown: &Shown<'_>) -> Words {
    let latin = |text: String| Words::new(text, "");
    let said = |label: &Names| {
        let mut said = words(label);
        if said.en == said.ur {
            said.ur.clear();
        }
        said
    };
    match shown.value {
        Value::Text(id) if shown.claim.kind == Kind::District => {
            let known = DistrictId::parse(id).ok().and_then(|id| districts::find(&id));
            known.map_or_else(
                || latin(id.to_owned()),
                |district| Words::new(&district.name.en, &district.name.ur),
            )
        }
        Value::Text(text) if is_arabic(text) => Words::new("", text),
        Value::Text(text) => latin(text.to_owned()),
        Value::Number(paisa) if shown.claim.kind == Kind::Money => {
            let amount = rupees(paisa);
            Words::new(format!("Rs {amount}"), format!("{amount} روپے"))
        }
        Value::Number(number) => latin(number.to_string()),
        Value::Date(year, month, day) => date(year, month.into(), day.into()),
        Value::Truth(truth) => {
            let word = shown.claim.words.iter().find(|word| word.code == u8::from(truth));
            match (word, truth) {
                (Some(word), _) => said(&word.label),
                (None, true) => Words::new("Yes", "ہاں"),
                (None, false) => Words::new("No", "نہیں"),
            }
        }
        Value::Cnic(_) => {
            let digits = shown.value.text();
            latin(Cnic::parse(&digits).map_or(digits, |cnic| cnic.grouped()))
        }
        Value::Word(word) => said(&word.label),
        Value::Photo(_) => Words::default(),
    }
}

/// `2 May 1988`: no other order of day and month can be read into it.
fn date(year: u16, month: u16, day: u16) -> Words {
    const MONTHS: [[&str; 2]; 12] = [
        ["January", "جنوری"],
        ["February", "فروری"],
        ["March", "مارچ"],
        ["April", "اپریل"],
        ["May", "مئی"],
        ["June", "جون"],
        ["July", "جولائی"],
        ["August", "اگست"],
        ["September", "ستمبر"],
        ["October", "اکتوبر"],
        ["November", "نومبر"],
        ["December", "دسمبر"],
    ];
    let names = usize::from(month).checked_sub(1).and_then(|at| MONTHS.get(at));
    match names {
        Some([en, ur]) => Words::new(format!("{day} {en} {year}"), format!("{day} {ur} {year}")),
        None => Words::new(format!("{year:04}-{month:02}-{day:02}"), ""),
    }
}

/// `1,234,567`, with paisa where there are some.
fn rupees(paisa: u64) -> String {
    let digits = (paisa / 100).to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match paisa % 100 {
        0 => grouped,
        rest => format!("{grouped}.{rest:02}"),
    }
}

fn is_arabic(text: &str) -> bool {
    text.chars()
        .any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_days_are_written_as_people_read_them() {
        for (paisa, text) in [
            (0, "0"),
            (5, "0.05"),
            (99_900, "999"),
            (100_000, "1,000"),
            (123_456_750, "1,234,567.50"),
        ] {
            assert_eq!(rupees(paisa), text);
        }
        assert_eq!(date(1988, 5, 2), Words::new("2 May 1988", "2 مئی 1988"));
        // Midnight of the 22nd: the 21st is the last day.
        let row = until(Timestamp::from_unix(1_795_305_600));
        assert_eq!(row.value.en, "21 November 2026");
    }
}
