//! Web: an end for every request body. Its rule: a body must have arrived after
//! `min(total, grace + received ÷ rate)`; a slower one is answered 408 and its socket closed within
//! a second of that, whichever way the body was announced and whether or not anybody read it.
//!
//! actix-web limits the time of a request's head only, and drains an unread *chunked* body for as
//! long as the client likes. Two means against it: the payload is wrapped in a stream with a
//! deadline, and the answer's body holds on to a payload that was not read to its end; actix then
//! sees that somebody still wants it, lingers for `client_disconnect_timeout` and closes. So chunked
//! requests need not be turned away with 411 (proxies send them): they end like any other.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::Error as ActixError;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::problem;
use crate::app::App;
use crate::error::{Error, Kind};

/// How long a body may take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub grace: Duration,
    pub bytes_per_second: u64,
    pub total: Duration,
}

impl Pace {
    /// How long after its start a body of which `received` bytes are here may still be going on.
    pub fn allows(self, received: u64) -> Duration {
        let earned = received.saturating_mul(1000) / self.bytes_per_second.max(1);
        self.grace.saturating_add(Duration::from_millis(earned)).min(self.total)
    }

    fn of(app: &App) -> Self {
        let limits = &app.config.limits;
        Self {
            grace: Duration::from_millis(limits.body_grace_ms),
            bytes_per_second: limits.body_bytes_per_second,
            total: Duration::from_secs(limits.body_seconds),
        }
    }
}

/// The middleware around everything that reads bodies.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    if matches!(request.parts().1, Payload::None) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let app = request.app_data::<Data<App>>().cloned();
    let Some(app) = app else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    let arrival = Arrival::new(request.parts_mut().1.take());
    let timed = Timed { arrival: arrival.clone(), pace: Pace::of(&app), clock: None };
    request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    let answer = next.call(request).await?;
    if arrival.late.get() {
        let (request, _) = answer.into_parts();
        let slow = problem::respond(&Error::new(Kind::Slow, "web.slow"));
        return Ok(ServiceResponse::new(request, slow).map_body(|_, body| holding(body, arrival)));
    }
    if arrival.ended.get() {
        return Ok(answer.map_into_boxed_body());
    }
    Ok(answer.map_body(|_, body| holding(body.boxed(), arrival)))
}

/// A body on its way.
struct Arrival {
    payload: RefCell<Payload>,
    /// Read to its end.
    ended: Cell<bool>,
    /// Its time ran out.
    late: Cell<bool>,
}

impl Arrival {
    fn new(payload: Payload) -> Rc<Self> {
        Rc::new(Self {
            payload: RefCell::new(payload),
            ended: Cell::new(false),
            late: Cell::new(false),
        })
    }
}

/// The payload as extractors see it: it ends with an error when its time runs out.
struct Timed {
    arrival: Rc<Arrival>,
    pace: Pace,
    /// Set when the first wait begins: most bodies are there at once.
    clock: Option<Running>,
}

struct Running {
    started: Instant,
    received: u64,
    sleep: Pin<Box<Sleep>>,
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let got = Pin::new(&mut *this.arrival.payload.borrow_mut()).poll_next(cx);
        match got {
            Poll::Ready(Some(Ok(bytes))) => {
                if let Some(clock) = &mut this.clock {
                    clock.received += bytes.len() as u64;
                    let end = clock.started + this.pace.allows(clock.received);
                    clock.sleep.as_mut().reset(end);
                }
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(end) => {
                this.arrival.ended.set(true);
                Poll::Ready(end)
            }
            Poll::Pending => {
                let pace = this.pace;
                let clock = this.clock.get_or_insert_with(|| {
                    let started = Instant::now();
                    let sleep = Box::pin(sleep_until(started + pace.allows(0)));
                    Running { started, received: 0, sleep }
                });
                ready!(clock.sleep.as_mut().poll(cx));
                this.arrival.late.set(true);
                let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
                Poll::Ready(Some(Err(PayloadError::Io(late))))
            }
        }
    }
}

/// An answer's body that keeps an unread payload alive until it is sent.
struct Holding {
    body: BoxBody,
    _arrival: Rc<Arrival>,
}

fn holding(body: BoxBody, arrival: Rc<Arrival>) -> BoxBody {
    BoxBody::new(Holding { body, _arrival: arrival })
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace {
        grace: Duration::from_millis(3_100),
        bytes_per_second: 1000,
        total: Duration::from_secs(59),
    };

    #[test]
    fn a_dripping_body_gets_little_more_than_the_grace() {
        assert_eq!(PACE.allows(0), Duration::from_millis(3_100));
        assert_eq!(PACE.allows(5), Duration::from_millis(3_105));
    }

    #[test]
    fn a_steady_body_earns_its_time_up_to_the_total() {
        assert_eq!(PACE.allows(10_000), Duration::from_millis(13_100));
        assert_eq!(PACE.allows(u64::MAX), Duration::from_secs(59));
    }
}
