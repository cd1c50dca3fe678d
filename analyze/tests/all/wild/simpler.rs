//! A combination that fails made simpler, as long as it fails in the same way.

use std::path::{Path, PathBuf};

use super::form::Form;
use super::render::render;
use super::verdict::{Verdict, Wrong, judge};

/// The simplest combination that was found, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Simplest {
    pub(super) form: Form,
    pub(super) wrong: Wrong,
}

/// Takes the plain value of one axis after the other, and fewer flows.
pub(super) fn simplest(form: &Form, wrong: &Wrong, path: &Path) -> Simplest {
    let mut best = Simplest { form: form.clone(), wrong: wrong.clone() };
    let mut fewer: Vec<Form> = Vec::new();
    loop {
        fewer.clear();
        for n_flows in [1, 2, 3] {
            if n_flows < best.form.n_flows {
                fewer.push(Form { n_flows, ..best.form.clone() });
            }
        }
        // The kind of input stays.
        for axis in 1..best.form.chosen.len() {
            if best.form.chosen[axis] > 0 {
                let mut simpler = best.form.clone();
                simpler.chosen[axis] = 0;
                fewer.push(simpler);
            }
        }
        let next = fewer.iter().filter(|form| form.fits()).find_map(|form| {
            match judge(form, &render(form), path) {
                Verdict::Wrong(wrong) if wrong.sort == best.wrong.sort => {
                    Some(Simplest { form: form.clone(), wrong })
                }
                _ => None,
            }
        });
        match next {
            Some(next) => best = next,
            None => return best,
        }
    }
}

impl Simplest {
    /// What is printed of a failure; keeps the input and names it.
    pub(super) fn said(&self, whole: &Form) -> String {
        let Self { form, wrong } = self;
        let path: PathBuf =
            std::env::temp_dir().join(format!("flowkit-wild-{}-{}", std::process::id(), form.seed));
        std::fs::write(&path, render(form).bytes).unwrap();
        format!(
            "\nwrong: FLOWKIT_SEED={} FLOWKIT_COMBINATIONS=1\n  of {}\n  at its simplest {}\n  {}\n  {}",
            form.seed,
            whole.words(),
            form.words(),
            wrong.what,
            path.display()
        )
    }
}
