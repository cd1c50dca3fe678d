//! Looks names of hosts up within a time, on a thread of its own; where the system gives
//! none, on this one, and as long as the system takes.

use std::sync::mpsc::sync_channel;
use std::thread;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::unversioned::transport::time::Duration;

/// Looks names up.
#[derive(Debug)]
pub(super) struct Lookup;

impl Resolver for Lookup {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        // Without a time limit the resolver starts no thread, of which it expects that there
        // always is one.
        let unlimited = NextTimeout { after: Duration::NotHappening, ..timeout };
        let (give, found) = sync_channel(1);
        let (uri_there, config_there) = (uri.clone(), config.clone());
        let look = move || {
            let addresses =
                DefaultResolver::default().resolve(&uri_there, &config_there, unlimited);
            // Too late, nobody waits for it.
            let _ = give.send(addresses);
        };
        if thread::Builder::new().name("lookup".into()).spawn(look).is_err() {
            return DefaultResolver::default().resolve(uri, config, unlimited);
        }
        found.recv_timeout(*timeout.after).map_err(|_| Error::Timeout(timeout.reason))?
    }
}
