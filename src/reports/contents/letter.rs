//! Reports, contents: what of each table the letter prints. Its rule: leaders read a few pages; every row and column is in
//! the workbook and on the page, and the letter says where it is not whole.

use std::collections::BTreeMap;

use crate::reports::document::Extract;

/// All columns.
const ALL: &[&str] = &[];

/// The table, how many rows of it, and which columns.
const EXTRACTS: &[(&str, usize, &[&str])] = &[
    ("changed_rates", 10, &["name", "metric", "previous", "value", "change"]),
    ("changed_counts", 10, ALL),
    (
        "overview_counts",
        20,
        &["name", "all", "assessed", "previous", "previous.change", "year.change", "per_day"],
    ),
    ("overview_rates", 20, COMPARED),
    ("overview_score", 20, COMPARED),
    ("overview_time", 20, COMPARED),
    ("kinds", 10, PARTS),
    ("channels", 15, OF_RECEIVED),
    ("categories", 20, OF_RECEIVED),
    (
        "topics",
        5,
        &[
            "name",
            "received",
            "received.share",
            "received.previous.change",
            "resolution_rate",
            "estates",
        ],
    ),
    ("growing", 5, &["name", "received", "received.previous", "received.previous.change"]),
    ("cases", 10, ALL),
    ("units", 20, RANKED),
    (
        "units_process",
        20,
        &[
            "name",
            "received",
            "on_time_rate",
            "contact_rate",
            "return_rate",
            "rework_rate",
            "handling_time",
        ],
    ),
    ("units_below", 20, &["name", "n", "response_rate", "resolution_rate", "satisfaction_rate"]),
    ("units_small", 10, ALL),
    ("units_overdue", 15, ALL),
    ("heads", 10, RANKED),
    (
        "estates_high",
        15,
        &[
            "name",
            "year_count",
            "received",
            "resolution_rate",
            "satisfaction_rate",
            "per_1000_households",
        ],
    ),
    (
        "estates",
        10,
        &[
            "name",
            "received",
            "received.previous.change",
            "resolution_rate",
            "satisfaction_rate",
            "per_1000_households",
        ],
    ),
    ("estates_by_area", 10, FOR_AREA),
    ("estates_by_households", 10, FOR_HOUSEHOLDS),
    ("companies_by_area", 10, FOR_AREA),
    ("companies_by_households", 10, FOR_HOUSEHOLDS),
    (
        "companies",
        15,
        &[
            "name",
            "received",
            "resolution_rate",
            "satisfaction_rate",
            "composite",
            "rank",
            "per_100000_m2",
        ],
    ),
    ("blocks", 10, PARTS),
    (
        "block_categories",
        15,
        &[
            "block",
            "name",
            "received",
            "received.previous.change",
            "resolution_rate",
            "satisfaction_rate",
        ],
    ),
    ("ledger", 15, ALL),
    ("warnings", 10, ALL),
    ("campaigns", 10, ALL),
    ("campaign_points", 10, &["name", "what", "unit", "due_on", "done_on", "state"]),
    ("check", 30, ALL),
    ("bottom_line", 15, ALL),
    ("bottom_cases", 20, ALL),
    ("bottom_causes", 12, ALL),
];

const COMPARED: &[&str] =
    &["name", "all", "assessed", "previous", "previous.change", "year.change"];
const PARTS: &[&str] = &["name", "count", "share", "previous", "previous.change", "year.change"];
const OF_RECEIVED: &[&str] = &[
    "name",
    "received",
    "received.share",
    "received.previous",
    "received.previous.change",
    "received.year.change",
];
const FOR_AREA: &[&str] =
    &["name", "place", "size", "received", "resolution_rate", "per_100000_m2"];
const FOR_HOUSEHOLDS: &[&str] =
    &["name", "place", "size", "received", "resolution_rate", "per_1000_households"];
const RANKED: &[&str] = &[
    "name",
    "rank",
    "n",
    "response_rate",
    "resolution_rate",
    "resolution_rate.same_mix",
    "satisfaction_rate",
    "composite",
];

/// By table, as [`Extract`] wants it.
pub fn letter() -> BTreeMap<String, Extract> {
    let extract = |(id, rows, columns): &(&str, usize, &[&str])| {
        let columns = columns.iter().map(|id| (*id).to_owned()).collect();
        ((*id).to_owned(), Extract { rows: *rows, columns })
    };
    EXTRACTS.iter().map(extract).collect()
}
