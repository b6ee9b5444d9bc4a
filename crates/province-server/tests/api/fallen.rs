//! Keys that are withdrawn while desks hold what they signed: the same is signed anew together with the list that says so,
//! and nobody is left undecided by mistake.

use credential::{
    Code, Context, DAY, Expect, FaceCheck, PublicKey, RegisterError, RiskRules, RulesError, SecretKey,
    Signer, StatusBundle, StatusError, StatusManifest, StatusSet, TrustList, TypeRegister, Vct,
    build_request, present_to_request, read_request, sign_trust_list, verify,
};
use province_api::paths;
use province_api::reason::Reason;
use province_server::admin::{AdminError, Desks, PublishedTrust};
use province_server::key_admin::Standing;
use province_server::randomness::Randomness;
use province_server::rules::bundle::Reach;
use sqlx::Executor as _;

use crate::bench::{Bench, Counting, NOW, Phone, kept, test_roots};
use crate::passes::desk;

pub const NEEDED: [Vct; 3] = [Vct::TYPE_REGISTER, Vct::STATUS_MANIFEST, Vct::RISK_RULES];

/// The fewest changes, for a desk with this epoch.
const fn from(epoch: u64) -> Reach {
    Reach::Epoch {
        from: epoch,
        types: false,
        rules: false,
    }
}

/// What a desk holds, each verified when it came.
struct Held {
    trust: TrustList,
    status: StatusSet,
    types: TypeRegister,
    rules: RiskRules,
}

impl Held {
    async fn first(bench: &Bench) -> Self {
        let trust = bench.trust().await;
        let types = bench.get(paths::TYPES).await.body;
        let rules = bench.get(paths::RISK_RULES).await.body;
        Self {
            status: bench.status().await,
            types: TypeRegister::verify(&types, &trust, None).unwrap(),
            rules: RiskRules::verify(&rules, &trust, None).unwrap(),
            trust,
        }
    }

    /// Asks the province as a desk does, which takes nothing older than what it had, also of what fell.
    async fn synced(&self, bench: &Bench) -> Self {
        let list = bench.get(paths::TRUST_LIST).await.body;
        let trust = TrustList::verify(&list, &test_roots(), Some(&self.trust)).unwrap();
        let types = bench.get(paths::TYPES).await.body;
        let rules = bench.get(paths::RISK_RULES).await.body;
        let manifest = bench.get(paths::STATUS_MANIFEST).await.body;
        StatusManifest::verify(&manifest, &trust, Some(self.status.manifest())).unwrap();
        Self {
            types: TypeRegister::verify(&types, &trust, Some(&self.types)).unwrap(),
            rules: RiskRules::verify(&rules, &trust, Some(&self.rules)).unwrap(),
            status: bench.status().await,
            trust,
        }
    }

    /// Takes over an update that was carried here, as a desk that lost its lists with their key.
    fn carried(&self, update: &StatusBundle) -> Self {
        let update = StatusBundle::decode(&update.encode()).unwrap();
        let trust =
            TrustList::verify(update.trust.last().unwrap(), &test_roots(), Some(&self.trust)).unwrap();
        let (types, rules) = (update.types.as_ref().unwrap(), update.rules.as_ref().unwrap());
        Self {
            types: TypeRegister::verify(types, &trust, Some(&self.types)).unwrap(),
            rules: RiskRules::verify(rules, &trust, Some(&self.rules)).unwrap(),
            status: update.open(&trust, None).unwrap(),
            trust,
        }
    }

    /// What it says of an identity that a phone draws now, with the register, a rule, and the same face.
    async fn decides(&self, bench: &Bench, phone: &Phone, holder: u64) -> Code {
        let pass = bench
            .issued(phone, holder, &["identity"])
            .await
            .credentials
            .remove(0);
        let (key, now) = (SecretKey::from_seed([77; 32]), bench.now());
        let certificate = bench
            .office
            .counter_certificate(&desk(&key, &[Vct::IDENTITY]), now)
            .await
            .unwrap();
        let signer = Signer {
            key: &key,
            certificate: Some(&certificate),
        };
        let request = build_request(&Vct::IDENTITY, "kp:test-desk", [5; 16], now, Some(signer)).unwrap();
        let read = read_request(&request.text, Some(&self.trust), now).unwrap();
        let shown = present_to_request(&pass.0, &phone.holder(holder), &read).unwrap();
        let rule = self.rules.rule("domicile");
        assert!(rule.is_some());
        let outcome = verify(
            &shown,
            &Context {
                now,
                trust: Some(&self.trust),
                status: Some(&self.status),
                types: Some(&self.types),
                expect: Expect::Request(&request),
                rule,
            },
        );
        match outcome.verified {
            Some(verified) => verified.confirm_face(FaceCheck::Same).0,
            None => outcome.code,
        }
    }

    /// Why each of the three no longer holds under another list.
    fn falls(&self, trust: &TrustList) -> [Option<&'static str>; 3] {
        [
            TypeRegister::verify(self.types.bytes(), trust, None)
                .err()
                .map(RegisterError::code),
            StatusManifest::verify(self.status.manifest().bytes(), trust, None)
                .err()
                .map(StatusError::code),
            RiskRules::verify(self.rules.bytes(), trust, None)
                .err()
                .map(RulesError::code),
        ]
    }
}

impl Bench {
    /// The key of this kind that the province began with.
    async fn first_key(&self, vct: Vct) -> PublicKey {
        let mut keys = self.office.list_keys().await.unwrap();
        keys.retain(|row| row.allowed == [vct]);
        keys.sort_by_key(|row| row.valid_from);
        PublicKey::parse(&keys[0].key).unwrap()
    }

    pub async fn steal(&self, vct: Vct) {
        let (key, today) = (self.first_key(vct).await.key_id(), self.now().start_of_day());
        let withdrawn = self
            .office
            .withdraw_key(key, today, Standing::Nothing, today)
            .await;
        withdrawn.unwrap();
    }

    /// Other keys for what the issuer signs and for manifests, on a list that the roots here sign.
    pub async fn rotate_keys(&self, number: u64) {
        let randomness = Randomness::new(Counting(number));
        let added = self
            .office
            .add_key(&[Vct::IDENTITY, Vct::AGE], 365, &randomness, self.now())
            .await;
        added.unwrap();
        self.another(Vct::STATUS_MANIFEST, number + 1).await;
        self.next_list(Desks::MustDecide).await.unwrap();
    }

    async fn another(&self, vct: Vct, number: u64) {
        let randomness = Randomness::new(Counting(number));
        let added = self.office.add_key(&[vct], 365, &randomness, self.now()).await;
        added.unwrap();
    }

    /// The next list, which the roots here sign.
    pub async fn next_list(&self, desks: Desks) -> Result<PublishedTrust, AdminError> {
        self.office.publish_trust(desks, self.now()).await
    }

    /// Why no update is written.
    async fn why_not(&self, reach: Reach) -> AdminError {
        let carried = self.office.bundle(reach, Desks::MustDecide, self.now()).await;
        carried.err().unwrap()
    }

    async fn whole(&self) -> StatusBundle {
        let carried = self
            .office
            .bundle(Reach::Whole, Desks::MustDecide, self.now())
            .await;
        carried.unwrap().unwrap().bundle
    }
}

#[tokio::test]
async fn a_desk_goes_on_when_a_key_of_what_it_decides_with_was_stolen() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let mut held = Held::first(&bench).await;
    for (round, vct) in (0..).zip(NEEDED) {
        bench.another(vct, 50 + round).await;
        bench.steal(vct).await;
        let done = bench.next_list(Desks::MustDecide).await.unwrap();
        assert_eq!((done.signed_anew, done.undecided), (vec![vct], vec![]));
        let fell = held.falls(&bench.trust().await).map(|code| code.is_some());
        assert_eq!(fell, NEEDED.map(|needed| needed == vct), "the desk lost it");
        let carried = held.carried(&bench.whole().await);
        let code = carried.decides(&bench, &phone, 20 * round).await;
        assert_eq!(code, Code::Accepted, "{vct}");
        held = held.synced(&bench).await;
        let code = held.decides(&bench, &phone, 20 * round + 10).await;
        assert_eq!(code, Code::Accepted, "{vct}");
    }
    // With nothing stolen nothing is signed anew.
    let done = bench.next_list(Desks::MustDecide).await.unwrap();
    assert_eq!((done.sequence, done.signed_anew), (5, vec![]));
    assert_eq!(held.falls(&bench.trust().await), [None; 3]);
}

#[tokio::test]
async fn a_list_that_would_leave_desks_undecided_is_kept_only_regardless() {
    let codes = ["types_key_revoked", "status_key_revoked", "rules_key_revoked"];
    for (number, vct) in NEEDED.into_iter().enumerate() {
        let bench = Bench::new().await;
        let phone = bench.enrolled(0, 1).await;
        let held = Held::first(&bench).await;
        bench.steal(vct).await;
        let keys = bench.office.list_keys().await.unwrap();
        let refused = bench.next_list(Desks::MustDecide).await.err().unwrap();
        assert_eq!(refused.code(), "trust_leaves_undecided");
        assert!(matches!(refused, AdminError::LeavesUndecided(all) if all == [vct]));
        // Nothing of it was kept.
        let again = held.synced(&bench).await;
        assert_eq!((again.trust.sequence(), again.status.manifest().epoch()), (1, 1));
        assert_eq!(bench.office.list_keys().await.unwrap(), keys);

        let done = bench.next_list(Desks::MayBeUndecided).await.unwrap();
        assert_eq!((done.signed_anew, done.undecided), (vec![], vec![vct]));
        let fallen = held.falls(&bench.trust().await)[number];
        assert_eq!(fallen, Some(codes[number]));
        // No update is written that desks would not take, unless to tell them of the key.
        for reach in [Reach::Whole, Reach::Days(30)] {
            assert_eq!(bench.why_not(reach).await.code(), codes[number]);
        }
        let told = bench
            .office
            .bundle(Reach::Days(30), Desks::MayBeUndecided, bench.now())
            .await;
        let told = told.unwrap().unwrap();
        assert_eq!(told.not_taken.map(|why| why.code()), Some(codes[number]));
        let list = TrustList::verify(&told.bundle.trust[0], &test_roots(), Some(&held.trust)).unwrap();
        assert_eq!(list.sequence(), 2);

        // Mended with the next list.
        bench.another(vct, 60).await;
        let done = bench.next_list(Desks::MustDecide).await.unwrap();
        assert_eq!((done.sequence, done.signed_anew), (3, vec![vct]));
        let held = held.carried(&bench.whole().await);
        assert_eq!(held.decides(&bench, &phone, 0).await, Code::Accepted);
    }
}

#[tokio::test]
async fn a_key_that_a_list_leaves_out_or_ends_signs_nothing_more() {
    let bench = Bench::new().await;
    let phone = bench.enrolled(0, 1).await;
    let (held, now) = (Held::first(&bench).await, bench.now());
    let mut old = Vec::new();
    for (number, vct) in (70..).zip(NEEDED) {
        old.push(bench.first_key(vct).await);
        bench.another(vct, number).await;
    }
    let mut content = bench.office.draft_trust(None, now).await.unwrap();
    // One is not named, one is over before it signed, one is withdrawn: the roots say so, and the province did not.
    content.keys.retain(|key| key.key != old[0]);
    for key in &mut content.keys {
        if key.key == old[1] {
            key.exp = now;
        }
        if key.key == old[2] {
            key.revoked_at = Some(now.start_of_day());
        }
    }
    let roots = sandbox::roots::root_keys();
    let list = sign_trust_list(&content, &[(0, &roots[0]), (2, &roots[2])]);
    let done = bench
        .office
        .publish_signed(&list, Desks::MustDecide, now)
        .await
        .unwrap();
    assert_eq!(done.signed_anew, NEEDED);
    let held = held.synced(&bench).await;
    assert_eq!(held.decides(&bench, &phone, 0).await, Code::Accepted);
    for row in bench.office.list_keys().await.unwrap() {
        let is_over = old.iter().any(|key| *key.as_bytes() == row.key);
        let signs = NEEDED.iter().any(|vct| row.may_sign(*vct, now.unix()));
        assert!(!(is_over && signs));
    }
    // What is signed next holds too.
    bench.set_time(NOW + 2 * DAY);
    kept(&bench.province).await;
    let held = held.synced(&bench).await;
    assert_eq!(held.status.manifest().epoch(), 3);
    assert_eq!(held.decides(&bench, &phone, 10).await, Code::Accepted);
}

#[tokio::test]
async fn changes_are_not_carried_to_desks_that_lost_their_lists() {
    let bench = Bench::new().await;
    let now = bench.now();
    // Desks were brought the lists.
    bench.whole().await;
    bench.another(Vct::STATUS_MANIFEST, 80).await;
    bench.steal(Vct::STATUS_MANIFEST).await;
    bench.office.publish_trust(Desks::MustDecide, now).await.unwrap();
    for reach in [Reach::Days(30), from(1)] {
        let refused = bench.why_not(reach).await;
        assert_eq!(refused.code(), "status_other_start");
        assert!(refused.to_string().contains("--whole"));
    }
    bench.whole().await;
    // Whoever took that goes on with changes.
    bench.set_time(now.unix() + DAY + 1);
    kept(&bench.province).await;
    for reach in [Reach::Days(30), from(2)] {
        let carried = bench.office.bundle(reach, Desks::MustDecide, bench.now()).await;
        assert!(carried.unwrap().unwrap().not_taken.is_none());
    }
}

#[tokio::test]
async fn an_update_out_of_a_damaged_database_is_not_written() {
    for (damage, reach) in [
        ("UPDATE status_flip SET idx = idx + 1", Reach::Days(30)),
        ("UPDATE status_flip SET idx = idx + 1", from(1)),
        ("DELETE FROM status_shard", Reach::Whole),
    ] {
        let bench = Bench::new().await;
        let cnic = province_api::person::Cnic::parse(&crate::bench::citizen_number(0).cnic).unwrap();
        bench.enrolled(0, 1).await;
        bench.set_time(NOW + DAY);
        bench
            .office
            .revoke(&cnic, Reason::Fraud, bench.now())
            .await
            .unwrap();
        let mut write = bench.office.store().write().await.unwrap();
        write.execute(damage).await.unwrap();
        write.commit().await.unwrap();
        let refused = bench.why_not(reach).await;
        assert_eq!(refused.code(), "status_list_differs", "{damage}");
    }
}
