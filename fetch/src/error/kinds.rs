//! The errors of a fetch, each with what failed, where, and what to try.

use std::io;
use std::path::PathBuf;

use flowkit_model::harmless;

use super::printable::{because, others};
use super::{Denied, Excess, Stranger, Unsearchable, Unsent};

/// A fetch stopped. The dump on disk says that it is incomplete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address cannot be used.
    #[error("{url}: {why}; the form is http://HOST:9200")]
    Address {
        /// Address without credentials.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No connection: refused, unknown host, TLS.
    #[error("cannot reach {url}; {hint}")]
    Unreachable {
        /// Address without credentials.
        url: String,
        /// What to try.
        hint: &'static str,
        /// Whether it is transient: the server has answered before.
        is_passing: bool,
        /// What the HTTP client saw.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request was sent, but the answer is incomplete or missing.
    #[error(
        "the answer to {request} from {url} did not come whole; run it again when the server is well"
    )]
    BrokenOff {
        /// Method and path.
        request: String,
        /// Address without credentials.
        url: String,
        /// What the HTTP client saw.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer belongs to another request.
    #[error(
        "{url} gave the answer of another request to {request}; is it a proxy that mixes them up?"
    )]
    Mixed {
        /// Method and path.
        request: String,
        /// Address without credentials.
        url: String,
    },
    /// The answer is larger than any page, or than any other answer.
    #[error("{url} answered {request} with more than {} MB; try {cure}", .limit / 1_000_000)]
    TooLarge {
        /// Method and path.
        request: String,
        /// Address without credentials.
        url: String,
        /// Maximum number of bytes.
        limit: u64,
        /// What to try.
        cure: &'static str,
    },
    /// A secret stays here.
    #[error("{0}")]
    NotSent(Unsent),
    /// The server says more than a fetch has room for.
    #[error("{0}")]
    TooMany(Excess),
    /// A file for TLS cannot be used.
    #[error("{}: {why}", harmless::path(.path))]
    BadKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The server redirects to another address.
    #[error("{url} sends {request} on to {location}; give that address as --url if you trust it")]
    Redirected {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// The new address.
        location: String,
    },
    /// The answer is not the API's, as from a proxy or another service.
    #[error(
        "{url} answered {request} with status {status} and no JSON: {start}; is it a proxy, or another service on that port?"
    )]
    NotJson {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// HTTP status.
        status: u16,
        /// Start of the answer.
        start: String,
    },
    /// Something else answers at the address.
    #[error("{0}")]
    NotTheServer(Stranger),
    /// 401.
    #[error(
        "401: {url} does not know who is asking: {reason}; give --user NAME, with --password-file FILE or FLOWKIT_PASSWORD, or --api-key-file FILE"
    )]
    Unauthorized {
        /// Address without credentials.
        url: String,
        /// The server's words.
        reason: String,
    },
    /// 403.
    #[error("{0}")]
    Forbidden(Denied),
    /// No index matches the name or pattern.
    #[error("no index {index} at {url}{}; try another --index", others(.found))]
    NoIndex {
        /// Index or pattern.
        index: String,
        /// Address without credentials.
        url: String,
        /// Some indices that exist.
        found: Vec<String>,
    },
    /// The index exists, but is closed.
    #[error(
        "{index} is closed ({reason}); open it with POST /INDEX/_open, or leave it out of --index"
    )]
    IndexClosed {
        /// Index or pattern.
        index: String,
        /// The server's words.
        reason: String,
    },
    /// The index exists, but cannot be fetched from.
    #[error("{0}")]
    Unsearchable(Unsearchable),
    /// The cursor has expired.
    #[error(
        "the scroll over {index} expired after page {page} ({reason}); try a --keep-alive longer than {keep_alive}, or a smaller --size"
    )]
    ScrollExpired {
        /// Index or pattern.
        index: String,
        /// Number of pages received before.
        page: u64,
        /// As it was asked for.
        keep_alive: String,
        /// The server's words.
        reason: String,
    },
    /// The server's limit of open cursors is reached.
    #[error(
        "the server has too many open scrolls ({reason}); wait until others expire, or raise search.max_open_scroll_context"
    )]
    TooManyScrolls {
        /// The server's words.
        reason: String,
    },
    /// The keep-alive is more than the server allows.
    #[error("--keep-alive {keep_alive} is refused: {reason}")]
    KeepAlive {
        /// As it was asked for.
        keep_alive: String,
        /// The server's words.
        reason: String,
    },
    /// A page needs more memory than the server allows.
    #[error("the server is short of memory for a page of {size} documents ({reason}); try --size {}", (.size / 2).max(1))]
    OutOfMemory {
        /// Documents in a page.
        size: u32,
        /// The server's words.
        reason: String,
    },
    /// The server's search queue is full: it did not begin with this request.
    #[error("{url} has no room in its queue for {request} ({reason}); try fewer --jobs, or later")]
    Rejected {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// The server's words.
        reason: String,
    },
    /// The server is overloaded.
    #[error("{url} is too busy for {request} ({reason}); try again later")]
    Busy {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// The server's words.
        reason: String,
    },
    /// The server cannot search now.
    #[error("{url} cannot answer {request} now ({reason}); see GET /_cluster/health")]
    NotReady {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// The server's words.
        reason: String,
    },
    /// Any other refusal.
    #[error("{url} refused {request} with status {status}: {reason}")]
    Refused {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// HTTP status.
        status: u16,
        /// The server's words.
        reason: String,
    },
    /// Some shards did not answer, so that documents of the page are missing.
    #[error("page {page} of {index} is not whole: {successful} of {total} shards answered{}; see GET /_cat/shards", because(.reason))]
    ShardsMissing {
        /// Index or pattern.
        index: String,
        /// Number of the page, from 1.
        page: u64,
        /// Shards that answered.
        successful: u64,
        /// Shards that should have answered.
        total: u64,
        /// The server's words, or empty.
        reason: String,
    },
    /// The server stopped searching before it was done.
    #[error("page {page} of {index} is not whole: the search {why}")]
    TimedOut {
        /// Index or pattern.
        index: String,
        /// Number of the page, from 1.
        page: u64,
        /// Why it stopped.
        why: &'static str,
    },
    /// Remote clusters did not answer, or not whole.
    #[error("an answer over {index} is not whole: {reason}; see GET /_remote/info")]
    ClustersMissing {
        /// Index or pattern.
        index: String,
        /// Which clusters are missing, in the server's words.
        reason: String,
    },
    /// The total changed within a cursor, although that is a snapshot.
    #[error(
        "page {page} of {index} counts {now} documents, page 1 counted {first}: a shard was lost or its index deleted; run it again"
    )]
    TotalChanged {
        /// Index or pattern.
        index: String,
        /// Number of the page, from 1.
        page: u64,
        /// Count of page 1.
        first: u64,
        /// Count of this page.
        now: u64,
    },
    /// The cursor returned fewer or more documents than it counted.
    #[error("{index}: {received} documents came, but {expected} were counted; run it again")]
    WrongCount {
        /// Index or pattern.
        index: String,
        /// Documents received.
        received: u64,
        /// Documents the server counted.
        expected: u64,
    },
    /// One cursor returned a document twice.
    #[error(
        "page {page} of {index} holds documents that came before; is it a proxy that repeats answers?"
    )]
    Twice {
        /// Index or pattern.
        index: String,
        /// Number of the page, from 1.
        page: u64,
    },
    /// The hits are not in the requested order, window or index.
    #[error(
        "page {page} of {index} is not in the order or the window that was asked for; is it a proxy that mixes answers up?"
    )]
    Unsorted {
        /// Index or pattern.
        index: String,
        /// Number of the page, from 1.
        page: u64,
    },
    /// A page is JSON, but not a valid search answer.
    #[error("page {page} of {index} cannot be read; is it a proxy that changes answers?")]
    BadPage {
        /// Index or pattern.
        index: String,
        /// Number of the page, from 1.
        page: u64,
        /// What was expected where.
        source: serde_json::Error,
    },
    /// Another answer than a page is not valid.
    #[error("the answer of {url} to {request} cannot be read; is it Elasticsearch or OpenSearch?")]
    BadAnswer {
        /// Address without credentials.
        url: String,
        /// Method and path.
        request: String,
        /// What was expected where.
        source: serde_json::Error,
    },
    /// Stopped by [`Cancel`](crate::cancel::Cancel).
    #[error("interrupted")]
    Interrupted,
    /// The incomplete dump to be resumed belongs to another request.
    #[error("{} holds an incomplete dump with another {what} ({there}, not {asked}); leave the option out to resume it, or use --force to start over", harmless::path(.path))]
    OtherRequest {
        /// The dump.
        path: PathBuf,
        /// Which option differs.
        what: &'static str,
        /// Value of the option in the dump.
        there: String,
        /// Value of the option now.
        asked: String,
    },
    /// There is no complete dump to bring up to date.
    #[error("{}: {why}", harmless::path(.path))]
    CannotUpdate {
        /// The dump.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The server does not support points in time.
    #[error("--method pit: {0}; try --method auto")]
    NoPit(String),
    /// The server refuses what was asked for with `--query`.
    #[error("the server refuses --query: {0}; correct the query, or the fields beside it")]
    Query(String),
    /// A filter cannot be pushed down to an index.
    #[error(
        "cannot push this filter to {index}: {why}; fetch without it and use -f when querying, or use --query"
    )]
    Filter {
        /// The index.
        index: String,
        /// Why not.
        why: String,
    },
    /// A complete dump is overwritten only with `--force`.
    #[error("{} holds a complete dump; --update fetches what is new, --force replaces it, -o chooses another place", harmless::path(.path))]
    Exists {
        /// The dump.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error("{} is not empty and no flowkit dump ({why}); choose another place with -o", harmless::path(.path))]
    NotADump {
        /// The folder.
        path: PathBuf,
        /// Why it is no dump.
        why: &'static str,
    },
    /// Another fetch is writing to the dump.
    #[error("another fetch is writing to {}; wait for it, or choose another place with -o", harmless::path(.path))]
    Locked {
        /// The dump.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space left for {}; free some, or choose another place with -o", harmless::path(.path))]
    DiskFull {
        /// File that could not be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another error of a file operation.
    #[error("cannot {doing} {}", harmless::path(.path))]
    Disk {
        /// A verb: `write`, `create`.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
