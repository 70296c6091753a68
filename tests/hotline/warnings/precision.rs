//! A rule's precision over time: it is demoted by what was closed, and comes back by what was closed meanwhile.

use chrono::TimeDelta;
use jiesu::identity::Role;
use jiesu::proactive::desk::{Due, Said, Word, raise, say};
use jiesu::proactive::finding::{Finding, Grade, Rule};
use jiesu::proactive::owner::Owner;
use jiesu::proactive::settings::Demotion;
use jiesu::proactive::store::{self, Precision};
use serde_json::Value;

use crate::support::city::City;
use crate::support::databases::on_each_database;

const BY: Demotion = Demotion { below: 0.5, least: 2, within: TimeDelta::days(180) };

/// What the cluster rule made of the cell numbered `cell`.
fn due(cell: usize, grade: Grade, ticket_id: i64) -> Due {
    let finding = Finding {
        rule: Rule::Cluster,
        cell: format!("yangguang/{cell}"),
        grade,
        estate: Some("yangguang".to_owned()),
        category: None,
        company: None,
        n: 3,
        threshold: 3,
        tickets: vec![format!("T-{cell}")],
        why: Value::Null,
    };
    Due { finding, owner: Owner::Desk(Role::Dispatcher), ticket_id, sealed: false }
}

/// Raises it, says how the rule's alarm is listed, and closes it, `real` or not.
fn raised(city: &City, due: Due, real: bool) -> Grade {
    let actor = city.dispatcher().actor.clone();
    let raising = move |tx: &mut jiesu::db::Tx<'_>| {
        raise(tx, &due, BY)?;
        let row = store::open_of(tx.conn, Rule::Cluster, &due.finding.cell)?.unwrap();
        let listed = row.grade;
        let row = if real {
            say(tx, &actor, row, Word::Act, || Ok(Said::Act("已派人查看".to_owned())))?
        } else {
            row
        };
        let result = real.then(|| "已处置".to_owned());
        say(tx, &actor, row, Word::Close, || Ok(Said::Close { result, real }))?;
        Ok(listed)
    };
    city.hotline.db.write(raising).unwrap()
}

fn precision(city: &City) -> (i64, i64) {
    let since = city.now().plus(-BY.within);
    let all = city.hotline.db.read(|conn| store::precision(conn, since)).unwrap();
    let of = |it: &&Precision| it.rule == Rule::Cluster;
    all.iter().find(of).map(|it| (it.closed, it.real)).unwrap()
}

on_each_database! {
    fn a_rule_comes_back_by_what_its_alarms_turned_out_to_be_while_they_were_only_watched(test: &TestDb) {
        let city = City::of(test);
        let ticket = city.stored(&city.taken()).id;
        let alarm = |cell| due(cell, Grade::Alarm, ticket);
        for cell in [1, 2] {
            assert_eq!(raised(&city, alarm(cell), false), Grade::Alarm);
        }
        assert_eq!(precision(&city), (2, 0));
        // What the rule itself only watched says nothing of it.
        assert_eq!(raised(&city, due(3, Grade::Watch, ticket), true), Grade::Watch);
        assert_eq!(precision(&city), (2, 0));
        for cell in [4, 5] {
            assert_eq!(raised(&city, alarm(cell), true), Grade::Watch, "demoted");
        }
        assert_eq!(precision(&city), (4, 2));
        assert_eq!(raised(&city, alarm(6), true), Grade::Alarm);
        // And what is old says nothing any more.
        city.days(181);
        assert_eq!(precision(&city), (0, 0));
    }

    fn what_is_watched_first_and_then_an_alarm_counts_as_one_also_of_a_demoted_rule(test: &TestDb) {
        let city = City::of(test);
        let ticket = city.stored(&city.taken()).id;
        for cell in [1, 2] {
            raised(&city, due(cell, Grade::Alarm, ticket), false);
        }
        let watched = due(3, Grade::Watch, ticket);
        city.hotline.db.write(move |tx| raise(tx, &watched, BY)).unwrap();
        assert_eq!(raised(&city, due(3, Grade::Alarm, ticket), true), Grade::Watch);
        assert_eq!(precision(&city), (3, 1));
    }
}
