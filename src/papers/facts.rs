//! Papers: what templates may use. Its rule: everything is text that may be shown to whoever the paper is for; what is
//! not there prints nothing.

use serde::Serialize;

/// A document that a reply rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    pub title: String,
    pub no: Option<String>,
}

/// A line of the register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    pub nth: usize,
    pub ticket: String,
    pub received: String,
    pub channel: String,
    pub kind: String,
    pub category: Option<String>,
    pub region: Option<String>,
    pub estate: Option<String>,
    /// Masked; nothing where the case is to be kept secret.
    pub title: Option<String>,
    pub lead: Option<String>,
    pub assists: String,
    pub due: Option<String>,
    pub state: String,
    pub ended: Option<String>,
    /// What the citizen said last.
    pub survey: Option<String>,
    /// Extended, on the ledger, supervised …
    pub remark: String,
}

/// What a paper is about, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The bureau's name.
    pub site: String,
    /// The paper's number.
    pub no: String,
    /// The day it was made.
    pub date: String,
    pub made_by: String,
    /// The ticket's number, and that of the city's platform.
    pub ticket: String,
    pub upstream: Option<String>,
    pub kind: String,
    pub channel: String,
    pub urgency: String,
    pub category: Option<String>,
    pub region: Option<String>,
    pub estate: Option<String>,
    pub received: String,
    pub received_on: String,
    /// Title and content, masked; nothing where the case is to be kept secret.
    pub title: Option<String>,
    pub content: Option<String>,
    pub overall_due: Option<String>,

    /// The unit that it goes to, or that answered.
    pub unit: Option<String>,
    pub part: Option<String>,
    pub designated: bool,
    pub sent: Option<String>,
    pub assists: Vec<String>,
    pub sign_due: Option<String>,
    pub contact_due: Option<String>,
    pub handle_due: Option<String>,
    /// The unit's published phones.
    pub phones: Vec<String>,

    /// Supervision: the step of the ladder, what is asked, and by when an answer is due.
    pub step: Option<String>,
    pub text: Option<String>,
    pub answer_due: Option<String>,
    pub urges: usize,
    pub overdue: bool,

    /// To the citizen: the name, or what stands for it.
    pub name: Option<String>,
    /// Extension: whether it was granted, the limit before, the one after, why.
    pub granted: bool,
    pub due_before: Option<String>,
    pub until: Option<String>,
    pub grounds: Option<String>,
    /// Decline: its code and its words.
    pub reason_code: Option<String>,
    pub reason: Option<String>,
    /// Reply: in one, and by lines; what it promises and rests on.
    pub reply: Option<String>,
    pub reply_lines: Vec<String>,
    pub promise: Option<String>,
    pub promise_on: Option<String>,
    pub sources: Vec<Source>,

    /// The register: whose, and its lines.
    pub of_unit: Option<String>,
    pub rows: Vec<Row>,
}
