//! Keys to group by.

use clap::Arg;
use flowkit_analyze::stats::dimension::Dimension;

use super::sources::Sources;
use crate::exit::Usage;

/// What flows are grouped by.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Keys {
    /// Key to group by; separate several with commas
    #[arg(long, value_name = "KEY,…", value_delimiter = ',', help_heading = "Question")]
    by: Vec<String>,
}

/// Makes `--by` required.
pub(crate) fn required(arg: Arg) -> Arg {
    if arg.get_id() == "by" { arg.required(true) } else { arg }
}

impl Keys {
    /// The keys that were typed, in their order; hours and days are those of
    /// the sources' zone.
    pub(crate) fn dimensions(&self, sources: &Sources) -> anyhow::Result<Vec<Dimension>> {
        let zone = sources.select.zone()?;
        let typed = self.by.iter().enumerate();
        if let Some((_, name)) = typed.clone().find(|(n, name)| self.by[..*n].contains(name)) {
            return Err(Usage(format!("--by names {name} twice; once is enough")).into());
        }
        let dimension = |name: &String| Dimension::parse(name, &zone);
        let parsed: Result<_, _> = self.by.iter().map(dimension).collect();
        parsed.map_err(|error| Usage(error.to_string()).into())
    }
}
