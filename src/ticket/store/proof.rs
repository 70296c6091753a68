//! Ticket: the proof that the chains are whole and that everything stored follows from them. Its
//! rule: it believes nothing that it can compute; what it cannot know, the unsealed tail, it counts.
//!
//! Whoever writes to the database without the keys is found out: an edit breaks a hash, a mac or a
//! ciphertext; a deletion leaves a gap, a seal without its chain or a tail without its mark. What
//! can be done unseen: putting a ticket's rows, document and events back together to how all of
//! them stood after its last seal, or taking an unsealed ticket away with its marks. So seals
//! are made every minute and leave the house.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::Value;

use super::traces::traces;
use super::{callers, event_place, removed, rows, write};
use crate::code_enum;
use crate::db::Conn;
use crate::db::schema::{event as events, seal_leaf, ticket_body, tickets, unsealed};
use crate::error::{Kind, Result};
use crate::sealing::{MasterKey, RecordKey, place};
use crate::ticket::Ticket;
use crate::ticket::event::{self, Event};
use crate::ticket::seal::{Leaf, Seal};
use crate::time::Stamp;

/// Tickets that one read looks at.
const PAGE: i64 = 100;
/// Problems that are kept; the others are counted.
const KEPT: usize = 100;

code_enum! {
    /// What is wrong.
    pub enum Fault {
        TicketGone = "ticket_gone" "工单行不见了",
        BodyGone = "body_gone" "工单正文不见了",
        KeyGone = "key_gone" "工单密钥不见了",
        KeyBroken = "key_broken" "工单密钥打不开",
        EventGone = "event_gone" "事件序号不连续",
        EventChanged = "event_changed" "事件与哈希链不符",
        EventBroken = "event_broken" "事件打不开",
        VersionOff = "version_off" "版本号与事件数不符",
        HeadOff = "head_off" "链头与最后一个事件不符",
        DocumentOff = "document_off" "工单正文与事件重放结果不符",
        RowsOff = "rows_off" "列表行与工单正文不符",
        CallersOff = "callers_off" "来电人索引多出了行",
        Unreadable = "unreadable" "行中的值读不懂",
        MarkOff = "mark_off" "待封存标记指向不存在的事件",
        Unmarked = "unmarked" "事件既未封存也无待封存标记",
        SealGone = "seal_gone" "封存序号不连续",
        SealForged = "seal_forged" "封存的签名不符",
        LeavesOff = "leaves_off" "封存的链头与默克尔根不符",
        LeafOff = "leaf_off" "封存过的事件不在链上",
        ErasureForged = "erasure_forged" "删除登记的签名不符，或密钥仍在",
        LogOff = "log_off" "库外的封存记录与库中不符",
        RemovalForged = "removal_forged" "撤回导入的墓碑不符",
    }
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub fault: Fault,
    pub ticket_id: Option<i64>,
    pub seq: Option<i32>,
    pub seal: Option<i64>,
}

/// A proof under way: first the seals, then the tickets page by page, each asked in one read.
pub struct Proof<'a> {
    pub(super) keys: &'a MasterKey,
    /// The number and the mac of the last tombstone looked at.
    pub(super) last_removal: (i64, Vec<u8>),
    /// Up to where each ticket's chain is sealed.
    sealed: BTreeMap<i64, i32>,
    last_seal: i64,
    /// The mac of the last seal looked at.
    before: Vec<u8>,
    /// How many rows of callers the documents call for.
    callers: usize,
    pub problems: Vec<Problem>,
    pub count: usize,
    pub tickets: usize,
    pub events: usize,
    pub seals: usize,
    /// Events after the last seal over their ticket: nothing outside the database vouches for them.
    pub unsealed: usize,
}

/// The lines of the file of seals, in their order.
pub type Log<'a> = Peekable<Box<dyn Iterator<Item = String> + 'a>>;

/// A ticket's events as they lie there.
type Chain = Vec<(i32, Stamp, Vec<u8>, Vec<u8>)>;
type Body = (Option<Vec<u8>>, Vec<u8>, Vec<u8>);

impl<'a> Proof<'a> {
    pub fn new(keys: &'a MasterKey) -> Self {
        Self {
            keys,
            last_removal: (0, Vec::new()),
            sealed: BTreeMap::new(),
            last_seal: 0,
            before: Vec::new(),
            callers: 0,
            problems: Vec::new(),
            count: 0,
            tickets: 0,
            events: 0,
            seals: 0,
            unsealed: 0,
        }
    }

    /// Whether nothing was found.
    pub const fn holds(&self) -> bool {
        self.count == 0
    }

    fn found(&mut self, problem: Problem) {
        self.count += 1;
        if self.problems.len() < KEPT {
            self.problems.push(problem);
        }
    }

    pub(super) fn about(&mut self, fault: Fault, ticket_id: i64, seq: Option<i32>) {
        self.found(Problem { fault, ticket_id: Some(ticket_id), seq, seal: None });
    }

    pub(super) fn about_seal(&mut self, fault: Fault, no: i64, leaf: Option<(i64, i32)>) {
        let (ticket_id, seq) = leaf.unzip();
        self.found(Problem { fault, ticket_id, seq, seal: Some(no) });
    }

    /// The next seals: numbered without a gap, genuine, over exactly their leaves, each on its
    /// chain; and as `log` has them, the lines that were written outside the database. Answers
    /// whether there are more to look at.
    pub fn seals(&mut self, conn: &mut Conn, log: &mut Log<'_>) -> Result<bool> {
        let some = super::seals_after(conn, self.last_seal, PAGE)?;
        for seal in &some {
            self.seals += 1;
            if seal.no != self.last_seal + 1 {
                self.about_seal(Fault::SealGone, self.last_seal + 1, None);
            }
            if !seal.is_genuine(self.keys, &self.before) {
                self.about_seal(Fault::SealForged, seal.no, None);
            }
            self.log_up_to(log, seal.no, Some(seal));
            self.leaves(conn, seal)?;
            self.last_seal = seal.no;
            self.before.clone_from(&seal.mac);
        }
        if !some.is_empty() {
            return Ok(true);
        }
        // What the file knows and the database does not.
        self.log_up_to(log, i64::MAX, None);
        let last: Option<i64> = seal_leaf::table.select(max(seal_leaf::seal_no)).first(conn)?;
        if let Some(no) = last.filter(|no| *no > self.last_seal) {
            self.about_seal(Fault::SealGone, no, None);
        }
        Ok(false)
    }

    /// Reads the log up to the seal `no`: its line, where there is one, says what `seal` says; any
    /// other is of a seal that is not there, or no line at all.
    fn log_up_to(&mut self, log: &mut Log<'_>, no: i64, seal: Option<&Seal>) {
        let number = |line: &String| Seal::number_of(line).unwrap_or_default();
        while let Some(line) = log.next_if(|line| number(line) <= no) {
            if seal.is_none_or(|seal| line != seal.line()) {
                self.about_seal(Fault::LogOff, number(&line), None);
            }
        }
    }

    fn leaves(&mut self, conn: &mut Conn, seal: &Seal) -> Result<()> {
        let on = events::ticket_id.eq(seal_leaf::ticket_id).and(events::seq.eq(seal_leaf::seq));
        type Found = (i64, i32, Vec<u8>, Option<Vec<u8>>);
        let found: Vec<Found> = seal_leaf::table
            .left_join(events::table.on(on))
            .filter(seal_leaf::seal_no.eq(seal.no))
            .order(seal_leaf::ticket_id)
            .select((
                seal_leaf::ticket_id,
                seal_leaf::seq,
                seal_leaf::head,
                events::hash.nullable(),
            ))
            .load(conn)?;
        let mut leaves = Vec::with_capacity(found.len());
        let off = found.iter().filter(|(.., on_chain)| on_chain.is_none()).map(|(id, ..)| *id);
        // Of a ticket that was taken back its tombstone has the hash.
        let removed = removed::heads(conn, &off.collect::<Vec<_>>())?;
        for (ticket_id, seq, head, on_chain) in found {
            let there = on_chain.as_ref().or_else(|| removed.get(&(ticket_id, seq)));
            if there != Some(&head) {
                self.about_seal(Fault::LeafOff, seal.no, Some((ticket_id, seq)));
            }
            let covered = self.sealed.entry(ticket_id).or_insert(seq);
            *covered = seq.max(*covered);
            leaves.push(Leaf { ticket_id, seq, head });
        }
        if !seal.is_over(&leaves) {
            self.about_seal(Fault::LeavesOff, seal.no, None);
        }
        Ok(())
    }

    /// The tickets after `after`; answers where to go on.
    pub fn tickets(&mut self, conn: &mut Conn, after: i64) -> Result<Option<i64>> {
        let mut ids: BTreeSet<i64> = tickets::table
            .filter(tickets::id.gt(after))
            .order(tickets::id)
            .limit(PAGE)
            .select(tickets::id)
            .load(conn)?
            .into_iter()
            .collect();
        let full = i64::try_from(ids.len()).unwrap_or(i64::MAX) == PAGE;
        let last = if full { ids.last().copied().unwrap_or(i64::MAX) } else { i64::MAX };
        ids.extend(traces(conn, after, last)?);
        let newest = ids.last().copied().unwrap_or(after);
        for id in ids {
            match self.ticket(conn, id) {
                // What diesel cannot read was not written by us.
                Err(error) if error.kind() == Kind::Internal => {
                    self.about(Fault::Unreadable, id, None);
                }
                other => other?,
            }
        }
        // Where nothing is wrong with any ticket, rows that no ticket calls for still may be there.
        if !full && self.holds() {
            let count = callers::count(conn, newest)?;
            if usize::try_from(count).unwrap_or(usize::MAX) > self.callers {
                self.found(Problem {
                    fault: Fault::CallersOff,
                    ticket_id: None,
                    seq: None,
                    seal: None,
                });
            }
        }
        Ok(full.then_some(last))
    }

    fn ticket(&mut self, conn: &mut Conn, id: i64) -> Result<()> {
        self.tickets += 1;
        let chain: Chain = events::table
            .filter(events::ticket_id.eq(id))
            .order(events::seq)
            .select((events::seq, events::at, events::sealed, events::hash))
            .load(conn)?;
        self.events += chain.len();
        let (last, head) = self.chain(id, &chain);
        self.tail(conn, id, last)?;
        let version: Option<i32> =
            tickets::table.find(id).select(tickets::version).first(conn).optional()?;
        let Some(version) = version else {
            self.about(Fault::TicketGone, id, None);
            return Ok(());
        };
        if version != last {
            self.about(Fault::VersionOff, id, Some(version));
        }
        let body: Option<Body> = ticket_body::table
            .find(id)
            .select((ticket_body::record_key, ticket_body::doc, ticket_body::head))
            .first(conn)
            .optional()?;
        let Some((wrapped, doc, stored_head)) = body else {
            self.about(Fault::BodyGone, id, None);
            return Ok(());
        };
        if stored_head != head {
            self.about(Fault::HeadOff, id, Some(last));
        }
        let erasure = super::erasure_of(conn, id)?;
        if erasure.as_ref().is_some_and(|erasure| {
            wrapped.is_some() || !doc.is_empty() || !erasure.is_genuine(self.keys, &head)
        }) {
            self.about(Fault::ErasureForged, id, None);
        }
        let Some(wrapped) = wrapped else {
            // A key that is gone without a word was taken.
            if erasure.is_none() {
                self.about(Fault::KeyGone, id, None);
            }
            return Ok(());
        };
        let at = place("ticket_body", "record_key", id);
        let Ok(key) = RecordKey::unwrap(self.keys, &wrapped, &at) else {
            self.about(Fault::KeyBroken, id, None);
            return Ok(());
        };
        if let Some(ticket) = self.document(id, &key, &chain, &doc) {
            self.projections(conn, id, version, &ticket)?;
        }
        Ok(())
    }

    /// The hash over every event; answers the last number and the head that it must have.
    fn chain(&mut self, id: i64, chain: &Chain) -> (i32, Vec<u8>) {
        let mut head = event::genesis(id).to_vec();
        let mut last = 0;
        for (seq, at, sealed, hash) in chain {
            if *seq != last + 1 {
                self.about(Fault::EventGone, id, Some(last + 1));
            }
            head = event::link(&head, id, *seq, *at, sealed).to_vec();
            if head != *hash {
                self.about(Fault::EventChanged, id, Some(*seq));
                // The events after it are judged by what it says of itself.
                head.clone_from(hash);
            }
            last = *seq;
        }
        if chain.is_empty() {
            self.about(Fault::EventGone, id, Some(1));
        }
        (last, head)
    }

    /// Every event that no seal covers is marked, once, and every mark has its events.
    fn tail(&mut self, conn: &mut Conn, id: i64, last: i32) -> Result<()> {
        let marks: Vec<(i32, i32)> = unsealed::table
            .filter(unsealed::ticket_id.eq(id))
            .order(unsealed::seq)
            .select((unsealed::since, unsealed::seq))
            .load(conn)?;
        if let Some((_, seq)) = marks.last().filter(|(_, seq)| *seq > last) {
            self.about(Fault::MarkOff, id, Some(*seq));
        }
        let mut sealed = self.sealed.get(&id).copied().unwrap_or(0);
        if marked_up_to(sealed, &marks) < last {
            // A seal made since this proof began covers it perhaps.
            let newer: Option<i32> = seal_leaf::table
                .filter(seal_leaf::seal_no.gt(self.last_seal).and(seal_leaf::ticket_id.eq(id)))
                .select(max(seal_leaf::seq))
                .first(conn)?;
            sealed = newer.map_or(sealed, |seq| seq.max(sealed));
            let marked = marked_up_to(sealed, &marks);
            if marked < last {
                self.about(Fault::Unmarked, id, Some(marked + 1));
            }
        }
        self.unsealed += usize::try_from(last - sealed).unwrap_or(0);
        Ok(())
    }

    /// The document is the fold of the events.
    fn document(&mut self, id: i64, key: &RecordKey, chain: &Chain, doc: &[u8]) -> Option<Ticket> {
        let mut folded = Value::Object(serde_json::Map::new());
        for (seq, at, sealed, _) in chain {
            let plain = key.open(sealed, &event_place(id, *seq)).ok();
            let event: Option<Event> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
            match event.filter(|event| event.at == *at) {
                Some(event) => event::apply(&mut folded, &event.patch),
                None => self.about(Fault::EventBroken, id, Some(*seq)),
            }
        }
        let plain = key.open(doc, &place("ticket_body", "doc", id)).ok();
        let stored: Option<Value> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let ticket = stored
            .filter(|stored| *stored == folded)
            .and_then(|stored| serde_json::from_value(stored).ok());
        if ticket.is_none() {
            self.about(Fault::DocumentOff, id, None);
        }
        ticket
    }

    /// Every row beside the document is what the document makes of it.
    fn projections(
        &mut self,
        conn: &mut Conn,
        id: i64,
        version: i32,
        ticket: &Ticket,
    ) -> Result<()> {
        let lens = rows::Lens { id, version, keys: self.keys };
        let due = rows::project(ticket, &lens);
        self.callers += due.callers.len();
        let there = write::read_known(conn, id, &due.callers)?;
        if due != there {
            self.about(Fault::RowsOff, id, None);
        }
        Ok(())
    }
}

/// How far marks that follow each other without a gap reach beyond what is sealed.
fn marked_up_to(sealed: i32, marks: &[(i32, i32)]) -> i32 {
    let later = marks.iter().filter(|(_, seq)| *seq > sealed);
    later.fold(sealed, |end, (since, seq)| if *since == end + 1 { *seq } else { end })
}
