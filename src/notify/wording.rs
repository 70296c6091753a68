//! Notices: letters in the site's own words. Its rule: settings of the directory, dated and never overwritten; what cannot
//! be filled in is refused where it is typed, not found out when a letter is due; what a letter may tell its facts decide.

use chrono::NaiveDate;

use super::letter::{Counting, Facts, Origin, Page, parted};
use super::plan::Occasion;
use super::post::Post;
use super::sample::{self, House, Much};
use super::template::{Absent, Fault, LetterForm, Template};
use crate::audit;
use crate::db::{Conn, Tx};
use crate::directory::said::{self, Wording};
use crate::directory::{Directory, Setting};
use crate::error::{Error, FieldError, Result, sentence};
use crate::identity::{Actor, Role};

/// Who keeps the letters.
pub const KEEPERS: &[Role] = &[Role::Sysadmin];
/// In characters.
const LONGEST: usize = 20_000;

/// Where templates are looked over: as they count on a day, with the house in whose name they speak.
pub struct Desk<'a> {
    pub letters: Counting<'a>,
    house: House<'a>,
}

/// How a template stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whose text counts: its own, or that of the page around every mail.
    pub of: Template,
    pub origin: Origin,
    pub text: String,
    /// Texts of its own that come before and cannot be used.
    pub faults: Vec<(Origin, Fault)>,
}

/// A name that a template may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub name: &'static str,
    pub about: String,
    /// Its value among the samples, where it is a text or a number.
    pub sample: Option<String>,
    /// Whether it may be absent.
    pub optional: bool,
}

/// A letter as it would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Of a mail.
    pub subject: Option<String>,
    pub text: String,
}

/// What is to be said from a day on, looked over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    template: Template,
    /// Empty: the folder's again, or ours.
    text: String,
    since_on: NaiveDate,
}

impl<'a> Desk<'a> {
    pub fn of(post: &'a Post, directory: &'a Directory, day: NaiveDate) -> Self {
        let house = House { site: &post.settings.site, url: &post.settings.url };
        Self { letters: post.letters.on(directory, day), house }
    }

    /// Which text of `template` counts, and which of its own do not.
    pub fn standing(&self, template: Template) -> Standing {
        let (mut of, mut origin, mut text) = (template, Origin::BuiltIn, String::new());
        let mut faults = Vec::new();
        for tried in self.letters.texts(template) {
            (of, origin, text) = tried;
            // Ours were looked over when the program was made.
            let is_ours = origin == Origin::BuiltIn;
            let fault = if is_ours { None } else { self.unusable(template, &text) };
            let Some(fault) = fault else { break };
            if of == template {
                faults.push((origin, fault));
            }
        }
        Standing { of, origin, text, faults }
    }

    /// What is wrong with the site's own templates: where and which, and why.
    pub fn faults(&self) -> Vec<(String, String)> {
        let of = |template| {
            let faults = self.standing(template).faults.into_iter();
            faults.map(move |(origin, fault)| (format!("{origin}/{template}"), fault.detail))
        };
        Template::all().flat_map(of).collect()
    }

    /// `text` as it would read, filled with samples.
    ///
    /// # Errors
    /// `internal` where it cannot be filled in.
    pub fn preview(&self, template: Template, text: &str) -> Result<Preview> {
        let facts = self.sample(template, Much::All);
        let made = self.made(template, text, &facts, Absent::Printed).map_err(Error::internal)?;
        if template.form == LetterForm::Mail {
            let (subject, text) = parted(&made);
            return Ok(Preview { subject: Some(subject), text });
        }
        Ok(Preview { subject: None, text: made.trim().to_owned() })
    }

    /// The names that `template` may use.
    ///
    /// # Errors
    /// `internal` where the samples are no values.
    pub fn names(&self, template: Template) -> Result<Vec<Name>> {
        let told = |much| serde_json::to_value(self.sample(template, much));
        let all = told(Much::All).map_err(Error::internal)?;
        let least = told(Much::Least).map_err(Error::internal)?;
        let name = |name: &'static str| {
            let sample = match all.get(name) {
                Some(serde_json::Value::String(text)) => Some(text.clone()),
                Some(serde_json::Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            let is_absent = |value: &serde_json::Value| {
                value.is_null() || value.as_array().is_some_and(Vec::is_empty)
            };
            let optional = least.get(name).is_some_and(is_absent);
            let about = sentence(&format!("letter.name.{name}"), &[]);
            Name { name, about, sample: sample.filter(|text| !text.is_empty()), optional }
        };
        Ok(sample::names(template).into_iter().map(name).collect())
    }

    /// What is to be said in place of `template` from `since_on` on, today where nothing is said; no text goes back to
    /// the folder's or ours.
    ///
    /// # Errors
    /// 422 with what is wrong with the text, by its line, and with the day.
    pub fn checked(
        &self,
        template: Template,
        text: Option<&str>,
        since_on: Option<NaiveDate>,
    ) -> Result<Wish> {
        let today = self.letters.day();
        let since_on = since_on.unwrap_or(today);
        let text = text.map(|text| text.replace("\r\n", "\n").trim().to_owned());
        let text = text.unwrap_or_default();
        let fault = if text.is_empty() { None } else { self.refusal(template, &text) };
        let mut wrong: Vec<FieldError> =
            fault.map(|fault| fault.in_field("/text")).into_iter().collect();
        if since_on < today {
            wrong.push(FieldError::new("/since_on", "field.in_past"));
        }
        if wrong.is_empty() {
            Ok(Wish { template, text, since_on })
        } else {
            Err(Error::invalid(wrong))
        }
    }

    /// Why `text` may not be stored: more than what makes a text of the folder useless, since who types it is there to
    /// mend it.
    fn refusal(&self, template: Template, text: &str) -> Option<Fault> {
        if text.chars().count() > LONGEST {
            return Some(Fault::whole("field.too_long"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Some(Fault::whole("field.format"));
        }
        if let Some(name) = template.strangers(text, &sample::names(template)).first() {
            return Some(Fault::strange(text, name));
        }
        [Much::All, Much::Least].into_iter().find_map(|much| {
            let facts = self.sample(template, much);
            match self.made(template, text, &facts, Absent::Refused) {
                Ok(made) => hollow(template, &made).map(Fault::whole),
                Err(error) => Some(Fault::of(&error)),
            }
        })
    }

    /// Why `text` cannot be used at all.
    fn unusable(&self, template: Template, text: &str) -> Option<Fault> {
        [Much::All, Much::Least].into_iter().find_map(|much| {
            let facts = self.sample(template, much);
            let failed = self.made(template, text, &facts, Absent::Printed).err()?;
            Some(Fault::of(&failed))
        })
    }

    fn sample(&self, template: Template, much: Much) -> Facts {
        sample::facts(template.occasion, self.house, much)
    }

    /// `text` filled with `facts`; a page with the lines of the mail that counts.
    fn made(
        &self,
        template: Template,
        text: &str,
        facts: &Facts,
        absent: Absent,
    ) -> Result<String, minijinja::Error> {
        if template.form != LetterForm::Page {
            return template.fill(text, facts, absent);
        }
        let occasion = template.occasion.unwrap_or(Occasion::Dispatched);
        let (subject, plain) = self.letters.plain(occasion, facts).unwrap_or_default();
        template.fill(text, &Page::of(&subject, &plain, facts), absent)
    }
}

/// What a letter lacks that was made of a template.
fn hollow(template: Template, made: &str) -> Option<&'static str> {
    let (subject, plain) = parted(made);
    match template.form {
        LetterForm::Mail if subject.is_empty() => Some("letter.subject"),
        LetterForm::Mail if plain.trim().is_empty() => Some("letter.empty"),
        _ if made.trim().is_empty() => Some("letter.empty"),
        _ => None,
    }
}

/// Says from a day on what is wished. What was said before for that day and later ones holds no more.
///
/// # Errors
/// `forbidden`.
pub fn say(tx: &mut Tx<'_>, actor: &Actor, wish: &Wish, today: NaiveDate) -> Result<()> {
    actor.require(KEEPERS)?;
    // Where midnight has passed since it was looked over.
    let since_on = wish.since_on.max(today);
    let setting = Setting { name: wish.template.setting(), value: wish.text.clone() };
    if !said::say(tx, actor, &setting, since_on, today)? {
        return Ok(());
    }
    let (who, name) = ((actor.user, actor.name.as_str()), wish.template.to_string());
    let noted = audit::Entry::new(who, "letter.change", ("letter_template", &name));
    audit::record(tx, &noted.detailed(format!("since_on={since_on}")))
}

/// Everything that was stored in place of `template`, the newest first.
///
/// # Errors
/// The database's own.
pub fn past(conn: &mut Conn, template: Template) -> Result<Vec<Wording>> {
    said::past(conn, &template.setting())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Entry;
    use crate::error::has_sentence;
    use crate::notify::letter::Letters;

    const HOUSE: House<'static> = House { site: "某局", url: "http://there" };

    fn day() -> NaiveDate {
        "2026-11-02".parse().unwrap()
    }

    /// What `look` finds where `stored` is stored.
    fn at_desk<T>(stored: &[(&str, &str)], look: impl FnOnce(&Desk<'_>) -> T) -> T {
        let entry = |(name, text): &(&str, &str)| {
            let template = Template::named(name).unwrap();
            Entry::Setting(Setting { name: template.setting(), value: (*text).to_owned() })
        };
        let directory = Directory::of(stored.iter().map(entry));
        let letters = Letters::default();
        look(&Desk { letters: letters.on(&directory, day()), house: HOUSE })
    }

    fn refused(name: &str, text: &str) -> Option<(&'static str, Option<usize>)> {
        let template = Template::named(name).unwrap();
        at_desk(&[], |desk| desk.refusal(template, text)).map(|fault| (fault.code, fault.line))
    }

    #[test]
    fn every_text_of_ours_could_be_stored_and_every_name_is_told_of() {
        at_desk(&[], |desk| {
            for template in Template::all() {
                if let Some(text) = template.built_in() {
                    assert_eq!(desk.refusal(template, text), None, "{template}");
                }
                for one in desk.names(template).unwrap() {
                    assert!(has_sentence(&format!("letter.name.{}", one.name)), "{}", one.name);
                }
                let standing = desk.standing(template);
                assert_eq!((standing.origin, standing.faults.len()), (Origin::BuiltIn, 0));
                let preview = desk.preview(template, &standing.text).unwrap();
                assert!(preview.text.contains("某局"), "{template}: {}", preview.text);
            }
        });
    }

    #[test]
    fn what_is_wrong_is_told_before_a_letter_is_due() {
        let cases = [
            ("answered.sms", "{{ no }}{% if code %}，{{ code }}{% endif %}", None),
            ("answered.sms", "{{ no }}\n{{ code }}", Some(("letter.absent", Some(2)))),
            ("answered.sms", "{% if code %}", Some(("letter.syntax", Some(1)))),
            ("answered.sms", "{% if code %}{{ code }}{% endif %}", Some(("letter.empty", None))),
            (
                "answered.sms",
                "{% if tail %}{{ tale }}{% endif %}{{ no }}",
                Some(("letter.unknown_name", Some(1))),
            ),
            ("answered.sms", "{{ no }}{{ promise.whom }}", Some(("letter.unknown", Some(1)))),
            (
                "answered.txt",
                "{% if code %}{{ no }}{% endif %}\n正文",
                Some(("letter.subject", None)),
            ),
            ("answered.txt", "{{ no }}", Some(("letter.empty", None))),
            ("answered.html", "{% for line in lines %}{{ line.text }}{% endfor %}", None),
            // What is the citizen's, a letter to a unit has no name for.
            (
                "dispatched.sms",
                "{{ no }}{% if reply %}{{ reply }}{% endif %}",
                Some(("letter.unknown_name", Some(1))),
            ),
            ("dispatched.sms", "{{ debug() }}", Some(("letter.unknown_name", Some(1)))),
        ];
        for (name, text, fault) in cases {
            assert_eq!(refused(name, text), fault, "{name}: {text}");
        }
        assert_eq!(refused("answered.sms", &"长".repeat(20_001)), Some(("field.too_long", None)));
        assert_eq!(refused("answered.sms", "一\u{7}"), Some(("field.format", None)));
    }

    #[test]
    fn what_is_stored_counts_and_where_it_cannot_be_used_the_next_does() {
        let answered = Template::named("answered.sms").unwrap();
        at_desk(&[("answered.sms", "编号{{ no }}")], |desk| {
            let facts = desk.sample(answered, Much::All);
            assert_eq!(desk.letters.sms(Occasion::Answered, &facts).unwrap(), "编号2026-000123");
            assert_eq!(desk.standing(answered).origin, Origin::Stored);
        });
        at_desk(&[("answered.sms", "{{ gone }}"), ("answered.html", "{{ gone }}")], |desk| {
            let facts = desk.sample(answered, Much::All);
            let told = desk.letters.sms(Occasion::Answered, &facts).unwrap();
            assert!(told.starts_with("【某局】"), "{told}");
            // A page of its own that cannot be used gives way to the one around every mail.
            let mail = desk.letters.mail(Occasion::Answered, &facts).unwrap();
            assert!(mail.html.contains("已恢复运行"), "{}", mail.html);
            let names: Vec<String> = desk.faults().into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["stored/answered.sms", "stored/answered.html"]);
            assert_eq!(desk.standing(answered).origin, Origin::BuiltIn);
        });
    }

    #[test]
    fn the_day_is_not_past_and_no_text_goes_back() {
        let answered = Template::named("answered.sms").unwrap();
        let yesterday = day().pred_opt();
        at_desk(&[], |desk| {
            let wish = desk.checked(answered, Some(" \r\n编号{{ no }}\r\n "), None).unwrap();
            assert_eq!((wish.text.as_str(), wish.since_on), ("编号{{ no }}", day()));
            assert_eq!(desk.checked(answered, None, None).unwrap().text, "");
            let error = desk.checked(answered, Some("{{"), yesterday).unwrap_err();
            let pointers: Vec<&str> =
                error.fields().iter().map(|field| field.pointer.as_str()).collect();
            assert_eq!(pointers, ["/text", "/since_on"]);
        });
    }
}
