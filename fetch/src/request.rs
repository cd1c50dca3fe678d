//! The request of a fetch, as a person gives it.

use std::path::PathBuf;
use std::time::Duration;

use crate::search_body::SearchBody;
use crate::server::credentials::Credentials;
use crate::server::tls::Tls;
use flowkit_model::filter::Expression;
use flowkit_model::window::Window;

/// Default page size: the most a server allows by default, and what measures best.
pub const DEFAULT_PAGE: u32 = 10_000;
/// Largest default of the approximate documents per part: no more are fetched
/// again where a part has to start over.
pub const LARGEST_PART: u64 = 500_000;
/// Smallest default of it: a cursor costs some requests.
pub const SMALLEST_PART: u64 = 25_000;
/// Default of the retries of a part before the fetch gives up.
pub const DEFAULT_RETRIES: u32 = 10;
/// Default time after which a request without data is aborted. The server sorts at
/// most a part before it answers.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(120);
/// Default address of the server.
pub const DEFAULT_URL: &str = "http://localhost:9200";
/// Default index pattern.
pub const DEFAULT_INDEX: &str = "netflow-*";

/// What to fetch, from which server, into which dump, and how.
///
/// An option that is `None` is taken from the dump if one is resumed, else it has
/// the default.
#[derive(Clone)]
pub struct Request {
    /// Address of the server. Credentials in it are used, but never shown or
    /// stored.
    pub url: Option<String>,
    /// Credentials; they take precedence over those in the address.
    pub credentials: Credentials,
    /// CA certificates, and the client certificate.
    pub tls: Tls,
    /// Whether credentials may be sent without TLS to another machine.
    pub allows_plain_http: bool,
    /// Index, pattern with `*`, or several of them separated by commas.
    pub index: Option<String>,
    /// Window over `@timestamp`.
    pub window: Option<Window>,
    /// Only flows that match this filter.
    pub filter: Option<Filter>,
    /// Only documents that match this query, in the server's own language, with
    /// these fields beside each.
    pub query: Option<SearchBody>,
    /// Whether only the fields that flowkit uses are fetched.
    pub only_known_fields: bool,
    /// Paging method.
    pub method: Method,
    /// Page size; reduced automatically to the limit of an index.
    pub page_size: u32,
    /// Approximate documents per part; `None` for a twentieth of all, within
    /// [`SMALLEST_PART`] and [`LARGEST_PART`].
    pub part_size: Option<u64>,
    /// Keep-alive of a cursor between two pages, such as `5m`.
    pub keep_alive: String,
    /// Maximum number of parts fetched at a time; `None` for the default.
    pub jobs: Option<usize>,
    /// Maximum number of retries of a part.
    pub retries: u32,
    /// First back-off before a retry; it doubles each time.
    pub backoff: Duration,
    /// Abort a request after this long without data.
    pub timeout: Duration,
    /// Rate limit in documents a second.
    pub max_rate: Option<u64>,
    /// Folder of the dump.
    pub output: PathBuf,
    /// Whether an existing dump is replaced.
    pub force: bool,
    /// Whether a complete dump is brought up to date.
    pub update: Option<Update>,
}

/// A filter, as typed and as parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// As typed.
    pub text: String,
    /// As parsed.
    pub expression: Expression,
}

/// How a complete dump is brought up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Overlap with the dump, in which late documents are looked for, in ms.
    pub overlap_ms: u64,
    /// End of the new window, in ms since 1970-01-01 UTC; `None` leaves it open.
    pub to_ms: Option<i64>,
    /// Parts to re-fetch, by name.
    pub refetch: Vec<String>,
}

/// Paging method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// A point in time if the server supports it, else a scroll.
    #[default]
    Auto,
    /// A scroll, which every server has.
    Scroll,
    /// A point in time, or an error.
    Pit,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            url: None,
            credentials: Credentials::default(),
            tls: Tls::default(),
            allows_plain_http: false,
            index: None,
            window: None,
            filter: None,
            query: None,
            only_known_fields: false,
            method: Method::default(),
            page_size: DEFAULT_PAGE,
            part_size: None,
            keep_alive: "5m".to_owned(),
            jobs: None,
            retries: DEFAULT_RETRIES,
            backoff: Duration::from_millis(500),
            timeout: DEFAULT_TIMEOUT,
            max_rate: None,
            output: PathBuf::from("flowkit-dump"),
            force: false,
            update: None,
        }
    }
}

/// The URL may hold a password, so it is left out.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("index", &self.index)
            .field("window", &self.window)
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}
