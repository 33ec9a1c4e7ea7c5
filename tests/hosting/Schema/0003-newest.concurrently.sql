create index concurrently notes_newest on notes (id desc);
