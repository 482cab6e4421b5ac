//! The steps that are still to be met, in order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::route::MaskAction;
use super::script::Step;
use super::token_step::TokenStep;

/// Steps in order, each with how often it is still to be met.
struct Queue<S>(VecDeque<(Arc<S>, u32)>);

impl<S> Default for Queue<S> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<S> Queue<S> {
    fn extend(&mut self, steps: Vec<S>, times: impl Fn(&S) -> u32) {
        for step in steps {
            let times = times(&step);
            self.0.push_back((Arc::new(step), times));
        }
    }

    fn next(&mut self) -> Option<Arc<S>> {
        let (step, left) = self.0.front_mut()?;
        let step = Arc::clone(step);
        *left -= 1;
        if *left == 0 {
            self.0.pop_front();
        }
        Some(step)
    }
}

/// Every step that is still to be met.
#[derive(Default)]
pub(super) struct Scripts {
    all: Queue<Step>,
    calls: HashMap<String, Queue<Step>>,
    tokens: Queue<TokenStep>,
    masks: Queue<Step>,
    unmasks: Queue<Step>,
    events: Queue<Step>,
}

impl Scripts {
    pub(super) fn add(&mut self, steps: Vec<Step>, call_id: Option<&str>) {
        let queue = match call_id {
            None => &mut self.all,
            Some(call_id) => self.calls.entry(call_id.to_owned()).or_default(),
        };
        queue.extend(steps, |step| step.times);
    }

    pub(super) fn add_token(&mut self, steps: Vec<TokenStep>) {
        self.tokens.extend(steps, |step| step.step.times);
    }

    pub(super) fn add_mask(&mut self, steps: Vec<Step>, action: MaskAction) {
        self.of(action).extend(steps, |step| step.times);
    }

    pub(super) fn add_events(&mut self, steps: Vec<Step>) {
        self.events.extend(steps, |step| step.times);
    }

    /// The step that the next request of this kind for a recording meets.
    pub(super) fn next_mask(&mut self, action: MaskAction) -> Option<Arc<Step>> {
        self.of(action).next()
    }

    /// The step that the next listener meets.
    pub(super) fn next_event(&mut self) -> Option<Arc<Step>> {
        self.events.next()
    }

    fn of(&mut self, action: MaskAction) -> &mut Queue<Step> {
        match action {
            MaskAction::Mask => &mut self.masks,
            MaskAction::Unmask => &mut self.unmasks,
        }
    }

    /// The step that the next DTMF request for this call meets.
    pub(super) fn next(&mut self, call_id: &str) -> Option<Arc<Step>> {
        if let Some(queue) = self.calls.get_mut(call_id) {
            if let Some(step) = queue.next() {
                return Some(step);
            }
            self.calls.remove(call_id);
        }
        self.all.next()
    }

    /// The step that the next token request meets.
    pub(super) fn next_token(&mut self) -> Option<Arc<TokenStep>> {
        self.tokens.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_the_call_come_first_and_each_as_often_as_it_says() {
        let mut scripts = Scripts::default();
        let twice = Step {
            times: 2,
            ..Step::status(500)
        };
        scripts.add(vec![twice, Step::status(501)], None);
        scripts.add(vec![Step::status(400)], Some("c"));
        let mut met = |call| scripts.next(call).and_then(|step| step.status);
        assert_eq!(met("c"), Some(400));
        assert_eq!(met("c"), Some(500));
        assert_eq!(met("d"), Some(500));
        assert_eq!(met("d"), Some(501));
        assert_eq!(met("c"), None);
    }
}
