//! Privacy: what becomes of the rows that tell of an erased ticket, table by table. Its rule: what figures or
//! the proof need stays, since it is codes, times and ciphertext; what could lead to the person goes.

/// What becomes of a table's rows of the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Codes, times and ciphertext; or the ticket's own store has emptied them.
    Stays,
    /// Deleted by `ticket_id`.
    Goes,
    /// Deleted where this column is the ticket's number.
    GoesOf { by: &'static str },
    /// Deleted where the text in this column names the ticket.
    GoesWhere { names: &'static str },
    /// The same, of the rows that this condition holds for; out of the JSON list in the others the number is taken, and
    /// the id in `ticket_id` becomes 0.
    GoesAbout { names: &'static str, only: &'static str },
    /// Its own room does it, which knows by what else a row is the person's and what to say of it then.
    ByItsRoom,
}

/// Every table with a ticket's id or number, a caller's hash, or a text that may name one.
pub const FATES: [(&str, Fate); 49] = [
    // The ticket's own: emptied where the key is destroyed.
    ("ticket", Fate::Stays),
    ("ticket_body", Fate::Stays),
    ("caller_key", Fate::Stays),
    ("erased", Fate::Stays),
    // Figures: codes and times.
    ("assignment", Fate::Stays),
    ("contact", Fate::Stays),
    ("whistle", Fate::Stays),
    ("ledger", Fate::Stays),
    ("trail", Fate::Stays),
    // What the unit and the reviewer said lies under the ticket's key.
    ("bottom_case", Fate::Stays),
    ("empty_reply", Fate::Stays),
    ("supervision", Fate::Stays),
    ("supervision_word", Fate::Stays),
    ("imported", Fate::Stays),
    // The proof: ciphertext and hashes over it.
    ("event", Fate::Stays),
    ("unsealed", Fate::Stays),
    ("seal", Fate::Stays),
    ("seal_leaf", Fate::Stays),
    ("removal", Fate::Stays),
    ("removed_event", Fate::Stays),
    ("attachment", Fate::Stays),
    // Later work and kept answers are cleaned by what they hold.
    ("job", Fate::Stays),
    ("idempotency", Fate::Stays),
    // When the citizen asked to be rung: nobody rings any more.
    ("survey_appointment", Fate::Goes),
    // That a survey was heard again, and what was found: codes and times.
    ("relisten", Fate::Stays),
    // Nobody is written to about it any more.
    ("letter", Fate::Goes),
    // What a reply comes to; it is compared with others no more.
    ("reply_print", Fate::Goes),
    // Which estates an address was taken for.
    ("place_aside", Fate::Goes),
    // What two people thought of the caller; all of the caller's go where the key is destroyed.
    ("vexatious", Fate::Goes),
    // That a unit objected to it in a report, and whether it was upheld, is codes and times; the words go.
    ("report_objection", Fate::Stays),
    ("report_said", Fate::Goes),
    // Words of our own in a document that was signed, printed and mailed: it is not rewritten. Nobody's number is let
    // in there, nor the name of a caller whose ticket is cited; a ticket's number leads to nobody without its key.
    ("report_text", Fate::Stays),
    // The same of what a leader wrote on it, and of what was said to that.
    ("report_instruction", Fate::Stays),
    ("report_task_word", Fate::Stays),
    // What was warned of: what is about one caller goes; what is about a place is other callers' too, and stays
    // without the number.
    ("warning", Fate::GoesAbout { names: "tickets", only: "rule = 'repeat'" }),
    // Which ticket a numbered paper was about: what it said is made anew at each printing, and of an erased ticket no more.
    ("paper_line", Fate::Stays),
    // Codes and times; and a goal with numbers under it.
    ("surveyed", Fate::Stays),
    ("campaign", Fate::Stays),
    // Public words, which no number of a person gets into, and the number of a ticket; and how many were merged.
    ("incident", Fate::Stays),
    ("linked", Fate::Stays),
    // Tries and words at the citizens' door; words from the caller's number go where the key is destroyed.
    ("citizen_try", Fate::Goes),
    ("citizen_word", Fate::GoesOf { by: "ticket_no" }),
    ("webhook_delivery", Fate::GoesWhere { names: "body" }),
    // What somebody typed about it and never sent; of no ticket yet, it ends with its own days.
    ("draft", Fate::GoesOf { by: "ticket_no" }),
    // Who is writing at it now.
    ("at_work", Fate::GoesOf { by: "ticket_no" }),
    // The city's platform: numbers and times are settled with it; its words were the person's.
    ("backfill", Fate::Stays),
    ("upstream_message", Fate::ByItsRoom),
    ("upstream_difference", Fate::Stays),
    // A call is its caller's, not a ticket's: its number ends with the calls' own period.
    ("call", Fate::Stays),
];
