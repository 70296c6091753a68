//! How SQLite goes about what the program asks of it. Its rule: the statements are the program's own, as it sends them
//! with its values bound, for a copy in a test would stay as it was. Of PostgreSQL, which walks small tables whatever
//! there is, only the indexes can be asked for, and they are the same (`schema.rs`).

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use jiesu::db::{Conn, Db};
use jiesu::error::Result;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// One statement and the steps of its plan.
#[derive(Debug)]
pub struct Plan {
    pub statement: String,
    steps: Vec<String>,
}

impl Plan {
    pub fn uses(&self, index: &str) -> bool {
        self.steps.iter().any(|step| step.contains(&format!("INDEX {index}")))
    }

    /// Whether everything found is sorted before the first of it is answered.
    pub fn sorts(&self) -> bool {
        self.steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"))
    }
}

/// The plans of all that `work` reads.
pub fn of<T>(db: &Db, work: impl FnOnce(&mut Conn) -> Result<T>) -> Vec<Plan> {
    let statements: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = statements.clone();
    let plans = db.read(|conn| {
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                heard.lock().unwrap().push(query.to_string());
            }
        });
        work(conn)?;
        conn.set_instrumentation(|_: InstrumentationEvent<'_>| ());
        let asked = statements.lock().unwrap().clone();
        let asked = asked.iter().filter_map(|it| Some(it.split_once(" -- binds:")?.0.to_owned()));
        let plan = |statement: String| {
            let steps: Vec<Step> =
                sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn)?;
            Ok(Plan { statement, steps: steps.into_iter().map(|step| step.detail).collect() })
        };
        asked.map(plan).collect::<Result<Vec<Plan>>>()
    });
    let plans = plans.unwrap();
    assert!(!plans.is_empty(), "nothing was asked");
    plans
}
