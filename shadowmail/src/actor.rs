//! Who does something from a shell, for the audit log.

use std::env;
use std::fs;

/// `shell:` and the name of the person: behind `sudo` the one who typed it, else the user that
/// this process runs as.
pub fn shell() -> String {
    let user = rustix::process::getuid();
    let behind_sudo = env::var("SUDO_USER")
        .ok()
        .filter(|name| user.is_root() && is_name(name));
    let name = behind_sudo.or_else(|| {
        let passwd = fs::read_to_string("/etc/passwd").ok()?;
        name_of(user.as_raw(), &passwd)
    });
    format!(
        "shell:{}",
        name.unwrap_or_else(|| user.as_raw().to_string())
    )
}

/// The name of a user id in the text of `/etc/passwd`.
fn name_of(user: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user) && is_name(name)).then(|| name.to_owned())
    })
}

/// An environment variable could hold anything, and the audit log is read by people.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && !text.chars().any(|c| c.is_control() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_number() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nbroken\nanna:x:1000:1000::/home/anna:\n";
        assert_eq!(name_of(0, passwd).as_deref(), Some("root"));
        assert_eq!(name_of(1000, passwd).as_deref(), Some("anna"));
        assert_eq!(name_of(7, passwd), None);
    }
}
