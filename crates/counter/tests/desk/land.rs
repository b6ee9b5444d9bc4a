//! The tests' province: its keys, its trust list, and the passes that it gives.

use super::*;

/// A test citizen's face, small enough for three frames.
static FACE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let drawing = include_bytes!("../../../../assets/test-citizens/gul-zaman.png");
    let small = image::load_from_memory(drawing)
        .unwrap()
        .resize_exact(96, 128, image::imageops::FilterType::Triangle)
        .to_rgb8();
    let encoder = webp::Encoder::from_rgb(&small, 96, 128);
    let mut sizes = (1..100_u8)
        .rev()
        .map(|quality| encoder.encode(quality.into()).to_vec());
    sizes.find(|photo| (700..=1_000).contains(&photo.len())).unwrap()
});

/// Keys and signed data of a province.
pub struct Land {
    pub now: u64,
    pub issuer: SecretKey,
    pub certifier: SecretKey,
    pub photo: Vec<u8>,
    pub trust: Vec<u8>,
}

impl Land {
    pub fn new() -> Self {
        Self::at(NOW)
    }

    /// The province as it is at a moment.
    pub fn at(now: u64) -> Self {
        let mut land = Self {
            now,
            issuer: SecretKey::from_seed([1; 32]),
            certifier: SecretKey::from_seed([2; 32]),
            photo: FACE.clone(),
            trust: Vec::new(),
        };
        land.trust = land.trust_list(3, now - 2 * DAY);
        land
    }

    pub fn trust_list(&self, sequence: u64, iat: u64) -> Vec<u8> {
        let key = |key: &SecretKey, allowed: &[Vct], iss: &str| TrustedKey {
            key: key.public(),
            allowed: allowed.to_vec(),
            nbf: Timestamp::from_unix(self.now - 90 * DAY),
            exp: Timestamp::from_unix(self.now + 900 * DAY),
            iss: iss.into(),
            revoked_at: None,
            retired_at: None,
        };
        let staff = Vct::parse("staff").unwrap();
        let passes = [
            Vct::AGE,
            Vct::RESIDENCE,
            Vct::IDENTITY,
            Vct::NAME_PHOTO,
            staff,
            Vct::STATUS_MANIFEST,
            Vct::TYPE_REGISTER,
            Vct::parse("boat-permit").unwrap(),
            Vct::RISK_RULES,
        ];
        let paper = SecretKey::from_seed(PAPER_SEED).public();
        let content = TrustContent {
            sequence,
            previous: None,
            iat: Timestamp::from_unix(iat),
            exp: Timestamp::from_unix(iat + 30 * DAY),
            keys: vec![
                key(&self.issuer, &passes, "Test province"),
                key(&self.certifier, &[Vct::COUNTER_CERTIFICATE], "Test province"),
                TrustedKey {
                    key: paper,
                    ..key(&self.issuer, &[Vct::PAPER_CARD, domicile()], "Test province")
                },
            ],
            next_roots: None,
        };
        let roots = ROOT_SEEDS.map(SecretKey::from_seed);
        credential::sign_trust_list(&content, &[(0, &roots[0]), (2, &roots[2])])
    }

    pub fn trust(&self) -> TrustList {
        TrustList::verify(&self.trust, &roots::pinned().unwrap(), None).unwrap()
    }

    /// The packaged types and these more, as register number `sequence`.
    pub fn types(&self, sequence: u64, more: &[PassType]) -> Vec<u8> {
        #[derive(serde::Deserialize)]
        struct File {
            types: Vec<PassType>,
        }
        let mut file: File =
            serde_json::from_str(include_str!("../../../../assets/types/types.json")).unwrap();
        // There is one list in these tests.
        let domicile = domicile();
        let its = file.types.iter_mut().filter(|one| one.vct == domicile);
        its.for_each(|one| one.status = StatusRule::Person);
        let content = RegisterContent {
            sequence,
            iat: Timestamp::from_unix(NOW - DAY),
            exp: Timestamp::from_unix(NOW + 300 * DAY),
            types: [&file.types, more].concat(),
        };
        TypeRegister::sign(&content, &self.issuer).unwrap()
    }

    /// An age pass under holder key number `holder`.
    pub fn age(&self, holder: u64) -> (Vec<u8>, SecretKey) {
        let facts = Facts {
            over_18: Some(true),
            over_60: Some(false),
            ..Facts::default()
        };
        self.issue(holder, Vct::AGE, facts, None)
    }

    /// An identity pass under holder key number `holder`.
    pub fn identity(&self, holder: u64) -> (Vec<u8>, SecretKey) {
        let identity = Identity {
            id: Some(CNIC.into()),
            full_name: Some("Gul Zaman".into()),
            full_name_local: Some("گل زمان".into()),
            local_language: Some("ur".into()),
            guardian: Some("Sher Zaman".into()),
            guardian_local: Some("شیر زمان".into()),
            date_of_birth: Some("19900131".into()),
            gender: Some(Gender::Male),
            address: Some("House 4, Street 2, Khar".into()),
        };
        let facts = Facts {
            district: Some("bajaur".into()),
            photo_sha256: Some(sha256(&self.photo)),
            assurance: Some(2),
            guardian_relation: Some(GuardianRelation::Father),
            ..Facts::default()
        };
        self.issue(holder, Vct::IDENTITY, facts, Some(identity))
    }

    /// A pass of any kind.
    pub fn issue(
        &self,
        holder: u64,
        vct: Vct,
        facts: Facts,
        identity: Option<Identity>,
    ) -> (Vec<u8>, SecretKey) {
        let holder = credential::derive_holder_key(&[9; 32], holder);
        let today = Timestamp::from_unix(self.now).start_of_day();
        let claims = Claims {
            iss: ISSUER.into(),
            iat: today,
            nbf: None,
            exp: today.plus(30 * DAY),
            holder: Some(holder.public().into()),
            vct,
            status: identity.is_some().then(|| StatusRef {
                index: 77,
                uri: LIST.into(),
            }),
            identity,
            facts,
        };
        (issue(&claims, &self.issuer).unwrap(), holder)
    }

    pub fn age_code(&self, holder: u64, at: u64) -> String {
        let (pass, key) = self.age(holder);
        credential::present_timed(&pass, &key, AUDIENCE, Timestamp::from_unix(at)).unwrap()
    }

    pub fn identity_answer(&self, holder: u64, request: &str) -> String {
        self.answer(&self.identity(holder), request)
    }

    /// The answer to a request with any pass.
    pub fn answer(&self, (pass, key): &(Vec<u8>, SecretKey), request: &str) -> String {
        let trust = self.trust();
        let request =
            credential::read_request(request, Some(&trust), Timestamp::from_unix(self.now)).unwrap();
        credential::present_to_request(pass, key, &request).unwrap()
    }

    pub fn certificate(&self, key: &SecretKey) -> Vec<u8> {
        let boats = Vct::parse("boat-permit").unwrap();
        self.certificate_for(key, &[Vct::IDENTITY, Vct::AGE, boats, Vct::NAME_PHOTO])
    }

    /// One that allows these.
    pub fn certificate_for(&self, key: &SecretKey, allowed: &[Vct]) -> Vec<u8> {
        let claims = CounterCertificateClaims {
            iss: ISSUER.into(),
            name: Names::new("Test desk 1", "آزمائشی ڈیسک ۱", "ازمایښتي ډیسک ۱"),
            purpose: Names::new("Trying it out", "آزمائش", "ازمایښت"),
            audience: AUDIENCE.into(),
            allowed: allowed.to_vec(),
            holder: key.public(),
            iat: Timestamp::from_unix(self.now - DAY),
            exp: Timestamp::from_unix(self.now + 365 * DAY),
        };
        credential::issue_counter_certificate(&claims, &self.certifier).unwrap()
    }
}
