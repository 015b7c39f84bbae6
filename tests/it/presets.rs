//! What the strict preset denies beyond the standard one.

use plangate::finding::{Finding, Level, LevelFrom, Preset};
use plangate::gate::Stages;
use plangate::verdict::Verdict;

use crate::harness::{built_in, judge, package, plangate, read};

fn strict() -> Stages {
    let mut stages = built_in();
    stages.eval.input.preset = Preset::Strict;
    stages
}

fn findings(stages: &Stages, fixture: &str) -> Vec<Finding> {
    judge(stages, &[(fixture, read(fixture))]).plans.remove(0).findings
}

/// The level of the first finding of a rule under both presets.
fn levels(rule: &str, fixture: &str) -> (Level, Level) {
    let level = |stages: &Stages| {
        let findings = findings(stages, fixture);
        findings
            .iter()
            .find(|finding| finding.rule.as_str() == rule)
            .unwrap_or_else(|| panic!("{rule}: {fixture}"))
            .level
    };
    (level(&built_in()), level(&strict()))
}

#[test]
fn strict_denies_what_standard_warns_of() {
    for (rule, fixture) in [
        ("plan/incomplete", "fixtures/scenarios/25-target/plan.json"),
        ("stateful/forget-data-store", "fixtures/edge-cases/04_forget_db.json"),
        ("plan/stale-by-drift", "fixtures/scenarios/28-drift-changed/plan.json"),
    ] {
        let (standard, strict) = levels(rule, fixture);
        assert_eq!((standard, strict), (Level::Warn, Level::Deny), "{rule}");
    }
}

#[test]
fn strict_denies_the_destruction_of_entries_that_say_so_unless_the_object_stays() {
    let plan = |before: &str| {
        format!(
            r#"{{"format_version": "1.2", "resource_changes": [{{"address": "aws_s3_bucket_versioning.a", "mode": "managed",
                "type": "aws_s3_bucket_versioning", "name": "a", "change": {{"actions": ["delete"], "before": {before},
                "after": null, "before_sensitive": {{}}}}}}]}}"#
        )
    };
    let level = |stages: &Stages| {
        let report = judge(stages, &[("plan", plan("{}").into_bytes())]);
        (report.plans[0].findings[0].level, report.plans[0].findings[0].level_from, report.verdict)
    };
    assert_eq!(level(&built_in()), (Level::Warn, LevelFrom::Result, Verdict::Allowed));
    assert_eq!(level(&strict()), (Level::Deny, LevelFrom::Preset, Verdict::Blocked));
}

#[test]
fn strict_lowers_nothing_and_takes_nothing_away() {
    let (standard, strict) = (built_in(), strict());
    for entry in std::fs::read_dir(package("fixtures/scenarios")).unwrap() {
        let fixture = format!("fixtures/scenarios/{}/plan.json", entry.unwrap().file_name().to_str().unwrap());
        let key = |finding: &Finding| (finding.fingerprint.clone(), finding.level);
        let before: std::collections::BTreeMap<_, _> = findings(&standard, &fixture).iter().map(key).collect();
        let after: std::collections::BTreeMap<_, _> = findings(&strict, &fixture).iter().map(key).collect();
        assert!(before.keys().eq(after.keys()), "{fixture}");
        assert!(before.iter().all(|(id, level)| after[id] >= *level), "{fixture}");
    }
}

#[test]
fn the_file_sets_the_preset_and_a_rule_wins_over_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    let write = |text: &str| std::fs::write(directory.path().join("plangate.toml"), text).unwrap();
    let plan = package("fixtures/edge-cases/04_forget_db.json");
    let plan = plan.to_str().unwrap();
    write("preset = \"strict\"\n");
    plangate().dir(directory.path()).args(["check", plan]).run().exits(1).says("note: the preset is strict");
    plangate().dir(directory.path()).args(["rules"]).run().exits(0).says("deny        plan/incomplete");
    write("preset = \"strict\"\n[rules.\"stateful/forget-data-store\"]\nlevel = \"warn\"\n");
    plangate()
        .dir(directory.path())
        .args(["check", plan])
        .run()
        .exits(0)
        .says("(lowered from deny by configuration)")
        .says("1 finding lowered by configuration");
}

#[test]
fn rules_of_a_repository_take_part() {
    let directory = tempfile::tempdir().unwrap();
    let policy = directory.path().join("a.rego");
    std::fs::write(
        &policy,
        "package main\nimport rego.v1\n\n# METADATA\n# custom:\n#   strict: deny\nwarn contains \"by the rule\" if true\n\n\
         warn_b contains {\"msg\": \"by the result\", \"plangate\": {\"strict\": \"deny\"}} if true\n",
    )
    .unwrap();
    let mut setup = crate::harness::setup("no-such-repository");
    setup.extra_policies = vec![policy.to_str().unwrap().into()];
    let mut stages = plangate::workspace::open(&setup).unwrap();
    for (preset, level) in [(Preset::Standard, Level::Warn), (Preset::Strict, Level::Deny)] {
        stages.eval.input.preset = preset;
        let found = findings(&stages, "fixtures/scenarios/02-noop/plan.json");
        assert_eq!(found.iter().map(|finding| finding.level).collect::<Vec<_>>(), [level, level], "{found:?}");
    }
}
