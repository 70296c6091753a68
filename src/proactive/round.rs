//! Proactive: the round: what has changed since the last look is judged, and what is found is written in one write
//! with the mark. Its rule: it follows the seals, which miss nothing and come in order; any number of nodes may
//! look, and one of them writes; what was brought in by an import calls for nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::city::{City, WEEK};
use super::cluster::{self, Cell};
use super::desk::{Due, raise};
use super::dissatisfied::{self, Whose};
use super::finding::{EVIDENCE, Finding, Grade, Rule, cell_of, number};
use super::owner::owner;
use super::season::{self, Counted};
use super::seen::{DAY, Seen};
use super::sensitive;
use super::settings::{Demotion, Settings};
use super::store::{self, Surveyed, tickets};
use super::{estate, repeat};
use crate::db::{Conn, Db, Tx};
use crate::directory::{Cached, CategoryCode, Directory};
use crate::error::Result;
use crate::jobs::Bell;
use crate::sealing::MasterKey;
use crate::ticket::store::{Vault, load_by_id};
use crate::time::Stamp;

/// For how long the city's counts are good.
const CITY_LASTS: i64 = 3_600_000;
/// The oldest ticket that may still bring a warning about by being changed.
const FRESH: i64 = 30 * DAY;

/// Whoever watches.
pub struct Watchman {
    pub db: Db,
    pub keys: Arc<MasterKey>,
    pub directory: Cached,
    pub settings: Settings,
    city: Mutex<Option<(Stamp, Arc<City>)>>,
}

/// What a round over one seal found.
#[derive(Clone)]
struct Catch {
    due: Vec<Due>,
    /// Valid surveys, each with its ticket.
    surveyed: Vec<(Surveyed, Seen)>,
    directory: Arc<Directory>,
}

/// What a round has asked already.
#[derive(Default)]
struct Round {
    estates: HashMap<String, Arc<Vec<Seen>>>,
    judged: BTreeSet<(Rule, String)>,
}

impl Watchman {
    pub fn new(db: Db, keys: Arc<MasterKey>, directory: Cached, settings: Settings) -> Self {
        Self { db, keys, directory, settings, city: Mutex::new(None) }
    }

    /// Looks at everything that was sealed since the last look, until `bell` stops it, and closes what was watched
    /// for nothing; answers how many warnings were opened or became alarms.
    ///
    /// # Errors
    /// The database's own.
    pub fn look(&self, bell: &Bell) -> Result<usize> {
        let mut raised = 0;
        while !bell.stopped() {
            let now = self.db.now();
            let ask = |conn: &mut Conn| {
                let (mark, _) = store::mark(conn)?;
                let Some((to, changed)) = tickets::changed_after(conn, mark)? else {
                    return Ok(None);
                };
                Ok(Some((mark, to, self.judge(conn, &changed, now)?)))
            };
            let Some((mark, to, catch)) = self.db.read(ask)? else { break };
            let (row, demotion) = (self.settings.row, self.settings.demotion);
            let directory = catch.directory.clone();
            raised += self.db.write(move |tx| {
                if !store::move_mark(tx, mark, to)? {
                    return Ok(0);
                }
                let mut raised = 0;
                for answered in &catch.surveyed {
                    raised += answer(tx, answered, &directory, (row, demotion))?;
                }
                for due in &catch.due {
                    raised += usize::from(raise(tx, due, demotion)?);
                }
                Ok(raised)
            })?;
        }
        raised += self.look_at_seasons()?;
        let (watched, listed) = (WEEK, self.settings.busy.days * DAY);
        self.db.write(move |tx| {
            let now = tx.now;
            store::lapse(tx, now.plus_millis(-watched), now.plus_millis(-listed))
        })?;
        Ok(raised)
    }

    /// What the tickets of one seal bring about.
    fn judge(&self, conn: &mut Conn, changed: &[tickets::Changed], now: Stamp) -> Result<Catch> {
        let directory = self.directory.current(conn)?;
        let mut round = Round::default();
        let mut catch =
            Catch { due: Vec::new(), surveyed: Vec::new(), directory: directory.clone() };
        for it in changed {
            let ticket = &it.ticket;
            if it.lives && ticket.dissatisfied.is_some() {
                let answered = self.survey_of(conn, ticket)?;
                catch.surveyed.extend(answered.map(|it| (it, ticket.clone())));
            }
            let is_old = now.millis_since(ticket.at) > FRESH;
            if it.imported || !ticket.counts() || is_old {
                continue;
            }
            let mut found = Vec::new();
            found.extend(self.repeat(conn, &mut round, ticket, now)?);
            found.extend(self.places(conn, &mut round, ticket, now)?);
            found.extend(self.words(conn, ticket, now)?);
            for (finding, resting_on) in found {
                let tickets: Vec<&Seen> = resting_on.iter().collect();
                let owner = owner(&finding, &tickets, &directory);
                let ticket_id = resting_on.last().map_or(ticket.id, |it| it.id);
                catch.due.push(Due { finding, owner, ticket_id });
            }
        }
        Ok(catch)
    }

    /// The same caller and matter.
    fn repeat(
        &self,
        conn: &mut Conn,
        round: &mut Round,
        ticket: &Seen,
        now: Stamp,
    ) -> Result<Option<(Finding, Vec<Seen>)>> {
        let rule = self.settings.repeats;
        let Some((caller, about)) = ticket.caller.as_deref().zip(ticket.about()) else {
            return Ok(None);
        };
        let cell = cell_of(caller, &about);
        if !round.judged.insert((Rule::Repeat, cell.clone())) {
            return Ok(None);
        }
        let from = now.plus_millis(-rule.days * DAY);
        let mut theirs = tickets::of_caller(conn, (caller, &about), (from, now))?;
        theirs.retain(Seen::counts);
        if theirs.len() < rule.tickets {
            return Ok(None);
        }
        let settled = store::settled(conn, Rule::Repeat, &cell)?;
        let found = repeat::judge(&theirs, (caller, &about), (now, settled), rule);
        Ok(found.map(|finding| (finding, theirs)))
    }

    /// The estate: its list, and the cell of the ticket.
    fn places(
        &self,
        conn: &mut Conn,
        round: &mut Round,
        ticket: &Seen,
        now: Stamp,
    ) -> Result<Vec<(Finding, Vec<Seen>)>> {
        let Some(code) = ticket.estate.as_deref() else { return Ok(Vec::new()) };
        let all = self.of_estate(conn, round, code, now)?;
        let mut found = Vec::new();
        if round.judged.insert((Rule::Estate, code.to_owned()))
            && all.len() >= self.settings.busy.tickets
        {
            let settled = store::settled(conn, Rule::Estate, code)?;
            let listed = estate::judge(&all, (now, settled), self.settings.busy);
            found.extend(listed.map(|finding| (finding, all.to_vec())));
        }
        let (Some((_, category)), true) = (ticket.cell(), now.millis_since(ticket.at) <= WEEK)
        else {
            return Ok(found);
        };
        let cell = format!("{code}/{category}");
        if !round.judged.insert((Rule::Cluster, cell.clone())) {
            return Ok(found);
        }
        let is_own = |it: &&Seen| it.category.as_deref() == Some(category);
        let own: Vec<&Seen> = all.iter().filter(is_own).collect();
        let near = own.iter().filter(|it| now.millis_since(it.at) < WEEK).count();
        if near < self.settings.clusters.least {
            return Ok(found);
        }
        let settled = store::settled(conn, Rule::Cluster, &cell)?;
        let city = self.city(conn, now)?;
        let estate = cluster::before(&all, now, self.settings.clusters.weeks);
        let cell = Cell { own: &own, estate, city: &city, now, settled };
        if let Some(finding) = cluster::judge(&cell, ticket, &self.settings.clusters) {
            let numbers: BTreeSet<&String> = finding.tickets.iter().collect();
            let resting = own.iter().filter(|it| numbers.contains(&it.no)).map(|it| (*it).clone());
            let resting = resting.collect();
            found.push((finding, resting));
        }
        Ok(found)
    }

    /// The words of what was said. Short of callers, the place is watched, and what was heard is kept there.
    fn words(
        &self,
        conn: &mut Conn,
        ticket: &Seen,
        now: Stamp,
    ) -> Result<Vec<(Finding, Vec<Seen>)>> {
        let rule = &self.settings.sensitive;
        if rule.words.is_empty() || now.millis_since(ticket.at) > rule.days * DAY {
            return Ok(Vec::new());
        }
        let stored = match load_by_id(conn, Vault { keys: &self.keys }, ticket.id) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(Vec::new()),
            Err(error) if error.kind() == crate::error::Kind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let said = format!("{}\n{}", stored.ticket.title.as_str(), stored.ticket.content.as_str());
        let mut found = Vec::new();
        for word in sensitive::found_in(&rule.words, &said) {
            let cell = sensitive::cell(word, ticket);
            let settled = store::settled(conn, Rule::Sensitive, &cell)?;
            if ticket.at <= settled {
                continue;
            }
            let open = store::open_of(conn, Rule::Sensitive, &cell)?;
            let mut heard = match open {
                Some(open) => tickets::numbered(conn, &open.numbers())?,
                None => Vec::new(),
            };
            if heard.iter().all(|it| it.id != ticket.id) {
                heard.push(ticket.clone());
                heard.sort_by_key(|it| (it.at, it.id));
            }
            heard.retain(Seen::counts);
            let finding =
                sensitive::judge(&heard, word, (now, settled), rule).unwrap_or_else(|| {
                    let few = Finding::of(Rule::Sensitive, cell, ticket).resting_on(&heard);
                    let (n, threshold) = (number(heard.len()), number(rule.callers));
                    let why = serde_json::json!({ "word": word, "days": rule.days });
                    Finding { grade: Grade::Watch, category: None, n, threshold, why, ..few }
                });
            found.push((finding, heard));
        }
        Ok(found)
    }

    /// The last valid survey of a ticket.
    fn survey_of(&self, conn: &mut Conn, ticket: &Seen) -> Result<Option<Surveyed>> {
        let stored = match load_by_id(conn, Vault { keys: &self.keys }, ticket.id) {
            Err(error) if error.kind() == crate::error::Kind::NotFound => None,
            found => found?,
        };
        let last = stored.as_ref().and_then(|it| it.ticket.valid_surveys().1);
        Ok(last.map(|attempt| Surveyed {
            ticket_id: ticket.id,
            ticket_no: ticket.no.clone(),
            at: attempt.at,
            estate: ticket.estate.clone(),
            company: ticket.company.clone(),
            dissatisfied: ticket.dissatisfied.unwrap_or_default(),
        }))
    }

    /// The estate's tickets that count, of as long as any rule looks back.
    fn of_estate(
        &self,
        conn: &mut Conn,
        round: &mut Round,
        code: &str,
        now: Stamp,
    ) -> Result<Arc<Vec<Seen>>> {
        if let Some(all) = round.estates.get(code) {
            return Ok(all.clone());
        }
        let windows = WEEK * (i64::from(self.settings.clusters.weeks) + 1);
        let from = now.plus_millis(-windows.max(self.settings.busy.days * DAY));
        let mut all = tickets::of_estate(conn, code, from)?;
        all.retain(Seen::counts);
        let all = Arc::new(all);
        round.estates.insert(code.to_owned(), all.clone());
        Ok(all)
    }

    /// The city's counts, not older than an hour.
    fn city(&self, conn: &mut Conn, now: Stamp) -> Result<Arc<City>> {
        let known = self.city.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, city)) = known
            && (0..CITY_LASTS).contains(&now.millis_since(at))
        {
            return Ok(city);
        }
        let city = Arc::new(tickets::city(conn, now, self.settings.clusters.weeks)?);
        let mut kept = self.city.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((now, city.clone()));
        Ok(city)
    }

    /// The season plans, once a day: the seven days up to now.
    fn look_at_seasons(&self) -> Result<usize> {
        let now = self.db.now();
        let today = now.day(self.settings.zone);
        let day = today.to_string();
        let seen = self.db.read(|conn| Ok(store::mark(conn)?.1))?;
        if seen == day {
            return Ok(0);
        }
        let due = self.db.read(|conn| {
            let directory = self.directory.current(conn)?;
            let mut due = Vec::new();
            for plan in self.settings.seasons.iter().filter(|plan| plan.holds_on(today)) {
                let categories = below(&plan.categories, &directory);
                let mut counted = [0; 4];
                let mut latest = Vec::new();
                for (i, period) in season::periods(now).into_iter().enumerate() {
                    let found = tickets::of_categories(conn, &categories, period)?;
                    counted[i] = found.len();
                    if i == 0 {
                        latest = found;
                    }
                }
                let [now_in, then, lately, lately_then] = counted;
                let counted = Counted { now: now_in, then, lately, lately_then };
                let latest: Vec<&Seen> = latest.iter().collect();
                let Some(finding) = season::judge(plan, counted, &latest, today) else { continue };
                let owner = owner(&finding, &latest, &directory);
                let ticket_id = latest.last().map_or(0, |it| it.id);
                due.push(Due { finding, owner, ticket_id });
            }
            Ok(due)
        })?;
        let demotion = self.settings.demotion;
        self.db.write(move |tx| {
            store::season_seen(tx, &day)?;
            let mut raised = 0;
            for due in &due {
                // One that somebody closed this week stays closed: its cell is the week's.
                let settled = store::settled(tx.conn, due.finding.rule, &due.finding.cell)?;
                if settled == Stamp::MIN {
                    raised += usize::from(raise(tx, due, demotion)?);
                }
            }
            Ok(raised)
        })
    }
}

/// Keeps the last valid survey of a ticket and judges its estate's and its company's row.
fn answer(
    tx: &mut Tx<'_>,
    (answered, ticket): &(Surveyed, Seen),
    directory: &Directory,
    (row, demotion): (usize, Demotion),
) -> Result<usize> {
    store::keep_survey(tx, answered)?;
    let whose = [
        answered.estate.as_deref().map(Whose::Estate),
        answered.company.as_deref().map(Whose::Company),
    ];
    let mut raised = 0;
    for whose in whose.into_iter().flatten() {
        let most = i64::try_from(EVIDENCE).unwrap_or(i64::MAX);
        let answers = store::answers(tx.conn, &whose, most)?;
        let settled = store::settled(tx.conn, Rule::Dissatisfied, &whose.cell())?;
        let found = dissatisfied::judge(&answers, &whose, ticket, settled, row);
        let Some(finding) = found else { continue };
        let owner = owner(&finding, &[ticket], directory);
        let due = Due { finding, owner, ticket_id: ticket.id };
        raised += usize::from(raise(tx, &due, demotion)?);
    }
    Ok(raised)
}

/// The categories and everything below them.
pub fn below(categories: &[String], directory: &Directory) -> BTreeSet<String> {
    let each = |code: &String| directory.category_subtree(&CategoryCode::from(code.as_str()));
    categories.iter().flat_map(each).map(|code| code.to_string()).collect()
}
