//! What CI systems say of a run in their environment, as policies find it: for `--context-env`.
//!
//! One table of documented variables; nothing else is read, and nothing in it is a token or a secret. docs/conventions.md
//! lists it. Must not judge what the values mean.

use serde_json::{Map, Value};

/// A CI system, told by a variable that it always sets. The first in the table that is there is the one: what runs Terraform
/// comes before what runs anything.
struct System {
    /// `input.ci.system`.
    name: &'static str,
    /// The variable that tells it.
    marker: &'static str,
    /// Variables and where their values go. Of several for one place the first that is set counts.
    variables: &'static [(&'static str, &'static [&'static str])],
}

/// Takes the branch, tag or pull request that a reference names in full (`refs/heads/…`). The last word of one would not do:
/// anybody can call a branch `mine/main`.
const REF: &str = "of a reference";
/// The same of a branch that some systems give with `refs/heads/` and others without.
const BASE: &str = "base of a reference";
/// Takes what stands before the slash.
const OWNER: &str = "owner of a slug";

const SYSTEMS: [System; 8] = [
    // developer.hashicorp.com/terraform/cloud-docs/run/run-environment
    System {
        name: "hcp-terraform",
        marker: "TFC_RUN_ID",
        variables: &[
            ("TFC_RUN_ID", &["ci.run_id", "run.id"]),
            ("TFC_WORKSPACE_NAME", &["ci.workspace", "run.workspace.name"]),
            ("TFC_WORKSPACE_SLUG", &[OWNER]),
            ("TFC_PROJECT_NAME", &["ci.project", "run.project.name"]),
            ("TFC_CONFIGURATION_VERSION_GIT_BRANCH", &["ci.branch"]),
            ("TFC_CONFIGURATION_VERSION_GIT_COMMIT_SHA", &["ci.commit", "run.commit_sha"]),
            ("TFC_CONFIGURATION_VERSION_GIT_TAG", &["ci.tag"]),
        ],
    },
    // docs.spacelift.io/concepts/configuration/environment
    System {
        name: "spacelift",
        marker: "TF_VAR_spacelift_run_id",
        variables: &[
            ("TF_VAR_spacelift_run_id", &["ci.run_id", "spacelift.run.id"]),
            ("TF_VAR_spacelift_run_type", &["ci.event", "spacelift.run.type"]),
            ("TF_VAR_spacelift_stack_id", &["ci.workspace", "spacelift.stack.id"]),
            ("TF_VAR_spacelift_repository", &["ci.repository", "spacelift.stack.repository"]),
            ("TF_VAR_spacelift_commit_branch", &["ci.branch", "spacelift.commit.branch"]),
            ("TF_VAR_spacelift_commit_sha", &["ci.commit", "spacelift.commit.hash"]),
        ],
    },
    // docs.envzero.com, "Environment variables"
    System {
        name: "env0",
        marker: "ENV0_DEPLOYMENT_LOG_ID",
        variables: &[
            ("ENV0_DEPLOYMENT_LOG_ID", &["ci.run_id"]),
            ("ENV0_DEPLOYMENT_TYPE", &["ci.event"]),
            ("ENV0_ENVIRONMENT_NAME", &["ci.environment"]),
            ("ENV0_PROJECT_NAME", &["ci.project"]),
            ("ENV0_WORKSPACE_NAME", &["ci.workspace"]),
            ("ENV0_DEPLOYER_EMAIL", &["ci.actor"]),
            ("ENV0_PR_SOURCE_BRANCH", &["ci.branch"]),
            ("ENV0_DEPLOYMENT_REVISION", &["ci.ref"]),
            ("ENV0_PR_TARGET_BRANCH", &["ci.base_branch"]),
            ("ENV0_PR_NUMBER", &["ci.pull_request"]),
        ],
    },
    // www.runatlantis.io/docs/custom-workflows.html, `run` steps
    System {
        name: "atlantis",
        marker: "ATLANTIS_TERRAFORM_VERSION",
        variables: &[
            ("BASE_REPO_NAME", &["ci.repository"]),
            ("HEAD_BRANCH_NAME", &["ci.branch"]),
            ("BASE_BRANCH_NAME", &["ci.base_branch"]),
            ("HEAD_COMMIT", &["ci.commit"]),
            ("PULL_NUM", &["ci.pull_request"]),
            ("PULL_URL", &["ci.run_url"]),
            ("USER_NAME", &["ci.actor"]),
            ("PROJECT_NAME", &["ci.project"]),
            ("WORKSPACE", &["ci.workspace"]),
            ("REPO_REL_DIR", &["ci.directory"]),
        ],
    },
    // docs.github.com/actions/reference/workflows-and-actions/variables; Digger and Terrateam run in it
    System {
        name: "github-actions",
        marker: "GITHUB_ACTIONS",
        variables: &[
            ("GITHUB_REPOSITORY", &["ci.repository"]),
            ("GITHUB_HEAD_REF", &["ci.branch"]),
            ("GITHUB_BASE_REF", &["ci.base_branch"]),
            ("GITHUB_REF", &["ci.ref", REF]),
            ("GITHUB_SHA", &["ci.commit"]),
            ("GITHUB_ACTOR", &["ci.actor"]),
            ("GITHUB_EVENT_NAME", &["ci.event"]),
            ("GITHUB_RUN_ID", &["ci.run_id"]),
        ],
    },
    // docs.gitlab.com/ci/variables/predefined_variables
    System {
        name: "gitlab",
        marker: "GITLAB_CI",
        variables: &[
            ("CI_PROJECT_PATH", &["ci.repository"]),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", &["ci.branch"]),
            ("CI_COMMIT_BRANCH", &["ci.branch"]),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", &["ci.base_branch"]),
            ("CI_MERGE_REQUEST_IID", &["ci.pull_request"]),
            ("CI_COMMIT_TAG", &["ci.tag"]),
            ("CI_COMMIT_SHA", &["ci.commit"]),
            ("GITLAB_USER_LOGIN", &["ci.actor"]),
            ("CI_PIPELINE_SOURCE", &["ci.event"]),
            ("CI_PIPELINE_ID", &["ci.run_id"]),
            ("CI_PIPELINE_URL", &["ci.run_url"]),
            ("CI_ENVIRONMENT_NAME", &["ci.environment"]),
        ],
    },
    // learn.microsoft.com/azure/devops/pipelines/build/variables
    System {
        name: "azure-pipelines",
        marker: "TF_BUILD",
        variables: &[
            ("BUILD_REPOSITORY_NAME", &["ci.repository"]),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", &[REF]),
            ("BUILD_SOURCEBRANCH", &["ci.ref", REF]),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", &[BASE]),
            ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", &["ci.pull_request"]),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", &["ci.pull_request"]),
            ("BUILD_SOURCEVERSION", &["ci.commit"]),
            ("BUILD_REQUESTEDFOR", &["ci.actor"]),
            ("BUILD_REASON", &["ci.event"]),
            ("BUILD_BUILDID", &["ci.run_id"]),
            ("SYSTEM_TEAMPROJECT", &["ci.project"]),
        ],
    },
    // www.jenkins.io/doc/book/pipeline/jenkinsfile, and the variables of its Git and branch plugins
    System {
        name: "jenkins",
        marker: "JENKINS_URL",
        variables: &[
            ("CHANGE_BRANCH", &["ci.branch"]),
            ("BRANCH_NAME", &["ci.branch"]),
            ("CHANGE_TARGET", &["ci.base_branch"]),
            ("CHANGE_ID", &["ci.pull_request"]),
            ("CHANGE_AUTHOR", &["ci.actor"]),
            ("TAG_NAME", &["ci.tag"]),
            ("GIT_COMMIT", &["ci.commit"]),
            ("JOB_NAME", &["ci.project"]),
            ("BUILD_NUMBER", &["ci.run_id"]),
            ("BUILD_URL", &["ci.run_url"]),
        ],
    },
];

/// What the environment of this process says; nothing outside a CI system of the table.
pub(crate) fn read() -> Map<String, Value> {
    of(|name| std::env::var(name).ok())
}

fn of(variable: impl Fn(&str) -> Option<String>) -> Map<String, Value> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut context = Map::new();
    let Some(system) = SYSTEMS.iter().find(|system| set(system.marker).is_some()) else { return context };
    put(&mut context, "ci.system", system.name);
    for (name, places) in system.variables {
        let Some(value) = set(name) else { continue };
        for place in *places {
            match *place {
                REF => put_ref(&mut context, &value),
                BASE => put(&mut context, "ci.base_branch", value.strip_prefix("refs/heads/").unwrap_or(&value)),
                OWNER => {
                    if let Some((owner, _)) = value.split_once('/') {
                        put(&mut context, "run.organization.name", owner);
                    }
                }
                place => put(&mut context, place, &value),
            }
        }
    }
    if let Some(Value::Object(ci)) = context.get_mut("ci")
        && ci.contains_key("branch")
        && ci.get("branch") == ci.get("tag")
    {
        // A build of a tag is one of no branch, whatever it is called.
        ci.remove("branch");
    }
    context
}

fn put_ref(context: &mut Map<String, Value>, reference: &str) {
    if let Some(branch) = reference.strip_prefix("refs/heads/") {
        put(context, "ci.branch", branch);
    } else if let Some(tag) = reference.strip_prefix("refs/tags/") {
        put(context, "ci.tag", tag);
    } else if let Some(number) = reference.strip_prefix("refs/pull/").and_then(|rest| rest.split('/').next()) {
        put(context, "ci.pull_request", number);
    }
}

/// Puts a value at a dotted place, unless there is one.
fn put(context: &mut Map<String, Value>, place: &str, value: &str) {
    match place.split_once('.') {
        None => {
            context.entry(place).or_insert_with(|| Value::String(value.to_owned()));
        }
        Some((key, rest)) => {
            if let Value::Object(below) = context.entry(key).or_insert_with(|| Value::Object(Map::new())) {
                put(below, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of_pairs(pairs: &[(&str, &str)]) -> Value {
        let get = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Value::Object(of(get))
    }

    #[test]
    fn only_the_variables_of_the_system_that_runs_are_read() {
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_HEAD_REF", "feature"),
            ("GITHUB_TOKEN", "ghs_secret"),
            ("BRANCH_NAME", "jenkins"),
        ];
        let ci =
            json!({"system": "github-actions", "ref": "refs/pull/12/merge", "pull_request": "12", "branch": "feature"});
        assert_eq!(of_pairs(&github), json!({"ci": ci}));
        assert_eq!(of_pairs(&[("GITHUB_REF", "refs/heads/main")]), json!({}), "no system is told");
    }

    #[test]
    fn systems_with_a_convention_fill_its_keys() {
        let hcp = [("TFC_RUN_ID", "run-1"), ("TFC_WORKSPACE_SLUG", "acme/prod"), ("TFC_WORKSPACE_NAME", "prod")];
        let run = json!({"id": "run-1", "organization": {"name": "acme"}, "workspace": {"name": "prod"}});
        assert_eq!(of_pairs(&hcp)["run"], run);
        let spacelift = [("TF_VAR_spacelift_run_id", "01X"), ("TF_VAR_spacelift_commit_sha", "abc")];
        assert_eq!(of_pairs(&spacelift)["spacelift"], json!({"run": {"id": "01X"}, "commit": {"hash": "abc"}}));
    }

    #[test]
    fn a_branch_is_never_the_last_word_of_a_reference() {
        let of_ref = |name: &str| of_pairs(&[("TF_BUILD", "True"), ("BUILD_SOURCEBRANCH", name)])["ci"].clone();
        assert_eq!(of_ref("refs/heads/mine/main")["branch"], "mine/main");
        assert_eq!(
            (&of_ref("refs/tags/main")["branch"], &of_ref("refs/tags/main")["tag"]),
            (&Value::Null, &json!("main"))
        );
        assert_eq!(of_ref("refs/pull/7/merge")["pull_request"], "7");
        let jenkins = [("JENKINS_URL", "https://ci"), ("BRANCH_NAME", "main"), ("TAG_NAME", "main")];
        assert_eq!(of_pairs(&jenkins)["ci"]["branch"], Value::Null);
    }

    #[test]
    fn the_documents_list_every_variable() {
        let documents = include_str!("../../docs/conventions.md");
        for system in &SYSTEMS {
            let names = system.variables.iter().map(|(name, _)| *name).chain([system.name, system.marker]);
            for name in names {
                assert!(documents.contains(&format!("`{name}`")), "{name} is not in docs/conventions.md");
            }
        }
    }

    #[test]
    fn no_variable_of_the_table_is_named_like_a_secret() {
        let names = SYSTEMS.iter().flat_map(|system| system.variables.iter().map(|(name, _)| *name));
        for name in names {
            assert!(!plangate::plan::value::is_secret_name(name), "{name}");
        }
    }
}
