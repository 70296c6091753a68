//! Intake: what `POST /suggest` said, to be handed in with the ticket. Its rule: nobody but this program can
//! write one, and one that is a day old says nothing any more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::suggest::{Advised, Suggested};
use crate::directory::CategoryCode;
use crate::error::{Error, Result};
use crate::learning::school::Source;
use crate::sealing::MasterKey;
use crate::ticket::advice::{Advice, Taken};
use crate::time::Stamp;

/// What it is bound to.
const PLACE: &[u8] = b"suggest/slip";
/// A call is over by then.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);
/// Characters of one at most.
const LONGEST: usize = 2_000;

#[derive(Serialize, Deserialize)]
struct Slip {
    at: Stamp,
    advice: Advice,
}

/// What was suggested at `now`, sealed.
///
/// # Errors
/// The key's own.
pub fn slip(keys: &MasterKey, suggested: &Suggested, now: Stamp) -> Result<String> {
    let model = match suggested.source {
        Source::Model(id) => Some(id),
        Source::Names => None,
    };
    let Advised { categories, leads } = &suggested.advised;
    let (categories, leads) = (categories.clone(), leads.clone());
    let slip = Slip { at: now, advice: Advice { model, categories, leads, taken: Taken::Nothing } };
    let plain = serde_json::to_vec(&slip).map_err(Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(keys.seal(&plain, PLACE)?))
}

/// What the slip `text` says at `now`, and that `category` was taken; nothing where it is too old.
///
/// # Errors
/// 422 `suggest.slip` at `/slip` where this program did not write it.
pub fn advice(
    keys: &MasterKey,
    text: &str,
    category: Option<&CategoryCode>,
    now: Stamp,
) -> Result<Option<Advice>> {
    let wrong = || Error::field("/slip", "suggest.slip");
    if text.len() > LONGEST {
        return Err(wrong());
    }
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let plain = keys.open(&sealed, PLACE).map_err(|_| wrong())?;
    let slip: Slip = serde_json::from_slice(&plain).map_err(|_| wrong())?;
    let is_good = slip.at.plus_millis(GOOD_FOR.num_milliseconds()) >= now;
    Ok(is_good.then(|| slip.advice.taken_with(category)))
}
