//! Ground: the tables as diesel sees them; a file a room. Its rule: checked against both databases by a test.

mod audit;
mod bottomline;
mod calls;
mod citizen;
mod directory;
mod followup;
mod ground;
mod handling;
mod identity;
mod intake;
mod jobs;
mod knowledge;
mod learning;
mod moving;
mod notices;
mod papers;
mod places;
mod privacy;
mod proactive;
mod reports;
mod roster;
mod search;
mod ticket;
mod upstream;
mod web;
mod webhooks;

pub use audit::{audit_entry, audit_subject};
pub use bottomline::{bottom_case, empty_reply, test_call};
pub use calls::call;
pub use citizen::{citizen_try, citizen_word};
pub use directory::{directory_entry, directory_version};
pub use followup::{relisten, survey_appointment};
pub use ground::{node_start, number_lease};
pub use handling::{supervision, supervision_word};
pub use identity::{account, api_key, login_session, refresh_token};
pub use intake::{incident, linked, vexatious};
pub use jobs::{job, schedule};
pub use knowledge::{
    article, article_use, article_version, knowledge_gap, knowledge_mark, reply_print,
};
pub use learning::learned;
pub use moving::{import_batch, imported, removal, removed_event};
pub use notices::{deputy, letter, reach};
pub use papers::{paper, paper_line};
pub use places::place_aside;
pub use privacy::{clear_export, erased};
pub use proactive::{campaign, surveyed, warning, warning_mark};
pub use reports::{
    report, report_body, report_confirmation, report_instruction, report_objection, report_said,
    report_step, report_task, report_task_word, report_text,
};
pub use roster::duty_plan;
pub use search::kept_search;
pub use ticket::{
    assignment, attachment, caller_key, contact, counted_by, event, ledger, seal, seal_leaf,
    ticket as tickets, ticket_body, trail, unsealed, whistle,
};
pub use upstream::{backfill, upstream_day, upstream_difference, upstream_message};
pub use web::{at_work, draft, idempotency};
pub use webhooks::{webhook, webhook_delivery};
