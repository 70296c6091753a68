//! Moving, reference: users from a sheet. Its rule: the one-time passwords lie in a file of their own before
//! the accounts are there, so that none is lost; an older such file is never written over.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::super::import::Run;
use super::{Described, Done, Rows, Table};
use crate::db::Db;
use crate::directory::{Directory, UnitCode};
use crate::error::{Error, FieldError, Kind, Result};
use crate::identity::account::{AccountKind, fold_name};
use crate::identity::store::account_named;
use crate::identity::{Actor, NewAccount, ReadyUser, Role, add_ready};
use crate::sheet::{Cell, Column, Form, Writer, private_file};

/// The columns of the passwords' sheet, with their widths.
const COLUMNS: [(&str, u16); 5] =
    [("用户名", 18), ("姓名", 14), ("角色", 24), ("单位", 24), ("一次性密码", 26)];

pub(super) fn add(
    db: &Db,
    path: &Path,
    table: &Table,
    rows: &Rows,
    run: Run,
    known: &Directory,
) -> Result<Done> {
    let mut done = Done::default();
    let mut plans: BTreeMap<String, NewAccount> = BTreeMap::new();
    for (at, cells) in rows {
        let judged = plan(table, cells, known).and_then(|plan| {
            let there = db.read(|conn| account_named(conn, &plan.name))?;
            let other = || Error::field("/name", "account.name_taken");
            match there {
                Some(it) if it.roles == plan.roles && it.unit == plan.unit => Ok(None),
                Some(_) => Err(other()),
                None if plans.contains_key(&plan.name) => Err(other()),
                None => Ok(Some(plan)),
            }
        });
        match judged {
            Ok(Some(plan)) => drop(plans.insert(plan.name.clone(), plan)),
            Ok(None) => done.told.unchanged += 1,
            Err(error) if error.kind() == Kind::Invalid => {
                done.reasons.insert(*at, table.reasons(error.fields()));
            }
            Err(error) => return Err(error),
        }
    }
    done.told.created = plans.len();
    if run == Run::Real && !plans.is_empty() {
        done.told = Described { passwords: Some(keep(db, path, plans, known)?), ..done.told };
    }
    Ok(done)
}

/// The account of a row.
fn plan(table: &Table, cells: &[String], known: &Directory) -> Result<NewAccount> {
    let cell = |column: &str| {
        let place = table.columns.iter().position(|(there, ..)| there == column);
        place.and_then(|place| cells.get(place)).map_or("", String::as_str)
    };
    let mut wrong = Vec::new();
    let mut roles = BTreeSet::new();
    for role in cell("roles").split('|').filter(|role| !role.is_empty()) {
        match role.parse::<Role>() {
            Ok(role) => drop(roles.insert(role)),
            Err(_) => wrong.push(FieldError::new("/roles", "field.unknown_code")),
        }
    }
    let unit = Some(cell("unit")).filter(|unit| !unit.is_empty() && *unit != "-");
    let unit = unit.map(UnitCode::from);
    if unit.as_ref().is_some_and(|unit| known.unit(unit).is_none()) {
        wrong.push(FieldError::new("/unit", "field.unknown_code"));
    }
    let (name, display_name) = (fold_name(cell("name")), cell("display_name").to_owned());
    let plan = NewAccount { name, display_name, roles, unit };
    match plan.checked(AccountKind::Person) {
        Ok(plan) if wrong.is_empty() => Ok(plan),
        Ok(_) => Err(Error::invalid(wrong)),
        Err(error) => {
            wrong.extend(error.fields().iter().cloned());
            Err(Error::invalid(wrong))
        }
    }
}

fn keep(
    db: &Db,
    path: &Path,
    plans: BTreeMap<String, NewAccount>,
    known: &Directory,
) -> Result<PathBuf> {
    let form = Form::of(path).unwrap_or(Form::Csv);
    let beside = path.with_extension(format!("passwords.{}", form.as_str()));
    if beside.exists() {
        let file = beside.display().to_string();
        let values = [("file", file.as_str())];
        return Err(Error::with(Kind::Refused, "import.reference.passwords_there", &values));
    }
    let ready = plans.into_values().map(ReadyUser::make).collect::<Result<Vec<_>>>()?;
    write(&beside, form, &ready, known)?;
    let kept = add_ready(db, &Actor::system(), ready);
    if kept.is_err() {
        // Passwords of nobody.
        std::fs::remove_file(&beside).map_err(crate::sheet::write::cannot_write)?;
    }
    kept.map(|()| beside)
}

fn write(path: &Path, form: Form, ready: &[ReadyUser], known: &Directory) -> Result<()> {
    let out = private_file(path)?;
    let disk = out.try_clone().map_err(crate::sheet::write::cannot_write)?;
    let aside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let aside = aside.unwrap_or(Path::new("."));
    let columns = COLUMNS.map(|(heading, width)| Column { heading, width });
    let mut writer = Writer::new(form, BufWriter::new(out), aside, "用户", &columns)?;
    for one in ready {
        let roles = one.plan.roles.iter().map(|role| role.zh()).collect::<Vec<_>>().join("、");
        let unit = one.plan.unit.as_ref().and_then(|unit| known.unit(unit));
        let unit = unit.map_or_else(String::new, |unit| unit.name.clone());
        let texts = [
            one.plan.name.clone(),
            one.plan.display_name.clone(),
            roles,
            unit,
            one.password.clone(),
        ];
        writer.row(&texts.map(Cell::Text))?;
    }
    writer.finish()?;
    disk.sync_all().map_err(crate::sheet::write::cannot_write)
}
