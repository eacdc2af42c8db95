//! Which cloud credentials this machine seems to have: their names and where they lie.
//!
//! For the first screen, which says what could be connected. Section names, subscription names and
//! whether a file is there: no key, token or secret is read out of a file, and nothing is sent
//! anywhere. Knows no provider's protocol.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::domain::text::Untrusted;

/// Names of one cloud that are listed at most.
const NAMES_MAX: usize = 50;

/// Bytes of a file that are looked at.
const BYTES_MAX: u64 = 1 << 20;

/// A cloud that credentials were looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cloud {
    /// Amazon Web Services: profiles of the AWS CLI and SDKs.
    Aws,
    /// Azure: what `az login` left.
    Azure,
    /// Google Cloud: Application Default Credentials and gcloud's configurations.
    GoogleCloud,
}

/// What was found for a cloud; no names and no places where nothing was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// Which cloud.
    pub cloud: Cloud,
    /// Profiles, subscriptions or configurations, each once, in the order found.
    pub names: Vec<Untrusted>,
    /// Files and environment variables that say so.
    pub places: Vec<Untrusted>,
    /// How some of the names sign in, where that is told: `SSO`.
    pub ways: Vec<(Untrusted, &'static str)>,
}

/// Looks in the usual places. `variable` reads the environment.
#[must_use]
pub fn find(home: &Path, variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<Credentials> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    vec![aws(home, &variable), azure(home, &variable), google(home, &variable)]
}

/// A subscription that the Azure CLI's login may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Its id: letters, digits and `-`.
    pub id: String,
    /// What it is called.
    pub name: Untrusted,
}

/// The subscriptions of `az login` that are in use, in its order. `variable` reads the environment.
#[must_use]
pub fn subscriptions(home: &Path, variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<Subscription> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let subscription = |written: &serde_json::Value| {
        let id = written["id"].as_str().filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))?;
        let in_use = written["state"].as_str().is_none_or(|state| state == "Enabled");
        let name = Untrusted::from(written["name"].as_str().unwrap_or_default());
        (in_use && !id.is_empty()).then(|| Subscription { id: id.to_owned(), name })
    };
    let written = azure_subscriptions(&azure_profile(home, &variable));
    written.iter().filter_map(subscription).take(NAMES_MAX).collect()
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Credentials {
    fn of(cloud: Cloud) -> Self {
        Credentials { cloud, names: Vec::new(), places: Vec::new(), ways: Vec::new() }
    }

    fn name(&mut self, name: &str) {
        let name = Untrusted::from(name);
        if !name.raw().is_empty() && self.names.len() < NAMES_MAX && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn place(&mut self, place: impl AsRef<Path>) {
        self.places.push(Untrusted::from(place.as_ref().to_string_lossy().as_ref()));
    }

    /// Notes how an AWS profile signs in, by the key of one of its lines.
    fn way(&mut self, profile: Option<&str>, line: &str) {
        let way = match line.split_once('=').map(|(key, _)| key.trim()) {
            Some("sso_session" | "sso_start_url") => "SSO",
            Some("role_arn") => "a role",
            Some("credential_process") => "a program",
            Some("aws_access_key_id") => "a key",
            _ => return,
        };
        let Some(profile) = profile.map(Untrusted::from) else { return };
        if self.names.contains(&profile) && self.ways.iter().all(|(name, _)| *name != profile) {
            self.ways.push((profile, way));
        }
    }

    /// Notes the variables that are set, whatever they hold.
    fn variables(&mut self, names: &[&str], variable: Variable<'_>) {
        names.iter().filter(|name| variable(name).is_some()).for_each(|name| self.place(name));
    }
}

/// A file's lines, as far as they are UTF-8, up to the limit; none where it cannot be read.
fn lines(path: &Path) -> Option<impl Iterator<Item = String>> {
    let file = File::open(path).ok().filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
    Some(BufReader::new(file.take(BYTES_MAX)).lines().map_while(Result::ok))
}

fn aws(home: &Path, variable: Variable<'_>) -> Credentials {
    let mut found = Credentials::of(Cloud::Aws);
    let file = |name: &str, usual: &str| variable(name).map_or_else(|| home.join(".aws").join(usual), PathBuf::from);
    for path in [file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")] {
        let Some(lines) = lines(&path) else { continue };
        found.place(&path);
        let mut profile = None;
        for line in lines {
            let Some(section) = line.trim().strip_prefix('[').and_then(|l| l.split_once(']')) else {
                found.way(profile.as_deref(), &line);
                continue;
            };
            let section = section.0.trim();
            // `[sso-session x]` and `[services x]` are no profiles.
            profile = match section.split_once(char::is_whitespace) {
                Some(("profile", name)) => Some(name.trim().to_owned()),
                Some(_) => None,
                None => Some(section.to_owned()),
            };
            profile.iter().for_each(|name| found.name(name));
        }
    }
    found.variables(&["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"], variable);
    found
}

/// Where the Azure CLI notes its login.
fn azure_profile(home: &Path, variable: Variable<'_>) -> PathBuf {
    let folder = variable("AZURE_CONFIG_DIR").map_or_else(|| home.join(".azure"), PathBuf::from);
    folder.join("azureProfile.json")
}

/// The subscriptions in it, as it writes them.
fn azure_subscriptions(path: &Path) -> Vec<serde_json::Value> {
    let Some(lines) = lines(path) else { return Vec::new() };
    let text = lines.collect::<Vec<_>>().join("\n");
    let profile: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    profile["subscriptions"].as_array().cloned().unwrap_or_default()
}

fn azure(home: &Path, variable: Variable<'_>) -> Credentials {
    let mut found = Credentials::of(Cloud::Azure);
    let path = azure_profile(home, variable);
    let subscriptions = azure_subscriptions(&path);
    // az keeps the file when one logs out, with no subscription in it.
    if !subscriptions.is_empty() {
        found.place(&path);
    }
    subscriptions.iter().filter_map(|s| s["name"].as_str()).for_each(|name| found.name(name));
    found.variables(&["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"], variable);
    found
}

fn google(home: &Path, variable: Variable<'_>) -> Credentials {
    let mut found = Credentials::of(Cloud::GoogleCloud);
    let folder = variable("CLOUDSDK_CONFIG").map_or_else(|| home.join(".config/gcloud"), PathBuf::from);
    let usual = folder.join("application_default_credentials.json");
    if usual.is_file() {
        found.place(&usual);
    }
    let entries = std::fs::read_dir(folder.join("configurations")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names.iter().filter_map(|name| name.strip_prefix("config_")).for_each(|name| found.name(name));
    found.variables(&["GOOGLE_APPLICATION_CREDENTIALS"], variable);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: &[Untrusted]) -> Vec<&str> {
        found.iter().map(Untrusted::raw).collect()
    }

    #[test]
    fn names_are_found_and_nothing_else_is_read() {
        let home = tempfile::tempdir().expect("folder");
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            std::fs::write(path, text).expect("write");
        };
        write(
            ".aws/config",
            "[default]\nregion = eu-west-1\n[profile prod]\nsso_session = x\n[sso-session x]\n[services y]\n",
        );
        write(".aws/credentials", "[default]\naws_secret_access_key = SECRET\n[ old ]\naws_access_key_id = KEY\n");
        write(
            ".azure/azureProfile.json",
            "\u{feff}{\"subscriptions\":[{\"id\":\"1\",\"name\":\"Prod EU\",\"user\":{\"name\":\"SECRET\"}},\
             {\"id\":\"2\",\"name\":\"Old\",\"state\":\"Disabled\"},{\"id\":\"3/x\"}]}",
        );
        write(".config/gcloud/application_default_credentials.json", "{\"refresh_token\":\"SECRET\"}");
        write(".config/gcloud/configurations/config_default", "[core]\naccount = SECRET\n");
        let found = find(home.path(), &|name| (name == "AWS_PROFILE").then(|| "SECRET".into()));
        assert_eq!(texts(&found[0].names), ["default", "prod", "old"]);
        assert_eq!(found[0].places.len(), 3);
        let ways: Vec<_> = found[0].ways.iter().map(|(name, way)| (name.raw(), *way)).collect();
        assert_eq!(ways, [("prod", "SSO"), ("old", "a key")]);
        assert_eq!(texts(&found[1].names), ["Prod EU", "Old"]);
        let ids: Vec<String> = subscriptions(home.path(), &|_| None).into_iter().map(|s| s.id).collect();
        assert_eq!(ids, ["1"]);
        assert_eq!(texts(&found[2].names), ["default"]);
        assert!(!format!("{found:?}").contains("SECRET") && !format!("{found:?}").contains("KEY"), "{found:?}");
    }

    #[test]
    fn an_empty_home_and_damaged_files_have_none() {
        let home = tempfile::tempdir().expect("folder");
        let none = |found: Vec<Credentials>| found.iter().all(|c| c.names.is_empty());
        assert!(none(find(home.path(), &|_| None)));
        std::fs::create_dir_all(home.path().join(".azure")).expect("folder");
        std::fs::create_dir_all(home.path().join(".aws/config")).expect("a folder where a file should be");
        std::fs::write(home.path().join(".azure/azureProfile.json"), b"\xff\xfe not json").expect("write");
        assert!(none(find(home.path(), &|_| Some(OsString::new()))));
    }
}
