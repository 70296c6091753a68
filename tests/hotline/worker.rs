//! The background work of a whole program.

use chrono::TimeDelta;
use jiesu::app::Demo;
use jiesu::jobs::{Bell, counts};
use jiesu::lifecycle::sealer::seal_file;
use jiesu::ticket::store;
use jiesu::worker::{Worker, crew};

use crate::support::desk::Desk;
use crate::support::server::app;

#[test]
fn the_crew_tells_seals_and_counts_anew_and_then_rests() {
    let (app, clock, _folder) = app(&[], Demo::Off);
    let desk = Desk { hotline: app.hotline.clone() };
    let no = desk.take("emergency");
    clock.forward(TimeDelta::hours(1));
    let crew = crew(&app, &Bell::default());
    assert!(crew.drain().unwrap() > 0);
    // What the dispatcher is told leaves a minute later.
    clock.forward(TimeDelta::minutes(1));
    assert!(crew.drain().unwrap() > 0);
    assert_eq!(crew.drain().unwrap(), 0);
    assert_eq!(app.db.read(counts).unwrap().waiting, 0);
    assert_eq!(desk.events(&no).pop().unwrap().command, "limits");
    assert_ne!(app.db.read(store::counted_by).unwrap(), "");
    let file = seal_file(&app.config.data_dir);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    let proof = app.hotline.prove(&file).unwrap();
    assert!(proof.holds() && proof.seals == 1);
}

#[test]
fn a_worker_stops_when_told_and_one_that_is_held_back_does_nothing() {
    let (running, _, _one) = app(&[], Demo::Off);
    Worker::start(&running, |crew| crew).unwrap().stop();
    let (held, clock, _two) = app(&[("JIESU_WORKER__ENABLED", "false")], Demo::Off);
    let desk = Desk { hotline: held.hotline.clone() };
    let no = desk.take("emergency");
    clock.forward(TimeDelta::hours(1));
    Worker::start(&held, |crew| crew).unwrap().stop();
    assert_eq!(desk.load(&no).version, 1);
}

#[test]
fn the_doctor_answers_without_secrets() {
    let (app, ..) = app(&[], Demo::Off);
    let findings = jiesu::doctor::examine(&app);
    assert!(findings.len() > 10);
    let database = findings.iter().find(|finding| finding.answer.contains("sqlite://"));
    assert!(database.is_some(), "{findings:?}");
}
