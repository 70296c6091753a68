//! An answer of before there were rows of answers is the past of the next one.

use diesel::RunQueryDsl;
use jiesu::proactive::Earlier;
use serde_json::json;

use super::Centre;
use crate::support::databases::on_each_database;

on_each_database! {
    fn an_answer_of_before_there_were_warnings_is_one_of_two_in_a_row(test: &TestDb) {
        let centre = Centre::open(test);
        let bad = json!({ "outcome": "reached", "contacted": "yes", "solved": "unsolved", "satisfied": "dissatisfied" });
        let answers = || {
            let no = centre.city.passed("wuye");
            centre.city.surveyor().does(&no, "survey", bad.clone());
            let raised = centre.looks();
            centre.city.days(40);
            raised
        };
        assert_eq!(answers(), 0);
        // As a site is that looked for nothing yet when it was answered.
        let forget = "DELETE FROM surveyed";
        let gone = test.db.write(move |tx| Ok(diesel::sql_query(forget).execute(tx.conn)?)).unwrap();
        assert_eq!(gone, 1);
        let watchman = &centre.server.app.watchman;
        watchman.look_back(Earlier { after: i64::MIN }).unwrap();
        watchman.look_back(Earlier { after: i64::MIN }).unwrap();
        watchman.look_back(Earlier { after: i64::MAX }).unwrap();
        assert_eq!(centre.looks(), 0, "the past calls for nothing");
        assert_eq!(answers(), 2, "of the estate and of its company");
    }
}
