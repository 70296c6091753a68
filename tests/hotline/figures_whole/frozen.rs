//! The frozen report beside what the lines say. Its rule: every cell of every table that names a figure, read out of
//! the report's JSON; of some of them the tickets too, whose weights sum to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use serde_json::{Value, json};

use super::site::Site;
use super::{Told, millis, mix, number};
use crate::support::histories::Dice;
use crate::support::oracle::{Ask, Figures, Sum, Within, composite_of, excluded};

/// A cell that names a figure.
struct Cell {
    table: String,
    row: String,
    column: String,
    /// Its own words, for messages.
    place: String,
    value: Value,
    source: Value,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Every cell of the document that names a figure, and the number of all.
fn cells(document: &Value) -> (Vec<Cell>, usize) {
    let (mut found, mut all) = (Vec::new(), 0);
    let sections = document["sections"].as_array().unwrap().iter();
    let blocks = sections.flat_map(|section| section["blocks"].as_array().unwrap());
    for table in blocks.filter(|block| block["is"] == "table") {
        let columns = table["columns"].as_array().unwrap();
        for row in table["rows"].as_array().unwrap() {
            let cells = row["cells"].as_array().unwrap();
            assert_eq!(cells.len(), columns.len(), "{row}");
            for (column, cell) in columns.iter().zip(cells) {
                all += 1;
                if cell["source"]["of"] == "figure" {
                    let (table, row) = (text(&table["id"]), text(&row["key"]));
                    let column = text(&column["id"]);
                    let place = format!("{table}/{row}/{column}: {cell}");
                    let (value, source) = (cell["value"].clone(), cell["source"].clone());
                    found.push(Cell { table, row, column, place, value, source });
                }
            }
        }
    }
    (found, all)
}

/// What lies below each key of a tree, itself included, as the reference data says.
struct Trees(HashMap<&'static str, HashMap<String, BTreeSet<String>>>);

impl Trees {
    fn read(site: &Site) -> Self {
        let tree = |path: &str| {
            let items = site.ask(&format!("/api/v1/{path}?limit=500")).json();
            let items = items["items"].as_array().unwrap().clone();
            let parents: HashMap<String, Option<String>> = items
                .iter()
                .map(|item| (text(&item["code"]), item["parent"].as_str().map(str::to_owned)))
                .collect();
            let mut below: HashMap<String, BTreeSet<String>> = HashMap::new();
            for code in parents.keys() {
                let mut at = Some(code.clone());
                while let Some(above) = at {
                    below.entry(above.clone()).or_default().insert(code.clone());
                    at = parents.get(&above).cloned().flatten();
                }
            }
            below
        };
        let petitions = ["letter", "visit"].map(str::to_owned);
        let others = ["phone", "web", "app", "wechat", "platform", "open311"].map(str::to_owned);
        let channels = [("petitions", &petitions[..]), ("others", &others[..])];
        let channels =
            channels.map(|(key, under)| (key.to_owned(), under.iter().cloned().collect()));
        Self(HashMap::from([
            ("unit", tree("units")),
            ("category", tree("categories")),
            ("region", tree("regions")),
            ("channel", channels.into()),
        ]))
    }

    /// The keys whose sums make up the row `key`.
    fn under(&self, by: &str, key: &str) -> BTreeSet<String> {
        let below = self.0.get(by).and_then(|tree| tree.get(key)).cloned();
        below.unwrap_or_else(|| [key.to_owned()].into())
    }
}

/// The sum that the lines give for the cell.
fn sum(figures: &Figures, keys: &BTreeSet<String>, metric: &str) -> Sum {
    let mut all = Sum::default();
    for key in keys {
        let one = figures.of(key, metric);
        all.num += one.num;
        all.den += one.den;
        all.times.extend(one.times);
    }
    all
}

fn near(there: &Value, expected: f64, place: &str) {
    let there = there.as_f64().unwrap_or_else(|| panic!("no number: {place}"));
    let apart = (there - expected).abs() / expected.abs().max(1.0);
    assert!(apart < 1e-9, "{there} instead of {expected}: {place}");
}

/// Milliseconds of an hour, and thousandths of one.
fn scale(metric: &str) -> f64 {
    if metric == "handling_time" { 3_600_000.0 } else { 1_000.0 }
}

/// Compares the cell with what the lines say of it; whether it says more than nothing.
fn compare(cell: &Cell, figures: &Figures, trees: &Trees) -> bool {
    let Cell { place, value, source, .. } = cell;
    let (by, metric) = (source["by"].as_str().unwrap(), source["metric"].as_str().unwrap());
    let keys = match source["key"].as_str() {
        None => [String::new()].into(),
        Some(key) if source["rollup"] == true => trees.under(by, key),
        Some(key) => [key.to_owned()].into(),
    };
    if metric == "composite" {
        match composite_of(|metric| sum(figures, &keys, metric)) {
            Some(points) => near(&value["number"], points, place),
            None => assert_eq!(value, "none", "{place}"),
        }
        return value != "none";
    }
    let sum = sum(figures, &keys, metric);
    if cell.column.starts_with("per_") {
        // By days, area or households, which are not the tickets'; the numerator is.
        if let Some(num) = value["ratio"]["num"].as_f64() {
            near(&num.into(), sum.num as f64 / scale(metric), place);
            let (ratio, den) = (&value["ratio"], value["ratio"]["den"].as_f64().unwrap());
            match cell.column.as_str() {
                "per_100000_m2" => near(&ratio["value"], num * 100_000.0 / den, place),
                "per_1000_households" => near(&ratio["value"], num * 1_000.0 / den, place),
                _ => {}
            }
        }
        return value != "none";
    }
    if cell.column.strip_suffix(".share").is_some() && value["ratio"].is_object() {
        // Of everything.
        let whole = figures.of("", metric).num as f64 / scale(metric);
        near(&value["ratio"]["num"], sum.num as f64 / scale(metric), place);
        near(&value["ratio"]["den"], whole, place);
        return true;
    }
    let is_den = source["side"] == "den";
    if let Some(count) = value["count"].as_i64() {
        let due = if is_den { sum.den * 1000 } else { sum.num };
        assert_eq!(count * 1000, due, "{place}");
    } else if value["ratio"].is_object() {
        let ratio = &value["ratio"];
        assert_eq!(ratio["den"], sum.den, "{place}");
        near(&ratio["num"], sum.num as f64 / scale(metric), place);
        // Flagged tickets are told per 1 000 contacts.
        let times = if metric == "bottom_line" { 1_000.0 } else { 1.0 };
        near(&ratio["value"], times * sum.num as f64 / scale(metric) / sum.den as f64, place);
    } else if value == "none" {
        assert_eq!(sum.den, 0, "{place}");
    } else if metric == "handling_time" {
        // The middle or the nearest rank, in hours.
        let there = value["number"].as_f64().unwrap_or_else(|| panic!("{place}"));
        let hours = |half_ms: i64| half_ms as f64 / 7_200_000.0;
        let (middle, p90) = sum.middle_and_p90().unwrap();
        let is = |expected: f64| (there - expected).abs() < 1e-9 * expected.max(1.0);
        assert!(is(hours(middle)) || is(hours(p90)), "{place}");
    } else {
        panic!("what is this: {place}");
    }
    sum.num + sum.den != 0
}

/// The tickets behind a cell, whose weights sum to it.
fn drill(site: &Site, id: &str, cell: &Cell, figures: &Figures, trees: &Trees) {
    let (by, metric) = (text(&cell.source["by"]), text(&cell.source["metric"]));
    let keys = match cell.source["key"].as_str() {
        None => [String::new()].into(),
        Some(key) if cell.source["rollup"] == true => trees.under(&by, key),
        Some(key) => [key.to_owned()].into(),
    };
    let due = match sum(figures, &keys, &metric) {
        _ if metric == "composite" => {
            composite_of(|metric| sum(figures, &keys, metric)).unwrap_or(0.0)
        }
        sum if cell.source["side"] == "den" => sum.den as f64,
        sum => sum.num as f64 / scale(&metric),
    };
    let (mut weights, mut after) = (0.0, String::new());
    loop {
        let spot = format!("table={}&row={}&column={}", cell.table, cell.row, cell.column);
        let page =
            site.ask(&format!("/api/v1/reports/{id}/tickets?{spot}&limit=500{after}")).json();
        for item in page["items"].as_array().unwrap() {
            weights += item["weight"].as_f64().unwrap();
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert!(
        (weights - due).abs() < 1e-6 * due.abs().max(1.0),
        "{weights}, not {due}: {}",
        cell.place
    );
}

/// Whose reports are made beside everybody's: with what lies below it, or without anything below.
const SCOPES: [(&str, &str); 8] = [
    ("region", "d2"),
    ("region", "street3"),
    ("unit", "unit10"),
    ("unit", "unit3"),
    ("head", "head9"),
    ("estate", "estate7"),
    ("company", "company5"),
    ("company", "company1"),
];

/// Makes and freezes October's report, and holds every figure in it against the lines; then those of one district, unit,
/// head, estate, company each.
pub fn every_cell(site: &Site, told: &Told) {
    let trees = Trees::read(site);
    every_cell_of(site, told, &trees, None);
    for scope in SCOPES {
        every_cell_of(site, told, &trees, Some(scope));
    }
}

/// The same of the whole bureau's report and one of a unit's.
pub fn some_reports(site: &Site, told: &Told) {
    let trees = Trees::read(site);
    for scope in [None, Some(SCOPES[0])] {
        every_cell_of(site, told, &trees, scope);
    }
}

/// The id of a report about October that is frozen.
fn frozen(site: &Site, scope: Option<(&str, &str)>) -> String {
    let mut asked = json!({ "window": "2026-10" });
    if let Some((by, key)) = scope {
        asked["scope"] = json!({ "by": by, "key": key });
    }
    let began = Instant::now();
    let made = site.post("assessor", "/api/v1/reports", &asked);
    assert_eq!(made.status, 201, "{}", made.body);
    let id = text(&made.json()["id"]);
    let taken = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let frozen = site.post("assessor", &format!("/api/v1/reports/{id}/freeze"), &json!({}));
    assert_eq!(frozen.status, 200, "{}", frozen.body);
    let seconds = began.elapsed().as_secs_f64();
    println!("report of {scope:?} taken in {taken:.2} s, frozen in {seconds:.2} s");
    id
}

pub fn october<'a>(
    told: &Told,
    (group_by, assessed): (&'a str, bool),
    within: Option<Within<'a>>,
) -> Ask<'a> {
    let (start, end) = (millis("2026-10-01T00:00:00"), millis("2026-11-01T00:00:00"));
    let surveyed_before = told.report_cut;
    Ask { start, end, now: told.now, group_by, assessed, within, surveyed_before }
}

fn every_cell_of(site: &Site, told: &Told, trees: &Trees, scope: Option<(&str, &str)>) {
    let id = frozen(site, scope);
    let document = site.ask(&format!("/api/v1/reports/{id}.json")).json();
    let (cells, all) = cells(&document);
    let inside = scope.map(|(by, key)| (by, trees.under(by, key)));
    let within = inside.as_ref().map(|(by, keys)| Within { by, keys });
    let mut known: BTreeMap<(String, bool), Figures> = BTreeMap::new();
    let mut filled = Vec::new();
    for cell in &cells {
        let (by, assessed) = (text(&cell.source["by"]), cell.source["edition"] == "assessed");
        let figures = known
            .entry((by.clone(), assessed))
            .or_insert_with(|| told.expect(&october(told, (&by, assessed), within)).figures);
        if compare(cell, figures, trees) {
            filled.push(cell);
        }
    }
    println!(
        "{} of {all} cells are figures; all are what the lines say, {} say more than nothing",
        cells.len(),
        filled.len()
    );
    assert!(filled.len() > if scope.is_none() { 500 } else { 30 }, "{scope:?}");
    let mixed = mix::compare(&document, told, within);
    assert!(mixed > 0 || scope.is_some(), "the same mix is told");
    let due = excluded(&told.tickets, &told.city, &october(told, ("unit", false), within));
    assert_eq!(excluded_of(&document), due.get("").cloned().unwrap_or_default(), "{scope:?}");
    let most = number("JIESU_FROZEN_DRILLS", 120) / if scope.is_none() { 1 } else { 4 };
    let mut dice = Dice::new(11);
    for _ in 0..most.min(filled.len()) {
        let cell = *dice.pick(&filled);
        let key = (text(&cell.source["by"]), cell.source["edition"] == "assessed");
        drill(site, &id, cell, &known[&key], trees);
    }
}

/// How many the report says are excluded, by reason.
fn excluded_of(document: &Value) -> BTreeMap<String, i64> {
    let sections = document["sections"].as_array().unwrap().iter();
    let mut blocks = sections.flat_map(|section| section["blocks"].as_array().unwrap());
    let table = blocks.find(|block| block["id"] == "excluded").expect("what is excluded is told");
    let count =
        |row: &Value| Some((text(&row["key"]), row["cells"][1]["value"]["count"].as_i64()?));
    let rows = table["rows"].as_array().unwrap().iter().filter(|row| row["key"] != "total");
    rows.filter_map(count).collect()
}
