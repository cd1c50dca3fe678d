//! The routes and what stands behind them: from a request to an answer.

mod cat;
mod cluster;
mod indices;
mod routes;
mod searches;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use self::routes::{ROUTES, fit};
use crate::server::http::{Answer, Failure, Fault, JSON, Request};
use crate::server::index::{Expansion, Store};
use crate::server::json::{Filter, pretty};
use crate::server::search::{NODE, Scrolls};

/// Everything behind the connections.
#[derive(Debug)]
pub(super) struct Api {
    store: Store,
    scrolls: Mutex<Scrolls>,
    /// How far the clock was put forward.
    ahead: Mutex<Duration>,
}

/// A request on its route.
struct Call<'a> {
    request: &'a Request,
    /// The part of the path that a route leaves open: an index expression, a
    /// scroll id.
    open_part: Option<String>,
    fault: Option<Fault>,
}

impl Api {
    pub(super) fn new(store: Store) -> Api {
        Api { store, scrolls: Mutex::default(), ahead: Mutex::default() }
    }

    /// The answer to any request.
    pub(super) fn answer(&self, request: &Request, fault: Option<Fault>) -> Answer {
        let result = self.route(request, fault);
        let wants_pretty = request.flag("pretty", false).unwrap_or(false);
        let mut answer = match result {
            Ok(mut answer) => {
                let filter =
                    request.parameter("filter_path").filter(|_| answer.content_type == JSON);
                if let Some(list) = filter {
                    answer.body = Filter::parse(list).apply(&answer.body);
                }
                answer
            }
            Err(failure) => {
                Answer { status: failure.status(), content_type: JSON, body: failure.body(NODE) }
            }
        };
        if wants_pretty && answer.content_type == JSON {
            answer.body = pretty(&answer.body);
        }
        answer
    }

    fn route(&self, request: &Request, fault: Option<Fault>) -> Result<Answer, Failure> {
        check_content_type(request)?;
        let mut allowed: Option<&[&str]> = None;
        for route in ROUTES {
            let Some(open_part) = fit(route.path, &request.segments()) else { continue };
            if !route.methods.contains(&request.method.as_str()) {
                allowed = allowed.or(Some(route.methods));
                continue;
            }
            request.check_parameters(route.parameters)?;
            return (route.handle)(self, &Call { request, open_part, fault });
        }
        let (path, method) = (&request.path, &request.method);
        Err(match allowed {
            Some(methods) => Failure::Text {
                status: 405,
                text: format!(
                    "Incorrect HTTP method for uri [{path}] and method [{method}], allowed: [{}]",
                    methods.join(", ")
                ),
                says_status: true,
            },
            None => Failure::Text {
                status: 400,
                text: format!("no handler found for uri [{path}] and method [{method}]"),
                says_status: false,
            },
        })
    }

    /// Scrolls that are open now.
    pub(super) fn open_scrolls(&self) -> usize {
        self.scrolls().len(self.now())
    }

    /// Ends all scrolls, as if their keep-alive were over.
    pub(super) fn expire_all(&self) {
        self.scrolls().close_all();
    }

    /// Puts the clock forward.
    pub(super) fn advance_clock(&self, time: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(time);
    }

    fn now(&self) -> Instant {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        now.checked_add(ahead).unwrap_or(now)
    }

    fn scrolls(&self) -> MutexGuard<'_, Scrolls> {
        self.scrolls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self, call: &Call<'_>) -> Result<Vec<usize>, Failure> {
        let request = call.request;
        let expands_open = request
            .parameter("expand_wildcards")
            .is_none_or(|list| list.split(',').any(|word| matches!(word, "open" | "all")));
        let expansion = Expansion {
            ignore_unavailable: request.flag("ignore_unavailable", false)?,
            allow_no_indices: request.flag("allow_no_indices", true)?,
            expands_open,
        };
        self.store.resolve(call.open_part.as_deref(), expansion)
    }

    fn names(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|&place| self.store.indices[place].name.clone()).collect()
    }
}

fn json(body: impl Into<String>) -> Answer {
    Answer { status: 200, content_type: JSON, body: body.into() }
}

/// A body must say that it is JSON.
fn check_content_type(request: &Request) -> Result<(), Failure> {
    let kind = request.content_type.as_deref().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if request.body.is_empty() || essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let text = format!("Content-Type header [{kind}] is not supported");
    Err(Failure::Text { status: 406, text, says_status: true })
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
