//! Web: the server put together. Its rule: every connection, head and body has an end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, Error as ActixError, HttpRequest, HttpServer, web};
use utoipa_actix_web::{AppExt, scope};

use super::{address, api, console, deadline, open311, openapi, trace};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::tls;

/// All routes and edges around `app`; tests call it without a socket.
pub fn application(
    app: web::Data<App>,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = ActixError,
        InitError = (),
    >,
> {
    let docs = app.config.web.docs;
    ActixApp::new()
        .app_data(app)
        .app_data(web::PathConfig::default().error_handler(|_, _| Error::not_found().into()))
        .configure(|services| {
            if docs {
                openapi::register_docs(services);
            }
        })
        .into_utoipa_app()
        .service(scope::scope(api::BASE).configure(openapi::routes))
        .service(
            scope::scope(open311::BASE)
                .configure(open311::routes)
                .wrap(from_fn(open311::door::around)),
        )
        .into_app()
        .configure(console::routes)
        .default_service(web::to(|request: HttpRequest| async move {
            Err::<&str, _>(console::nowhere(&request))
        }))
        .wrap(from_fn(address::around))
        .wrap(from_fn(deadline::around))
        .wrap(from_fn(trace::around))
}

/// The server on a bound listener, not yet polled; with TLS where the configuration says so.
///
/// # Errors
/// Whatever the operating system says about the socket; the certificate's files.
pub fn listen(app: Arc<App>, listener: TcpListener) -> std::io::Result<Server> {
    let secure = tls::server(&app.config).map_err(std::io::Error::other)?;
    let limits = app.config.limits.clone();
    let web_config = app.config.web.clone();
    let data = web::Data::from(app);
    let workers = match web_config.workers {
        0 => std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get),
        some => some,
    };
    let server = HttpServer::new(move || application(data.clone()))
        .workers(workers)
        .worker_max_blocking_threads((web_config.blocking_threads / workers).max(1))
        .max_connections((limits.connections / workers).max(1))
        .client_request_timeout(Duration::from_secs(limits.head_seconds))
        // After an early answer the rest of a body is read for this long, then the socket closes.
        .client_disconnect_timeout(Duration::from_secs(1))
        // A reader who has gone is noticed at once, and what was being made for them stops.
        .h1_allow_half_closed(false)
        .keep_alive(Duration::from_secs(limits.keep_alive_seconds))
        .shutdown_timeout(limits.shutdown_seconds);
    let server = match secure {
        Some(secure) => server.listen_rustls_0_23(listener, secure)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Serves until the process is told to stop; running requests get their time to finish.
///
/// # Errors
/// `web.address` where the address cannot be listened on; `tls.file` where the certificate cannot be
/// used.
pub fn serve(app: Arc<App>) -> Result<()> {
    tls::server(&app.config)?;
    let address = app.config.listen;
    let listener = bind(address).map_err(|error| {
        let (address, reason) = (address.to_string(), error.to_string());
        let values = [("address", address.as_str()), ("reason", reason.as_str())];
        Error::with(Kind::Invalid, "web.address", &values)
    })?;
    tracing::info!(%address, "listening");
    actix_web::rt::System::new()
        .block_on(async move { listen(app, listener)?.await })
        .map_err(Error::internal)
}

fn bind(address: std::net::SocketAddr) -> std::io::Result<TcpListener> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}
