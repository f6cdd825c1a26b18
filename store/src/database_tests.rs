use super::*;

fn made(path: &Path, schema: &'static [M<'static>]) -> Database {
    Database::open(path, schema).unwrap()
}

fn put(database: &Database, name: &str) -> Result<(), StoreError> {
    database.write(|transaction| {
        transaction.execute(
            "INSERT INTO setting (name, value) VALUES (?1, x'00')",
            [name],
        )?;
        Ok(())
    })
}

fn names(database: &Database) -> Result<Vec<String>, StoreError> {
    database.read(|transaction| {
        let mut rows = transaction.prepare("SELECT name FROM setting ORDER BY name")?;
        let rows = rows.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

#[test]
fn a_file_put_in_its_place_is_the_one_that_is_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let (here, new) = (dir.path().join("here"), dir.path().join("new"));
    fs::create_dir(&here).unwrap();
    fs::create_dir(&new).unwrap();
    let database = made(&here.join("x.db"), SHADOW_SCHEMA);
    put(&database, "old").unwrap();
    assert_eq!(names(&database).unwrap(), ["old"]);
    put(&made(&new.join("x.db"), SHADOW_SCHEMA), "new").unwrap();

    fs::rename(&here, dir.path().join("doomed")).unwrap();
    fs::rename(&new, &here).unwrap();
    assert_eq!(names(&database).unwrap(), ["new"]);
    put(&database, "newer").unwrap();
    assert_eq!(names(&database).unwrap(), ["new", "newer"]);
    let fresh = made(&here.join("x.db"), SHADOW_SCHEMA);
    assert_eq!(names(&fresh).unwrap(), ["new", "newer"]);
}

#[test]
fn a_file_that_is_gone_is_not_made_again_and_is_used_when_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let (here, gone) = (dir.path().join("here"), dir.path().join("gone"));
    fs::create_dir(&here).unwrap();
    let database = made(&here.join("x.db"), SHADOW_SCHEMA);
    put(&database, "one").unwrap();
    fs::rename(&here, &gone).unwrap();
    fs::create_dir(&here).unwrap();
    assert!(matches!(names(&database), Err(StoreError::Io(_))));
    assert!(matches!(put(&database, "two"), Err(StoreError::Io(_))));
    assert_eq!(fs::read_dir(&here).unwrap().count(), 0);

    fs::remove_dir(&here).unwrap();
    fs::rename(&gone, &here).unwrap();
    put(&database, "two").unwrap();
    assert_eq!(names(&database).unwrap(), ["one", "two"]);
}

#[test]
fn a_database_that_gives_errors_is_not_looked_at_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let database = made(&path, SHADOW_SCHEMA);
    let corrupt = || -> Result<(), StoreError> {
        let corrupt = ffi::Error::new(ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(corrupt, None).into())
    };
    // Looked at, and found sound.
    database.write(|_| corrupt()).unwrap_err();
    assert_eq!(database.damage(), None);
    drop(database.readers.lock().unwrap().drain(..));
    fs::write(&path, [b'x'; 9000]).unwrap();
    database.write(|_| corrupt()).unwrap_err();
    assert_eq!(database.damage(), None);
    *database.checked.lock().unwrap() = None;
    database.write(|_| corrupt()).unwrap_err();
    assert!(database.damage().is_some());
}

#[test]
fn after_an_error_of_the_disk_the_log_is_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.db");
    let log = dir.path().join("x.db-wal");
    let database = made(&path, SHADOW_SCHEMA);
    for _ in 0..4 {
        database
            .write(|shadow| Ok(shadow.execute_batch("CREATE TABLE x (y); DROP TABLE x")?))
            .unwrap();
    }
    let before = fs::metadata(&log).unwrap().len();
    // Another process has it open, so the log is not emptied by closing.
    let other = Connection::open(&path).unwrap();
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: u64 = other.query_row(count, [], |row| row.get(0)).unwrap();
    let failed = || -> Result<(), StoreError> {
        let failed = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
        Err(rusqlite::Error::SqliteFailure(failed, None).into())
    };
    database.write(|_| failed()).unwrap_err();
    // What promises nothing has not to wait for it.
    database.write_for_now(|_| Ok(())).unwrap();
    assert_eq!(fs::metadata(&log).unwrap().len(), before);
    database.write(|_| Ok(())).unwrap();
    assert_eq!(fs::metadata(&log).unwrap().len(), 0);
    // All of it is in the file, whatever becomes of the log.
    let copied = dir.path().join("y.db");
    fs::copy(&path, &copied).unwrap();
    let copied = Connection::open(&copied).unwrap();
    let in_file: u64 = copied.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(in_file, tables);
}

#[test]
fn only_what_can_be_made_again_is_written_without_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let database = made(&dir.path().join("x.db"), SHADOW_SCHEMA);
    let how = |index: &Transaction<'_>| {
        Ok(index.query_row("PRAGMA synchronous", [], |row| row.get::<_, u8>(0))?)
    };
    // 1 is NORMAL, 2 is FULL.
    assert_eq!(database.write(how).unwrap(), 2);
    assert_eq!(database.write_for_now(how).unwrap(), 1);
    assert_eq!(database.write_for_now(how).unwrap(), 1);
    assert_eq!(database.write(how).unwrap(), 2);
}
