//! Notices: which templates of letters there are, and one of them filled in. Its rule: a name that nobody gave is a
//! mistake, not an empty place; what filling one in takes is bounded, whoever wrote it.

use std::fmt;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use super::plan::Occasion;
use crate::code_enum;
use crate::directory::wording::is_name;
use crate::error::{FieldError, sentence};

code_enum! {
    /// What a template makes.
    pub enum LetterForm {
        Mail = "mail" "邮件",
        Sms = "sms" "短信",
        /// The page of a mail.
        Page = "page" "页面",
    }
}

impl LetterForm {
    /// How the names of its templates end.
    const fn ending(self) -> &'static str {
        match self {
            Self::Mail => "txt",
            Self::Sms => "sms",
            Self::Page => "html",
        }
    }
}

/// A template by its name: `answered.sms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// What its letters are about; of the page around every mail nothing.
    pub occasion: Option<Occasion>,
    pub form: LetterForm,
}

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Ours, as they come with the program.
        const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../config/letters/", $name)))),+];
    };
}

built_in![
    "dispatched.txt",
    "dispatched.sms",
    "designated.txt",
    "designated.sms",
    "copied.txt",
    "copied.sms",
    "recalled.txt",
    "recalled.sms",
    "dispute_decided.txt",
    "dispute_decided.sms",
    "sent_back.txt",
    "sent_back.sms",
    "rework.txt",
    "rework.sms",
    "urged.txt",
    "urged.sms",
    "soon.txt",
    "soon.sms",
    "overdue.txt",
    "overdue.sms",
    "receipt.txt",
    "receipt.sms",
    "answered.txt",
    "answered.sms",
    "survey.txt",
    "survey.sms",
    "warning.txt",
    "warning.sms",
    "instructed.txt",
    "instructed.sms",
    "supervised.txt",
    "supervised.sms",
    "answer_due.txt",
    "answer_due.sms",
    "bottom_line.txt",
    "bottom_line.sms",
    "bottom_line_due.txt",
    "bottom_line_due.sms",
    "charged.txt",
    "charged.sms",
    "checking.txt",
    "checking.sms",
    "digest.txt",
    "digest.sms",
    "digest.html",
    "report.txt",
    "letter.html",
];

/// What becomes of a value that is absent and printed all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It reads `none`.
    Printed,
    /// It is a mistake of the template.
    Refused,
}

/// What the error says of a value that is absent.
const ABSENT: &str = "absent";
/// Functions that any template may use.
const FUNCTIONS: &[&str] = &["dict", "namespace", "range"];

impl Template {
    /// The page around every mail that has none of its own.
    pub const AROUND: Self = Self { occasion: None, form: LetterForm::Page };

    pub const fn of(occasion: Occasion, form: LetterForm) -> Self {
        Self { occasion: Some(occasion), form }
    }

    /// Every template, in the order of occasions.
    pub fn all() -> impl Iterator<Item = Self> {
        let each = |occasion| LetterForm::ALL.iter().map(move |form| Self::of(occasion, *form));
        Occasion::ALL.iter().copied().flat_map(each).filter(|it| it.is_made()).chain([Self::AROUND])
    }

    /// A report goes by mail alone, with its files.
    fn is_made(self) -> bool {
        self != Self::of(Occasion::Report, LetterForm::Sms)
    }

    /// The template that is called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|it| it.to_string() == name)
    }

    /// The setting in which a site's own text is kept.
    pub fn setting(self) -> String {
        format!("letter.{self}")
    }

    /// Ours; most pages have none of their own.
    pub fn built_in(self) -> Option<&'static str> {
        let name = self.to_string();
        BUILT_IN.iter().find(|(there, _)| *there == name).map(|(_, text)| *text)
    }

    /// Fills `text` in with `with`.
    ///
    /// # Errors
    /// What is wrong with the text, or does not fit.
    pub fn fill(
        self,
        text: &str,
        with: &impl Serialize,
        absent: Absent,
    ) -> Result<String, minijinja::Error> {
        let name = self.to_string();
        let mut environment = environment();
        if absent == Absent::Refused {
            environment.set_formatter(|out, state, value| {
                if value.is_none() {
                    return Err(minijinja::Error::new(ErrorKind::InvalidOperation, ABSENT));
                }
                escape_formatter(out, state, value)
            });
        }
        environment.template_from_named_str(&name, text)?.render(Serde(with))
    }

    /// The names that `text` uses and that are none of `known`, in whatever branch; nothing of one that cannot be read.
    pub fn strangers(self, text: &str, known: &[&str]) -> Vec<String> {
        let name = self.to_string();
        let environment = environment();
        let Ok(read) = environment.template_from_named_str(&name, text) else {
            return Vec::new();
        };
        let is_known =
            |name: &String| known.contains(&name.as_str()) || FUNCTIONS.contains(&name.as_str());
        let names = read.undeclared_variables(false).into_iter();
        let mut strange: Vec<String> = names.filter(|name| !is_known(name)).collect();
        strange.sort_unstable();
        strange
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = self.occasion.map_or("letter", Occasion::as_str);
        write!(f, "{about}.{}", self.form.ending())
    }
}

/// Fuel bounds the steps as well as the memory: about 64 bytes for each.
fn environment<'text>() -> Environment<'text> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| {
        let html = name.rsplit_once('.').is_some_and(|(_, end)| end == "html");
        if html { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.set_fuel(Some(200_000));
    environment
}

/// Why a text cannot be used, in words that repeat nothing of it but what looks like a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub line: Option<usize>,
    pub detail: String,
}

impl Fault {
    /// Of the whole text.
    pub fn whole(code: &'static str) -> Self {
        Self { code, line: None, detail: sentence(code, &[]) }
    }

    /// As filling in failed.
    pub fn of(error: &minijinja::Error) -> Self {
        Self::at(code(error), error.line().unwrap_or(1), &[])
    }

    /// The stranger `name` in `text`.
    pub fn strange(text: &str, name: &str) -> Self {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let names_it = |line: &str| line.split(|c| !is_part(c)).any(|word| word == name);
        let line = text.lines().position(names_it).map_or(1, |at| at + 1);
        let told = if is_name(name) { name } else { "***" };
        Self::at("letter.unknown_name", line, &[("name", told)])
    }

    fn at(code: &'static str, line: usize, more: &[(&str, &str)]) -> Self {
        let number = line.to_string();
        let values: Vec<(&str, &str)> =
            [("line", number.as_str())].into_iter().chain(more.iter().copied()).collect();
        Self { code, line: Some(line), detail: sentence(code, &values) }
    }

    /// The same as what is wrong with a field.
    pub fn in_field(self, pointer: &str) -> FieldError {
        FieldError { pointer: pointer.to_owned(), code: self.code, detail: self.detail }
    }
}

fn code(error: &minijinja::Error) -> &'static str {
    match error.kind() {
        ErrorKind::SyntaxError | ErrorKind::BadEscape => "letter.syntax",
        ErrorKind::UndefinedError => "letter.unknown",
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod => "letter.unknown_function",
        ErrorKind::OutOfFuel => "letter.too_much",
        _ if error.detail() == Some(ABSENT) => "letter.absent",
        _ => "letter.unusable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMS: Template = Template::of(Occasion::Answered, LetterForm::Sms);

    #[derive(Serialize)]
    struct Given {
        no: &'static str,
        code: Option<&'static str>,
    }

    fn fault(text: &str) -> Option<(&'static str, Option<usize>)> {
        let given = Given { no: "2026-000123", code: None };
        let failed = SMS.fill(text, &given, Absent::Refused).err()?;
        let fault = Fault::of(&failed);
        Some((fault.code, fault.line))
    }

    #[test]
    fn every_template_has_a_name_of_its_own_and_every_text_of_ours_a_template() {
        for template in Template::all() {
            assert_eq!(Template::named(&template.to_string()), Some(template), "{template}");
            let has_none = template.form == LetterForm::Page && template.occasion.is_some();
            assert!(has_none || template.built_in().is_some(), "{template}");
            assert!(template.setting().len() <= 64, "{template}");
        }
        for (name, _) in BUILT_IN {
            assert!(Template::named(name).is_some(), "{name}");
        }
        assert_eq!(Template::named("report.sms"), None);
        assert_eq!(Template::named("../answered.sms"), None);
    }

    #[test]
    fn a_fault_is_told_by_its_line() {
        assert_eq!(fault("编号{{ no }}"), None);
        assert_eq!(fault("一\n{% if code %}二"), Some(("letter.syntax", Some(2))));
        assert_eq!(fault("一\n二\n{{ telephone }}"), Some(("letter.unknown", Some(3))));
        assert_eq!(fault("{{ no|shout }}"), Some(("letter.unknown_function", Some(1))));
        assert_eq!(fault("一\n{{ code }}"), Some(("letter.absent", Some(2))));
        assert_eq!(fault("{% if code %}{{ code }}{% endif %}"), None);
        assert_eq!(fault("{% include 'a' %}").map(|it| it.0), Some("letter.unusable"));
    }

    #[test]
    fn what_filling_in_takes_is_bounded() {
        let twice =
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
        assert_eq!(fault(twice).map(|it| it.0), Some("letter.too_much"));
        let doubled = "{% set x = 'xxxxxxxxxxxxxxxx' %}".to_owned()
            + &"{% set x = x ~ x %}".repeat(40)
            + "{{ x }}";
        assert_eq!(fault(&doubled).map(|it| it.0), Some("letter.too_much"));
    }

    #[test]
    fn a_name_is_strange_in_whatever_branch_it_stands() {
        let text = "{{ no }}\n{% if code %}{{ codes }}{% endif %}{% for it in range(2) %}{{ it }}{% endfor %}";
        let strange = SMS.strangers(text, &["no", "code"]);
        assert_eq!(strange, ["codes"]);
        let fault = Fault::strange(text, "codes");
        assert_eq!((fault.code, fault.line), ("letter.unknown_name", Some(2)));
        assert!(fault.detail.contains("codes"), "{}", fault.detail);
        let fault = Fault::strange("{{ a13900000001 }}", "a13900000001");
        assert!(!fault.detail.contains("139"), "{}", fault.detail);
    }
}
