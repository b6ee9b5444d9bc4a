//! What the province of the tests signs anew: while a phone is away, when somebody is revoked or suspended. What its audit
//! log says.

use credential::{Bitmap, SecretKey, StatusManifest, StatusPurpose, Timestamp, TrustList, sign_trust_list};
use province_api::audit::{AuditEntry, AuditReply, AuditRequest, PAGE_MAX};
use province_api::sync::Standing as MayDo;

use super::content::{packaged, register, shape, status, trust};
use super::{INDEX, LIST, Province, json, root_set, roots};
use crate::sync::HttpResponse;

impl Province {
    /// More than a hundred days pass for it.
    pub(crate) fn forget_answers(&mut self) {
        self.answered.clear();
    }

    /// A page of what the audit log says.
    pub(super) fn audit_page(&self, body: &[u8]) -> HttpResponse {
        let asked: AuditRequest = serde_json::from_slice(body).unwrap();
        let before = asked.before.unwrap_or(u64::MAX);
        let below = || self.audit.iter().filter(|entry| entry.number < before);
        let entries: Vec<AuditEntry> = below().take(PAGE_MAX).cloned().collect();
        let next = entries.last().map(|last| last.number);
        json(&AuditReply {
            next: next.filter(|_| below().count() > PAGE_MAX),
            entries,
        })
    }

    /// Signs everything anew, as a province does while a phone is away: the roots have changed too.
    pub(crate) fn renew(&mut self, later: Timestamp) {
        let held = TrustList::verify(&self.trust_list, &root_set(), None).unwrap();
        let [first, second, _] = roots();
        let next = [4, 5, 6].map(|n| SecretKey::from_seed([n; 32]));
        let mut change = trust(&self.issuer, &self.ca, held.sequence() + 1, later);
        change.previous = Some(held.sha256());
        change.next_roots = Some([&next[0], &next[1], &next[2]].map(SecretKey::public));
        let signers = [(0, &first), (1, &second), (2, &next[0]), (3, &next[1])];
        let change = sign_trust_list(&change, &signers);
        self.root_changes.insert(held.successors().fingerprint(), change);
        let newest = trust(&self.issuer, &self.ca, held.sequence() + 8, later);
        self.trust_list = sign_trust_list(&newest, &[(0, &next[0]), (1, &next[2])]);
        self.types = register(7, later, &packaged(), &self.issuer);
        self.manifest = StatusManifest::sign(&status(&self.list, 90, later), &self.issuer).unwrap();
    }

    /// Revokes the person.
    pub(crate) fn revoke(&mut self, now: Timestamp) {
        self.may = MayDo::Revoked;
        self.list.flip(&[INDEX]).unwrap();
        self.manifest = StatusManifest::sign(&status(&self.list, 2, now), &self.issuer).unwrap();
    }

    /// Suspends the person, or lifts that.
    pub(crate) fn suspend(&mut self, suspended: bool, epoch: u64, now: Timestamp) {
        self.may = if suspended { MayDo::Suspended } else { MayDo::Good };
        let list = Bitmap::with(shape(), suspended.then_some(INDEX)).unwrap();
        let mut content = status(&self.list, epoch, now);
        let entry = content.lists.get_mut(LIST).unwrap();
        entry.bitmaps.insert(StatusPurpose::Suspended, list.root());
        self.manifest = StatusManifest::sign(&content, &self.issuer).unwrap();
        self.suspended = Some(list);
    }

    /// The revoked bit of a child's document.
    pub(crate) fn revoke_child(&mut self, no: u32, now: Timestamp) {
        self.list.flip(&[INDEX + 10 * no]).unwrap();
        self.manifest = StatusManifest::sign(&status(&self.list, 2, now), &self.issuer).unwrap();
    }
}
