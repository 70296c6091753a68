//! What the city's platform said of a person who was erased: nothing of it is kept, and what had not taken effect
//! comes to its end.

use diesel::RunQueryDsl;
use jiesu::feed::{self, Fate, sweep};
use jiesu::privacy;
use serde_json::json;

use super::feed::{PATIENCE, message, tells, ticket};
use crate::erasure::two;
use crate::support::city::City;
use crate::support::databases::{Folder, on_each_database};

on_each_database! {
    fn no_word_of_the_platforms_about_an_erased_person_is_kept_or_waits_for_ever(test: &TestDb) {
        let (city, folder) = (City::of(test), Folder::new());
        let count = |what: &str| {
            let sql = format!("UPDATE upstream_message SET seq = seq WHERE {what}");
            test.db.write(move |tx| Ok(diesel::sql_query(&sql).execute(tx.conn)?)).unwrap()
        };
        let fate = |id: &str| {
            let kept = test.db.read(|conn| feed::store::one(conn, id)).unwrap().unwrap();
            (kept.fate, kept.code.unwrap_or_default())
        };
        let said = |id: &str, no: &str, more| message(&city, id, no, &more);
        let no = tells(&city, &ticket(&city, "m1", "GD1")).unwrap().kept.ticket_no.unwrap();
        tells(&city, &said("m2", "GD1", json!({ "kind": "recall", "text": "不用了" }))).unwrap();
        tells(&city, &said("m3", "GD1", json!({ "kind": "urge", "text": "张三很急" }))).unwrap();
        let waits = json!({ "kind": "facts", "seq": 9, "text": "张三另有电话" });
        tells(&city, &said("m4", "GD1", waits)).unwrap();
        let others = json!({ "kind": "urge", "text": "别人的" });
        tells(&city, &said("m5", "GD2", others)).unwrap();
        assert_eq!((fate("m3").0, fate("m4").0), (Fate::Refused, Fate::Waiting));
        assert_eq!(count("body IS NOT NULL"), 3);
        privacy::erase(&city.hotline, folder.path(), &no, &two(&city.hotline), "本人请求").unwrap();
        let over = (Fate::Refused, "upstream.erased".to_owned());
        assert_eq!((count("body IS NOT NULL"), fate("m5").0), (1, Fate::Waiting));
        assert_eq!([fate("m3"), fate("m4")], [over.clone(), over.clone()]);
        let retry = feed::retry(&city.hotline, city.dispatcher().actor, "m3", PATIENCE);
        assert_eq!(retry.unwrap_err().code(), "upstream.erased");
        // One that an older program emptied and that somebody has let wait again.
        let again = "UPDATE upstream_message SET fate = 'waiting', code = NULL WHERE id = 'm3'";
        test.db.write(move |tx| Ok(diesel::sql_query(again).execute(tx.conn)?)).unwrap();
        sweep(&city.hotline, PATIENCE).unwrap();
        assert_eq!(fate("m3"), over);
        // What is said later is not kept either.
        tells(&city, &said("m6", "GD1", json!({ "kind": "facts", "text": "张三的事" }))).unwrap();
        assert_eq!((fate("m6").0, count("body IS NOT NULL")), (Fate::Refused, 1));
    }
}
