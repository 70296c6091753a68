//! Directory: sentences that a site says in its own words in place of the program's. Its rule: settings like others,
//! dated and never overwritten; a sentence names no place that the program's does not; what holds today is laid over
//! the catalogue as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use chrono::NaiveDate;

use crate::audit;
use crate::db::{Conn, Tx};
use crate::directory::policy::Setting;
use crate::directory::said::{self, Wording};
use crate::directory::snapshot::Directory;
use crate::error::{self, Error, FieldError, Result};
use crate::identity::{Actor, Role};
use crate::time::Stamp;

/// Who says how the program speaks.
pub const KEEPERS: &[Role] = &[Role::Sysadmin];

/// What the settings' names begin with; the sentence's code follows.
const WORDS: &str = "words.";
/// In characters.
const LONGEST: usize = 500;
/// How long nobody looks again.
const LOOK_MS: i64 = 1_000;

fn setting(code: &str, text: &str) -> Setting {
    Setting { name: format!("{WORDS}{code}"), value: text.to_owned() }
}

impl Directory {
    /// What the site says on `day` in its own words, by code. A sentence that names a place which the program's no
    /// longer has (the program is newer than it) is left out.
    pub fn wordings_on(&self, day: NaiveDate) -> BTreeMap<String, String> {
        let mut own = BTreeMap::new();
        for (name, revisions) in &self.settings {
            let Some(code) = name.strip_prefix(WORDS) else { continue };
            let text = &revisions.on(day).value;
            let fits = |built_in| fault(built_in, text).is_none();
            if !text.is_empty() && error::built_in(code).is_some_and(fits) {
                own.insert(code.to_owned(), text.clone());
            }
        }
        own
    }
}

/// Says `text` in place of the program's sentence of `code` from `since_on` on; none goes back to the program's. What
/// was said before for that day and later ones holds no more.
///
/// # Errors
/// `forbidden`; `not_found` for the code of no sentence; 422 with what is wrong.
pub fn say(
    tx: &mut Tx<'_>,
    actor: &Actor,
    code: &str,
    text: Option<&str>,
    since_on: NaiveDate,
    today: NaiveDate,
) -> Result<()> {
    actor.require(KEEPERS)?;
    let built_in = error::built_in(code).ok_or_else(Error::not_found)?;
    let text = text.map(str::trim).unwrap_or_default();
    let mut wrong: Vec<FieldError> = fault(built_in, text).into_iter().collect();
    if since_on < today {
        wrong.push(FieldError::new("/since_on", "field.in_past"));
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if !said::say(tx, actor, &setting(code, text), since_on, today)? {
        return Ok(());
    }
    let noted = audit::Entry::new((actor.user, &actor.name), "words.change", ("words", code));
    audit::record(tx, &noted.detailed(format!("since_on={since_on}")))
}

/// Everything that was said in place of the sentence of `code`, the newest first.
pub fn said_for(conn: &mut Conn, code: &str) -> Result<Vec<Wording>> {
    said::past(conn, &setting(code, "").name)
}

/// What is wrong with saying `text` where the program says `built_in`.
fn fault(built_in: &str, text: &str) -> Option<FieldError> {
    let at = "/text";
    if text.chars().count() > LONGEST {
        return Some(FieldError::new(at, "field.too_long"));
    }
    // A new line only where the program has one.
    let odd = |c: char| c.is_control() && !(c == '\n' && built_in.contains('\n'));
    if text.chars().any(odd) {
        return Some(FieldError::new(at, "field.format"));
    }
    let Some(named) = places(text) else {
        return Some(FieldError::new(at, "words.braces"));
    };
    let known = places(built_in).unwrap_or_default();
    let strange: Vec<&str> = named.difference(&known).copied().collect();
    let strange = strange.join("、");
    if strange.is_empty() {
        None
    } else if known.is_empty() {
        Some(FieldError::with(at, "words.no_place", &[("strange", &strange)]))
    } else {
        let known = known.into_iter().collect::<Vec<_>>().join("、");
        Some(FieldError::with(at, "words.place", &[("strange", &strange), ("known", &known)]))
    }
}

/// The names of a text's `{name}` places; none where braces stand otherwise.
pub fn places(text: &str) -> Option<BTreeSet<&str>> {
    let mut found = BTreeSet::new();
    let mut parts = text.split('{');
    if parts.next().is_some_and(|before| before.contains('}')) {
        return None;
    }
    for part in parts {
        let (name, behind) = part.split_once('}')?;
        if behind.contains('}') || !is_name(name) {
            return None;
        }
        found.insert(name);
    }
    Some(found)
}

/// Whether it looks like a place's name: what does not is never repeated.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let digits = name.chars().filter(char::is_ascii_digit).count();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 32
        && digits <= 4
        && name.chars().all(plain)
}

/// What of the site's own words is said by this process.
#[derive(Debug, Default)]
pub struct Laid {
    looked_at: Mutex<Option<Stamp>>,
    own: Mutex<BTreeMap<String, String>>,
}

impl Laid {
    /// Whether nobody has looked for a while; whoever is told so looks.
    pub fn is_due(&self, now: Stamp) -> bool {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |at: Stamp| (0..LOOK_MS).contains(&now.millis_since(at));
        let due = !looked_at.is_some_and(fresh);
        if due {
            *looked_at = Some(now);
        }
        due
    }

    /// Has `own` said from now on; where that was so already nothing is pushed.
    pub fn lay(&self, own: BTreeMap<String, String>) {
        let mut laid = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if *laid != own {
            error::reword(own.clone());
            *laid = own;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::entry::Entry;

    fn code(built_in: &str, text: &str) -> Option<&'static str> {
        fault(built_in, text).map(|fault| fault.code)
    }

    #[test]
    fn a_sentence_may_leave_places_out_and_has_none_of_its_own() {
        let built_in = "此项须在 {from} 到 {to} 之间。";
        assert_eq!(code(built_in, "最多 {to}"), None);
        assert_eq!(code(built_in, "请检查"), None);
        assert_eq!(code(built_in, "{from} 至 {till}"), Some("words.place"));
        let told = fault(built_in, "{from} 至 {till}").unwrap().detail;
        assert!(told.contains("till") && told.contains("from、to"), "{told}");
        assert_eq!(code("此项必填。", "{name}必填"), Some("words.no_place"));
    }

    #[test]
    fn braces_are_in_pairs_around_a_name_and_what_is_no_name_is_not_repeated() {
        for text in ["{from", "from}", "{}", "{{from}}", "{张三}", "{13912345678}", "{from} }"] {
            assert_eq!(code("在 {from} 前", text), Some("words.braces"), "{text}");
        }
        assert_eq!(code("一行", "两\n行"), Some("field.format"));
        assert_eq!(code("两\n行", "也是\n两行"), None);
        assert_eq!(code("短", &"长".repeat(501)), Some("field.too_long"));
    }

    #[test]
    fn every_sentence_of_the_program_could_be_said_by_a_site() {
        for (code, text) in error::catalogue() {
            assert!(fault(text, text).is_none(), "{code}");
            assert!(WORDS.len() + code.len() <= 64, "{code}");
        }
    }

    #[test]
    fn what_is_said_is_of_the_day_and_what_no_longer_fits_is_left_out() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let mut town = Directory::default();
        let mut says = |since: &str, code: &str, text: &str| {
            town.add(day(since), Entry::Setting(setting(code, text)));
        };
        says("2026-11-01", "forbidden", "");
        says("2026-11-10", "forbidden", "请找管理员。");
        says("2026-11-01", "field.required", "请填 {what}");
        says("2026-11-01", "no.such_sentence", "什么");
        let on = |text: &str| town.wordings_on(day(text)).into_keys().collect::<Vec<_>>();
        assert_eq!(on("2026-11-09"), Vec::<String>::new());
        assert_eq!(on("2026-11-10"), ["forbidden"]);
    }

    #[test]
    fn who_looks_looks_for_all_for_a_second() {
        let (laid, at) = (Laid::default(), Stamp::from_millis);
        assert!(laid.is_due(at(5_000)) && !laid.is_due(at(5_999)) && laid.is_due(at(6_000)));
        // A clock that was set back.
        assert!(laid.is_due(at(1_000)));
    }
}
