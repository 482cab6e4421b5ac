//! Several processes of a fleet before one platform. Each is an injector with a registry and a store of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::fleet::{Fleet, FleetOptions, Store};
use cxone_dtmf_engine::lock::{LockId, Registry};
use cxone_dtmf_engine::outcome::Outcome;
use tokio::task::JoinHandle;

use crate::support::{Api, LONG, Platform, World, ms};

/// An attempt is short, so that a lease may be.
pub fn config() -> Config {
    Config {
        timeout: ms(600),
        deadline: LONG,
        lock_timeout: LONG,
        max_waiting_per_call: 1_000,
        ..Api::TelephonyV2.config()
    }
}

/// The shortest lease for such attempts.
pub fn options(url: &str) -> FleetOptions {
    let mut options = FleetOptions::at(url).unwrap();
    options.lease = FleetOptions::shortest_lease(config().timeout);
    options
}

/// Time enough for everything: a slow machine is no server that is away, and no lease that ends.
pub fn patient(options: FleetOptions) -> FleetOptions {
    FleetOptions {
        lease: FleetOptions::shortest_lease(LONG),
        timeout: LONG / 3,
        connect_timeout: LONG / 3,
        ..options
    }
}

/// The same for attempts.
pub fn patient_config() -> Config {
    Config {
        timeout: LONG,
        ..config()
    }
}

/// One process.
pub struct Process {
    pub world: World,
    pub store: Arc<Store>,
    next: AtomicU64,
}

impl Process {
    pub fn new(platform: &Arc<Platform>, options: FleetOptions) -> Self {
        Self::with(platform, config(), options)
    }

    pub fn with(platform: &Arc<Platform>, config: Config, options: FleetOptions) -> Self {
        Self::speaking(Api::TelephonyV2, platform, config, options)
    }

    /// Another injector of a process.
    pub fn in_process_of(
        other: &Self,
        platform: &Arc<Platform>,
        config: Config,
        options: FleetOptions,
    ) -> Self {
        let registry = Arc::clone(&other.world.registry);
        Self::made_of(Api::TelephonyV2, platform, config, options, registry)
    }

    pub fn speaking(
        api: Api,
        platform: &Arc<Platform>,
        config: Config,
        options: FleetOptions,
    ) -> Self {
        Self::made_of(api, platform, config, options, Arc::default())
    }

    /// One with a store of its own making.
    pub fn of_store(platform: &Arc<Platform>, config: Config, store: Arc<Store>) -> Self {
        Self::around(Api::TelephonyV2, platform, config, store, Arc::default())
    }

    fn made_of(
        api: Api,
        platform: &Arc<Platform>,
        config: Config,
        options: FleetOptions,
        registry: Arc<Registry>,
    ) -> Self {
        Self::around(
            api,
            platform,
            config,
            Store::new(options).unwrap(),
            registry,
        )
    }

    fn around(
        api: Api,
        platform: &Arc<Platform>,
        config: Config,
        store: Arc<Store>,
        registry: Arc<Registry>,
    ) -> Self {
        let fleet = Fleet::new(Arc::clone(&store));
        Self {
            world: World::in_fleet(api, Arc::clone(platform), config, registry, fleet),
            store,
            next: AtomicU64::new(1),
        }
    }

    pub fn id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Presses digits. The place in line is taken now.
    pub fn press(&self, call: &str, digits: &str) -> JoinHandle<Arc<Outcome>> {
        self.press_with(call, digits, &InjectionOptions::default())
    }

    pub fn press_with(
        &self,
        call: &str,
        digits: &str,
        options: &InjectionOptions,
    ) -> JoinHandle<Arc<Outcome>> {
        let params = Api::TelephonyV2.params(call, digits);
        let journey = self.world.injector.inject(self.id(), params, options);
        tokio::spawn(journey.run())
    }

    pub async fn lock(&self, call: &str) -> LockId {
        let acquired = self
            .world
            .injector
            .acquire_lock(self.id(), Some(call), None);
        acquired.run().await.unwrap()
    }

    pub async fn release(&self, lock: LockId) {
        self.world.injector.release_lock(lock).await;
    }
}

/// No two sequences of one call were under way at once.
pub fn no_overlaps(platform: &Platform) {
    assert_eq!(platform.state.lock().unwrap().overlaps, 0);
}
