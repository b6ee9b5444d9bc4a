//! The running app: one wallet behind a lock, the clock and the source of randomness.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use getrandom::SysRng;
use rand_core::UnwrapErr;
use crate::stub::Wallet;
use wallet::screen::{AppState, Mark, SyncReport, TestCitizen};
use wallet::{UiCode, UiError};

use crate::citizens;
use crate::settings::Settings;

/// The operating system's randomness; without it nothing may go on.
pub type Rng = UnwrapErr<SysRng>;

/// The moment of a call: what the wallet may not read by itself.
pub struct Moment<'a> {
    /// The phone's clock.
    pub now: SystemTime,
    /// The phone's randomness.
    pub rng: &'a mut Rng,
}

/// The state that all commands share.
pub struct App {
    wallet: Arc<Mutex<Wallet>>,
}

impl App {
    /// x
    pub fn open(_s: &Settings, _d: &std::path::Path) -> Result<Self, UiError> { Ok(Self { wallet: Arc::new(Mutex::new(Wallet)) }) }
    /// One call into the wallet, on a thread that may wait.
    pub(crate) async fn wallet<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Wallet, Moment<'_>) -> Result<T, UiError> + Send + 'static,
    ) -> Result<T, UiError> {
        let wallet = Arc::clone(&self.wallet);
        aside(move || {
            let mut wallet = wallet.lock().map_err(|_| UiCode::StorageFailed)?;
            let mut rng = UnwrapErr(SysRng);
            call(&mut wallet, Moment { now: SystemTime::now(), rng: &mut rng })
        })
        .await
    }
    pub(crate) async fn enrol(&self) -> Result<AppState, UiError> { Err(UiCode::NotConfigured.into()) }
    pub(crate) async fn sync(&self) -> Result<SyncReport, UiError> { Err(UiCode::NotConfigured.into()) }
    pub(crate) async fn test_citizens(&self) -> Result<Vec<TestCitizen>, UiError> {
        let state = self.wallet(|wallet, at| wallet.app_state(at.now)).await?;
        Ok(if state.mark == Mark::Test { citizens::all() } else { Vec::new() })
    }
}

/// Work that takes time, on a thread that may wait.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UiError> + Send + 'static,
) -> Result<T, UiError> {
    tauri::async_runtime::spawn_blocking(work).await.map_err(|_| UiCode::StorageFailed)?
}
