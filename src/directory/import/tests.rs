//! Directory: sheets taken and refused, line by line.

use super::*;
use crate::directory::matter::Target;
use crate::directory::place::RegionLevel;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn days() -> Days {
    Days { from_on: day("2020-01-01"), today: day("2026-10-01") }
}

fn load(directory: &mut Directory, sheet: Sheet, text: &str) -> Imported {
    plan(directory, sheet, text, days()).unwrap().outcome
}

const UNITS: &str = "code,name,parent,kind,peer_group,head,phones\n\
    wuye,物业科,zjj,section,科室,甲,0000-80000001@工作日|0000-80000002\n\
    zjj,住建局,,bureau,,,\n";

#[test]
fn a_line_may_name_a_parent_that_stands_further_down() {
    let mut directory = Directory::default();
    let outcome = load(&mut directory, Sheet::Units, UNITS);
    assert_eq!((outcome.created, outcome.rejected.len()), (2, 0));
    let wuye = directory.unit(&"wuye".into()).unwrap();
    assert_eq!(wuye.phones[0].hours, "工作日");
    assert_eq!(wuye.head_on(day("2020-01-01")), Some("甲"));
}

#[test]
fn the_same_sheet_a_second_time_changes_nothing() {
    let mut directory = Directory::default();
    load(&mut directory, Sheet::Units, UNITS);
    let again = plan(&mut directory, Sheet::Units, UNITS, days()).unwrap();
    assert_eq!((again.outcome.unchanged, again.entries.len()), (2, 0));
}

#[test]
fn a_new_head_takes_over_today_and_the_old_one_stays_for_the_days_before() {
    let mut directory = Directory::default();
    load(&mut directory, Sheet::Units, UNITS);
    let text = "code,name,kind,head\nwuye,物业管理科,section,乙\n";
    let outcome = load(&mut directory, Sheet::Units, text);
    assert_eq!(outcome.revised, 1);
    let wuye = directory.unit(&"wuye".into()).unwrap();
    assert_eq!(wuye.head_on(day("2026-09-30")), Some("甲"));
    assert_eq!(wuye.head_on(day("2026-10-01")), Some("乙"));
    assert_eq!(wuye.parent, Some("zjj".into()), "what the sheet does not name stays");
    assert_eq!(directory.unit_on(&"wuye".into(), day("2026-09-30")).unwrap().name, "物业科");
}

#[test]
fn a_bad_line_comes_back_with_its_reasons_and_the_rest_loads() {
    let mut directory = Directory::default();
    let text = "code,name,parent,kind,from_on\n\
        zjj,住建局,,bureau,2020-01-01\n\
        ,没有代码,zjj,section,\n\
        x,,nobody,section,\n\
        y,甲,zjj,castle,\n\
        z,乙,zjj,section,2020-13-01\n\
        short,丙\n";
    let outcome = load(&mut directory, Sheet::Units, text);
    assert_eq!(outcome.created, 1);
    let lines: Vec<u64> = outcome.rejected.iter().map(|it| it.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    assert_eq!(outcome.rejected[2].errors[0].pointer, "/kind");
    let back = outcome.rejects_csv().unwrap();
    assert!(back.starts_with("code,name,parent,kind,from_on,line,reason\n"), "{back}");
    assert!(back.contains("y,甲,zjj,castle,,5,kind：没有这个代码。"), "{back}");
}

#[test]
fn a_strange_column_refuses_the_whole_sheet() {
    let text = "code,name,colour\nzjj,住建局,red\n";
    let error = plan(&mut Directory::default(), Sheet::Companies, text, days()).unwrap_err();
    assert_eq!(error.fields()[0].pointer, "/header/colour");
}

#[test]
fn units_in_a_circle_are_all_rejected() {
    let text = "code,name,parent,kind\na,甲,b,section\nb,乙,a,section\n";
    let mut directory = Directory::default();
    let outcome = load(&mut directory, Sheet::Units, text);
    assert_eq!((outcome.created, outcome.rejected.len()), (0, 2));
    load(&mut directory, Sheet::Units, "code,name,kind\na,甲,section\n");
    load(&mut directory, Sheet::Units, "code,name,parent,kind\nb,乙,a,section\n");
    let outcome = load(&mut directory, Sheet::Units, text);
    assert_eq!(outcome.rejected[0].errors[0].code, "directory.parent_circle");
}

#[test]
fn two_lines_of_one_estate_tell_of_a_change_of_company() {
    let mut directory = Directory::default();
    load(&mut directory, Sheet::Companies, "code,name\nc1,甲物业\nc2,乙物业\n");
    load(&mut directory, Sheet::Regions, "code,name,area_code\nd,东区,\ns,一街道,d\n");
    let text = "code,name,region,aliases,company,company_from_on,households\n\
        e,东苑,s,东苑一期|东苑小区,c1,2020-01-01,800\n\
        e,东苑,s,,c2,2026-04-01,\n";
    let outcome = load(&mut directory, Sheet::Estates, text);
    assert_eq!((outcome.created, outcome.revised), (1, 1));
    let estate = directory.estate(&"e".into()).unwrap();
    assert_eq!(estate.company_on(day("2026-03-31")), Some(&"c1".into()));
    assert_eq!(estate.company_on(day("2026-04-01")), Some(&"c2".into()));
    assert_eq!((estate.households, estate.aliases.len()), (Some(800), 2));
}

#[test]
fn an_estate_s_doors_are_read_from_the_sheet_and_what_names_no_door_comes_back() {
    let mut directory = Directory::default();
    load(&mut directory, Sheet::Regions, "code,name,area_code\nd,东区,\ns,一街道,d\n");
    let text = "code,name,region,addresses\n\
        e,东苑,s,花家地南街６号院|花家地南街2-18号双\nf,西苑,s,花家地南街|花家地南街8号\n";
    let outcome = load(&mut directory, Sheet::Estates, text);
    assert_eq!((outcome.created, outcome.rejected.len()), (1, 1));
    let wrong = &outcome.rejected[0].errors[0];
    assert_eq!((wrong.pointer.as_str(), wrong.code), ("/addresses/0", "directory.address"));
    // A later line without the column, or with an empty cell, leaves them.
    load(&mut directory, Sheet::Estates, "code,name,region,addresses\ne,东苑小区,s,\n");
    let doors = &directory.estate(&"e".into()).unwrap().addresses;
    assert_eq!(doors, &["花家地南街６号院", "花家地南街2-18号双"]);
    load(&mut directory, Sheet::Estates, "code,name,region,addresses\ne,东苑小区,s,-\n");
    assert_eq!(directory.estate(&"e".into()).unwrap().addresses.len(), 0);
}

#[test]
fn a_rule_that_would_make_a_committee_responsible_is_rejected() {
    let mut directory = Directory::default();
    let units = "code,name,parent,kind\nzjj,局,,bureau\nsq,东社区,zjj,community_committee\n";
    load(&mut directory, Sheet::Units, units);
    let text = "code,lead,assists,copies\nr1,sq,,\nr2,zjj,sq,\nr3,zjj,@company,sq\n";
    let outcome = load(&mut directory, Sheet::Catalogue, text);
    assert_eq!(outcome.created, 1);
    let codes: Vec<_> = outcome.rejected.iter().map(|it| it.errors[0].code).collect();
    assert_eq!(codes, ["directory.unit_committee"; 2]);
    assert_eq!(directory.rule("r3").unwrap().assists, [Target::CompanyOfEstate]);
}

#[test]
fn a_category_lies_one_level_below_its_parent() {
    let mut directory = Directory::default();
    let text = "code,name,parent,level,version,kinds,urgency\n\
        10,电梯,,1,1,,\n1001,困人,10,2,1,help|complaint,emergency\n100101,轿厢,10,3,1,,\n";
    let outcome = load(&mut directory, Sheet::Categories, text);
    assert_eq!(outcome.created, 2);
    assert_eq!(outcome.rejected[0].errors[0].code, "directory.category_level");
}

#[test]
fn a_real_citys_divisions_load_as_districts_and_streets() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/divisions");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let (Some(districts), Some(streets)) =
        (read("beijing_districts.csv"), read("beijing_streets.csv"))
    else {
        eprintln!("skipped: no divisions in {}", folder.display());
        return;
    };
    let mut directory = Directory::default();
    assert_eq!(load(&mut directory, Sheet::Regions, &districts).created, 16);
    let outcome = load(&mut directory, Sheet::Regions, &streets);
    assert_eq!((outcome.created, outcome.rejected), (349, vec![]));
    let twins: Vec<_> = directory.regions().filter(|it| it.name == "八里庄街道").collect();
    assert_eq!(twins.len(), 2);
    assert!(twins.iter().all(|it| it.level == RegionLevel::Street));
    assert_ne!(twins[0].parent, twins[1].parent);
}
