//! `plangate calibrate`.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use plangate::calibration::{self, Judged, Record, Row};
use plangate::gate::{self, PlanInput, PlanSource};
use plangate::io;
use plangate::problem::{Problem, ProblemCode};

use super::args::CalibrateArgs;
use super::setup::{self, Overrides};
use super::{UNDECIDED, output, plans};

/// Largest record that is read, in bytes.
const MAX_RECORD_BYTES: u64 = 256 << 20;
/// Exit code where something is not as recorded.
const DIFFERENT: u8 = 1;

/// Judges the plans, compares, records; returns the exit code.
pub(crate) fn run(args: &CalibrateArgs) -> u8 {
    match calibrate(args) {
        Ok((text, code)) => code.max(output::print_bytes(text.as_bytes())),
        Err(problems) => output::fail(&problems),
    }
}

fn calibrate(args: &CalibrateArgs) -> Result<(String, u8), Vec<Problem>> {
    let settings = setup::settings(&args.setup)?;
    let against = args.against.as_deref().map(read).transpose()?;
    let replaced = args.record.as_deref().filter(|path| io::exists(path)).map(read).transpose()?;
    let plans = select(args)?;
    let stages = setup::open(&args.setup, settings, plans::largest(&plans), Overrides::default())?;
    let rows = gate::calibrate(&stages, plans);
    if let Some(path) = &args.record {
        let reasons = against.as_ref().or(replaced.as_ref()).cloned().unwrap_or_default();
        io::write_atomic(path, reasons.render(&rows).as_bytes()).map_err(|problem| vec![problem])?;
    }
    Ok(answer(args, &rows, against.as_ref()))
}

/// What is printed, and the exit code: 2 where a plan could not be judged and the record does not say so.
fn answer(args: &CalibrateArgs, rows: &[Row], against: Option<&Record>) -> (String, u8) {
    let expected = |row: &Row| against.is_some_and(|record| record.expects(row));
    let undecided = rows.iter().any(|row| row.level == Judged::Undecided && !expected(row));
    let mut code = if undecided { UNDECIDED } else { 0 };
    let mut text = String::new();
    if let Some(record) = against {
        let differences = calibration::compare(rows, record);
        text.push_str(&calibration::differences(&differences));
        code = code.max(if differences.is_empty() { 0 } else { DIFFERENT });
    } else if args.record.is_none() {
        text.push_str(&calibration::listing(rows));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    (text + &calibration::summary(rows), code)
}

fn read(path: &Utf8Path) -> Result<Record, Vec<Problem>> {
    let file = io::read_text(path, MAX_RECORD_BYTES).map_err(|problem| vec![problem])?;
    Record::parse(&file)
}

/// The plans the arguments name. In a folder every file is one, but the records themselves.
fn select(args: &CalibrateArgs) -> Result<Vec<PlanInput>, Vec<Problem>> {
    let records: Vec<Utf8PathBuf> =
        [&args.against, &args.record].into_iter().flatten().map(|p| io::canonical(p)).collect();
    let mut plans = Vec::new();
    for argument in &args.plans {
        let folder = Utf8Path::new(argument);
        if folder.is_dir() {
            plans.extend(in_folder(folder, &records).map_err(|problem| vec![problem])?);
        } else {
            plans.extend(plans::select(std::slice::from_ref(argument))?);
        }
    }
    let mut names = BTreeSet::new();
    for plan in &plans {
        let is_record = matches!(&plan.source, PlanSource::File(path) if records.contains(&io::canonical(path)));
        if is_record {
            return Err(vec![wrong(format!("`{}` is named as a plan and as a record", plan.name))]);
        }
        if !names.insert(plan.name.as_str()) {
            return Err(vec![
                wrong(format!("two plans are called `{}`", plan.name)).help("calibrate one folder at a time"),
            ]);
        }
    }
    Ok(plans)
}

fn in_folder(folder: &Utf8Path, records: &[Utf8PathBuf]) -> Result<Vec<PlanInput>, Problem> {
    let files = io::all_files_under(folder)?;
    let name = |path: &Utf8PathBuf| path.strip_prefix(folder).unwrap_or(path).to_string();
    let plans: Vec<PlanInput> = files
        .into_iter()
        .filter(|path| !records.contains(&io::canonical(path)))
        .map(|path| PlanInput { name: name(&path), source: PlanSource::File(path) })
        .collect();
    if plans.is_empty() {
        return Err(Problem::new(ProblemCode::NothingSelected, format!("there is no file below `{folder}`")));
    }
    Ok(plans)
}

fn wrong(message: String) -> Problem {
    Problem::new(ProblemCode::Config, message)
}
