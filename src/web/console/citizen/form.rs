//! Web, console, citizens: what somebody typed into a form. Its rule: it is kept as it was typed, to be shown to them
//! again, and read by the same reader as the interface's bodies.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use actix_web::HttpRequest;
use rand::Rng;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::citizen::Claim;
use crate::citizen::draft::CitizenDraft;
use crate::error::{Error, FieldError, Result};
use crate::sealing::{entropy, hex};
use crate::web::api::public::survey::SurveyAnswers;
use crate::web::{Idem, IdempotencyKey, RawBody};

/// The words of a form by their names.
#[derive(Clone, Default)]
pub struct Typed(BTreeMap<String, String>);

/// Nobody's words are printed.
impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({} words)", self.0.len())
    }
}

impl Typed {
    /// The words of a form without files; boxes of one name are one word, with commas between.
    pub fn of_body(raw: &RawBody) -> Self {
        let mut words = BTreeMap::<String, String>::new();
        for (name, word) in form_urlencoded::parse(raw.bytes()) {
            match words.get_mut(name.as_ref()) {
                Some(there) => {
                    there.push(',');
                    there.push_str(&word);
                }
                None => {
                    words.insert(name.into_owned(), word.into_owned());
                }
            }
        }
        Self(words)
    }

    /// Those of a form with files.
    pub const fn of_words(words: BTreeMap<String, String>) -> Self {
        Self(words)
    }

    /// What opens a ticket again.
    pub fn of_claim(no: &str, code: &str, phone_tail: &str) -> Self {
        let words = [("no", no), ("code", code), ("phone_tail", phone_tail)];
        Self(words.map(|(name, word)| (name.to_owned(), word.to_owned())).into())
    }

    /// All of them, as they were typed.
    pub const fn words(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The word `name` as it was typed; of an absent one nothing.
    pub fn word(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The word `name`, where anything is said.
    pub fn said(&self, name: &str) -> Option<&str> {
        Some(self.word(name).trim()).filter(|word| !word.is_empty())
    }

    /// The code `name`, where one was chosen.
    ///
    /// # Errors
    /// `field.unknown_code` (422).
    pub fn chosen<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let unknown = || Error::field(format!("/{name}"), "field.unknown_code");
        self.said(name).map(|code| code.parse::<T>().map_err(|_| unknown())).transpose()
    }

    /// What was shown to open a ticket.
    ///
    /// # Errors
    /// As [`Claim::parse`].
    pub fn claim(&self) -> Result<Claim> {
        Claim::parse(self.word("no"), self.word("code"), self.word("phone_tail"))
    }

    /// By what the form is known that was sent with `content`, where it has a word of its page's.
    pub fn idem(&self, request: &HttpRequest, content: &[u8]) -> Idem {
        let content_of_page = self.said("key").map(|_| content);
        IdempotencyKey::of_form(request, content_of_page).bind("public", content)
    }

    /// Refuses the form where one of `names` (dotted paths) is missing: all of them at once.
    fn require(&self, names: &[&str]) -> Result<()> {
        let missing = names.iter().filter(|name| self.said(name).is_none());
        let wrong: Vec<FieldError> = missing
            .map(|name| FieldError::new(format!("/{}", name.replace('.', "/")), "field.required"))
            .collect();
        if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
    }

    /// What the citizen asks for.
    ///
    /// # Errors
    /// 422 with the wrong fields.
    pub fn draft(&self) -> Result<CitizenDraft> {
        self.require(&["kind", "matter.content"])?;
        let checked = |name| self.said(name).is_some();
        let mut body = json!({
            "channel": "web",
            "kind": self.said("kind"),
            "caller": {
                "anonymous": checked("caller.anonymous"),
                "confidential": checked("caller.confidential"),
            },
            "matter": {},
            "place": {},
        });
        for name in [
            "matter.content",
            "place.region",
            "place.address",
            "caller.name",
            "caller.phone",
            "caller.email",
            "caller.preferred_hour",
        ] {
            if let (Some(word), Some((part, field))) = (self.said(name), name.split_once('.')) {
                body[part][field] = Value::from(word);
            }
        }
        parsed(&body)
    }

    /// The three answers and what was said with them.
    ///
    /// # Errors
    /// 422 with the wrong fields.
    pub fn answers(&self) -> Result<SurveyAnswers> {
        self.require(&["contacted", "solved", "satisfied"])?;
        let mut body = json!({
            "contacted": self.said("contacted"),
            "solved": self.said("solved"),
            "satisfied": self.said("satisfied"),
            "bottom_line": self.said("bottom_line").map_or_else(Vec::new, |codes| codes.split(',').collect()),
        });
        if let Some(word) = self.said("prompted") {
            body["prompted"] = Value::from(word == "yes");
        }
        if let Some(word) = self.said("comment") {
            body["comment"] = Value::from(word);
        }
        parsed(&body)
    }
}

/// A word of a page's own, by which its form is known again.
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    entropy().fill_bytes(&mut bytes);
    hex(&bytes)
}

fn parsed<T: DeserializeOwned>(body: &Value) -> Result<T> {
    RawBody::new(body.to_string()).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(body: &str) -> Typed {
        Typed::of_body(&RawBody::new(body.to_owned()))
    }

    fn pointers<T>(read: Result<T>) -> Vec<String> {
        let error = read.err().expect("refused");
        error.fields().iter().map(|field| field.pointer.clone()).collect()
    }

    #[test]
    fn words_are_kept_as_typed_and_boxes_of_one_name_are_one_word() {
        let form = typed("text=+a%0D%0Ab+&bottom_line=phone_dead&bottom_line=bad_attitude&x=");
        assert_eq!(form.word("text"), " a\r\nb ");
        assert_eq!(form.said("text"), Some("a\r\nb"));
        assert_eq!(form.word("bottom_line"), "phone_dead,bad_attitude");
        assert_eq!((form.said("x"), form.said("none")), (None, None));
        assert_eq!(format!("{form:?}"), "Typed(3 words)");
    }

    #[test]
    fn everything_that_is_missing_is_named_at_once() {
        assert_eq!(pointers(typed("kind=+").draft()), ["/kind", "/matter/content"]);
        assert_eq!(pointers(typed("solved=basic").answers()), ["/contacted", "/satisfied"]);
    }

    #[test]
    fn a_form_is_read_as_the_interface_reads_a_body() {
        let form = typed(
            "kind=help&matter.content=%E7%94%B5%E6%A2%AF&caller.phone=139&caller.anonymous=1&place.address=+",
        );
        let draft = form.draft().expect("read");
        assert_eq!(draft.matter.content.as_str(), "电梯");
        assert!(draft.caller.anonymous && !draft.caller.confidential);
        assert_eq!((draft.caller.phone.as_deref(), draft.place.address), (Some("139"), None));
        assert_eq!(pointers(typed("kind=joke&matter.content=a").draft()), ["/kind"]);
        let good = "contacted=yes&solved=solved&satisfied=basic&prompted=no";
        assert!(typed(good).answers().is_ok());
        assert_eq!(
            pointers(typed(&format!("{good}&bottom_line=rude")).answers()),
            ["/bottom_line/0"]
        );
    }
}
