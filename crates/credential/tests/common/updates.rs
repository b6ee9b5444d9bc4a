//! An update for a desk without a network, with everything that a bundle may carry but whole lists.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use credential::*;

use super::common::*;
use super::documents::*;

fn signed_at(content: &mut StatusContent, epoch: u64) {
    content.epoch = epoch;
    content.iat = NOW.minus(epoch.abs_diff(4) * 3600);
}

/// What the desk holds: nobody of the tests is revoked or suspended.
pub fn held() -> StatusSet {
    let (bits, none) = (bits(false), Bitmap::new(shape()));
    let bitmaps = [(StatusPurpose::Revoked, &bits), (StatusPurpose::Suspended, &none)];
    let mut content = content_of(&bitmaps);
    signed_at(&mut content, 2);
    set_of(&content, &bitmaps)
}

/// What it is brought: the bits that turned since, a list that changed the roots and the one after it, the type
/// register and the risk rules.
pub fn update() -> StatusBundle {
    let suspended = Bitmap::with(shape(), [1, 2, 3]).unwrap();
    let revoked = bits(true);
    let bitmaps = [
        (StatusPurpose::Revoked, &revoked),
        (StatusPurpose::Suspended, &suspended),
    ];
    let mut content = content_of(&bitmaps);
    signed_at(&mut content, 3);
    let mut delta = StatusDelta::new(2, 3);
    delta
        .turn(LIST, StatusPurpose::Revoked, shape().length(), [INDEX])
        .unwrap();
    delta
        .turn(LIST, StatusPurpose::Suspended, shape().length(), [1, 2, 3])
        .unwrap();
    let mut lists = trust_content_for(&register_content());
    lists.next_roots = Some([root(1).public(), root(2).public(), root(4).public()]);
    let changing = trust_bytes(&lists);
    lists.next_roots = None;
    lists.sequence += 1;
    lists.previous = Some(TrustList::sha256_unverified(&changing).unwrap());
    let newest = sign_trust_list(&lists, &[(1, &root(2)), (2, &root(4))]);
    StatusBundle {
        manifest: StatusManifest::sign(&content, &key("status")).unwrap(),
        trust: vec![changing, newest],
        deltas: vec![delta],
        types: Some(register_bytes(&register_content())),
        rules: Some(rules_of(&rules_content()).bytes().to_vec()),
        ..StatusBundle::default()
    }
}
