//! Chains of events, seals over them, and the proof that finds whatever was changed behind the
//! program's back.

use std::path::{Path, PathBuf};

use diesel::RunQueryDsl;
use jiesu::jobs::Bell;
use jiesu::lifecycle::sealer::seal_file;
use jiesu::ticket::command::CommandName;
use jiesu::ticket::store;
use jiesu::ticket::store::proof::{Fault, Proof};
use serde_json::json;

use crate::support::databases::{Folder, TestDb, on_each_database};
use crate::support::desk::{Desk, agent, dispatch_to, dispatcher, handler, street_head};

fn seal(desk: &Desk, file: &Path) -> usize {
    desk.hotline.seal(file, &Bell::default()).unwrap()
}

fn folder() -> (Folder, PathBuf) {
    let folder = Folder::new();
    let file = seal_file(folder.path());
    (folder, file)
}

fn faults(proof: &Proof<'_>) -> Vec<Fault> {
    proof.problems.iter().map(|problem| problem.fault).collect()
}

/// Changes rows behind the program's back.
fn tamper(test: &TestDb, sql: &'static str) {
    let rows = test.db.write(move |tx| Ok(diesel::sql_query(sql).execute(tx.conn)?)).unwrap();
    assert!(rows > 0, "{sql}");
}

/// A small history: on the way in two units, with a whistle, merged, declined, and untouched.
pub(super) fn history(desk: &Desk) -> Vec<String> {
    let first = desk.in_hand("urgent_utility");
    let second = desk.take("general");
    desk.give(dispatcher(), &second, CommandName::Dispatch, dispatch_to("jiedao")).unwrap();
    let whistle = json!({"units": ["zhulian", "wuye"], "text": "请到场会商"});
    desk.give(street_head(), &second, CommandName::Whistle, whistle).unwrap();
    let third = desk.take("general");
    let into = json!({"into": second.clone()});
    desk.give(agent(), &third, CommandName::Merge, into).unwrap();
    let fourth = desk.take("general");
    let decline = json!({"reason": "no_new_fact", "told": "电话告知"});
    desk.give(agent(), &fourth, CommandName::Decline, decline).unwrap();
    vec![first, second, third, fourth]
}

on_each_database! {
    fn a_history_proves_whole_before_and_after_it_is_sealed(test: &TestDb) {
        let desk = Desk::new(test);
        let (_folder, file) = folder();
        history(&desk);
        let proof = desk.hotline.prove(&file).unwrap();
        assert_eq!(faults(&proof), []);
        assert_eq!((proof.tickets, proof.seals), (4, 0));
        assert_eq!(proof.unsealed, proof.events);
        assert_eq!(seal(&desk, &file), 1);
        assert_eq!(seal(&desk, &file), 0, "nothing is sealed twice");
        let proof = desk.hotline.prove(&file).unwrap();
        assert_eq!((faults(&proof), proof.seals, proof.unsealed), (vec![], 1, 0));
        let no = desk.dispatched("ask");
        let proof = desk.hotline.prove(&file).unwrap();
        assert_eq!((faults(&proof), proof.unsealed), (vec![], desk.events(&no).len()));
    }

    fn seals_of_several_nodes_are_one_chain_and_every_node_writes_all_of_them_out(test: &TestDb) {
        let desk = Desk::new(test);
        let other = desk.another_node(test);
        let ((_one, here), (_two, there)) = (folder(), folder());
        for round in 0..4 {
            desk.take("ask");
            let made = if round % 2 == 0 { seal(&desk, &here) } else { seal(&other, &there) };
            assert_eq!(made, 1);
        }
        seal(&desk, &here);
        let lines = |file: &Path| std::fs::read_to_string(file).unwrap();
        assert_eq!(lines(&here), lines(&there));
        assert_eq!(lines(&here).lines().count(), 4);
        assert_eq!(faults(&desk.hotline.prove(&here).unwrap()), []);
    }

    fn a_line_that_a_crash_cut_off_is_written_again(test: &TestDb) {
        let desk = Desk::new(test);
        let (_folder, file) = folder();
        for _ in 0..2 {
            desk.take("ask");
            seal(&desk, &file);
        }
        let whole = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 20]).unwrap();
        assert_eq!(faults(&desk.hotline.prove(&file).unwrap()), []);
        seal(&desk, &file);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
    }

    fn a_changed_event_is_found(test: &TestDb) {
        let desk = Desk::new(test);
        let (_folder, file) = folder();
        history(&desk);
        tamper(test, "UPDATE event SET at = at + 1 WHERE seq = 2");
        let found = faults(&desk.hotline.prove(&file).unwrap());
        assert!(found.contains(&Fault::EventChanged), "{found:?}");
    }

    fn a_cut_tail_is_found_by_its_seal_and_before_that_by_its_mark(test: &TestDb) {
        let desk = Desk::new(test);
        let (_folder, file) = folder();
        desk.dispatched("ask");
        tamper(test, "DELETE FROM event WHERE seq = 2");
        let found = faults(&desk.hotline.prove(&file).unwrap());
        assert!(found.contains(&Fault::MarkOff) && found.contains(&Fault::VersionOff), "{found:?}");
        let no = desk.dispatched("ask");
        seal(&desk, &file);
        let id = desk.load(&no).id;
        let rows = test.db.write(move |tx| {
            let sql = format!("DELETE FROM event WHERE seq = 2 AND ticket_id = {id}");
            Ok(diesel::sql_query(sql).execute(tx.conn)?)
        });
        assert_eq!(rows.unwrap(), 1);
        let found = faults(&desk.hotline.prove(&file).unwrap());
        assert!(found.contains(&Fault::LeafOff), "{found:?}");
    }

    fn a_seal_taken_away_with_its_traces_is_known_outside_the_database(test: &TestDb) {
        let desk = Desk::new(test);
        let (_folder, file) = folder();
        let no = desk.dispatched("ask");
        seal(&desk, &file);
        let id = desk.load(&no).id;
        let undone = test.db.write(move |tx| {
            for sql in [
                "DELETE FROM seal_leaf".to_owned(),
                "DELETE FROM seal".to_owned(),
                format!("INSERT INTO unsealed (ticket_id, since, seq) VALUES ({id}, 1, 2)"),
            ] {
                diesel::sql_query(sql).execute(tx.conn)?;
            }
            Ok(())
        });
        undone.unwrap();
        let found = faults(&desk.hotline.prove(&file).unwrap());
        assert_eq!(found, [Fault::LogOff]);
        let (_empty, nothing) = folder();
        assert_eq!(faults(&desk.hotline.prove(&nothing).unwrap()), [], "only the log knows");
    }

    fn how_long_it_was_handled_is_not_counted_anew_by_another_calendar(test: &TestDb) {
        let desk = Desk::new(test);
        let (_folder, file) = folder();
        test.clock.forward(chrono::TimeDelta::days(8));
        let no = desk.in_hand("ask");
        test.clock.forward(chrono::TimeDelta::hours(5));
        desk.give(handler(), &no, CommandName::Reply, json!({"text": "已修复"})).unwrap();
        let pass = json!({"pass": true});
        let reviewer = crate::support::desk::reviewer();
        let counted = desk.give(reviewer, &no, CommandName::Review, pass).unwrap();
        assert!(counted.ticket.handled_ms.is_some_and(|ms| ms > 0));
        crate::support::desk::describe(&test.db, crate::sweep::closed_on("2026-10-09"));
        assert_eq!(faults(&desk.hotline.prove(&file).unwrap()), []);
        let row = test.db.read(|conn| store::row_of(conn, counted.id)).unwrap().unwrap();
        assert_eq!(row.handled_ms, counted.ticket.handled_ms);
    }
}
