//! An injector before the platform, with everything that it needs.

use std::sync::Arc;

use cxone_dtmf_engine::audit::AuditSink;
use cxone_dtmf_engine::clock::WallClock;
use cxone_dtmf_engine::config::Config;
use cxone_dtmf_engine::endpoint::Configured;
use cxone_dtmf_engine::fleet::Fleet;
use cxone_dtmf_engine::injector::{Injector, Parts};
use cxone_dtmf_engine::lock::Registry;
use cxone_dtmf_engine::origin::base_url;

use super::{Api, Events, Platform, ToPlatform, Tokens};

/// An injector before the platform.
pub struct World {
    pub api: Api,
    pub injector: Injector,
    pub platform: Arc<Platform>,
    pub events: Arc<Events>,
    pub registry: Arc<Registry>,
}

impl World {
    pub fn new(api: Api, platform: Arc<Platform>, config: Config) -> Self {
        Self::with_tokens(api, platform, config, Tokens::default())
    }

    pub fn with_tokens(api: Api, platform: Arc<Platform>, config: Config, tokens: Tokens) -> Self {
        let registry = Arc::new(Registry::default());
        Self::sharing(api, platform, config, tokens, registry)
    }

    pub fn sharing(
        api: Api,
        platform: Arc<Platform>,
        config: Config,
        tokens: Tokens,
        registry: Arc<Registry>,
    ) -> Self {
        Self::recorded(api, platform, config, tokens, registry, None)
    }

    /// With a record.
    pub fn recorded(
        api: Api,
        platform: Arc<Platform>,
        config: Config,
        tokens: Tokens,
        registry: Arc<Registry>,
        audit: Option<Arc<dyn AuditSink>>,
    ) -> Self {
        Self::made_of(api, platform, config, tokens, registry, audit, None)
    }

    /// In a process of a fleet, which is a registry.
    pub fn in_fleet(
        api: Api,
        platform: Arc<Platform>,
        config: Config,
        registry: Arc<Registry>,
        fleet: Fleet,
    ) -> Self {
        let tokens = Tokens::default();
        Self::made_of(api, platform, config, tokens, registry, None, Some(fleet))
    }

    /// With everything.
    pub fn made_of(
        api: Api,
        platform: Arc<Platform>,
        config: Config,
        tokens: Tokens,
        registry: Arc<Registry>,
        audit: Option<Arc<dyn AuditSink>>,
        fleet: Option<Fleet>,
    ) -> Self {
        let events = Arc::new(Events::default());
        let base = base_url("apiUrl", "https://api.example.com").unwrap();
        let transport = |digits| {
            let platform = Arc::clone(&platform);
            Arc::new(ToPlatform { platform, digits })
        };
        let parts = Parts {
            profile: api.profile(),
            endpoint: Arc::new(Configured::new(base)),
            tokens: Arc::new(tokens),
            transport: transport(true),
            control: transport(false),
            events: events.clone(),
            audit,
            registry: Arc::clone(&registry),
            submissions: None,
            fleet,
            clock: WallClock::system(),
        };
        Self {
            api,
            injector: Injector::new(parts, config).unwrap(),
            platform,
            events,
            registry,
        }
    }
}
