//! The names of authenticators by AAGUID, so that users can tell their passkeys apart. They are for
//! display only: the browser reports the AAGUID, and nothing proves it.

use uuid::Uuid;

/// Lines of `AAGUID <tab> kind <tab> name`, sorted by AAGUID. The comment at the top of the file
/// names its source.
const TABLE: &str = include_str!("authenticators.tsv");

/// A kind of authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A password manager, which syncs the passkey to the user's devices.
    Manager,
    /// A phone or computer.
    Device,
    /// A security key.
    Key,
}

impl Kind {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Device => "device",
            Self::Key => "security_key",
        }
    }
}

/// What stores a passkey, such as a password manager or a security key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// The name, such as `1Password`.
    pub name: &'static str,
    /// The kind of authenticator.
    pub kind: Kind,
}

/// Returns the authenticator with this AAGUID, if it is known.
pub(super) fn authenticator(aaguid: Uuid) -> Option<Authenticator> {
    let wanted = aaguid.hyphenated().to_string();
    let line = TABLE.lines().find_map(|line| line.strip_prefix(wanted.as_str()))?;
    let (kind, name) = line.strip_prefix('\t')?.split_once('\t')?;
    let kind = match kind {
        "manager" => Kind::Manager,
        "device" => Kind::Device,
        _ => Kind::Key,
    };
    Some(Authenticator { name, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_an_authenticator_and_none_is_there_twice() {
        let mut before = String::new();
        let lines: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 250);
        for line in lines {
            let parts: Vec<&str> = line.split('\t').collect();
            let [aaguid, kind, name] = parts[..] else { panic!("{line}") };
            assert!(matches!(kind, "manager" | "device" | "key"), "{line}");
            assert!(!name.is_empty() && aaguid > before.as_str(), "{line}");
            before = aaguid.to_owned();
            assert_eq!(authenticator(aaguid.parse().unwrap()).unwrap().name, name);
        }
    }

    #[test]
    fn what_is_not_in_the_table_has_no_name() {
        assert_eq!(authenticator(Uuid::nil()), None);
        let known = authenticator("bada5566-a7aa-401f-bd96-45619a55120d".parse().unwrap()).unwrap();
        assert_eq!((known.name, known.kind), ("1Password", Kind::Manager));
    }
}
