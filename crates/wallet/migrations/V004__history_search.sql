-- The past is read in pages, by time, and found by words in three scripts. The functions search_* are the program's
-- own (src/search/sql.rs); rows are put in and taken out by triggers, so that nothing is kept that is not found, and
-- nothing is found that was deleted.

CREATE INDEX showing_by_time ON showing (at, id);
CREATE INDEX service_event_by_moment ON service_event (at, id);

-- Without content: what is in it is in the tables already. A row's number is its moment, then its own number, then
-- which table it is of (0: showing, 1: service_event), so that the newest are the highest. Words stand in it folded; `latin` and
-- `arabic` are the sounds of words in these letters, asked for by words in the other ones; `kind` has what rows are
-- filtered by: k... a kind of pass, f... what became of it.
CREATE VIRTUAL TABLE history_search USING fts5 (
  words, latin, arabic, kind,
  content = '', columnsize = 0, detail = 'column', prefix = '2 3', tokenize = 'ascii'
);
-- Words of deleted rows leave the index at once, not when its parts are next merged.
INSERT INTO history_search (history_search, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER showing_is_found AFTER INSERT ON showing BEGIN
  INSERT INTO history_search (rowid, words, latin, arabic, kind) VALUES (
    (new.at << 30) | (new.id << 1),
    search_words(new.desk_name_en, new.desk_name_ur, new.desk_name_ps),
    search_latin(new.desk_name_en, new.desk_name_ur, new.desk_name_ps),
    search_arabic(new.desk_name_en, new.desk_name_ur, new.desk_name_ps),
    search_kind(new.vct) || CASE new.outcome WHEN 'shown' THEN ' fshown' ELSE ' fnotshown' END
  );
END;

CREATE TRIGGER showing_is_forgotten AFTER DELETE ON showing BEGIN
  INSERT INTO history_search (history_search, rowid, words, latin, arabic, kind) VALUES (
    'delete',
    (old.at << 30) | (old.id << 1),
    search_words(old.desk_name_en, old.desk_name_ur, old.desk_name_ps),
    search_latin(old.desk_name_en, old.desk_name_ur, old.desk_name_ps),
    search_arabic(old.desk_name_en, old.desk_name_ur, old.desk_name_ps),
    search_kind(old.vct) || CASE old.outcome WHEN 'shown' THEN ' fshown' ELSE ' fnotshown' END
  );
END;

CREATE TRIGGER service_event_is_found AFTER INSERT ON service_event BEGIN
  INSERT INTO history_search (rowid, words, latin, arabic, kind) VALUES (
    (new.at << 30) | (new.id << 1) | 1,
    search_words(search_texts(new.body)), search_latin(search_texts(new.body)), search_arabic(search_texts(new.body)),
    ifnull(search_kind(new.vct), '') || ' fservice'
  );
END;

CREATE TRIGGER service_event_is_forgotten AFTER DELETE ON service_event BEGIN
  INSERT INTO history_search (history_search, rowid, words, latin, arabic, kind) VALUES (
    'delete',
    (old.at << 30) | (old.id << 1) | 1,
    search_words(search_texts(old.body)), search_latin(search_texts(old.body)), search_arabic(search_texts(old.body)),
    ifnull(search_kind(old.vct), '') || ' fservice'
  );
END;

INSERT INTO history_search (rowid, words, latin, arabic, kind)
  SELECT
    (at << 30) | (id << 1),
    search_words(desk_name_en, desk_name_ur, desk_name_ps),
    search_latin(desk_name_en, desk_name_ur, desk_name_ps),
    search_arabic(desk_name_en, desk_name_ur, desk_name_ps),
    search_kind(vct) || CASE outcome WHEN 'shown' THEN ' fshown' ELSE ' fnotshown' END
  FROM showing;

INSERT INTO history_search (rowid, words, latin, arabic, kind)
  SELECT
    (at << 30) | (id << 1) | 1,
    search_words(search_texts(body)), search_latin(search_texts(body)), search_arabic(search_texts(body)),
    ifnull(search_kind(vct), '') || ' fservice'
  FROM service_event;
