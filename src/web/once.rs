//! Web: a request that changes something that is there, once, and often one version of it. Its rule: one extractor and
//! one list of refusals for all such routes; version and body are looked at inside the write, after 404 and 403.

use std::collections::BTreeMap;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{
    Content, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Type, schema as shape,
};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use super::asker::Asker;
use super::body::RawBody;
use super::etag::IfMatch;
use super::idempotency::{Answer, Idem, IdempotencyKey, write_once};
use super::problem::Problem;
use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::identity::Actor;

/// Who asks for a change of what; sent again with the same `Idempotency-Key`, it is the same change.
pub struct Once<P, V = ()> {
    pub app: web::Data<App>,
    pub actor: Actor,
    /// What the address names.
    pub path: P,
    /// Which version of it is meant, where that counts.
    pub version: V,
    pub key: IdempotencyKey,
    /// Not yet looked at.
    pub raw: RawBody,
}

/// A change of the version that `If-Match` names.
pub type Versioned<P> = Once<P, IfMatch>;

impl<P, V> Once<P, V> {
    /// The same request, with something else made of what its address names.
    pub fn map<Q>(self, read: impl FnOnce(P) -> Q) -> Once<Q, V> {
        let Self { app, actor, path, version, key, raw } = self;
        Once { app, actor, path: read(path), version, key, raw }
    }

    /// Its key, bound to who asks and to the body.
    pub fn idem(&self) -> Idem {
        self.key.clone().bind(&self.actor.name, self.raw.bytes())
    }
}

impl<P, V> Once<P, V>
where
    P: Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Does `change` in one write, once for each key: [`write_once`] with what was asked.
    ///
    /// # Errors
    /// As [`write_once`].
    pub async fn write<F>(self, change: F) -> Result<HttpResponse>
    where
        F: Fn(&mut Tx<'_>, &Self) -> Result<Answer> + Send + Sync + 'static,
    {
        let (app, idem) = (self.app.clone(), self.idem());
        write_once(&app, idem, move |tx| change(tx, &self)).await
    }
}

/// What it is extracted from, in this order: where several are wrong, the first of them answers.
type Parts<P, V> = (web::Data<App>, Asker, web::Path<P>, V, IdempotencyKey, RawBody);

impl<P, V> FromRequest for Once<P, V>
where
    P: DeserializeOwned + 'static,
    V: FromRequest + 'static,
{
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = actix_web::Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Parts::<P, V>::from_request(request, payload);
        Box::pin(async move {
            let (app, Asker(actor), path, version, key, raw) = parts.await?;
            Ok(Self { app, actor, path: path.into_inner(), version, key, raw })
        })
    }
}

/// The two headers of a [`Versioned`], as the interface's description has them.
pub struct VersionHeaders;

impl IntoParams for VersionHeaders {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = shape::SchemaType::from_iter([Type::String, Type::Null]);
        let header = |name| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .schema(Some(ObjectBuilder::new().schema_type(text.clone())))
                .build()
        };
        ["If-Match", "Idempotency-Key"].map(header).into()
    }
}

/// How a [`Versioned`] is refused on every route, as the interface's description has it; what a 409 means is each route's own.
pub struct Refused;

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let problem = Content::new(Some(Ref::from_schema_name(Problem::name())));
        let refusal = ResponseBuilder::new().content("application/problem+json", problem).build();
        ["403", "404", "412", "422"]
            .map(|status| (status.to_owned(), RefOr::T(refusal.clone())))
            .into()
    }
}
