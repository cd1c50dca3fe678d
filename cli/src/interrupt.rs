//! Ctrl-C: the first ends the command in order, the second at once.

use flowkit_fetch::Cancel;

use crate::exit::Exit;
use crate::warn::warn;

/// Sets `cancel` on the first Ctrl-C and ends the program on the second;
/// `else_it` says what Ctrl-C does if it cannot be listened for.
pub(crate) fn listen_for_ctrl_c(cancel: &Cancel, else_it: &str) {
    let cancel = cancel.clone();
    let listening = ctrlc::set_handler(move || {
        if cancel.is_set() {
            std::process::exit(Exit::Interrupted.code().into());
        }
        cancel.cancel();
    });
    if let Err(error) = listening {
        warn(&format!("Ctrl-C will {else_it}: {error}"));
    }
}
