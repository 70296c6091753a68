//! Web, console, administration: the auditor's search in the trail. Its rule: what the interface answers; a question that
//! cannot be asked is answered on the same page, and the sheet asks the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::{get, web};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::frame::{READS_TRAIL, framed};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::time::Stamp;
use crate::web::api::audit::{Asked, Trail, trail_of};
use crate::web::console::fault::Shown;
use crate::web::console::guest::Guest;

/// What is looked for, as typed.
#[derive(Debug, Default, Clone, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// A day, included; so is `to`.
    from: String,
    to: String,
    account: String,
    action: String,
    /// `ticket:2026-000123`, or a ticket's number alone.
    subject: String,
    #[serde(skip_serializing)]
    after: String,
}

/// What actions and things are called, by their codes.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Words {
    actions: BTreeMap<String, String>,
    subjects: BTreeMap<String, String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../config/words/audit.toml")).unwrap_or_default()
});

#[derive(Serialize)]
struct TrailPage {
    typed: Typed,
    words: &'static Words,
    trail: Option<Trail>,
    wrong: Option<String>,
    /// The query of the sheets.
    sheet: String,
    /// The query of this page without `after`.
    again: String,
}

/// Who did what.
#[get("/admin/audit")]
pub async fn search_trail(app: web::Data<App>, guest: Guest, typed: web::Query<Typed>) -> Shown {
    framed(&app, &guest, "admin/audit.html", move |app, actor| {
        actor.require(READS_TRAIL)?;
        let typed = typed.into_inner();
        let asked = |after| typed.asked(app.config.site.zone, after);
        let found = asked(said(&typed.after)).and_then(|asked| trail_of(app, actor, asked));
        let (trail, wrong) = match found {
            Ok(trail) => (Some(trail), None),
            Err(error) if error.kind() == Kind::Invalid => {
                let said = error.fields().first().map_or(error.detail(), |field| &field.detail);
                (None, Some(said.to_owned()))
            }
            Err(error) => return Err(error),
        };
        // Of a question that cannot be asked there is no sheet.
        let sheet = asked(None).ok().map(|asked| serde_urlencoded::to_string(&asked)).transpose();
        let sheet = sheet.map_err(Error::internal)?.unwrap_or_default();
        let again = serde_urlencoded::to_string(&typed).map_err(Error::internal)?;
        Ok(TrailPage { typed, words: &WORDS, trail, wrong, sheet, again })
    })
    .await
}

impl Typed {
    fn asked(&self, zone: Tz, after: Option<String>) -> Result<Asked> {
        let day = |text: &str, pointer: &'static str| -> Result<Option<NaiveDate>> {
            let day = said(text).map(|text| text.parse::<NaiveDate>()).transpose();
            day.map_err(|_| Error::field(pointer, "field.format"))
        };
        let to = day(&self.to, "/to")?.and_then(|day| day.checked_add_days(Days::new(1)));
        let whole = |text: String| if text.contains(':') { text } else { format!("ticket:{text}") };
        Ok(Asked {
            from: day(&self.from, "/from")?.map(|day| Stamp::start_of(day, zone)),
            to: to.map(|day| Stamp::start_of(day, zone)),
            account: said(&self.account),
            action: said(&self.action),
            subject: said(&self.subject).map(whole),
            after,
            ..Asked::default()
        })
    }
}

/// What was typed, where something was.
fn said(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_taken_whole_and_a_bare_number_is_a_tickets() {
        let typed = Typed {
            from: "2026-10-01".into(),
            to: "2026-10-31".into(),
            subject: "2026-000123".into(),
            ..Typed::default()
        };
        let zone = chrono_tz::Asia::Shanghai;
        let asked = typed.asked(zone, None).unwrap();
        let text = |at: Option<Stamp>| at.unwrap().rfc3339(zone);
        assert!(text(asked.from).starts_with("2026-10-01T00:00:00"));
        assert!(text(asked.to).starts_with("2026-11-01T00:00:00"));
        assert_eq!(asked.subject.as_deref(), Some("ticket:2026-000123"));
        let wrong = Typed { from: "yesterday".into(), ..Typed::default() };
        assert_eq!(wrong.asked(zone, None).map(|_| ()).unwrap_err().fields()[0].pointer, "/from");
    }

    #[test]
    fn what_was_done_and_to_what_has_its_words() {
        assert_eq!(WORDS.actions.get("login").map(String::as_str), Some("登录"));
        assert_eq!(WORDS.subjects.get("ticket").map(String::as_str), Some("工单"));
    }
}
