//! The servers of these tests do what the tests rely on.

use crate::fleet::redis::resp::Reply;
use crate::fleet::redis::{Cluster, Redis, Served};

#[test]
fn a_server_keeps_its_port_and_nothing_else_when_it_is_started_again() {
    let mut redis = Redis::start();
    let url = redis.url();
    redis.ask(&["SET", "a", "1"]);
    assert_eq!(redis.ask(&["GET", "a"]).text(), "1");
    redis.restart();
    assert_eq!(redis.url(), url);
    assert_eq!(redis.ask(&["GET", "a"]), Reply::Nil);
}

#[test]
fn a_replica_has_what_its_master_has_and_can_be_promoted() {
    let master = Redis::start();
    master.ask(&["SET", "a", "1"]);
    let replica = master.replica();
    assert_eq!(replica.ask(&["GET", "a"]).text(), "1");
    assert!(
        replica
            .ask(&["SET", "a", "2"])
            .text()
            .starts_with("READONLY")
    );
    replica.ask(&["REPLICAOF", "NO", "ONE"]);
    assert_eq!(replica.ask(&["SET", "a", "2"]).text(), "OK");
}

#[test]
fn a_cluster_shares_the_slots_among_three_masters() {
    let cluster = Cluster::start();
    let moved = cluster.nodes.iter().filter(|node| {
        let reply = node.ask(&["GET", "{channel}:a"]).text();
        reply.starts_with("MOVED")
    });
    assert_eq!(moved.count(), 2);
    assert_eq!(cluster.urls().len(), 3);
}

#[test]
fn servers_of_tests_that_break_nothing_have_prefixes_of_their_own() {
    let (one, other) = (Served::new(), Served::new());
    assert!(one.url.starts_with("redis"));
    assert_ne!(one.prefix, other.prefix);
}
