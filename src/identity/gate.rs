//! Identity: who stands at the door with which token. Its rule: every request is judged by the
//! database's row of the session or key, so that an end is an end on every node at once.

use std::collections::BTreeSet;
use std::path::Path;

use super::account::{Account, AccountKind, DemoDoor, Standing};
use super::actor::Actor;
use super::credential;
use super::settings::Settings;
use super::store;
use super::token::{Pass, TokenKeys};
use crate::code_enum;
use crate::db::Conn;
use crate::directory::UnitCode;
use crate::error::{Error, Kind, Result};
use crate::sealing::{MasterKey, entropy};
use crate::time::Stamp;

code_enum! {
    /// What an API key may be used for, beside what its account's roles allow.
    pub enum Scope {
        TicketsRead = "tickets:read" "读工单",
        TicketsWrite = "tickets:write" "写工单",
        Calls = "calls" "话务事件",
        Reference = "reference" "读基础数据",
        Rates = "rates" "读指标",
        Sms = "sms" "短信回复",
    }
}

/// What the door needs to judge: the site's choices and its keys.
#[derive(Debug, Clone)]
pub struct Gate {
    pub settings: Settings,
    pub tokens: TokenKeys,
    pub master: MasterKey,
}

impl Gate {
    /// With the keys under `data_dir`, made at the first start.
    pub fn open_or_create(data_dir: &Path, settings: Settings) -> Result<Self> {
        let tokens = TokenKeys::open_or_create(data_dir, &settings.issuer)?;
        let master = MasterKey::open_or_create(data_dir, &mut entropy())?;
        Ok(Self { settings, tokens, master })
    }
}

/// Where a unit stands in the directory today: what identity cannot know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Post {
    /// The unit and everything below it.
    pub subtree: BTreeSet<UnitCode>,
    /// Whether it is a property company or below one.
    pub company: bool,
}

/// Who has shown a good token.
#[derive(Debug, Clone)]
pub struct Visitor {
    actor: Actor,
    pub display_name: String,
    pub kind: AccountKind,
    /// The session, for people; a machine's key has none.
    pub session: Option<i64>,
    pub standing: Standing,
    /// What the key may be used for; None for people, who may do all that their roles allow.
    pub scopes: Option<BTreeSet<Scope>>,
}

impl Visitor {
    /// The actor, where nothing else must be done first.
    ///
    /// # Errors
    /// `login.password_due`, `login.totp_due` (403).
    pub fn actor(&self) -> Result<&Actor> {
        match self.standing {
            Standing::Full => Ok(&self.actor),
            Standing::MustChangePassword => Err(Error::new(Kind::Forbidden, "login.password_due")),
            Standing::MustEnrolTotp => Err(Error::new(Kind::Forbidden, "login.totp_due")),
        }
    }

    /// The actor whatever is still due: for `/me`, logging out, changing the password and
    /// enrolling a second factor, and nothing else.
    pub const fn self_service(&self) -> &Actor {
        &self.actor
    }

    /// Refuses (403) a key that was not made for `scope`.
    pub fn require_scope(&self, scope: Scope) -> Result<()> {
        match &self.scopes {
            Some(scopes) if !scopes.contains(&scope) => {
                Err(Error::new(Kind::Forbidden, "login.scope"))
            }
            _ => Ok(()),
        }
    }
}

/// Looks a unit up in the directory.
pub type PostOf<'a> = dyn Fn(&mut Conn, &UnitCode) -> Result<Post> + 'a;

/// Who shows `bearer` (an access token, or an API key that begins with `jk_`) at `now`. One
/// indexed read, and `post_of` for who belongs to a unit.
///
/// # Errors
/// `unauthenticated`, whatever is wrong with the token.
pub fn authenticate(
    conn: &mut Conn,
    gate: &Gate,
    bearer: &str,
    now: Stamp,
    door: DemoDoor,
    post_of: &PostOf<'_>,
) -> Result<Visitor> {
    match bearer.strip_prefix("jk_") {
        Some(key) => by_key(conn, gate, key, now, post_of),
        None => by_token(conn, gate, (Pass::Access, bearer), (now, door), post_of),
    }
}

/// Who shows `token` from the console's cookie at `now`; otherwise as [`authenticate`].
///
/// # Errors
/// `unauthenticated`, whatever is wrong with it.
pub fn authenticate_console(
    conn: &mut Conn,
    gate: &Gate,
    token: &str,
    now: Stamp,
    door: DemoDoor,
    post_of: &PostOf<'_>,
) -> Result<Visitor> {
    by_token(conn, gate, (Pass::Console, token), (now, door), post_of)
}

fn by_token(
    conn: &mut Conn,
    gate: &Gate,
    (pass, token): (Pass, &str),
    (now, door): (Stamp, DemoDoor),
    post_of: &PostOf<'_>,
) -> Result<Visitor> {
    let claims = gate.tokens.check(pass, token, now)?;
    let session = claims.session().ok_or_else(unknown)?;
    let (session, account) = store::session_of(conn, session)?.ok_or_else(unknown)?;
    let good = claims.account() == Some(account.id)
        && claims.epoch() == account.epoch
        && is_live(&session, &account, door, now);
    if !good {
        return Err(unknown());
    }
    let standing = account.standing(&gate.settings, now);
    visitor(conn, account, Some(session.id), standing, None, post_of)
}

/// Whether a session still holds: not ended, not over, its account open and not set back since.
pub(super) fn is_live(
    session: &store::Session,
    account: &Account,
    door: DemoDoor,
    now: Stamp,
) -> bool {
    session.ended_at.is_none()
        && now < session.expires_at
        && session.epoch == account.epoch
        && account.is_open(door)
}

fn by_key(
    conn: &mut Conn,
    gate: &Gate,
    key: &str,
    now: Stamp,
    post_of: &PostOf<'_>,
) -> Result<Visitor> {
    let (id, secret) = key.split_once('_').ok_or_else(unknown)?;
    let id = id.parse().map_err(|_| unknown())?;
    let (key, account) = store::api_key_of(conn, id)?.ok_or_else(unknown)?;
    let good = credential::is_secret(secret, &key.hash)
        && key.ended_at.is_none()
        && key.expires_at.is_none_or(|over| now < over)
        && account.kind == AccountKind::Machine
        && account.is_open(DemoDoor::Shut);
    if !good {
        return Err(unknown());
    }
    let scopes = serde_json::from_str(&key.scopes).map_err(Error::internal)?;
    let standing = account.standing(&gate.settings, now);
    visitor(conn, account, None, standing, Some(scopes), post_of)
}

fn visitor(
    conn: &mut Conn,
    account: Account,
    session: Option<i64>,
    standing: Standing,
    scopes: Option<BTreeSet<Scope>>,
    post_of: &PostOf<'_>,
) -> Result<Visitor> {
    let (display_name, kind) = (account.display_name.clone(), account.kind);
    let actor = actor(conn, account, post_of)?;
    Ok(Visitor { actor, display_name, kind, session, standing, scopes })
}

fn actor(conn: &mut Conn, account: Account, post_of: &PostOf<'_>) -> Result<Actor> {
    let post = account.unit.as_ref().map(|unit| post_of(conn, unit)).transpose()?;
    let Post { subtree, company } = post.unwrap_or_default();
    let Account { id: user, name, roles, unit, .. } = account;
    Ok(Actor { user, name, roles, unit, subtree, company })
}

/// Whoever holds the account `id` now, to see what they may see without their asking (a letter that encloses
/// something); nobody where it is closed.
///
/// # Errors
/// What the database says.
pub fn holder(conn: &mut Conn, id: i64, post_of: &PostOf<'_>) -> Result<Option<Actor>> {
    let account = store::account_of(conn, id)?.filter(|account| account.disabled_at.is_none());
    account.map(|account| actor(conn, account, post_of)).transpose()
}

fn unknown() -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated")
}
