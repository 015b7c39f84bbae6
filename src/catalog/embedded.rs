//! The data files of `policies/catalog/`, embedded, and which of them a type belongs to.
//!
//! Must not look into them.

/// Names of all types documented by the providers that were looked at, sorted.
pub(super) const KNOWN_TYPES: &str = include_str!("../../policies/catalog/known-types.txt");

/// Attributes that tell which object a resource is, in what it lies, or what of its type it is; sorted.
pub(super) const IDENTIFYING: &str = include_str!("../../policies/catalog/identifying-attributes.txt");

/// What is not about one type.
pub(super) const GENERIC: &str = include_str!("../../policies/catalog/generic.json");

/// First word of a type name → file; sorted.
pub(super) const PROVIDERS: &[(&str, &str)] = &[
    ("alicloud", include_str!("../../policies/catalog/alicloud.json")),
    ("aws", include_str!("../../policies/catalog/aws.json")),
    ("azapi", include_str!("../../policies/catalog/azapi.json")),
    ("azuread", include_str!("../../policies/catalog/azuread.json")),
    ("azurerm", include_str!("../../policies/catalog/azurerm.json")),
    ("cloudflare", include_str!("../../policies/catalog/cloudflare.json")),
    ("confluent", include_str!("../../policies/catalog/confluent.json")),
    ("databricks", include_str!("../../policies/catalog/databricks.json")),
    ("digitalocean", include_str!("../../policies/catalog/digitalocean.json")),
    ("ec", include_str!("../../policies/catalog/ec.json")),
    ("elasticstack", include_str!("../../policies/catalog/elasticstack.json")),
    ("github", include_str!("../../policies/catalog/github.json")),
    ("google", include_str!("../../policies/catalog/google.json")),
    ("helm", include_str!("../../policies/catalog/helm.json")),
    ("kafka", include_str!("../../policies/catalog/kafka.json")),
    ("kubernetes", include_str!("../../policies/catalog/kubernetes.json")),
    ("local", include_str!("../../policies/catalog/local.json")),
    ("mongodbatlas", include_str!("../../policies/catalog/mongodbatlas.json")),
    ("mysql", include_str!("../../policies/catalog/mysql.json")),
    ("null", include_str!("../../policies/catalog/null.json")),
    ("oci", include_str!("../../policies/catalog/oci.json")),
    ("postgresql", include_str!("../../policies/catalog/postgresql.json")),
    ("random", include_str!("../../policies/catalog/random.json")),
    ("snowflake", include_str!("../../policies/catalog/snowflake.json")),
    ("terraform", include_str!("../../policies/catalog/terraform.json")),
    ("time", include_str!("../../policies/catalog/time.json")),
    ("tls", include_str!("../../policies/catalog/tls.json")),
    ("vault", include_str!("../../policies/catalog/vault.json")),
];

/// The file that would hold a type.
pub(super) fn provider_file(resource_type: &str) -> Option<&'static str> {
    let prefix = resource_type.split('_').next()?;
    let at = PROVIDERS.binary_search_by_key(&prefix, |(name, _)| name).ok()?;
    PROVIDERS.get(at).map(|(_, text)| *text)
}
