//! The running app: one wallet behind a lock, the network, the clock and the source of randomness.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use credential::{ProvinceConfig, Timestamp};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tokio::sync::Notify;
use wallet::screen::lost::LostTold;
use wallet::screen::{AppState, AuditView, Draft, Mark, SyncReport, TestCitizen};
use wallet::{LostReport, Network, UiCode, UiError, Wallet};

use crate::driver::Driver;
use crate::settings::Settings;
use crate::uptime::uptime;
use crate::{citizens, key_store, trust};

/// The operating system's randomness; without it nothing may go on.
pub type Rng = UnwrapErr<SysRng>;

/// The moment of a call: what the wallet may not read by itself.
pub struct Moment<'a> {
    /// The device's clock.
    pub now: Timestamp,
    /// The device's randomness.
    pub rng: &'a mut Rng,
}

/// Why the app cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// See [`trust::RootsDamaged`].
    #[error(transparent)]
    Roots(#[from] trust::RootsDamaged),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used ({0})")]
    Wallet(#[from] UiError),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Network(#[source] reqwest::Error),
}

/// The shortest time after which a wallet locks by itself: a closed one is looked at this often.
const SHORTEST_AUTO_LOCK: Duration = Duration::from_secs(30);

/// The state that all commands share.
pub struct App {
    wallet: Arc<Mutex<Wallet>>,
    driver: Driver,
    /// Something happened that may make a try worth while.
    woken: Notify,
    metered: AtomicBool,
    background: AtomicBool,
    downloads: Option<PathBuf>,
    /// A lost phone that is being told: in memory, until it is answered or its screen is left.
    lost: tokio::sync::Mutex<Option<LostReport>>,
}

impl App {
    /// The app over this data folder. Files that are made for the citizen go to `downloads`.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn open(settings: &Settings, folder: &Path, downloads: Option<PathBuf>) -> Result<Self, StartError> {
        let roots = trust::roots()?;
        let config = trust::config(settings.config_bytes(), &roots, now());
        let driver = Driver::new(config.as_ref().map(ProvinceConfig::tls_roots).unwrap_or_default())
            .map_err(StartError::Network)?;
        let key_store = key_store::of_this_device(folder, roots.kind());
        let wallet = Wallet::open(folder, roots, config, key_store)?;
        let wallet = Arc::new(Mutex::new(wallet));
        tauri::async_runtime::spawn(lock_unused(Arc::downgrade(&wallet)));
        Ok(Self {
            wallet,
            driver,
            woken: Notify::new(),
            metered: AtomicBool::new(false),
            background: AtomicBool::new(false),
            downloads,
            lost: tokio::sync::Mutex::new(None),
        })
    }

    /// Where files go that are made for the citizen, if this system has such a place.
    pub fn downloads(&self) -> Option<&Path> {
        let folder = self.downloads.as_deref()?;
        // A system may name a folder that nobody has made. If it cannot be made, writing into it says so.
        let _ = std::fs::create_dir_all(folder);
        Some(folder)
    }

    /// One call into the wallet by somebody who uses it, on a thread that may wait.
    ///
    /// # Errors
    ///
    /// The wallet's; `storage_failed` after a call that panicked, because the wallet may be half changed.
    pub async fn wallet<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Wallet, Moment<'_>) -> Result<T, UiError> + Send + 'static,
    ) -> Result<T, UiError> {
        self.call(true, call).await
    }

    /// One call into the wallet by the app itself: it keeps no wallet open that nobody uses.
    ///
    /// # Errors
    ///
    /// As [`App::wallet`].
    pub async fn unattended<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Wallet, Moment<'_>) -> Result<T, UiError> + Send + 'static,
    ) -> Result<T, UiError> {
        self.call(false, call).await
    }

    async fn call<T: Send + 'static>(
        &self,
        used: bool,
        call: impl FnOnce(&mut Wallet, Moment<'_>) -> Result<T, UiError> + Send + 'static,
    ) -> Result<T, UiError> {
        let wallet = Arc::clone(&self.wallet);
        aside(move || {
            let mut wallet = wallet.lock().map_err(|_| UiCode::StorageFailed)?;
            let mut rng = UnwrapErr(SysRng);
            wallet.set_uptime(uptime(), used);
            call(
                &mut wallet,
                Moment {
                    now: now(),
                    rng: &mut rng,
                },
            )
        })
        .await
    }

    /// Sends the enrolment, or goes on with one that was interrupted. With the code to the citizen's SIM, if it was asked
    /// for.
    ///
    /// # Errors
    ///
    /// The wallet's.
    pub async fn enrol(&self, code: Option<String>) -> Result<AppState, UiError> {
        self.driver
            .run(self, |wallet, at| wallet.start_binding(code, at.now, at.rng))
            .await?;
        self.wallet(|wallet, at| wallet.app_state(at.now)).await
    }

    /// Takes over the enrolment of the phone before, or goes on with that. With a code as [`Self::enrol`].
    ///
    /// # Errors
    ///
    /// The wallet's.
    pub async fn rebind(&self, code: Option<String>) -> Result<AppState, UiError> {
        self.driver
            .run(self, |wallet, at| wallet.start_rebind_with(code, at.now, at.rng))
            .await?;
        self.wallet(|wallet, at| wallet.app_state(at.now)).await
    }

    /// Says that something happened that may make a try worth while: the vault was opened, something was queued.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Notes what the page knows of the connection.
    pub fn note_network(&self, metered: bool, background: bool) {
        self.metered.store(metered, Ordering::Relaxed);
        self.background.store(background, Ordering::Relaxed);
        self.wake();
    }

    /// Syncs by itself for as long as the app runs, when the wallet's plan says so. Sleeps in between until then or until
    /// something happens; what a try brought is in the vault.
    pub async fn sync_by_itself(&self) {
        loop {
            let network = Network {
                metered: self.metered.load(Ordering::Relaxed),
                background: self.background.load(Ordering::Relaxed),
            };
            let plan = self
                .unattended(move |wallet, at| wallet.sync_plan(at.now, network))
                .await;
            // Locked: nothing to be done before somebody opens it.
            let wait = plan.ok().and_then(|plan| plan.wait_seconds);
            if wait == Some(0) {
                let tried = self
                    .driver
                    .run(self, move |wallet, at| wallet.start_sync_over(network, at.now))
                    .await;
                if !matches!(&tried, Err(error) if DOES_NOT_START.contains(&error.code)) {
                    // Whatever the plan says next, tries in a row are not to take the phone's battery.
                    tokio::time::sleep(BETWEEN_TRIES).await;
                    continue;
                }
            }
            let longest = match wait {
                None | Some(0) => CHECK_EVERY,
                Some(seconds) => Duration::from_secs(seconds.into()),
            };
            let _ = tokio::time::timeout(longest.min(CHECK_EVERY), self.woken.notified()).await;
        }
    }

    /// Fetches what is new.
    ///
    /// # Errors
    ///
    /// The wallet's.
    pub async fn sync(&self) -> Result<SyncReport, UiError> {
        self.driver
            .run(self, |wallet, at| wallet.start_sync(at.now))
            .await
    }

    /// Asks what the province's audit log says about this citizen.
    ///
    /// # Errors
    ///
    /// The wallet's.
    pub async fn ask_audit(&self, earlier: bool) -> Result<AuditView, UiError> {
        self.driver
            .run(self, move |wallet, at| wallet.start_audit(earlier, at.now))
            .await?;
        self.wallet(|wallet, _| wallet.audit()).await
    }

    /// Tells the province that the phone of this person is lost. The same said again is the same report, so that one
    /// whose answer was lost is done once.
    ///
    /// # Errors
    ///
    /// The wallet's, the network's, the province's.
    pub async fn tell_lost(&self, person: Draft, photo: Vec<u8>) -> Result<LostTold, UiError> {
        let fresh = self
            .unattended(move |wallet, at| wallet.lost_report(&person, photo, at.now, at.rng))
            .await?;
        let mut lost = self.lost.lock().await;
        let mut report = match lost.take() {
            Some(before) if before.says_the_same(&fresh) => before,
            _ => fresh,
        };
        let told = self.driver.tell(&mut report, now, &mut UnwrapErr(SysRng)).await;
        if told.is_err() {
            *lost = Some(report);
        }
        told
    }

    /// Forgets the report of a lost phone.
    pub async fn forget_lost(&self) {
        *self.lost.lock().await = None;
    }

    /// Invented people, only beside the test mark.
    ///
    /// # Errors
    ///
    /// The wallet's.
    pub async fn test_citizens(&self) -> Result<Vec<TestCitizen>, UiError> {
        let state = self.wallet(|wallet, at| wallet.app_state(at.now)).await?;
        Ok(if state.mark == Mark::Test {
            citizens::all()
        } else {
            Vec::new()
        })
    }
}

/// Locks a wallet that nobody uses, whether or not its screens still run: a page that the system has stopped asks nothing.
async fn lock_unused(wallet: Weak<Mutex<Wallet>>) {
    loop {
        let Some(wallet) = wallet.upgrade() else { return };
        let left = aside(move || {
            let mut wallet = wallet.lock().map_err(|_| UiCode::StorageFailed)?;
            Ok(wallet.set_uptime(uptime(), false))
        });
        let pause = match left.await {
            Ok(Some(seconds)) => Duration::from_secs(seconds.max(1)),
            Ok(None) => SHORTEST_AUTO_LOCK,
            Err(_) => return,
        };
        tokio::time::sleep(pause.min(SHORTEST_AUTO_LOCK)).await;
    }
}

/// Least time between two tries by itself.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// The plan is looked at again after this time: a phone that slept does not count its sleep.
const CHECK_EVERY: Duration = Duration::from_mins(15);

/// Errors with which a run does not even start.
const DOES_NOT_START: [UiCode; 5] = [
    UiCode::Locked,
    UiCode::NotConfigured,
    UiCode::NotEnrolled,
    UiCode::ProvincePause,
    UiCode::StorageFailed,
];

/// Work that takes time, on a thread that may wait.
///
/// # Errors
///
/// The work's own; `storage_failed` when it panicked.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UiError> + Send + 'static,
) -> Result<T, UiError> {
    tauri::async_runtime::spawn_blocking(work)
        .await
        .map_err(|_| UiCode::StorageFailed)?
}

/// The only place of the app that reads the clock. A clock before 1970 is 1970.
fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the composition root reads the clock for everybody"
    )]
    let now = SystemTime::now();
    Timestamp::from_unix(now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}
