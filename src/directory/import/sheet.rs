//! Directory: what the columns of each sheet mean. Its rule: a line of a known thing changes only
//! what it names.

use std::str::FromStr;

use chrono::NaiveDate;

use super::line::{Cell, Line};
use crate::code_enum;
use crate::directory::dated::Span;
use crate::directory::entry::Entry;
use crate::directory::matter::Successor;
use crate::directory::matter::{Category, Rule, Target};
use crate::directory::place::{Company, Estate, Region, RegionLevel};
use crate::directory::snapshot::Directory;
use crate::directory::unit::{Head, Phone, Unit};
use crate::directory::vocabulary::CompanyCode;
use crate::error::FieldError;

code_enum! {
    /// The sheets that can be loaded.
    pub enum Sheet {
        Companies = "companies" "物业服务企业",
        Units = "units" "承办单位",
        Regions = "regions" "区域",
        Estates = "estates" "小区",
        Categories = "categories" "事项分类",
        Catalogue = "catalogue" "派单目录",
        CategoryMap = "category-map" "新旧类别对照",
    }
}

/// The days that lines without their own get.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    /// First day of things whose line has no `from_on`.
    pub from_on: NaiveDate,
    /// From this day on a changed line holds, where it has no `since_on`; never a later day.
    pub today: NaiveDate,
}

type Read<T> = Result<T, Vec<FieldError>>;

impl Sheet {
    /// Every column that the sheet may have.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Companies => &["code", "name", "peer_group", "from_on", "to_on", "since_on"],
            Self::Units => &[
                "code",
                "name",
                "parent",
                "kind",
                "peer_group",
                "head",
                "head_from_on",
                "phones",
                "company",
                "from_on",
                "to_on",
                "since_on",
            ],
            // `area_code` instead of parent and level: the national lists of divisions.
            Self::Regions => &[
                "code",
                "name",
                "parent",
                "area_code",
                "level",
                "unit",
                "from_on",
                "to_on",
                "since_on",
            ],
            Self::Estates => &[
                "code",
                "name",
                "aliases",
                "addresses",
                "region",
                "company",
                "company_from_on",
                "floor_space_m2",
                "households",
                "peer_group",
                "from_on",
                "to_on",
                "since_on",
            ],
            Self::Categories => &[
                "code", "name", "parent", "level", "version", "kinds", "urgency", "keywords",
                "from_on", "to_on", "since_on",
            ],
            Self::Catalogue => &[
                "code", "category", "region", "estate", "lead", "assists", "copies", "note",
                "from_on", "to_on", "since_on",
            ],
            Self::CategoryMap => &["code", "to", "from_on", "since_on"],
        }
    }

    /// The columns that it must have.
    pub const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue => &["code", "lead"],
            Self::CategoryMap => &["code", "to"],
            Self::Units => &["code", "name", "kind"],
            Self::Categories => &["code", "name", "level", "version"],
            Self::Estates => &["code", "name", "region"],
            Self::Companies | Self::Regions => &["code", "name"],
        }
    }

    /// The thing that the line describes, starting from what is known of it.
    pub(super) fn entry(self, known: &Directory, line: &Line, days: Days) -> Read<Entry> {
        match self {
            Self::Companies => company(known, line, days).map(Entry::Company),
            Self::Units => unit(known, line, days).map(Entry::Unit),
            Self::Regions => region(known, line, days).map(Entry::Region),
            Self::Estates => estate(known, line, days).map(Entry::Estate),
            Self::Categories => category(known, line, days).map(Entry::Category),
            Self::Catalogue => rule(known, line, days).map(Entry::Rule),
            Self::CategoryMap => successor(known, line, days).map(Entry::Successor),
        }
    }
}

fn span(line: &Line, known: Option<Span>, days: Days) -> Read<Span> {
    let mut span = known.unwrap_or(Span::from(days.from_on));
    if let Some(from_on) = line.day("from_on")? {
        span.from_on = from_on;
    }
    line.read("to_on", "field.format")?.into_option(&mut span.to_on);
    Ok(span)
}

/// A text field: the cell's, `known` where it is empty, empty for `-`.
fn text(line: &Line, column: &str, known: &str) -> String {
    match line.code::<String>(column) {
        Cell::Empty => known.to_owned(),
        Cell::Clear => String::new(),
        Cell::Value(text) => text,
    }
}

/// A field that must be there on the first line of a thing.
fn needed<T: FromStr>(line: &Line, column: &str, known: Option<T>) -> Read<T> {
    let missing = || vec![FieldError::new(format!("/{column}"), "field.required")];
    match line.read(column, "field.unknown_code")? {
        Cell::Value(value) => Ok(value),
        Cell::Empty | Cell::Clear => known.ok_or_else(missing),
    }
}

fn company(known: &Directory, line: &Line, days: Days) -> Read<Company> {
    let code = CompanyCode::from(line.required("code")?);
    let old = known.company(&code);
    Ok(Company {
        name: line.required("name")?.to_owned(),
        peer_group: text(line, "peer_group", old.map_or("", |it| &it.peer_group)),
        span: span(line, old.map(|it| it.span), days)?,
        code,
    })
}

fn unit(known: &Directory, line: &Line, days: Days) -> Read<Unit> {
    let code = line.required("code")?;
    let old = known.unit(&code.into()).cloned();
    let kind = needed(line, "kind", old.as_ref().map(|it| it.kind))?;
    let mut unit = old.clone().unwrap_or_else(|| Unit::new(code, "", kind, days.from_on));
    unit.name = line.required("name")?.to_owned();
    unit.kind = kind;
    unit.peer_group = text(line, "peer_group", &unit.peer_group);
    unit.span = span(line, old.map(|it| it.span), days)?;
    line.code("parent").into_option(&mut unit.parent);
    line.code("company").into_option(&mut unit.company);
    if let Some(name) = line.text("head") {
        let known_before = !unit.heads.is_empty();
        let first = if known_before { days.today } else { unit.span.from_on };
        succeed(&mut unit.heads, name, line.day("head_from_on")?.unwrap_or(first));
    }
    if let Some(phones) = line.list::<String>("phones", "field.format")? {
        unit.phones = phones.iter().map(|phone| split_phone(phone)).collect();
    }
    Ok(unit)
}

/// `name` heads the unit from `from_on` on; whoever was in office then leaves the day before. `-` leaves
/// the office empty.
fn succeed(heads: &mut Vec<Head>, name: &str, from_on: NaiveDate) {
    let in_office = heads.iter().any(|head| head.name == name && head.span.holds_on(from_on));
    if in_office {
        return;
    }
    for head in heads.iter_mut() {
        if head.span.holds_on(from_on) {
            head.span.to_on = from_on.pred_opt();
        }
    }
    heads.retain(|head| !head.span.is_backwards());
    if name != "-" {
        let next = heads.iter().map(|head| head.span.from_on).filter(|on| *on > from_on).min();
        let to_on = next.and_then(|on| on.pred_opt());
        heads.push(Head { name: name.to_owned(), span: Span { from_on, to_on } });
        heads.sort_by_key(|head| head.span.from_on);
    }
}

/// `number@hours`.
fn split_phone(text: &str) -> Phone {
    let (number, hours) = text.split_once('@').unwrap_or((text, ""));
    Phone { number: number.trim().to_owned(), hours: hours.trim().to_owned() }
}

fn region(known: &Directory, line: &Line, days: Days) -> Read<Region> {
    let code = line.required("code")?;
    let old = known.region(&code.into());
    let mut parent = old.and_then(|it| it.parent.clone());
    line.code("area_code").into_option(&mut parent);
    line.code("parent").into_option(&mut parent);
    let shape = if parent.is_some() { RegionLevel::Street } else { RegionLevel::District };
    let mut unit = old.and_then(|it| it.unit.clone());
    line.code("unit").into_option(&mut unit);
    Ok(Region {
        code: code.into(),
        name: line.required("name")?.to_owned(),
        level: needed(line, "level", Some(old.map_or(shape, |it| it.level)))?,
        parent,
        unit,
        span: span(line, old.map(|it| it.span), days)?,
    })
}

fn estate(known: &Directory, line: &Line, days: Days) -> Read<Estate> {
    let code = line.required("code")?;
    let old = known.estate(&code.into()).cloned();
    let known_before = old.is_some();
    let span = span(line, old.as_ref().map(|it| it.span), days)?;
    let mut estate = old.unwrap_or_else(|| Estate {
        code: code.into(),
        name: String::new(),
        aliases: Vec::new(),
        addresses: Vec::new(),
        region: String::new().into(),
        companies: Vec::new(),
        floor_space_m2: None,
        households: None,
        peer_group: String::new(),
        span,
    });
    estate.span = span;
    estate.name = line.required("name")?.to_owned();
    estate.region = line.required("region")?.into();
    estate.peer_group = text(line, "peer_group", &estate.peer_group);
    line.read("floor_space_m2", "field.format")?.into_option(&mut estate.floor_space_m2);
    line.read("households", "field.format")?.into_option(&mut estate.households);
    if let Some(aliases) = line.list("aliases", "field.format")? {
        estate.aliases = aliases;
    }
    if let Some(addresses) = line.list("addresses", "field.format")? {
        estate.addresses = addresses;
    }
    let first = if known_before { days.today } else { span.from_on };
    let from_on = line.day("company_from_on")?.unwrap_or(first);
    match line.code::<CompanyCode>("company") {
        Cell::Empty => {}
        Cell::Clear => estate.abandon(from_on),
        Cell::Value(company) => estate.hand_over(company, from_on),
    }
    Ok(estate)
}

fn category(known: &Directory, line: &Line, days: Days) -> Read<Category> {
    let code = line.required("code")?;
    let old = known.category(&code.into());
    let mut parent = old.and_then(|it| it.parent.clone());
    line.code("parent").into_option(&mut parent);
    let mut urgency = old.and_then(|it| it.urgency);
    line.read("urgency", "field.unknown_code")?.into_option(&mut urgency);
    let kinds = line.list("kinds", "field.unknown_code")?;
    let keywords = line.list("keywords", "field.format")?;
    Ok(Category {
        code: code.into(),
        name: line.required("name")?.to_owned(),
        parent,
        level: needed(line, "level", old.map(|it| it.level))?,
        version: line.required("version")?.to_owned(),
        kinds: kinds.or_else(|| old.map(|it| it.kinds.clone())).unwrap_or_default(),
        urgency,
        keywords: keywords.or_else(|| old.map(|it| it.keywords.clone())).unwrap_or_default(),
        span: span(line, old.map(|it| it.span), days)?,
    })
}

fn rule(known: &Directory, line: &Line, days: Days) -> Read<Rule> {
    let code = line.required("code")?;
    let old = known.rule(code).cloned();
    let lead = needed(line, "lead", old.as_ref().map(|it| it.lead.clone()))?;
    let span = span(line, old.as_ref().map(|it| it.span), days)?;
    let mut rule = old.unwrap_or_else(|| Rule {
        code: code.to_owned(),
        category: None,
        region: None,
        estate: None,
        lead: lead.clone(),
        assists: Vec::new(),
        copies: Vec::new(),
        note: String::new(),
        span,
    });
    rule.lead = lead;
    rule.span = span;
    line.code("category").into_option(&mut rule.category);
    line.code("region").into_option(&mut rule.region);
    line.code("estate").into_option(&mut rule.estate);
    if let Some(assists) = line.list::<Target>("assists", "field.unknown_code")? {
        rule.assists = assists;
    }
    if let Some(copies) = line.list::<Target>("copies", "field.unknown_code")? {
        rule.copies = copies;
    }
    rule.note = text(line, "note", &rule.note);
    Ok(rule)
}

/// `-` takes an earlier word back.
fn successor(known: &Directory, line: &Line, days: Days) -> Read<Successor> {
    let code = line.required("code")?.into();
    let old = known.successor(&code);
    let mut to = old.and_then(|it| it.to.clone());
    line.code("to").into_option(&mut to);
    if to.is_none() && line.text("to").is_none() {
        return Err(vec![FieldError::new("/to", "field.required")]);
    }
    let same = old.filter(|it| it.to == to).map(|it| it.from_on);
    let from_on = line.day("from_on")?.or(same).unwrap_or(days.today);
    Ok(Successor { code, to, from_on })
}
