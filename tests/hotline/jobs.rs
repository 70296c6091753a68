//! Later work: done at least once, tried again, never lost from sight.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use jiesu::error::{Error, Kind};
use jiesu::jobs::{Crew, Fail, counts, dead, put, put_at, revive};

use crate::support::databases::{TestDb, on_each_database, start};

/// A crew whose one kind of work does what `work` says, and a count of its tries.
fn crew(
    test: &TestDb,
    work: impl Fn(usize) -> Result<(), Fail> + Send + Sync + 'static,
) -> (Crew, Arc<AtomicUsize>) {
    let tries = Arc::new(AtomicUsize::new(0));
    let seen = tries.clone();
    let crew = Crew::new(test.db.clone())
        .does("letter", move |_| work(seen.fetch_add(1, Ordering::SeqCst) + 1));
    (crew, tries)
}

fn put_letter(test: &TestDb) -> i64 {
    test.db.write(|tx| put(tx, "letter", &7)).unwrap()
}

on_each_database! {
    fn a_job_put_in_a_refused_write_does_not_exist(test: &TestDb) {
        let refused = test.db.write(|tx| {
            put(tx, "letter", &1)?;
            Err::<(), _>(Error::refused("stale"))
        });
        assert!(refused.is_err());
        assert_eq!(test.db.read(counts).unwrap().waiting, 0);
    }

    fn a_job_is_done_once_and_gone(test: &TestDb) {
        let (crew, tries) = crew(test, |_| Ok(()));
        put_letter(test);
        assert_eq!(test.db.read(counts).unwrap().oldest_due_at, Some(start()));
        assert_eq!(crew.drain().unwrap(), 1);
        assert_eq!(crew.drain().unwrap(), 0);
        assert_eq!(tries.load(Ordering::SeqCst), 1);
        assert_eq!(test.db.read(counts).unwrap().waiting, 0);
    }

    fn a_job_says_what_was_put(test: &TestDb) {
        let got = Arc::new(Mutex::new(Vec::new()));
        let keep = got.clone();
        let crew = Crew::new(test.db.clone()).does("letter", move |job| {
            keep.lock().unwrap().push((job.id, job.body::<Vec<i64>>()?, job.tries));
            Ok(())
        });
        let id = test.db.write(|tx| put(tx, "letter", &[3, 4])).unwrap();
        crew.drain().unwrap();
        assert_eq!(*got.lock().unwrap(), [(id, vec![3, 4], 1)]);
    }

    fn a_job_of_the_future_waits(test: &TestDb) {
        let (crew, _) = crew(test, |_| Ok(()));
        test.db.write(|tx| {
            let due_at = tx.now.plus(TimeDelta::hours(2));
            put_at(tx, "letter", &1, due_at)
        }).unwrap();
        assert_eq!(crew.drain().unwrap(), 0);
        test.clock.forward(TimeDelta::hours(2));
        assert_eq!(crew.drain().unwrap(), 1);
    }

    fn what_fails_comes_back_after_a_while(test: &TestDb) {
        let (crew, tries) = crew(test, |n| if n < 3 { Err(Fail::again("mail.away")) } else { Ok(()) });
        put_letter(test);
        assert_eq!(crew.drain().unwrap(), 1);
        assert_eq!(crew.drain().unwrap(), 0, "not at once");
        for _ in 0..2 {
            test.clock.forward(TimeDelta::minutes(1));
            assert_eq!(crew.drain().unwrap(), 1);
        }
        assert_eq!(tries.load(Ordering::SeqCst), 3);
        assert_eq!(test.db.read(counts).unwrap().waiting, 0);
    }

    fn what_can_never_go_is_dead_and_seen_and_may_be_revived(test: &TestDb) {
        let (crew, _) = crew(test, |n| if n == 1 { Err(Fail::never("mail.no_such_box")) } else { Ok(()) });
        let id = put_letter(test);
        crew.drain().unwrap();
        let buried = test.db.read(|conn| dead(conn, 10)).unwrap();
        assert_eq!((buried[0].id, buried[0].why.as_deref()), (id, Some("mail.no_such_box")));
        assert_eq!(test.db.read(counts).unwrap().dead, 1);
        test.db.write(move |tx| revive(tx, id)).unwrap();
        assert_eq!(test.db.write(move |tx| revive(tx, id)).unwrap_err().kind(), Kind::NotFound);
        assert_eq!(crew.drain().unwrap(), 1);
        assert_eq!(test.db.read(counts).unwrap().dead, 0);
    }

    fn what_fails_for_a_day_is_dead(test: &TestDb) {
        let (crew, tries) = crew(test, |_| Err(Fail::again("mail.away")));
        put_letter(test);
        for _ in 0..40 {
            crew.drain().unwrap();
            test.clock.forward(TimeDelta::hours(2));
        }
        assert_eq!(tries.load(Ordering::SeqCst), 14);
        assert_eq!(test.db.read(counts).unwrap().dead, 1);
    }

    fn a_job_that_panics_is_tried_again(test: &TestDb) {
        let (crew, _) = crew(test, |n| { assert!(n > 1, "on purpose"); Ok(()) });
        put_letter(test);
        crew.drain().unwrap();
        test.clock.forward(TimeDelta::minutes(1));
        assert_eq!(crew.drain().unwrap(), 1);
        assert_eq!(test.db.read(counts).unwrap().waiting, 0);
    }

    fn nodes_at_once_do_each_job_once(test: &TestDb) {
        for _ in 0..60 {
            put_letter(test);
        }
        let done = Arc::new(Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let done = done.clone();
                let crew = Crew::new(test.another_node()).does("letter", move |job| {
                    done.lock().unwrap().push(job.id);
                    Ok(())
                });
                scope.spawn(move || {
                    let mut turned_away = 0;
                    while let Err(error) = crew.drain() {
                        assert_eq!(error.kind(), Kind::Unavailable);
                        turned_away += 1;
                        assert!(turned_away < 20);
                    }
                });
            }
        });
        let mut done = done.lock().unwrap().clone();
        done.sort_unstable();
        done.dedup();
        assert_eq!(done.len(), 60);
    }

    fn a_job_of_a_node_that_died_is_taken_over_and_the_dead_nodes_word_counts_no_more(test: &TestDb) {
        put_letter(test);
        let node = test.another_node();
        let clock = test.clock.clone();
        let slow = Crew::new(test.db.clone()).does("letter", move |_| {
            // This node sleeps through its lease; meanwhile another does the job and puts a new one.
            clock.forward(TimeDelta::minutes(6));
            let other = Crew::new(node.clone()).does("letter", |_| Err(Fail::never("taken.over")));
            assert_eq!(other.step().unwrap(), 1);
            Ok(())
        });
        assert_eq!(slow.step().unwrap(), 1);
        let buried = test.db.read(|conn| dead(conn, 10)).unwrap();
        assert_eq!(buried[0].why.as_deref(), Some("taken.over"));
    }

    fn a_handful_whose_first_took_long_is_not_done_once_more_behind_who_took_it_over(test: &TestDb) {
        for _ in 0..3 {
            put_letter(test);
        }
        let done = Arc::new(Mutex::new(Vec::new()));
        let (node, clock, by_other) = (test.another_node(), test.clock.clone(), done.clone());
        let first = AtomicUsize::new(0);
        let by_slow = done.clone();
        let slow = Crew::new(test.db.clone()).does("letter", move |job| {
            by_slow.lock().unwrap().push(job.id);
            if first.fetch_add(1, Ordering::SeqCst) == 0 {
                // The lease of all three runs out over the first.
                clock.forward(TimeDelta::minutes(6));
                let done = by_other.clone();
                let other = Crew::new(node.clone()).does("letter", move |job| {
                    done.lock().unwrap().push(job.id);
                    Ok(())
                });
                other.drain().unwrap();
            }
            Ok(())
        });
        slow.drain().unwrap();
        let mut done = done.lock().unwrap().clone();
        done.sort_unstable();
        let most = done.chunk_by(|a, b| a == b).map(<[i64]>::len).collect::<Vec<_>>();
        // The first alone was in nobody's hand twice but its own.
        assert_eq!((done.len(), most.iter().filter(|times| **times > 1).count()), (4, 1), "{most:?}");
    }

    fn a_claim_is_renewed_before_a_job_that_had_to_wait_for_its_turn(test: &TestDb) {
        for _ in 0..2 {
            put_letter(test);
        }
        let (node, clock) = (test.another_node(), test.clock.clone());
        let (mine, theirs) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (done, others) = (mine.clone(), theirs.clone());
        let slow = Crew::new(test.db.clone()).does("letter", move |_| {
            done.fetch_add(1, Ordering::SeqCst);
            // Four minutes each: over the second the first lease would be long gone.
            clock.forward(TimeDelta::minutes(4));
            let others = others.clone();
            let other = Crew::new(node.clone()).does("letter", move |_| {
                others.fetch_add(1, Ordering::SeqCst);
                Ok(())
            });
            other.drain().unwrap();
            Ok(())
        });
        slow.drain().unwrap();
        assert_eq!((mine.load(Ordering::SeqCst), theirs.load(Ordering::SeqCst)), (2, 0));
    }

    fn a_round_runs_on_one_node_at_a_time_and_again_when_its_time_has_come(test: &TestDb) {
        let rounds = Arc::new(AtomicUsize::new(0));
        let crew = |db| {
            let rounds = rounds.clone();
            Crew::new(db).every("sweep", TimeDelta::seconds(30), move || {
                rounds.fetch_add(1, Ordering::SeqCst);
                Ok(())
            })
        };
        let (one, two) = (crew(test.db.clone()), crew(test.another_node()));
        assert_eq!(one.step().unwrap() + two.step().unwrap(), 1);
        test.clock.forward(TimeDelta::seconds(29));
        assert_eq!(one.step().unwrap() + two.step().unwrap(), 0);
        test.clock.forward(TimeDelta::seconds(1));
        assert_eq!(two.step().unwrap() + one.step().unwrap(), 1);
        assert_eq!(rounds.load(Ordering::SeqCst), 2);
    }

    fn a_round_that_fails_comes_again(test: &TestDb) {
        let crew = Crew::new(test.db.clone())
            .every("sweep", TimeDelta::seconds(30), || Err(Error::refused("stale")));
        assert_eq!(crew.drain().unwrap(), 1);
        test.clock.forward(TimeDelta::seconds(30));
        assert_eq!(crew.drain().unwrap(), 1);
    }
}
