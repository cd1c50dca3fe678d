//! Questions in the README and in the user guide.

use std::fs;
use std::path::Path;

use flowkit_model::question::Report;

use super::{Place, run, told, words};

/// Reports that the README and the guide name: keys, filters, windows and measures
/// in them are understood.
#[test]
fn every_report_of_the_guide_can_be_asked() {
    let place = Place::new();
    // Files that command lines of the guide name.
    for name in ["FILE", "hosts.txt", "bad-hosts.txt"] {
        fs::write(place.folder.path().join(name), "192.0.2.1").unwrap();
    }
    fs::write(place.folder.path().join("FILE"), "tcp").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_dir(root.join("guide")).unwrap().map(|file| file.unwrap().path());
    let names: Vec<&str> = Report::every().iter().map(Report::name).collect();
    let mut asked = 0;
    for path in guide.chain([root.join("../README.md")]) {
        let text = fs::read_to_string(&path).unwrap();
        let sessions = text.lines().filter_map(|line| line.strip_prefix("$ "));
        let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        for line in sessions.chain(spans).map(|line| line.split(" | ").next().unwrap_or_default()) {
            let words = words(line);
            let is_report = words.len() > 2 && names.contains(&words[1].as_str());
            if words.first().is_none_or(|word| word != "flowkit")
                || !is_report
                || line.contains("--print-question")
                || text.contains(&format!("{line}\n? 2\n"))
            {
                continue;
            }
            let output = [&words[1..], &["--print-question".to_owned()]].concat();
            let output = run(place.folder.path(), &output, None);
            assert!(output.status.success(), "{}: {line}: {}", path.display(), told(&output));
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}
