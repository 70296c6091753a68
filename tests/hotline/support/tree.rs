//! A small invented city for the tests of a ticket's life: its directory, written by hand. Its rule:
//! who stands below whom is written here a second time, so that tests need not ask the program.

use chrono::NaiveDate;
use jiesu::db::Tx;
use jiesu::directory::{
    Category, Company, Entry, Estate, Head, Management, Region, RegionLevel, Rule, Span, Target,
    Unit, UnitKind, store,
};
use jiesu::error::Result;

/// Unit, the one above it, kind.
pub const UNITS: [(&str, &str, UnitKind); 15] = [
    ("zjj", "", UnitKind::Bureau),
    ("wuye", "zjj", UnitKind::Section),
    ("weixiu", "zjj", UnitKind::Section),
    ("weixiu-1", "weixiu", UnitKind::Section),
    ("baozhang", "zjj", UnitKind::Section),
    ("qufang", "", UnitKind::DistrictBureau),
    ("jiedao", "qufang", UnitKind::Street),
    ("jiedao2", "qufang", UnitKind::Street),
    ("shequ", "jiedao", UnitKind::CommunityCommittee),
    ("hongda", "jiedao", UnitKind::Company),
    ("hongda-1", "hongda", UnitKind::Company),
    ("chengguan", "", UnitKind::Department),
    ("gongan", "", UnitKind::Department),
    ("jiuke", "zjj", UnitKind::Section),
    ("tiaojie", "zjj", UnitKind::Section),
];

/// `unit` and those above it.
pub fn up_from(unit: &str) -> Vec<&'static str> {
    let mut path = Vec::new();
    let mut at = unit;
    while let Some((code, above, _)) = UNITS.iter().find(|(code, ..)| *code == at) {
        path.push(*code);
        at = above;
    }
    path
}

/// Those that `unit` stands above, and itself.
pub fn down_from(unit: &str) -> Vec<&'static str> {
    UNITS.iter().map(|(code, ..)| *code).filter(|code| up_from(code).contains(&unit)).collect()
}

pub fn is_company(unit: &str) -> bool {
    up_from(unit).contains(&"hongda")
}

fn day() -> NaiveDate {
    "2020-01-01".parse().unwrap()
}

fn since() -> Span {
    Span::from(day())
}

fn unit((code, above, kind): (&str, &str, UnitKind)) -> Entry {
    let mut unit = Unit::new(code, &format!("{code}单位"), kind, day());
    if !above.is_empty() {
        unit = unit.below(above);
    }
    unit.heads.push(Head { name: format!("{code}负责人"), span: since() });
    if code == "hongda" {
        unit.company = Some("c-hongda".into());
    }
    if code == "jiuke" {
        unit.span.to_on = Some("2025-12-31".parse().unwrap());
    }
    Entry::Unit(unit)
}

fn region(code: &str, parent: Option<&str>, level: RegionLevel, unit: Option<&str>) -> Entry {
    Entry::Region(Region {
        code: code.into(),
        name: code.to_owned(),
        parent: parent.map(Into::into),
        level,
        unit: unit.map(Into::into),
        span: since(),
    })
}

fn estate(code: &str, region: &str, company: Option<&str>) -> Entry {
    let run = |company: &str| Management { company: company.into(), span: since() };
    Entry::Estate(Estate {
        code: code.into(),
        name: format!("{code}小区"),
        aliases: vec![],
        addresses: vec![],
        region: region.into(),
        companies: company.map(run).into_iter().collect(),
        floor_space_m2: Some(100_000),
        households: Some(1_000),
        peer_group: String::new(),
        span: since(),
    })
}

fn category(code: &str, parent: Option<&str>, level: u8) -> Entry {
    Entry::Category(Category {
        code: code.into(),
        name: code.to_owned(),
        parent: parent.map(Into::into),
        level,
        version: "1".to_owned(),
        kinds: vec![],
        urgency: None,
        keywords: vec![],
        span: since(),
    })
}

fn rule(code: &str, category: &str, lead: Target, assists: Vec<Target>) -> Entry {
    Entry::Rule(Rule {
        code: code.to_owned(),
        category: Some(category.into()),
        region: None,
        estate: None,
        lead,
        assists,
        copies: vec![],
        note: String::new(),
        span: since(),
    })
}

/// The whole directory.
pub fn entries() -> Vec<Entry> {
    let mut all: Vec<Entry> = UNITS.into_iter().map(unit).collect();
    all.extend([
        region("qu", None, RegionLevel::District, Some("qufang")),
        region("jie", Some("qu"), RegionLevel::Street, Some("jiedao")),
        region("jie2", Some("qu"), RegionLevel::Street, Some("jiedao2")),
        region("she", Some("jie"), RegionLevel::Community, None),
        Entry::Company(Company {
            code: "c-hongda".into(),
            name: "宏达物业".to_owned(),
            peer_group: String::new(),
            span: since(),
        }),
        estate("yangguang", "she", Some("c-hongda")),
        estate("chunhui", "jie2", None),
        category("wy", None, 1),
        category("wy.gl", Some("wy"), 2),
        category("wy.gl.sf", Some("wy.gl"), 3),
        category("wy.dt", Some("wy"), 2),
        category("bz", None, 1),
        rule("R1", "wy", Target::Unit("wuye".into()), vec![Target::StreetOfPlace]),
        rule("R2", "wy.gl", Target::CompanyOfEstate, vec![]),
    ]);
    all
}

/// Writes the whole directory down, as of its first day.
pub fn record(tx: &mut Tx<'_>) -> Result<()> {
    let recorded = |entry: Entry| store::Recorded { since_on: day(), revision: 1, entry };
    let entries: Vec<_> = entries().into_iter().map(recorded).collect();
    store::append(tx, "test", &entries).map(drop)
}
