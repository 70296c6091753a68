//! Web, console: what a profile 考核办法 is titled. Its rule: by its own text, the site's before the program's; figures
//! say its name and version beside it.

use serde::Deserialize;

use crate::directory::{Directory, Profile};
use crate::limits::profile::builtin_text;

#[derive(Deserialize)]
struct Titled {
    title: String,
}

/// The title of the profile `code`, such as `default@1`; nothing where there is none of it.
pub fn title_of(directory: &Directory, code: &str) -> Option<String> {
    let (name, version) = code.split_once('@')?;
    let is_it = |own: &&Profile| own.name == name && own.version.to_string() == version;
    let own = directory.profiles().find(is_it).map(|own| own.toml.as_str());
    let text = own.or_else(|| builtin_text(name).filter(|_| version == "1"))?;
    toml::from_str::<Titled>(text).ok().map(|it| it.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_with_the_program_is_titled_and_what_there_is_not_is_not() {
        let none = Directory::default();
        assert_eq!(title_of(&none, "default@1").as_deref(), Some("默认考核办法"));
        for code in ["default@2", "nowhere@1", "default", ""] {
            assert_eq!(title_of(&none, code), None, "{code}");
        }
    }
}
