//! Keys to group by.

use clap::Arg;
use flowkit_model::question::Key;

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
    /// The keys that were typed, in their order.
    pub(crate) fn keys(&self) -> anyhow::Result<Vec<Key>> {
        if self.by.iter().any(|name| name.trim().is_empty()) {
            let why = "--by: a key is missing before or after a comma; try --by src_addr,dst_port";
            return Err(Usage(why.into()).into());
        }
        let typed = self.by.iter().enumerate();
        if let Some((_, name)) = typed.clone().find(|(n, name)| self.by[..*n].contains(name)) {
            return Err(Usage(format!("--by names {name} twice; once is enough")).into());
        }
        let parsed: Result<_, _> = self.by.iter().map(|name| Key::parse(name)).collect();
        parsed.map_err(|error| Usage(error.to_string()).into())
    }
}
