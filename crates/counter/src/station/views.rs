//! What the page is told about the desk itself.

use credential::{IssuedRequest, RootKind, Signer, Timestamp, Vct};

use super::Station;
use crate::officers::Caller;
use crate::types::{
    CounterState, DataState, KindView, Mark, RequestReply, RulesView, ScanReply, StationView, StatusView,
    TrustView, seconds,
};

impl Station {
    /// Everything on the page of this caller: a visit only for who may have it decided.
    pub fn state_for(&mut self, caller: Caller<'_>, now: Timestamp) -> CounterState {
        let may_see = self.check_caller(caller, now).is_ok();
        let desk = self.desk_view(caller, now);
        CounterState {
            mark: self.mark(),
            station: self.station_view(now),
            audience: self.audience.clone(),
            now: seconds(now),
            trust: self.trust_view(now),
            status: self.status_view(now),
            rules: self.rules_view(now),
            last_sync: self.last_sync.map(|at| seconds(Timestamp::from_unix(at))),
            offline: self.settings.offline,
            configured: self.settings.configured,
            request: self
                .request
                .as_ref()
                .filter(|request| now < request.expires)
                .and_then(|request| self.request_reply(request)),
            log: self.log_view(),
            visit: if may_see {
                self.reply(false)
            } else {
                ScanReply::default()
            },
            desk,
        }
    }

    /// Whether a wallet with this desk's trust list would call its requests certified.
    pub(super) fn is_certified(&self, now: Timestamp) -> bool {
        let signer = Signer {
            key: &self.settings.key,
            certificate: self.settings.certificate.as_deref(),
        };
        credential::build_request(&Vct::AGE, &self.audience, [0; 16], now, Some(signer))
            .and_then(|request| credential::read_request(&request.text, self.trust.as_ref(), now))
            .is_ok_and(|request| request.is_certified())
    }

    /// Whether this is a test.
    pub(super) const fn mark(&self) -> Mark {
        match self.settings.roots.kind() {
            RootKind::Test => Mark::Test,
            RootKind::Real => Mark::None,
        }
    }

    pub(super) fn station_view(&self, now: Timestamp) -> StationView {
        let Some(view) = &self.certificate else {
            let allowed = [Vct::AGE, Vct::RESIDENCE].map(|vct| vct.as_str().to_owned());
            return StationView {
                kinds: self.kinds_of(&[Vct::AGE, Vct::RESIDENCE]),
                allowed: allowed.into(),
                ..StationView::default()
            };
        };
        StationView {
            name_en: view.name.in_language("en").to_owned(),
            name_ur: view.name.in_language("ur").to_owned(),
            name_ps: view.name.in_language("ps").to_owned(),
            certified: self.is_certified(now),
            kinds: self.kinds_of(&view.allowed),
            allowed: view.allowed.iter().map(|vct| vct.as_str().to_owned()).collect(),
        }
    }

    /// The request as the page draws it, with what it asks for in words.
    pub(super) fn request_reply(&self, request: &IssuedRequest) -> Option<RequestReply> {
        Some(RequestReply {
            kind: self.kinds_of(&[request.ask]).pop(),
            ..drawn(request)?
        })
    }

    fn kinds_of(&self, allowed: &[Vct]) -> Vec<KindView> {
        let kinds = allowed.iter().filter_map(|vct| self.types.as_ref()?.find(vct));
        kinds.map(KindView::from).collect()
    }

    fn trust_view(&self, now: Timestamp) -> TrustView {
        let Some(trust) = &self.trust else {
            let state = if self.trust_broken {
                DataState::Broken
            } else {
                DataState::Missing
            };
            return TrustView {
                state,
                sequence: None,
                issued_at: None,
                age_seconds: None,
            };
        };
        TrustView {
            state: if trust.is_current(now) {
                DataState::Current
            } else {
                DataState::Expired
            },
            sequence: u32::try_from(trust.sequence()).ok(),
            issued_at: Some(seconds(trust.issued_at())),
            age_seconds: u32::try_from(now.since(trust.issued_at())).ok(),
        }
    }

    fn rules_view(&self, now: Timestamp) -> RulesView {
        let service = self.profile.service().to_owned();
        let Some(rules) = &self.rules else {
            let state = if self.rules_broken {
                DataState::Broken
            } else {
                DataState::Missing
            };
            return RulesView {
                state,
                service,
                has_rule: false,
                sequence: None,
            };
        };
        let content = rules.content();
        RulesView {
            state: if now >= content.exp {
                DataState::Expired
            } else {
                DataState::Current
            },
            service,
            has_rule: self.rule().is_some(),
            sequence: u32::try_from(content.sequence).ok(),
        }
    }

    fn status_view(&self, now: Timestamp) -> StatusView {
        let Some(status) = &self.status else {
            let state = if self.status_broken {
                DataState::Broken
            } else {
                DataState::Missing
            };
            return StatusView {
                state,
                epoch: None,
                issued_at: None,
                age_seconds: None,
            };
        };
        let manifest = status.manifest();
        let state = if !status.is_whole() {
            DataState::Broken
        } else if now >= manifest.expires() {
            DataState::Expired
        } else {
            DataState::Current
        };
        StatusView {
            state,
            epoch: u32::try_from(manifest.epoch()).ok(),
            issued_at: Some(seconds(manifest.issued_at())),
            age_seconds: u32::try_from(now.since(manifest.issued_at())).ok(),
        }
    }
}

/// The request as the page draws it.
fn drawn(request: &IssuedRequest) -> Option<RequestReply> {
    let code = qr::Qr::encode(&request.text, qr::Ecc::Low).ok()?;
    Some(RequestReply {
        size: u32::try_from(code.size()).ok()?,
        path: code.svg_path(),
        text: request.text.clone(),
        check_code: request.check_code(),
        expires_at: seconds(request.expires),
        ask: request.ask.as_str().to_owned(),
        kind: None,
    })
}
