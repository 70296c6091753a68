//! A POST that is sent twice is done once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, HttpResponse, web};
use chrono::TimeDelta;
use jiesu::app::{App, Demo};
use jiesu::error::{Error, Kind, Result};
use jiesu::web::{Answer, Idem, IdempotencyKey, idempotency, write_once};

use crate::support::city::{City, draft_with};
use crate::support::databases::{Folder, on_each_database};
use crate::support::server::{Server, app};

/// A change that counts how often it was really done, and answers a number nobody could repeat.
struct Bench {
    app: web::Data<App>,
    done: Arc<AtomicU32>,
    clock: Arc<jiesu::time::HandClock>,
    _folder: Folder,
}

impl Bench {
    fn new() -> Self {
        let (app, clock, folder) = app(&[], Demo::Off);
        Self { app: web::Data::from(app), done: Arc::default(), clock, _folder: folder }
    }

    async fn post(&self, idem: Idem) -> Result<HttpResponse> {
        let done = self.done.clone();
        write_once(&self.app, idem, move |tx| {
            done.fetch_add(1, Ordering::SeqCst);
            let body = serde_json::json!({ "id": tx.id().to_string(), "code": "123456" });
            Ok(Answer::created("/api/v1/tickets/1", &body)?.versioned(1))
        })
        .await
    }

    fn done(&self) -> u32 {
        self.done.load(Ordering::SeqCst)
    }
}

async fn idem(key: &str, actor: &str, path: &str, body: &str) -> Idem {
    let request = TestRequest::post().uri(path).insert_header(("Idempotency-Key", key));
    let key = IdempotencyKey::extract(&request.to_http_request()).await.unwrap();
    key.bind(actor, body.as_bytes())
}

fn text(answer: HttpResponse) -> String {
    let bytes = answer.into_body().try_into_bytes().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[actix_web::test]
async fn the_same_key_and_body_get_the_same_answer_and_the_change_is_done_once() {
    let bench = Bench::new();
    let first = bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    let again = bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    assert_eq!((first.status(), again.status()), (StatusCode::CREATED, StatusCode::CREATED));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(first.headers().get(name), again.headers().get(name), "{name}");
    }
    assert!(again.headers().contains_key("idempotent-replayed"));
    assert_eq!(text(first), text(again));
    assert_eq!(bench.done(), 1);
}

#[actix_web::test]
async fn another_body_under_the_same_key_is_refused() {
    let bench = Bench::new();
    bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    let error = bench.post(idem("k", "agent", "/a", "{ }").await).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Invalid, "idempotency.other_body"));
    assert_eq!(bench.done(), 1);
}

#[actix_web::test]
async fn a_key_belongs_to_one_actor_and_one_address() {
    let bench = Bench::new();
    for (actor, path) in [("agent", "/a"), ("agent", "/b"), ("dispatcher", "/a")] {
        bench.post(idem("k", actor, path, "{}").await).await.unwrap();
    }
    assert_eq!(bench.done(), 3);
}

#[actix_web::test]
async fn a_request_that_is_going_on_is_not_begun_again() {
    let bench = Bench::new();
    let (begun, mut is_begun) = tokio::sync::mpsc::unbounded_channel();
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let may_go = std::sync::Mutex::new(may_go);
    let app = bench.app.clone();
    let one = idem("k", "agent", "/a", "{}").await;
    let first = actix_web::rt::spawn(async move {
        write_once(&app, one, move |_| {
            begun.send(()).unwrap();
            may_go.lock().unwrap().recv().unwrap();
            Answer::ok(&"first")
        })
        .await
    });
    is_begun.recv().await.unwrap();
    let error = bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Refused, "idempotency.running"));
    go.send(()).unwrap();
    first.await.unwrap().unwrap();
    let replayed = bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    assert_eq!(text(replayed), "\"first\"");
    assert_eq!(bench.done(), 0);
}

#[actix_web::test]
async fn a_refusal_is_not_kept() {
    let bench = Bench::new();
    let one = idem("k", "agent", "/a", "{}").await;
    let refused = write_once(&bench.app, one, |_| Err(Error::refused("transition"))).await;
    assert_eq!(refused.unwrap_err().code(), "transition");
    bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    assert_eq!(bench.done(), 1);
}

#[actix_web::test]
async fn without_a_key_every_request_is_done() {
    let bench = Bench::new();
    for _ in 0..2 {
        let request = TestRequest::post().uri("/a").to_http_request();
        let key = IdempotencyKey::extract(&request).await.unwrap();
        bench.post(key.bind("agent", b"{}")).await.unwrap();
    }
    assert_eq!(bench.done(), 2);
}

#[actix_web::test]
async fn answers_lie_sealed_and_are_forgotten_after_their_time() {
    let bench = Bench::new();
    bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    let data = &bench.app.config.data_dir;
    for file in ["jiesu.db", "jiesu.db-wal"] {
        let bytes = std::fs::read(data.join(file)).unwrap_or_default();
        assert!(!bytes.windows(6).any(|window| window == b"123456"), "{file}");
    }
    assert_eq!(idempotency::forget_old(&bench.app).unwrap(), 0);
    bench.clock.forward(TimeDelta::hours(97));
    assert_eq!(idempotency::forget_old(&bench.app).unwrap(), 1);
    bench.post(idem("k", "agent", "/a", "{}").await).await.unwrap();
    assert_eq!(bench.done(), 2);
}

on_each_database! {
    /// An intake is made ready before its key is looked for: the key comes first all the same.
    fn a_repeated_intake_is_answered_as_before_and_hurts_nobody_beside_it(test: &TestDb) {
        let server = Server::start(&[("JIESU_DATABASE__URL", test.url.as_str())]);
        let _city = City::served(&server);
        jiesu::identity::demo::load_users(&server.app.db).unwrap();
        let bearer = format!("Bearer {}", crate::web_auth::token(&server, "agent"));
        let post = |key: &str, body: &serde_json::Value| {
            let head = [("Authorization", bearer.as_str()), ("Idempotency-Key", key)];
            let answer = server.ask("POST", "/api/v1/tickets", &head, &body.to_string());
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            (answer.status, code, answer.body)
        };
        let body = draft_with(&serde_json::json!({}));
        let first = post("k", &body);
        assert_eq!(first.0, 201, "{first:?}");
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (post, body, first) = (&post, &body, &first);
                scope.spawn(move || {
                    for k in 0..5 {
                        if n % 2 == 0 {
                            let again = post("k", body);
                            assert!(again == *first || again.1 == "idempotency.running", "{again:?}");
                        } else {
                            assert_eq!(post(&format!("{n}-{k}"), body).0, 201);
                        }
                    }
                });
            }
        });
        assert_eq!(post("k", &body), first);
        let wrong = draft_with(&serde_json::json!({ "matter": { "category": "nothing" } }));
        assert_eq!(post("new", &wrong).0, 422);
        assert_ne!(post("new", &wrong).1, "idempotency.other_body");
        assert_eq!(post("k", &wrong).1, "idempotency.other_body");
        let badge = [("Authorization", bearer.as_str())];
        let listed = server.ask("GET", "/api/v1/tickets?limit=500", &badge, "").json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1 + 4 * 5);
    }
}
