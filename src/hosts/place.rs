//! Paths as data: templates with variables, filled in for a platform.
//!
//! `{home}` is the home directory, `{config}` the one for configuration on Linux, `{support}` Application Support on macOS, `{appdata}` and
//! `{local}` the two of Windows, and `{$NAME}` the value of a variable. Templates have slashes; on Windows they become backslashes. A
//! template that begins with `?` counts only if its file or its directory exists already.

use std::path::Path;

/// The platforms whose paths differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Linux, and everything that is neither of the others.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// The platform that this program was built for.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::MacOs
    } else {
        Self::Linux
    };
}

/// What this layer may know of the machine.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Whose paths apply.
    pub platform: Platform,
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Whether there is a file or directory of that path.
    pub exists: &'a dyn Fn(&Path) -> bool,
}

/// Templates for each platform.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub linux: &'static [&'static str],
    pub macos: &'static [&'static str],
    pub windows: &'static [&'static str],
}

impl Places {
    /// The same on all platforms.
    pub const fn everywhere(paths: &'static [&'static str]) -> Self {
        Self { linux: paths, macos: paths, windows: paths }
    }

    fn on(&self, platform: Platform) -> &'static [&'static str] {
        match platform {
            Platform::Linux => self.linux,
            Platform::MacOs => self.macos,
            Platform::Windows => self.windows,
        }
    }
}

impl Surroundings<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// The directory in which this user's programs keep their configuration.
    pub fn config_directory(&self) -> Option<String> {
        fill(
            match self.platform {
                Platform::Linux => "{config}",
                Platform::MacOs => "{support}",
                Platform::Windows => "{appdata}",
            },
            self,
        )
    }

    fn base(&self, name: &str) -> Option<String> {
        let home = || match self.platform {
            Platform::Windows => self.variable("USERPROFILE"),
            _ => self.variable("HOME"),
        };
        let below = |inner: &str| home().map(|home| format!("{}/{inner}", trimmed(&home)));
        match name {
            "home" => home(),
            // The specification says that programs ignore a relative path.
            "config" => self.variable("XDG_CONFIG_HOME").filter(|path| path.starts_with('/')).or_else(|| below(".config")),
            "support" => below("Library/Application Support"),
            "appdata" => self.variable("APPDATA").or_else(|| below("AppData/Roaming")),
            "local" => self.variable("LOCALAPPDATA").or_else(|| below("AppData/Local")),
            _ => self.variable(name.strip_prefix('$')?),
        }
    }
}

/// Fills in a template; `None` if a variable of it is not known.
fn fill(template: &str, around: &Surroundings<'_>) -> Option<String> {
    let template = template.trim_start_matches('?');
    let path = match template.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, rest)) => format!("{}{rest}", trimmed(&around.base(name)?)),
        None => template.to_owned(),
    };
    Some(if around.platform == Platform::Windows { path.replace('/', "\\") } else { path })
}

fn trimmed(path: &str) -> &str {
    let short = path.trim_end_matches(['/', '\\']);
    if short.is_empty() { path } else { short }
}

/// The path of the first rule that gives one; see [`super::Host::config_file`].
pub(super) fn choose(places: &Places, around: &Surroundings<'_>) -> Option<String> {
    let templates = places.on(around.platform);
    if let Some(named) = templates.iter().filter(|template| template.starts_with("{$")).find_map(|template| fill(template, around)) {
        return Some(named);
    }
    let paths: Vec<String> = templates.iter().filter_map(|template| fill(template, around)).collect();
    let exists = |path: &str| (around.exists)(Path::new(path));
    let housed = |path: &str| path.rsplit_once(['/', '\\']).is_some_and(|(directory, _)| exists(directory));
    let there = paths.iter().find(|path| exists(path)).or_else(|| paths.iter().find(|path| housed(path))).cloned();
    there.or_else(|| templates.iter().filter(|template| !template.starts_with('?')).find_map(|template| fill(template, around)))
}

/// Whether any of the places exists.
pub(super) fn any(places: &Places, around: &Surroundings<'_>) -> bool {
    places.on(around.platform).iter().filter_map(|template| fill(template, around)).any(|path| (around.exists)(Path::new(&path)))
}

/// Whether a command of that name is on the path.
pub(super) fn on_path(name: &str, around: &Surroundings<'_>) -> bool {
    let (separator, slash, endings): (char, char, &[&str]) = match around.platform {
        Platform::Windows => (';', '\\', &[".exe", ".cmd"]),
        _ => (':', '/', &[""]),
    };
    let path = around.variable("PATH").unwrap_or_default();
    path.split(separator)
        .filter(|directory| !directory.is_empty())
        .any(|directory| endings.iter().any(|ending| (around.exists)(Path::new(&format!("{}{slash}{name}{ending}", trimmed(directory))))))
}
