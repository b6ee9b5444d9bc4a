//! A phone of the world: its wallet, its citizen, and what the network does to its requests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use axum::body::Body;
use province_api::passes::PassesRequest;
use province_api::signature::UNENCODED_DIGEST;
use province_api::{packed, paths};
use sandbox::TestCitizen;
use sandbox::citizens::numbered;
use sandbox::proxy::{Dice, Fate, turn_a_bit};
use wallet::key_store::FileKeyStore;
use wallet::screen::{Draft, EnrolmentState, Item, ItemKind, PastAsk, SyncReport};
use wallet::{Failure, HttpRequest, HttpResponse, UiCode, UiError, Wallet};

use super::{Numbers, PHONES_MAX, World};

const PIN: &str = "739105";

/// A phone, its citizen and what the network does to it.
pub struct Phone {
    /// The word whose last letter a corrupted answer has wrong, where it holds it.
    pub word: Option<&'static str>,
    folder: PathBuf,
    pub citizen: TestCitizen,
    wallet: Option<Wallet>,
    numbers: Numbers,
    fates: VecDeque<Fate>,
    dice: Dice,
    /// A request that arrives after the next one was answered.
    late: Option<HttpRequest>,
    /// The last true answer to another request.
    other: Option<HttpResponse>,
    /// Paths that the province was asked for.
    pub asked: Vec<String>,
    /// Everything with an idempotency key that left this phone: its bodies, and where the province did it.
    sent: BTreeMap<String, (BTreeSet<Vec<u8>>, Option<String>)>,
}

impl Phone {
    /// A phone with everything typed in.
    pub fn new(world: &mut World) -> Self {
        let number = world.made;
        world.made += 1;
        assert!(number < PHONES_MAX);
        let mut phone = Self {
            word: None,
            folder: world.folder.path().join(format!("phone-{number}")),
            citizen: numbered(number),
            wallet: None,
            numbers: Numbers(u64::from(number) << 32),
            fates: VecDeque::new(),
            dice: Dice::new(u64::from(number)),
            late: None,
            other: None,
            asked: Vec::new(),
            sent: BTreeMap::new(),
        };
        let mut wallet = phone.open(world);
        let mut numbers = Numbers(u64::from(number) << 32 | 1 << 31);
        wallet.create_vault(PIN, world.now(), &mut numbers).unwrap();
        let draft = Draft {
            has_photo: false,
            ..phone.citizen.enrolment().into()
        };
        wallet.save_draft(draft, world.now()).unwrap();
        wallet.set_photo(portrait(), world.now()).unwrap();
        phone.wallet = Some(wallet);
        phone
    }

    fn open(&self, world: &World) -> Wallet {
        let key = FileKeyStore::new(self.folder.with_extension("keys"));
        Wallet::open(
            &self.folder,
            world.roots.clone(),
            Some(world.config.clone()),
            Box::new(key),
        )
        .unwrap()
    }

    pub fn wallet(&mut self) -> &mut Wallet {
        self.wallet.as_mut().unwrap()
    }

    /// The power goes, and comes back.
    pub fn restart(&mut self, world: &World) {
        self.wallet = None;
        let mut wallet = self.open(world);
        wallet.unlock(PIN, world.now()).unwrap();
        self.wallet = Some(wallet);
    }

    /// What the network does to the next requests.
    pub fn network(&mut self, fates: &[Fate]) {
        self.fates = fates.iter().copied().collect();
    }

    pub fn state(&mut self, world: &World) -> EnrolmentState {
        self.wallet().app_state(world.now()).unwrap().enrolment
    }

    pub fn enrol(&mut self, world: &World) -> Result<SyncReport, UiCode> {
        let mut numbers = std::mem::replace(&mut self.numbers, Numbers(0));
        let begun = self.wallet().start_enrolment(world.now(), &mut numbers);
        self.numbers = numbers;
        self.drive(world, begun)
    }

    pub fn sync(&mut self, world: &World) -> Result<SyncReport, UiCode> {
        let begun = self.wallet().start_sync(world.now());
        self.drive(world, begun)
    }

    fn drive(&mut self, world: &World, begun: Result<(), UiError>) -> Result<SyncReport, UiCode> {
        begun.map_err(|error| error.code)?;
        loop {
            let mut numbers = std::mem::replace(&mut self.numbers, Numbers(0));
            let request = self.wallet().next_request(world.now(), &mut numbers).unwrap();
            self.numbers = numbers;
            let Some(request) = request else { break };
            match self.exchange(world, &request) {
                Ok(answer) => self.wallet().on_response(&answer, world.now()).unwrap(),
                Err(failure) => self.wallet().on_failure(failure, world.now()).unwrap(),
            }
        }
        let ended = self.wallet().finish_run(world.now());
        ended.map_err(|error| error.code)
    }

    /// One request through the network. What [`sandbox::proxy`] does with sockets is done here with values.
    fn exchange(&mut self, world: &World, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let fate = self.fates.pop_front().unwrap_or(Fate::Pass);
        let held_back = self.late.take();
        let result = self.under(world, fate, request);
        if let Some(late) = held_back {
            self.ask(world, &late);
        }
        result
    }

    fn under(&mut self, world: &World, fate: Fate, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        if let Some(page) = fate.interloper() {
            let header = page.header.into_iter();
            return Ok(HttpResponse {
                status: page.status,
                headers: header
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                body: page.body.as_bytes().to_vec(),
            });
        }
        match fate {
            // Half a request is none: the province waits for the rest and gives up.
            Fate::Cut | Fate::CutRequest => Err(Failure::Unreachable),
            Fate::Late => {
                self.late = Some(request.clone());
                Err(Failure::TimedOut)
            }
            Fate::CutAnswer | Fate::Truncate => {
                self.ask(world, request);
                Err(Failure::Unreachable)
            }
            Fate::CorruptRequest => {
                let mut request = request.clone();
                if request.body.is_empty() {
                    request.path.push('x');
                } else {
                    turn_a_bit(&mut request.body, &mut self.dice);
                }
                Ok(self.ask(world, &request))
            }
            Fate::CorruptAnswer => {
                let mut answer = self.ask(world, request);
                let at = self.word.and_then(|word| place_of(word, &answer.body));
                match at.and_then(|last| answer.body.get_mut(last)) {
                    Some(letter) => *letter ^= 1,
                    None => turn_a_bit(&mut answer.body, &mut self.dice),
                }
                Ok(answer)
            }
            Fate::Repeat => {
                self.ask(world, request);
                Ok(self.ask(world, request))
            }
            Fate::Swap => {
                let answer = self.ask(world, request);
                Ok(self.other.replace(answer.clone()).unwrap_or(answer))
            }
            _ => {
                let answer = self.ask(world, request);
                self.other = Some(answer.clone());
                Ok(answer)
            }
        }
    }

    fn ask(&mut self, world: &World, request: &HttpRequest) -> HttpResponse {
        self.asked.push(request.path.clone());
        let mut call = axum::http::Request::builder()
            .method(request.method)
            .uri(&request.path);
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let answer = world.call(call.body(Body::from(request.body.clone())).unwrap());
        let key = request
            .headers
            .iter()
            .find(|(name, _)| name == province_api::IDEMPOTENCY_KEY);
        let said = |name: &str| {
            let mut all = answer.headers.iter();
            all.find(|(one, _)| one == name).map(|(_, value)| value.as_str())
        };
        if said("content-type").is_some_and(|kind| kind.ends_with("json")) {
            let digest = province_api::signature::content_digest(&answer.body);
            assert_eq!(said(UNENCODED_DIGEST), Some(&*digest), "{}", request.path);
        }
        if let Some((_, key)) = key
            && answer.status == 200
        {
            let (bodies, done) = self.sent.entry(key.clone()).or_default();
            bodies.insert(request.body.clone());
            *done = Some(request.path.clone());
        }
        answer
    }

    /// Puts a change of the mobile number into the outbox; whether that was done.
    pub fn change_mobile(&mut self, world: &World, mobile: &str) -> bool {
        let mut numbers = std::mem::replace(&mut self.numbers, Numbers(0));
        let queued = self.wallet().change_mobile(mobile, world.now(), &mut numbers);
        self.numbers = numbers;
        queued.is_ok()
    }

    /// The change of the mobile number that was put in last, and the number that the phone says the province has.
    pub fn mobile(&mut self, world: &World) -> (Option<Item>, Option<String>) {
        let way = self.wallet().on_its_way(world.now()).unwrap();
        let mut changes = way.items.into_iter().filter(|item| item.what == ItemKind::Mobile);
        let last = changes.next();
        assert!(changes.next().is_none(), "one change after the other");
        (last, way.mobile)
    }

    /// Rows of the past in which something was shown, and what the province did, each in any order.
    pub fn past(&mut self) -> (usize, Vec<String>) {
        let (mut shown, mut done, mut ask) = (0, Vec::new(), PastAsk::default());
        loop {
            let page = self.wallet().past(ask.clone()).unwrap();
            for entry in page.entries {
                shown += usize::from(entry.showing.is_some());
                done.extend(entry.service.map(|service| service.kind));
            }
            ask.before = page.next;
            if ask.before.is_none() {
                return (shown, done);
            }
        }
    }

    /// An idempotency key belongs to one request, for ever.
    pub fn every_key_carried_one_body(&self) {
        assert!(self.sent.values().all(|(bodies, _)| bodies.len() == 1));
    }

    /// How many passes of a kind the province gave this phone, as the wire saw it.
    pub fn issued(&self, kind: &str) -> usize {
        let batches = self
            .sent
            .values()
            .filter(|(_, done)| done.as_deref() == Some(paths::PASSES));
        let bodies = batches.flat_map(|(bodies, _)| bodies);
        let asked = bodies.flat_map(|body| {
            let unpacked = packed::is_packed(body).then(|| packed::unpack(body, 1 << 20).unwrap());
            let body = unpacked.as_ref().unwrap_or(body);
            serde_json::from_slice::<PassesRequest>(body).unwrap().passes
        });
        asked.filter(|pass| pass.vct == kind).count()
    }

    /// How many writes to this path the province did, as the wire saw it: each key once.
    pub fn done_at(&self, path: &str) -> usize {
        let done = self
            .sent
            .values()
            .filter(|(_, done)| done.as_deref() == Some(path));
        done.count()
    }
}

/// The picture as the app hands it to the wallet: made once.
fn portrait() -> &'static [u8] {
    static JPEG: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    JPEG.get_or_init(|| {
        let picture = image::load_from_memory(numbered(0).portrait_png())
            .unwrap()
            .into_rgb8();
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    })
}

/// Where a word's last letter stands.
fn place_of(word: &str, body: &[u8]) -> Option<usize> {
    let mut all = body.windows(word.len());
    all.position(|part| part == word.as_bytes())
        .map(|at| at + word.len() - 1)
}
