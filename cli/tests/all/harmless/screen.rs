//! Runs the program as people and as programs do: on a terminal, and through pipes.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// What a run printed.
pub(super) struct Printed {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

/// The program in a folder, without what the environment says.
fn program(folder: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for name in ["FLOWKIT_DUMP", "FLOWKIT_URL", "FLOWKIT_PASSWORD", "COLUMNS"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1");
    command
}

/// Through pipes.
pub(super) fn piped(folder: &Path, arguments: &[OsString]) -> Printed {
    let output = program(folder, arguments).output().unwrap();
    Printed { out: output.stdout, err: output.stderr }
}

/// On two terminals, so that both outputs can be told apart.
pub(super) fn on_terminals(folder: &Path, arguments: &[OsString]) -> Printed {
    let (out, err) = (terminal(), terminal());
    let mut command = program(folder, arguments);
    let mut child = command.stdout(out.1).stderr(err.1).spawn().unwrap();
    // The program's own copies are all that keep a terminal open.
    drop(command);
    let readers = [out.0, err.0].map(|end| thread::spawn(move || all_of(end)));
    child.wait().unwrap();
    let [out, err] = readers.map(|reader| reader.join().unwrap());
    Printed { out, err }
}

/// Our end of a terminal, and the program's, which changes no line end.
pub(crate) fn terminal() -> (OwnedFd, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut settings = tcgetattr(&theirs).unwrap();
    settings.make_raw();
    tcsetattr(&theirs, OptionalActions::Now, &settings).unwrap();
    (ours, theirs)
}

/// All that is written to a terminal until nobody holds it any more, which reads as an
/// error.
pub(crate) fn all_of(end: OwnedFd) -> Vec<u8> {
    let (mut end, mut all, mut piece) = (File::from(end), Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = end.read(&mut piece) {
        all.extend_from_slice(&piece[..read]);
    }
    all
}
