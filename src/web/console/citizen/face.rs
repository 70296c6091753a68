//! Web, console, citizens: how a page looks and how it says what was wrong. Its rule: what was typed stays, what is
//! wrong stands on top and at its field, and a page says no more than the interface does.

use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError, web};
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::form::{Typed, fresh_key};
use crate::app::App;
use crate::error::{Error, Kind, sentence};
use crate::web::console::templates;
use crate::web::{problem, request_id};

/// What a citizen's handler answers.
pub type Told = Result<HttpResponse, Sorry>;

/// An error of the house, to be shown to a citizen.
pub struct Sorry {
    error: Error,
    /// The form by which a ticket is opened, where it is this one that was wrong.
    entry: Option<Entry>,
}

struct Entry {
    app: web::Data<App>,
    typed: Typed,
    /// Where it was sent to, if it came too soon to be looked at.
    to: Option<String>,
}

/// Where the form is sent to that opens a ticket.
pub const LOOK: &str = "/c/look";

impl From<Error> for Sorry {
    fn from(error: Error) -> Self {
        Self { error, entry: None }
    }
}

impl Sorry {
    /// What was `typed` to open a ticket opens none.
    pub fn at_entry(error: Error, app: &web::Data<App>, typed: Typed) -> Self {
        Self { error, entry: Some(Entry { app: app.clone(), typed, to: None }) }
    }

    /// What was `typed` and sent `to` a page comes too soon: it is kept, to be sent again, and nothing of it was looked at.
    pub fn too_soon(error: Error, app: &web::Data<App>, typed: Typed, to: &str) -> Self {
        Self { error, entry: Some(Entry { app: app.clone(), typed, to: Some(to.to_owned()) }) }
    }

    /// The form once more with what was typed into it, where sending it again may help.
    fn kept(&self, Entry { app, typed, to }: &Entry) -> Option<HttpResponse> {
        let filled = Filled { typed: Some(typed), error: Some(&self.error) };
        match (self.error.kind(), to.as_deref()) {
            (Kind::TooMany, Some(to)) if to != LOOK => {
                Some(show(app, "citizen/again.html", &filled, context! { to => to }))
            }
            (Kind::TooMany, Some(_)) | (Kind::Invalid | Kind::NotFound | Kind::Forbidden, None) => {
                Some(show(app, "citizen/look.html", &filled, context! {}))
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Sorry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sorry({:?})", self.error)
    }
}

impl fmt::Display for Sorry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for Sorry {
    fn status_code(&self) -> StatusCode {
        problem::status(self.error.kind())
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(form) = self.entry.as_ref().and_then(|entry| self.kept(entry)) {
            return form;
        }
        problem::note(&self.error);
        let wait = problem::wait(&self.error);
        let said = context! {
            status => self.status_code().as_u16(),
            detail => self.error.detail(),
            minutes => wait.map(|seconds| seconds.div_ceil(60)),
            request => request_id::current(),
        };
        let mut answer = templates::bare("citizen/sorry.html", context! { ..said, ..empty() });
        *answer.status_mut() = self.status_code();
        if let Some(seconds) = wait {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}

/// Whether the citizen can mend it on the page where it was done, be it by waiting.
pub fn can_be_mended(error: &Error) -> bool {
    matches!(error.kind(), Kind::Invalid | Kind::Refused | Kind::TooLarge | Kind::TooMany)
}

/// What stands in a page's form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filled<'a> {
    pub typed: Option<&'a Typed>,
    pub error: Option<&'a Error>,
}

/// The page `name`, with what stands in its form and `with`.
pub fn show(app: &App, name: &str, filled: &Filled<'_>, with: Value) -> HttpResponse {
    let mistakes = filled.error.map(mistakes).unwrap_or_default();
    // The first of several at one field stands there.
    let wrong: BTreeMap<String, String> = mistakes.iter().rev().cloned().collect();
    let whole = filled.error.filter(|error| error.fields().is_empty());
    // What was not taken is sent again under the same word: if it was taken after all, it is not taken twice.
    let key = filled.typed.and_then(|typed| typed.said("key")).map(str::to_owned);
    let typed = filled.typed.map(|typed| typed.words().clone()).unwrap_or_default();
    let form = context! {
        typed => Value::from(Serde(typed)),
        mistakes => Value::from(Serde(mistakes)),
        wrong => Value::from(Serde(wrong)),
        said => whole.map(whole_of).unwrap_or_default(),
        site => app.config.site.name.clone(),
        now => app.clock.now().rfc3339(app.config.site.zone),
        key => key.unwrap_or_else(fresh_key),
    };
    let mut answer = templates::bare(name, context! { ..with, ..form });
    if let Some(error) = filled.error {
        problem::note(error);
        // A page that could not be made stays one.
        if answer.status() == StatusCode::OK {
            *answer.status_mut() = problem::status(error.kind());
        }
        if let Some(seconds) = problem::wait(error) {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
    }
    answer
}

/// What `error` says of the whole form; of one that came too soon, how long to wait too.
fn whole_of(error: &Error) -> String {
    let wait = problem::wait(error).filter(|_| error.kind() == Kind::TooMany);
    let Some(seconds) = wait else { return error.detail().to_owned() };
    let minutes = seconds.div_ceil(60).to_string();
    sentence("public.wait", &[("detail", error.detail()), ("minutes", &minutes)])
}

/// What `error` says, in one line: of each wrong field, or of the whole.
pub fn in_words(error: &Error) -> String {
    problem::note(error);
    let fields: Vec<String> = mistakes(error).into_iter().map(|(_, said)| said).collect();
    if fields.is_empty() { error.detail().to_owned() } else { fields.concat() }
}

/// What every page has, where nothing was typed and nobody knows whose site it is.
fn empty() -> Value {
    context! {
        typed => context! {},
        wrong => context! {},
        mistakes => Value::from(Serde(Vec::<String>::new())),
        said => "",
        site => "",
        now => "",
        key => "",
    }
}

/// The wrong fields by the names that they have in forms, and what is said of each.
fn mistakes(error: &Error) -> Vec<(String, String)> {
    let mistake = |pointer: &str, detail: &str| {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        let nth = name.strip_prefix("file.").and_then(|n| n.parse::<usize>().ok());
        if let Some(n) = nth {
            let n = (n + 1).to_string();
            return ("file".to_owned(), sentence("public.file", &[("n", &n), ("detail", detail)]));
        }
        // One of several boxes is told where the boxes stand.
        let name = if name.starts_with("bottom_line") { "bottom_line".to_owned() } else { name };
        (name, detail.to_owned())
    };
    error.fields().iter().map(|field| mistake(&field.pointer, &field.detail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FieldError;

    #[test]
    fn a_wrong_field_is_named_as_its_form_names_it() {
        let error = Error::invalid(vec![
            FieldError::new("/matter/content", "field.required"),
            FieldError::new("/file/1", "attachment.broken"),
            FieldError::new("/bottom_line/0", "field.unknown_code"),
        ]);
        let names: Vec<_> = mistakes(&error).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["matter.content", "file", "bottom_line"]);
        assert!(mistakes(&error)[1].1.starts_with("第2个文件："));
    }
}
