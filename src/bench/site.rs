//! Bench: a site of its own for one measurement: a folder, a database, the invented city, an agent.
//! Its rule: it is opened as any site is, and gone when the measurement is over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::drafts::Drafts;
use crate::app::{App, Demo};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::identity::{Actor, NewAccount, Role, add_user};
use crate::time::SystemClock;

/// A site in a folder of its own.
pub struct Site {
    pub app: Arc<App>,
    pub agent: Actor,
    folder: PathBuf,
    /// What a program in this folder is told by its environment.
    pub keys: Vec<(String, String)>,
}

impl Site {
    /// A new site named `name` under `parent`, on SQLite, or on the PostgreSQL database `url`.
    ///
    /// # Errors
    /// Where the folder or the database cannot be made.
    pub fn new(parent: &Path, name: &str, url: Option<&str>) -> Result<Self> {
        let folder = parent.join(name);
        // What an interrupted measurement left.
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
        let mut keys = vec![
            ("JIESU_DATA_DIR".to_owned(), folder.display().to_string()),
            ("JIESU_WORKER__ENABLED".to_owned(), "false".to_owned()),
            ("JIESU_LOG__LEVEL".to_owned(), "warn".to_owned()),
            ("JIESU_AUTH__ACCESS_MINUTES".to_owned(), "600".to_owned()),
        ];
        keys.extend(url.map(|url| ("JIESU_DATABASE__URL".to_owned(), url.to_owned())));
        let config = Config::from_environment(keys.clone())?;
        let app = Arc::new(App::with(config, Arc::new(SystemClock), Demo::Off)?);
        app.db.migrate()?;
        let day = app.db.now().day(app.config.site.zone);
        app.db
            .write(move |tx| crate::directory::demo::load(tx, &Actor::system(), day).map(drop))?;
        let agent = Actor {
            user: 1,
            name: "bench".to_owned(),
            roles: [Role::Agent].into(),
            ..Actor::system()
        };
        Ok(Self { app, agent, folder, keys })
    }

    /// Complaints for this site.
    ///
    /// # Errors
    /// As [`Drafts::of`].
    pub fn drafts(&self) -> Result<Drafts> {
        let hotline = &self.app.hotline;
        let now = self.app.db.now();
        let rules = self.app.db.read(|conn| hotline.rules.current(conn, now))?;
        Drafts::of(&rules.directory)
    }

    /// An account of `role` that can log in: its name and password.
    ///
    /// # Errors
    /// As `identity::add_user`.
    pub fn account(&self, role: Role) -> Result<(String, String)> {
        let name = format!("bench-{role}");
        let plan = NewAccount {
            name: name.clone(),
            display_name: name.clone(),
            roles: [role].into(),
            unit: None,
        };
        Ok((name, add_user(&self.app.db, &Actor::system(), plan)?))
    }

    /// The embedded database's file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("jiesu.db")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
