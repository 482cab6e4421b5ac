//! The server: its start, its end, and its connections.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};

use cxone_dtmf_simulator::{Cut, Simulator, SimulatorOptions, Step};

use crate::bench::*;

#[test]
fn stopping_closes_connections_and_frees_the_port() {
    let bench = Bench::new();
    bench.script(Step::cut(Cut::Silence));
    let mut hanging = bench.send(&path("c1"), &payload("1"));
    bench.eventually("it came", |simulator| simulator.stats().requests == 2);
    bench.simulator.stop();
    bench.simulator.stop();
    assert!(matches!(
        hanging.receive(),
        Err(Broken::Closed | Broken::Reset)
    ));
    assert_eq!(bench.simulator.requests().len(), 2, "the journal stays");
    let options = SimulatorOptions {
        port: bench.simulator.port(),
        ..SimulatorOptions::default()
    };
    let again = Simulator::start(options.clone()).unwrap();
    assert_eq!(again.url(), bench.simulator.url());
    let taken = Simulator::start(options).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    let address = SocketAddr::from(([127, 0, 0, 1], again.port()));
    drop(again);
    assert!(
        TcpStream::connect(address).is_err(),
        "dropping stops as well"
    );
}

#[test]
fn it_starts_and_stops_within_a_runtime_of_its_user() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::new();
        assert_eq!(bench.press("c1", "1").status, 202);
    });
}

#[test]
fn many_connections_at_once_are_all_served() {
    let bench = Bench::with(SimulatorOptions {
        auto_calls: true,
        ..SimulatorOptions::default()
    });
    let mut clients: Vec<_> = (0..300)
        .map(|number| bench.send(&path(&format!("n{number}")), &payload("1")))
        .collect();
    for client in &mut clients {
        assert_eq!(client.receive().unwrap().status, 202);
    }
    let stats = bench.simulator.stats();
    assert_eq!(
        (stats.executions, stats.overlaps, stats.in_flight),
        (300, 0, 0)
    );
}
