//! Colour by field.

use crate::output::Color;

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    on: bool,
}

/// Foregrounds that are readable on light and dark; neighbours differ.
const COLORS: [u8; 6] = [36, 33, 35, 32, 34, 31];

impl Paint {
    pub(super) fn new(color: Color, to_terminal: bool) -> Self {
        Self { on: color.is_on(to_terminal) }
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
