//! Bench: the demo's people, each through the door once. Its rule: what they look at and do goes over the interface, as
//! their pages send it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::clients::{Answer, Line, answer_of};
use crate::error::{Error, Kind, Result};
use crate::identity::demo;

/// How many seconds are waited for the index at most.
const SETTLED: usize = 120;
/// As a browser sends a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The people of the demo city before one server.
pub struct People {
    pub address: SocketAddr,
    cookies: BTreeMap<&'static str, String>,
    /// What their pages send back with a change.
    echoes: BTreeMap<&'static str, String>,
}

impl People {
    pub fn before(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new(), echoes: BTreeMap::new() }
    }

    /// The cookie of `who`; of a stranger none.
    ///
    /// # Errors
    /// Where they do not come in: it is no demo's server, or not this machine's.
    pub fn cookie(&mut self, who: &'static str) -> Result<Option<String>> {
        if who.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.cookies.get(who) {
            return Ok(Some(known.clone()));
        }
        let typed = form_urlencoded::Serializer::new(String::new())
            .append_pair("username", who)
            .append_pair("password", demo::PASSWORD)
            .finish();
        let head = [("Content-Type", FORM)];
        let answer = Line::to(self.address)?.ask("POST", "/login", &head, &typed)?;
        let cookie = answer.cookie.filter(|_| answer.status == 303);
        let cookie =
            cookie.ok_or_else(|| Error::with(Kind::Invalid, "bench.no_login", &[("who", who)]))?;
        self.cookies.insert(who, cookie.clone());
        Ok(Some(cookie))
    }

    fn asked(&mut self, who: &'static str, path: &str) -> Result<Answer> {
        let cookie = self.cookie(who)?.unwrap_or_default();
        Line::to(self.address)?.ask("GET", path, &[("Cookie", &cookie)], "")
    }

    /// The page at `path` as `who` reads it.
    ///
    /// # Errors
    /// Where nobody answers, or `who` does not come in.
    pub fn page(&mut self, who: &'static str, path: &str) -> Result<String> {
        let answer = self.asked(who, path)?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// What the items of a list are called, each by its `name`; none where `who` may not see it.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn called(&mut self, who: &'static str, list: &str, name: &str) -> Result<Vec<String>> {
        let answer = self.asked(who, &format!("/api/v1{list}"))?;
        if answer.status != 200 {
            return Ok(Vec::new());
        }
        let body = answer_of(&answer)?;
        let items = body["items"].as_array().into_iter().flatten();
        Ok(items.filter_map(|item| word(&item[name])).collect())
    }

    /// What `who` is answered to a change.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn posts(&mut self, who: &'static str, path: &str, body: &Value) -> Result<Answer> {
        let (cookie, echo) = (self.cookie(who)?.unwrap_or_default(), self.echo(who)?);
        let head = [("Cookie", cookie.as_str()), ("X-CSRF-Token", echo.as_str())];
        let path = format!("/api/v1{path}");
        Line::to(self.address)?.ask("POST", &path, &head, &body.to_string())
    }

    fn echo(&mut self, who: &'static str) -> Result<String> {
        if let Some(known) = self.echoes.get(who) {
            return Ok(known.clone());
        }
        let echo = echo_in(&self.page(who, "/me")?).unwrap_or_default();
        self.echoes.insert(who, echo.clone());
        Ok(echo)
    }

    /// Waits until a second adds no ticket to the index: what fills it would be measured too.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn wait_for_the_index(&mut self) -> Result<()> {
        let mut before = None;
        for _ in 0..SETTLED {
            let answer = self.asked("dispatcher", "/api/v1/search?limit=1")?;
            let is_told = answer.status == 200;
            let found = if is_told { answer_of(&answer)?["total"].as_u64() } else { None };
            if found.is_some_and(|found| found > 0) && found == before {
                break;
            }
            before = found;
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What a page of somebody's sends back with a change.
fn echo_in(page: &str) -> Option<String> {
    let rest = page.split("<meta name=\"echo\" content=\"").nth(1)?;
    rest.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_called_by_a_word_or_a_number() {
        assert_eq!(word(&json!("2026-000001")).as_deref(), Some("2026-000001"));
        assert_eq!(word(&json!(7)).as_deref(), Some("7"));
        assert_eq!((word(&json!(null)), word(&json!([]))), (None, None));
    }

    #[test]
    fn the_echo_is_read_where_pages_have_it() {
        let shell = include_str!("../web/console/pages/shell.html").replace("{{ echo }}", "a-b_c");
        assert_eq!(echo_in(&shell).as_deref(), Some("a-b_c"));
        assert_eq!(echo_in("<p>"), None);
    }
}
