-- What the archive has to take next. A session gets in when it ends, and out when it is taken.
create index concurrently verifications_to_archive on verifications (ended_at) where archive_month is null and ended_at is not null;
