//! Which signed data the desk holds, in one word of the scan log.

use super::Station;

impl Station {
    /// The numbers of what is here: `trust.4:types.2:rules.1:status.31`.
    pub(crate) fn held(&self) -> String {
        let numbers = [
            ("trust", self.trust.as_ref().map(credential::TrustList::sequence)),
            (
                "types",
                self.types.as_ref().map(credential::TypeRegister::sequence),
            ),
            ("rules", self.rules.as_ref().map(|rules| rules.content().sequence)),
            (
                "status",
                self.status.as_ref().map(|status| status.manifest().epoch()),
            ),
        ];
        let words: Vec<String> = numbers
            .into_iter()
            .filter_map(|(name, number)| Some(format!("{name}.{}", number?)))
            .collect();
        words.join(":")
    }
}
