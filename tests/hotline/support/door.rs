//! Through the door as people go: the form of the login page, the cookie that it sets, and pages asked with it.

use serde_json::Value;

use super::server::{Answer, Server};

/// Of all the demo users.
pub const PASSWORD: &str = "demo-jiesu-2026";
/// Whoever of them may log in, one of each role.
pub const EVERYBODY: [&str; 11] = [
    "agent",
    "dispatcher",
    "handler",
    "unit_head",
    "reviewer",
    "surveyor",
    "assessor",
    "leader",
    "sysadmin",
    "secadmin",
    "auditor",
];

/// Every byte of `text` that is no letter or digit, as a form sends it.
pub fn form(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    let sent = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(sent).collect()
}

/// The cookie that an answer sets, as it came: a token is not to be read in small letters.
pub fn cookie_of(answer: &Answer) -> String {
    let mut lines = answer.raw_head.lines();
    let line = lines.find(|line| line.to_lowercase().starts_with("set-cookie: "));
    let cookie = line.unwrap_or_else(|| panic!("no cookie: {answer:?}"))["set-cookie: ".len()..]
        .split(';')
        .next();
    cookie.unwrap().to_owned()
}

/// The cookie of whoever comes through the door as `name`.
pub fn enter(server: &Server, name: &str, password: &str) -> String {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("username={}&password={}", form(name), form(password));
    let answer = server.ask("POST", "/login", &headers, &body);
    assert_eq!(answer.status, 303, "{name}: {answer:?}");
    cookie_of(&answer)
}

/// What a page gives its script to send back.
pub fn echo_of(page: &str) -> String {
    let after = page.split("name=\"echo\" content=\"").nth(1).expect("the echo");
    after.split('"').next().unwrap_or_default().to_owned()
}

/// Somebody with a browser.
pub struct Browser<'a> {
    pub server: &'a Server,
    pub cookie: String,
}

impl<'a> Browser<'a> {
    /// A demo user who came through the door.
    pub fn of(server: &'a Server, name: &str) -> Self {
        Self::with(server, name, PASSWORD)
    }

    pub fn with(server: &'a Server, name: &str, password: &str) -> Self {
        Self { server, cookie: enter(server, name, password) }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.server.ask("GET", path, &[("Cookie", &self.cookie)], "")
    }

    /// The page there, with its slashes as they are.
    pub fn shown(&self, path: &str) -> String {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(
            !page.body.contains("<script>alert") && !page.body.contains("<img src=x"),
            "{path}"
        );
        page.body.replace("&#x2f;", "/")
    }

    /// What the page at `path` gives its script to send back.
    pub fn echo(&self, path: &str) -> String {
        echo_of(&self.get(path).body)
    }

    pub fn call(&self, path: &str, echo: &str, body: &Value) -> Answer {
        let headers = [("Cookie", self.cookie.as_str()), ("X-CSRF-Token", echo)];
        self.server.ask("POST", path, &headers, &body.to_string())
    }
}
