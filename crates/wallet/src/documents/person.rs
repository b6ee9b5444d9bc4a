//! Whose a document is: the citizen's own, or a child's that it names.

use credential::Claims;

use crate::screen::{Document, Person};

/// What a document says of a child, by the keys of the register's claims. Any kind that has them is grouped by them.
const NAME_EN: &str = "child_name_en";
const NAME_UR: &str = "child_name_ur";
const NUMBER: &str = "child_number";
const BIRTH: [&str; 2] = ["child_birth_date", "born_on"];

/// A child, as far as its documents say.
struct Child {
    number: Option<String>,
    person: Person,
}

/// The people of one vault.
pub(super) struct People {
    own: Person,
    /// The citizen's own number and day of birth: a child's document that names them is their own.
    own_number: Option<String>,
    own_birth: Option<String>,
    children: Vec<Child>,
}

impl People {
    /// The citizen, as what the vault holds of them says.
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Claims>) -> Self {
        let mut people = Self {
            own: Person {
                own: true,
                ..Person::default()
            },
            own_number: None,
            own_birth: None,
            children: Vec::new(),
        };
        let fill = |place: &mut Option<String>, value: Option<String>| {
            if place.is_none() {
                *place = value;
            }
        };
        let (mut name_en, mut name_ur) = (None, None);
        for identity in all.filter_map(|claims| claims.identity.as_ref()) {
            fill(&mut name_en, identity.full_name.clone());
            fill(&mut name_ur, identity.full_name_local.clone());
            fill(&mut people.own_number, identity.id.clone());
            let birth = identity.date_of_birth.as_deref().and_then(day);
            fill(&mut people.own_birth, birth);
        }
        people.own.name_en = name_en.unwrap_or_default();
        people.own.name_ur = name_ur.unwrap_or_default();
        people
    }

    /// Puts a document to the person whose it is.
    pub(super) fn put(&mut self, document: Document) {
        let value = |key: &str| {
            let claim = document.claims.iter().find(|claim| claim.key == key);
            claim.and_then(|claim| claim.value.clone())
        };
        let child = Child {
            number: value(NUMBER),
            person: Person {
                own: false,
                name_en: value(NAME_EN).unwrap_or_default(),
                name_ur: value(NAME_UR).unwrap_or_default(),
                born_on: BIRTH.into_iter().find_map(value),
                documents: Vec::new(),
            },
        };
        let nobody =
            child.number.is_none() && child.person.name_en.is_empty() && child.person.name_ur.is_empty();
        if nobody || self.is_own(&child) {
            self.own.documents.push(document);
            return;
        }
        if let Some(known) = self.children.iter_mut().find(|one| one.is(&child)) {
            known.learn(child);
            known.person.documents.push(document);
            return;
        }
        let mut child = child;
        child.person.documents.push(document);
        self.children.push(child);
    }

    fn is_own(&self, child: &Child) -> bool {
        match (&child.number, &self.own_number) {
            (Some(number), Some(own)) => digits(number) == digits(own),
            _ => {
                child.person.born_on.is_some()
                    && child.person.born_on == self.own_birth
                    && same_name(&child.person, &self.own)
            }
        }
    }

    /// The citizen first, then the children by their day of birth; nobody who has nothing here.
    pub(super) fn sorted<K: Ord>(mut self, order: impl Fn(&Document) -> K) -> Vec<Person> {
        self.children
            .sort_by(|one, other| one.place().cmp(&other.place()));
        let children = self.children.into_iter().map(|child| child.person);
        let mut people: Vec<Person> = std::iter::once(self.own)
            .chain(children)
            .filter(|person| !person.documents.is_empty())
            .collect();
        for person in &mut people {
            person.documents.sort_by_key(&order);
        }
        people
    }
}

impl Child {
    fn place(&self) -> (&Option<String>, &str) {
        (&self.person.born_on, &self.person.name_en)
    }

    /// Whether two documents name the same child: by its number, or, where one has none, by name and day of birth.
    fn is(&self, other: &Self) -> bool {
        match (&self.number, &other.number) {
            (Some(number), Some(another)) => digits(number) == digits(another),
            _ => self.person.born_on == other.person.born_on && same_name(&self.person, &other.person),
        }
    }

    /// Takes over what this document says and others did not.
    fn learn(&mut self, other: Self) {
        self.number = self.number.take().or(other.number);
        let person = &mut self.person;
        person.born_on = person.born_on.take().or(other.person.born_on);
        for (name, more) in [
            (&mut person.name_en, other.person.name_en),
            (&mut person.name_ur, other.person.name_ur),
        ] {
            if name.is_empty() {
                *name = more;
            }
        }
    }
}

fn same_name(one: &Person, other: &Person) -> bool {
    let same = |one: &str, other: &str| !one.is_empty() && folded(one) == folded(other);
    same(&one.name_en, &other.name_en) || same(&one.name_ur, &other.name_ur)
}

fn folded(name: &str) -> String {
    name.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// `19870905` as `1987-09-05`.
fn day(compact: &str) -> Option<String> {
    let (year, month, day) = (compact.get(..4)?, compact.get(4..6)?, compact.get(6..8)?);
    Some(format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use credential::{ISSUER, Identity, Timestamp, Vct};

    use super::*;
    use crate::screen::{ClaimView, DocumentSort, DocumentState, KindView, Script, Words};

    fn document(id: &str, says: &[(&str, &str)]) -> Document {
        Document {
            id: id.to_owned(),
            vct: "b-form".to_owned(),
            kind: KindView::default(),
            sort: DocumentSort::Document,
            issuer: None,
            iss: ISSUER.to_owned(),
            issued_on: "2026-11-22".to_owned(),
            valid_until: "2031-11-22".to_owned(),
            state: DocumentState::Shows,
            ended_at: None,
            left: 1,
            timed: false,
            photo: false,
            can_delete: true,
            claims: says
                .iter()
                .map(|(key, value)| ClaimView {
                    key: (*key).to_owned(),
                    label: Words::default(),
                    value: Some((*value).to_owned()),
                    words: None,
                    script: Script::Word,
                })
                .collect(),
        }
    }

    fn grouped(documents: Vec<Document>) -> Vec<(String, Vec<String>)> {
        let citizen = Claims {
            iss: ISSUER.to_owned(),
            iat: Timestamp::from_unix(0),
            nbf: None,
            exp: Timestamp::from_unix(86_400),
            holder: None,
            vct: Vct::IDENTITY,
            identity: Some(Identity {
                id: Some("9999912345671".to_owned()),
                full_name: Some("Gul Zaman".to_owned()),
                date_of_birth: Some("19870905".to_owned()),
                ..Identity::default()
            }),
            status: None,
            facts: credential::Facts::default(),
        };
        let mut people = People::of([&citizen].into_iter());
        for document in documents {
            people.put(document);
        }
        let people = people.sorted(|one| one.id.clone());
        let ids = |person: Person| person.documents.into_iter().map(|one| one.id).collect();
        people
            .into_iter()
            .map(|person| (person.name_en.clone(), ids(person)))
            .collect()
    }

    #[test]
    fn a_childs_documents_stand_together_and_the_citizens_own_come_first() {
        let zari = [("child_name_en", "Zari Gul"), ("child_number", "99999-1111111-2")];
        let people = grouped(vec![
            document(
                "1",
                &[
                    ("child_name_en", "Bakht"),
                    ("child_number", "99999-2222222-1"),
                    ("child_birth_date", "2020-01-02"),
                ],
            ),
            document("2", &[("name_en", "Gul Zaman")]),
            document("3", &zari),
            // Spelled otherwise: the number counts.
            document(
                "4",
                &[("child_name_en", "Zari  GUL"), ("child_number", "9999911111112")],
            ),
            // No number: name and day of birth do.
            document("5", &[("child_name_en", "bakht"), ("born_on", "2020-01-02")]),
            // Another child of the same name.
            document(
                "6",
                &[
                    ("child_name_en", "Bakht"),
                    ("child_number", "99999-3333333-1"),
                    ("child_birth_date", "2023-01-02"),
                ],
            ),
        ]);
        let of =
            |name: &str, ids: &[&str]| (name.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(
            people,
            [
                of("Gul Zaman", &["2"]),
                of("Zari Gul", &["3", "4"]),
                of("Bakht", &["1", "5"]),
                of("Bakht", &["6"]),
            ]
        );
    }

    #[test]
    fn what_names_the_citizen_as_the_child_is_their_own() {
        let people = grouped(vec![
            document("1", &[("child_name_en", "Gul Zaman"), ("born_on", "1987-09-05")]),
            document(
                "2",
                &[("child_name_en", "Gul Z."), ("child_number", "99999-1234567-1")],
            ),
            // A child that has its parent's name is no parent.
            document("3", &[("child_name_en", "Gul Zaman"), ("born_on", "2019-09-05")]),
        ]);
        assert_eq!(people[0].1, ["1", "2"]);
        assert_eq!(people[1].1, ["3"]);
    }
}
