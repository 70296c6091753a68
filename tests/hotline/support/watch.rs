//! Watching the whole suite: whatever a test sends as a citizen's name or number must stand in no log line of
//! any server that any test has started. Its rule: found is kept, and every server that ends asks for it.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};

use serde_json::Value;

/// What was sent of citizens to some server.
#[derive(Default)]
struct Sent {
    /// Telephone numbers, their digits.
    numbers: BTreeSet<String>,
    /// Names and mail addresses.
    words: BTreeSet<String>,
}

static SENT: LazyLock<Mutex<Sent>> = LazyLock::new(Mutex::default);
/// Log lines with one of them.
static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Sent {
    fn take(&mut self, caller: &Value) {
        let texts = |names: &[&str]| -> Vec<String> {
            let texts = names.iter().filter_map(|name| caller[name].as_str());
            texts.map(|text| text.trim().to_owned()).collect()
        };
        let digits = |text: &String| text.len() >= 7 && text.bytes().all(|b| b.is_ascii_digit());
        self.numbers.extend(texts(&["phone", "second_phone"]).into_iter().filter(digits));
        let long = |text: &String| text.chars().count() > 1;
        self.words.extend(texts(&["name", "email"]).into_iter().filter(long));
    }

    fn is_in(&self, line: &str) -> bool {
        let mut runs = line.split(|c: char| !c.is_ascii_digit());
        runs.any(|run| self.numbers.contains(run))
            || self.words.iter().any(|word| line.contains(word))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request goes out: its body may name a citizen.
pub fn sent(body: &str) {
    if body.contains("\"caller\"")
        && let Ok(body) = serde_json::from_str::<Value>(body)
    {
        lock(&SENT).take(&body["caller"]);
    }
}

/// A server has said this.
pub fn heard(said: &str) {
    let sent = lock(&SENT);
    let found: Vec<String> =
        said.lines().filter(|line| sent.is_in(line)).map(str::to_owned).collect();
    lock(&FOUND).extend(found);
}

/// Nothing personal was said so far, by nobody.
pub fn demand_none() {
    let found = lock(&FOUND).clone();
    assert!(found.is_empty() || std::thread::panicking(), "a log names a citizen: {found:?}");
}

/// Servers within this process speak to here, at every level of ours.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = tracing_subscriber::EnvFilter::new("info,jiesu=trace");
        let speech = tracing_subscriber::fmt().json().with_env_filter(filter);
        drop(speech.with_writer(|| Ear(Vec::new())).try_init());
    });
}

/// One log line, as it is written.
struct Ear(Vec<u8>);

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        heard(&String::from_utf8_lossy(&self.0));
    }
}

#[test]
fn what_a_server_says_of_a_citizen_is_found() {
    let mut sent = Sent::default();
    sent.take(&serde_json::json!({ "name": "只在此处的人", "phone": "19900000077" }));
    assert!(sent.is_in("{\"message\":\"19900000077 rang\"}"));
    assert!(sent.is_in("{\"message\":\"只在此处的人来电\"}"));
    assert!(!sent.is_in("{\"message\":\"199****0077 只*****来电\"}"));
}
