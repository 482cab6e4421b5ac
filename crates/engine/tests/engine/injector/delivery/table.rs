//! Rows of the table, each played in both wire formats over every wire, on fresh and on kept connections.

use std::sync::Arc;
use std::time::Duration;

use cxone_dtmf_engine::config::{Config, InjectionOptions};
use cxone_dtmf_engine::delivery::Delivery;
use cxone_dtmf_engine::retry::ResendWhenUnknown;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::script::{Cut, Wire};
use super::stage::{End, House, Scene, attempts, hasty};
use crate::support::ms;

pub const ALL: &[Wire] = &[Wire::Http1, Wire::Http1Tls, Wire::Http2];
pub const TLS: &[Wire] = &[Wire::Http1Tls, Wire::Http2];
pub const HTTP2: &[Wire] = &[Wire::Http2];

/// One failure, and how it ends without and with further attempts.
#[derive(Clone)]
pub struct Row {
    name: &'static str,
    cuts: Vec<Cut>,
    alone: End,
    with_more: End,
    wires: &'static [Wire],
    fresh_only: bool,
    timed: bool,
    resend: ResendWhenUnknown,
    config: Config,
}

/// `alone` is the end with one attempt, `with_more` with three. After its cuts the server accepts.
pub fn row(name: &'static str, cuts: &[Cut], alone: End, with_more: End) -> Row {
    Row {
        name,
        cuts: cuts.to_vec(),
        alone,
        with_more,
        wires: ALL,
        fresh_only: false,
        timed: false,
        resend: ResendWhenUnknown::Never,
        config: hasty(),
    }
}

impl Row {
    pub fn over(self, wires: &'static [Wire]) -> Self {
        Self { wires, ..self }
    }

    /// The failure is one of a new connection.
    pub fn fresh_only(self) -> Self {
        Self {
            fresh_only: true,
            ..self
        }
    }

    /// The failure is that a time is over, which is short. A handshake takes as long on a slow machine, so it
    /// is not played on connections that have to be secured first.
    pub fn timed(mut self, time: impl FnOnce(&mut Config) -> &mut Duration) -> Self {
        *time(&mut self.config) = ms(1_000);
        Self {
            timed: true,
            ..self
        }
    }

    /// The user allows unknown outcomes to be sent again.
    pub fn resending(self) -> Self {
        Self {
            resend: ResendWhenUnknown::Always,
            ..self
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    async fn play(self, house: House, wire: Wire, kept: bool, max: u32, end: End) {
        let what = format!(
            "{} ({:?}, {wire:?}, kept: {kept}, {max} attempts)",
            self.name, house.api
        );
        let scene = Scene::set(&house, (wire, kept), &self.cuts, self.config.clone()).await;
        let options = InjectionOptions {
            resend_when_unknown: Some(self.resend.clone()),
            ..attempts(max)
        };
        let outcome = scene.stage.press(&options).await;
        scene.ended(&what, &outcome, end);
        if self.resend == ResendWhenUnknown::Never {
            let pressed = scene.read().iter().filter(|read| read.may_press).count();
            assert!(pressed <= 1, "{what}: perhaps pressed twice");
            if outcome.delivery() == Delivery::Unknown {
                assert_eq!(scene.read().len(), 1, "{what}: sent again");
            }
        }
        if !self.fresh_only && self.cuts.len() == 1 && kept {
            let first = &scene.read()[0];
            assert_eq!(first.connection, 0, "{what}: not on the kept connection");
        }
    }
}

/// So many at once that waiting costs little, and so few that their time-outs hold on a slow machine.
const AT_ONCE: usize = 8;

/// Plays all rows.
pub async fn play(rows: Vec<Row>) {
    let houses = House::each();
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    let mut plays = JoinSet::new();
    for row in rows {
        for &wire in row.wires {
            for kept in [false, true] {
                let spent_on_handshake = row.timed && !kept && wire != Wire::Http1;
                if kept && row.fresh_only || spent_on_handshake {
                    continue;
                }
                let ends = [(1, row.alone), (3, row.with_more)];
                for (house, (max, end)) in
                    houses.iter().flat_map(|house| ends.map(|end| (house, end)))
                {
                    let play = row.clone().play(house.clone(), wire, kept, max, end);
                    let seats = Arc::clone(&seats);
                    plays.spawn(async move {
                        let _seat = seats.acquire().await;
                        play.await;
                    });
                }
            }
        }
    }
    while let Some(played) = plays.join_next().await {
        played.unwrap();
    }
}
