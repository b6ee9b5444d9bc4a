//! Who asks: extractors say it once it is proven, and denials are noted under that name.

use std::sync::{Arc, OnceLock};

use axum::http::Extensions;

use crate::audit::Actor;
use crate::sealed::PersonId;

const NOBODY: &Actor = &Actor::NOBODY;

/// Whoever was not named.
pub(super) const fn nobody<'a>() -> (&'a Actor, Option<PersonId>) {
    (NOBODY, None)
}

/// Who asks, and the citizen whom it is about; nobody until somebody is named. It travels with the request, and the layer
/// around everything keeps it for when the answer is there.
#[derive(Clone, Default)]
pub(super) struct Named(Arc<OnceLock<(Actor, Option<PersonId>)>>);

impl Named {
    /// Puts one that names nobody yet beside a request.
    pub(super) fn beside(extensions: &mut Extensions) -> Self {
        let named = Self::default();
        extensions.insert(named.clone());
        named
    }

    /// The one beside a request.
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Says who it is. The first word counts.
    pub(super) fn says_it_is(&self, by: Actor) {
        let _ = self.0.set((by, None));
    }

    /// Says that it is a citizen's wallet, which still serves or did once.
    pub(super) fn says_it_is_of(&self, person: PersonId) {
        let _ = self.0.set((Actor::CITIZEN, Some(person)));
    }

    /// Who it is.
    pub(super) fn who(&self) -> (&Actor, Option<PersonId>) {
        self.0.get().map_or_else(nobody, |(by, about)| (by, *about))
    }
}
