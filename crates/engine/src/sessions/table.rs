//! All sessions that are followed, or were, by every id that they have had.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::following::Following;
use super::session::{Session, SessionView, Tell};

/// How many sessions that nobody follows any more are kept, so that their ids go on meaning them.
const KEPT_IDLE: usize = 1_000;

/// How many ids these may have in all, some 10 MB. An id that is forgotten means another session, with a queue of its own.
const KEPT_IDLE_IDS: usize = 100_000;

/// The sessions of a process.
#[derive(Debug, Default)]
pub struct Sessions {
    table: Mutex<Table>,
    /// How many ids there are. Mostly none, and then no injection has to wait for the mutex.
    ids: AtomicUsize,
}

#[derive(Debug, Default)]
struct Table {
    /// By scope, then by id.
    scopes: HashMap<Arc<str>, HashMap<Arc<str>, Arc<Session>>>,
    /// Those that nobody follows, the one that was left first in front.
    idle: VecDeque<Arc<Session>>,
}

impl Sessions {
    /// The session with this id, where it is followed or was.
    #[must_use]
    pub fn find(&self, scope: &str, id: &str) -> Option<Arc<Session>> {
        if self.ids.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.table().scopes.get(scope)?.get(id).cloned()
    }

    /// Begins to follow the session with this id.
    #[must_use]
    pub fn follow(self: &Arc<Self>, scope: &Arc<str>, id: &Arc<str>, tell: Tell) -> Following {
        let (session, number) = self.change(|table| {
            let session = table.find_or_add(scope, id);
            table.idle.retain(|idle| !Arc::ptr_eq(idle, &session));
            let number = session.follow(tell);
            (session, number)
        });
        Following::new(Arc::clone(self), session, number)
    }

    /// Takes over from elsewhere that an id means the session that began as `first`.
    pub fn adopt(&self, scope: &Arc<str>, id: &Arc<str>, first: &Arc<str>) {
        self.change(|table| {
            let known = table.scopes.get(scope).and_then(|ids| ids.get(id)).cloned();
            match known {
                None => {}
                // It was known by this id alone.
                Some(known) if id != first && !known.is_followed() && known.first_id() == *id => {
                    table.idle.retain(|idle| !Arc::ptr_eq(idle, &known));
                    table.forget(&known);
                }
                Some(_) => return,
            }
            let session = table.find_or_add(scope, first);
            if id != first {
                table.add_id(&session, Arc::clone(id));
            }
            if !session.is_followed() && !table.idle.iter().any(|idle| Arc::ptr_eq(idle, &session))
            {
                table.leave(session);
            }
        });
    }

    /// What is known of the sessions of a scope that are followed: so many at most, in the order of their ids, and how many
    /// there are.
    #[must_use]
    pub fn views(&self, scope: &str, most: usize) -> (Vec<SessionView>, usize) {
        let table = self.table();
        let ids = table.scopes.get(scope).into_iter().flatten();
        let mut followed: Vec<_> = ids
            .filter(|(id, session)| session.first_id() == **id && session.is_followed())
            .map(|(_, session)| Arc::clone(session))
            .collect();
        drop(table);
        followed.sort_by_key(|session| session.first_id());
        let views = followed.iter().take(most).map(|session| session.view());
        (views.collect(), followed.len())
    }

    /// A session goes on under another id.
    pub(super) fn renew(&self, session: &Arc<Session>, id: &str) {
        self.change(|table| table.add_id(session, id.into()));
    }

    pub(super) fn unfollow(&self, session: &Arc<Session>, follower: u64) {
        self.change(|table| {
            session.unfollow(follower);
            if !session.is_followed() {
                table.leave(Arc::clone(session));
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.table();
        let changed = change(&mut table);
        let ids = table.scopes.values().map(HashMap::len).sum();
        self.ids.store(ids, Ordering::Release);
        changed
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn find_or_add(&mut self, scope: &Arc<str>, id: &Arc<str>) -> Arc<Session> {
        let ids = self.scopes.entry(Arc::clone(scope)).or_default();
        let new = || Arc::new(Session::new(Arc::clone(scope), Arc::clone(id)));
        Arc::clone(ids.entry(Arc::clone(id)).or_insert_with(new))
    }

    /// An id that belongs to another session already stays there: what is in that one's queue must not be overtaken.
    fn add_id(&mut self, session: &Arc<Session>, id: Arc<str>) {
        let ids = self.scopes.entry(Arc::clone(session.scope())).or_default();
        match ids.get(&id) {
            Some(known) if Arc::ptr_eq(known, session) => session.ask_with(id),
            Some(_) => {}
            None => {
                ids.insert(Arc::clone(&id), Arc::clone(session));
                if let Some(forgotten) = session.renew(id) {
                    ids.remove(&forgotten);
                }
            }
        }
    }

    fn leave(&mut self, session: Arc<Session>) {
        self.idle.push_back(session);
        let mut ids: usize = self.idle.iter().map(|idle| idle.id_count()).sum();
        while self.idle.len() > KEPT_IDLE || ids > KEPT_IDLE_IDS {
            let Some(oldest) = self.idle.pop_front() else {
                return;
            };
            ids = ids.saturating_sub(oldest.id_count());
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, session: &Arc<Session>) {
        let Some(ids) = self.scopes.get_mut(session.scope()) else {
            return;
        };
        for id in session.ids() {
            ids.remove(&id);
        }
        if ids.is_empty() {
            self.scopes.remove(session.scope());
        }
    }
}

#[cfg(test)]
mod tests;
