//! Keys to group by.

use flowkit_analyze::stats::dimension::Dimension;

use super::sources::Sources;
use crate::exit::Usage;

/// The keys that were typed.
pub(crate) fn keys(typed: &[String], sources: &Sources) -> anyhow::Result<Vec<Dimension>> {
    let zone = sources.select.zone()?;
    let twice = typed.iter().enumerate().find(|(place, name)| typed[..*place].contains(name));
    if let Some((_, name)) = twice {
        return Err(Usage(format!("--by names {name} twice; once is enough")).into());
    }
    typed
        .iter()
        .map(|name| Dimension::parse(name, &zone).map_err(|error| Usage(error.to_string()).into()))
        .collect()
}
