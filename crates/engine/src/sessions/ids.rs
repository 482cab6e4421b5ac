//! The ids that one session has had.

use std::collections::VecDeque;
use std::sync::Arc;

/// How many ids of a session are kept besides the first. Each answer with events brings one.
pub(super) const KEPT: usize = 10_000;

/// The ids that one session has had: all go on meaning it, and the newest is the one to ask with.
#[derive(Debug)]
pub(super) struct Ids {
    first: Arc<str>,
    later: VecDeque<Arc<str>>,
    newest: Arc<str>,
}

impl Ids {
    pub(super) fn new(first: Arc<str>) -> Self {
        Self {
            newest: Arc::clone(&first),
            first,
            later: VecDeque::new(),
        }
    }

    /// Stands for the session wherever it is named.
    pub(super) const fn first(&self) -> &Arc<str> {
        &self.first
    }

    pub(super) const fn newest(&self) -> &Arc<str> {
        &self.newest
    }

    /// The session goes on under this id. Gives the one that is forgotten for it.
    pub(super) fn renew(&mut self, id: Arc<str>) -> Option<Arc<str>> {
        self.ask_with(Arc::clone(&id));
        self.later.push_back(id);
        (self.later.len() > KEPT)
            .then(|| self.later.pop_front())
            .flatten()
    }

    /// The platform names one that it has had.
    pub(super) fn ask_with(&mut self, id: Arc<str>) {
        self.newest = id;
    }

    pub(super) fn count(&self) -> usize {
        1 + self.later.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<str>> {
        std::iter::once(&self.first).chain(&self.later)
    }
}
