//! Attachment: files in a bucket that speaks S3. Its rule: the same names as in the folder, behind a prefix;
//! an answer of 2xx means kept; nothing of a bucket's is believed that its hash does not say.

use std::io::{Read, Write};
use std::time::Duration;

use rusty_s3::actions::{ListObjectsV2, ListObjectsV2Response};
use rusty_s3::{Bucket as Named, Credentials, S3Action, UrlStyle};
use sha2::{Digest, Sha256};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, SendBody};

use super::super::draft::{Draft, Drafts};
use super::super::on_disk;
use super::super::sealed::Broken;
use super::{There, broken, is_hash, shard};
use crate::config::Attachments;
use crate::error::{Error, Kind, Result};
use crate::sealing::hex;
use crate::time::Stamp;

/// How long a signature is good for.
const SIGNED: Duration = Duration::from_mins(5);
/// How long one call may take, whatever the bucket does.
const PATIENCE: Duration = Duration::from_mins(2);
const PREFIX: &str = "attachments/";

/// A bucket, and who may write to it.
pub struct Bucket {
    named: Named,
    who: Credentials,
    agent: Agent,
}

impl Bucket {
    /// The bucket of the configuration.
    ///
    /// # Errors
    /// `config.value` where the endpoint is no address.
    pub fn open(config: &Attachments) -> Result<Self> {
        let wrong = || {
            let values = [
                ("file", "configuration"),
                ("key", "attachments.s3_endpoint"),
                ("expected", "https://…"),
            ];
            Error::with(Kind::Invalid, "config.value", &values)
        };
        let endpoint = config.s3_endpoint.parse().map_err(|_| wrong())?;
        let (name, region) = (config.s3_bucket.clone(), config.s3_region.clone());
        let named = Named::new(endpoint, UrlStyle::Path, name, region).map_err(|_| wrong())?;
        let secret = config.s3_secret_key.reveal().unwrap_or_default();
        let who = Credentials::new(config.s3_access_key.as_str(), secret);
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(PATIENCE));
        Ok(Self { named, who, agent: settings.build().into() })
    }

    pub(super) fn put(&self, mut draft: Draft, ticket_id: i64, hash: &str) -> Result<()> {
        let key = key(ticket_id, hash);
        let url = self.named.put_object(Some(&self.who), &key).sign(SIGNED);
        let length = draft.bytes()?;
        let body = SendBody::from_owned_reader(draft.into_reader()?);
        let request = self.agent.put(url.as_str()).header("content-length", length.to_string());
        done(request.send(body)).map(drop)
    }

    /// The file as it lies there.
    pub(super) fn fetch(&self, ticket_id: i64, hash: &str) -> Result<Option<Box<dyn Read + Send>>> {
        let key = key(ticket_id, hash);
        let url = self.named.get_object(Some(&self.who), &key).sign(SIGNED);
        let answer = self.agent.get(url.as_str()).call();
        if answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::NOT_FOUND) {
            return Ok(None);
        }
        let body = done(answer)?.into_body().into_with_config().limit(u64::MAX).reader();
        Ok(Some(Box::new(body)))
    }

    /// The file, by way of a draft, so that all of it was compared before its first byte is given.
    pub(super) fn whole(
        &self,
        drafts: &Drafts,
        ticket_id: i64,
        hash: &str,
    ) -> Result<Box<dyn Read + Send>> {
        let mut from = self.fetch(ticket_id, hash)?.ok_or_else(|| broken(Broken::Missing))?;
        let (mut draft, mut hasher) = (drafts.begin()?, Sha256::new());
        let mut part = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut part).map_err(|error| away(&error))?;
            if count == 0 {
                break;
            }
            hasher.update(&part[..count]);
            draft.write_all(&part[..count]).map_err(on_disk)?;
        }
        if hex(&hasher.finalize()) != hash {
            return Err(broken(Broken::Changed));
        }
        Ok(Box::new(draft.into_reader()?))
    }

    pub(super) fn list(&self, ticket_id: i64) -> Result<Vec<There>> {
        let mut found = Vec::new();
        let under = format!("{PREFIX}{}/{ticket_id}/", shard(ticket_id));
        self.each_key(&under, &mut |key, since| {
            let hash = key.rsplit('/').next().unwrap_or_default();
            if is_hash(hash) {
                found.push(There { hash: hash.to_owned(), since });
            }
            Ok(())
        })?;
        Ok(found)
    }

    pub(super) fn tickets(&self, each: &mut dyn FnMut(i64) -> Result<()>) -> Result<()> {
        let mut last = None;
        // Keys come in their order, so those of one ticket stand together.
        self.each_key(PREFIX, &mut |key, _| {
            let id = key.rsplit('/').nth(1).and_then(|id| id.parse().ok());
            match id {
                Some(id) if last != Some(id) => {
                    last = Some(id);
                    each(id)
                }
                _ => Ok(()),
            }
        })
    }

    fn each_key(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, Stamp) -> Result<()>,
    ) -> Result<()> {
        let mut token = None;
        loop {
            let mut ask = self.named.list_objects_v2(Some(&self.who));
            ask.with_prefix(prefix);
            if let Some(token) = token {
                ask.with_continuation_token(token);
            }
            let answer = done(self.agent.get(ask.sign(SIGNED).as_str()).call())?;
            let text = answer.into_body().read_to_string().map_err(unreachable)?;
            let page: ListObjectsV2Response =
                ListObjectsV2::parse_response(&text).map_err(|e| Error::internal(e.to_string()))?;
            for there in &page.contents {
                // What says no time was never old.
                let since = there.last_modified.as_deref().and_then(Stamp::parse);
                each(&there.key, since.unwrap_or(Stamp::MAX))?;
            }
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    pub(super) fn remove(&self, ticket_id: i64, hash: &str) -> Result<()> {
        let key = key(ticket_id, hash);
        let url = self.named.delete_object(Some(&self.who), &key).sign(SIGNED);
        let answer = self.agent.delete(url.as_str()).call();
        if answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::NOT_FOUND) {
            return Ok(());
        }
        done(answer).map(drop)
    }
}

fn key(ticket_id: i64, hash: &str) -> String {
    format!("{PREFIX}{}/{ticket_id}/{hash}", shard(ticket_id))
}

/// 2xx, or why not. What a bucket says in words is not repeated: it may hold its address and keys.
fn done(answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>> {
    let answer = answer.map_err(unreachable)?;
    match answer.status().as_u16() {
        200..=299 => Ok(answer),
        status @ (429 | 500..=599) => {
            Err(Error::new(Kind::Unavailable, "unavailable").because(format!("bucket: {status}")))
        }
        status => Err(Error::internal(format!("the bucket answered {status}"))),
    }
}

fn unreachable(error: ureq::Error) -> Error {
    away(&error.into_io())
}

fn away(error: &std::io::Error) -> Error {
    Error::new(Kind::Unavailable, "unavailable").because(error.kind().to_string())
}

#[cfg(test)]
mod tests;
