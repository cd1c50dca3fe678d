//! Colour by field, only where it is wanted.

use std::io::{IsTerminal, stdout};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless the environment forbids it
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    on: bool,
}

/// Foregrounds that can be told apart on light and dark; neighbours differ.
const COLORS: [u8; 6] = [36, 33, 35, 32, 34, 31];

impl Paint {
    pub(super) fn new(color: Color, to_file: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let auto = !to_file && stdout().is_terminal() && !dumb && !set("NO_COLOR");
        Self { on: color == Color::Always || (color == Color::Auto && auto) }
    }

    /// Text in the colour of the `place`-th field.
    pub(super) fn field(self, place: usize, text: &str) -> String {
        self.code(COLORS[place % COLORS.len()], text)
    }

    /// A heading.
    pub(super) fn bold(self, text: &str) -> String {
        self.code(1, text)
    }

    fn code(self, code: u8, text: &str) -> String {
        if self.on && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
impl Paint {
    pub(super) const OFF: Self = Self { on: false };
    pub(super) const ON: Self = Self { on: true };
}
